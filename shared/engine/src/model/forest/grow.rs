//! Growing an isolation forest from rows and a seed.

use std::collections::{BTreeSet, VecDeque};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::super::grove::Told;
use super::super::{FEATURES_MAX, ModelError};
use super::{Forest, ForestSettings, Planting, SAMPLE_MAX};
use crate::model::TREES_MAX;

impl Forest {
    /// Grows a forest from rows of `features` values each, one row behind the other; NaN is missing.
    ///
    /// # Errors
    /// [`ModelError::Unfit`] if there are no rows or the last is not whole, if there are no features or more than
    /// [`FEATURES_MAX`], or if the settings ask for no trees, no rows, or more than the limits.
    pub fn fit(rows: &[f32], features: usize, settings: ForestSettings) -> Result<Self, ModelError> {
        let unfit = |found, expected| Err(ModelError::Unfit { found, expected });
        if !(1..=FEATURES_MAX).contains(&features) {
            return unfit(format!("rows of {features} features"), "1 to 127 features");
        }
        if rows.is_empty() || !rows.len().is_multiple_of(features) {
            return unfit(
                format!("{} values in rows of {features}", rows.len()),
                "one whole row at least, and only such",
            );
        }
        if !(1..=TREES_MAX).contains(&settings.trees) {
            return unfit(format!("{} trees", settings.trees), "1 to 5,000 trees");
        }
        if !(1..=SAMPLE_MAX).contains(&settings.sample) {
            return unfit(format!("samples of {} rows", settings.sample), "1 to 65,536 rows");
        }
        let rows = Rows { values: rows, features };
        let sample = settings.sample.min(rows.count());
        let mut planting = Planting::new(features, sample)?;
        for tree in 0..settings.trees {
            let mut draws = Draws::new(settings.seed, tree);
            let mut growth =
                Growth { rows, depth_max: sample.next_power_of_two().ilog2() as usize, queue: VecDeque::new() };
            growth.queue.push_back(draws.sample(rows.count(), sample));
            planting.plant(|depth| Ok(growth.tell(depth, &mut draws)))?;
        }
        Ok(planting.forest)
    }
}

/// The rows to fit to.
#[derive(Clone, Copy)]
struct Rows<'a> {
    values: &'a [f32],
    features: usize,
}

impl Rows<'_> {
    fn count(self) -> usize {
        self.values.len() / self.features
    }

    fn value(self, row: usize, feature: usize) -> f32 {
        self.values.get(row * self.features + feature).copied().unwrap_or(f32::NAN)
    }
}

/// One growing tree: for every node promised but not yet told, the rows that come by.
struct Growth<'a> {
    rows: Rows<'a>,
    /// The depth at which a tree that split its sample evenly would have told all rows apart; deeper is ordinary.
    depth_max: usize,
    queue: VecDeque<Vec<usize>>,
}

impl Growth<'_> {
    /// The next node: a split at a random threshold of a random feature that differs between the rows, or a leaf.
    fn tell(&mut self, depth: usize, draws: &mut Draws) -> Told {
        let here = self.queue.pop_front().unwrap_or_default();
        let leaf = Told::Leaf { value: here.len() as f32 };
        if depth == self.depth_max {
            return leaf;
        }
        let Some((feature, low, high)) = self.differing_feature(&here, draws) else { return leaf };
        let threshold = f64::from(low) + draws.unit() * (f64::from(high) - f64::from(low));
        // The lowest row stays left and the highest right, however the threshold is rounded.
        let below = super::first_above(threshold).min(high);
        let value = |row: &usize| self.rows.value(*row, feature);
        let missing = here.iter().any(|row| value(row).is_nan());
        let lefts = here.iter().filter(|row| value(row) < below).count();
        // Rows without the feature go together to a side drawn; if none shows here, later ones follow the many.
        let missing_left = if missing { draws.unit() < 0.5 } else { 2 * lefts > here.len() };
        let (left, right) = here.iter().partition(|row| value(row) < below || (missing_left && value(row).is_nan()));
        self.queue.extend([left, right]);
        Told::Split { feature, missing_left, below }
    }

    /// A feature drawn among those that differ between these rows, with its lowest and highest finite value.
    fn differing_feature(&self, here: &[usize], draws: &mut Draws) -> Option<(usize, f32, f32)> {
        let mut candidates: Vec<usize> = (0..self.rows.features).collect();
        while !candidates.is_empty() {
            let feature = candidates.swap_remove(draws.below(candidates.len()));
            let values = here.iter().map(|row| self.rows.value(*row, feature)).filter(|value| value.is_finite());
            let (low, high) =
                values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
            if low < high {
                return Some((feature, low, high));
            }
        }
        None
    }
}

/// The draws of one tree. Every number is made of the generator's bits here, so that a new version of a library of
/// distributions grows no other forest.
struct Draws(ChaCha8Rng);

impl Draws {
    fn new(seed: u64, tree: usize) -> Self {
        let mut key = [0; 32];
        key.iter_mut().zip(seed.to_le_bytes()).for_each(|(to, from)| *to = from);
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(tree as u64);
        Self(generator)
    }

    /// A number from 0 to `end`, which is not reached and not 0.
    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.0.next_u64()) * end as u128) >> 64) as usize
    }

    /// A number from 0 to 1, which is not reached.
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `size` different ones of `count` rows, all such samples equally likely. Source: Floyd's algorithm (Bentley,
    /// *Programming Pearls*, CACM 1987), which needs no list of all rows.
    fn sample(&mut self, count: usize, size: usize) -> Vec<usize> {
        let mut sample = BTreeSet::new();
        for last in count - size..count {
            let row = self.below(last + 1);
            if !sample.insert(row) {
                sample.insert(last);
            }
        }
        sample.into_iter().collect()
    }
}
