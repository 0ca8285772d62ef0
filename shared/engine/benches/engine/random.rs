//! The same random numbers on every machine and in every run.

/// A small generator (Knuth's MMIX).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number from 0 on and below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0) * end as u128) >> 64) as usize
    }

    /// A number between 0 and 1.
    pub(crate) fn unit(&mut self) -> f32 {
        self.below(1 << 24) as f32 / (1 << 24) as f32
    }
}
