//! Percentiles of any number of latencies in constant memory.

use std::time::Duration;

/// Each bucket is this much wider than the one before it: what a percentile can be wrong by.
const GROWTH: f64 = 1.01;

/// Buckets from one microsecond to beyond a minute (1.01¹⁸⁰⁰ µs = 60 s).
const BUCKETS: usize = 1_801;

/// A histogram with buckets of equal ratio.
#[derive(Debug, Clone)]
pub struct Latencies {
    counts: Vec<u64>,
    count: u64,
    longest: Duration,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], count: 0, longest: Duration::ZERO }
    }
}

impl Latencies {
    /// Counts one latency; longer than a minute counts as a minute, but for [`Latencies::longest`].
    pub fn add(&mut self, latency: Duration) {
        let micros = (latency.as_secs_f64() * 1e6).max(1.0);
        let bucket = ((micros.ln() / GROWTH.ln()) as usize).min(BUCKETS - 1);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.count += 1;
        self.longest = self.longest.max(latency);
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// The latency that this share (0 to 1) of all does not exceed, to 1 %; `None` without any.
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let rank = ((share * self.count as f64).ceil() as u64).max(1);
        let mut below = 0;
        let bucket = self.counts.iter().position(|count| {
            below += count;
            below >= rank
        })?;
        let upper_edge = Duration::from_secs_f64(GROWTH.powi(bucket as i32 + 1) / 1e6);
        Some(upper_edge.min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(latencies: &Latencies, share: f64, expect_ms: f64) {
        let found = latencies.percentile(share).unwrap().as_secs_f64() * 1e3;
        assert!((found / expect_ms - 1.0).abs() <= 0.011, "{share}: {found} ms, expected {expect_ms} ms");
    }

    #[test]
    fn percentiles_are_right_to_a_hundredth() {
        let mut latencies = Latencies::default();
        (1..=1000).for_each(|ms| latencies.add(Duration::from_millis(ms)));
        check(&latencies, 0.0, 1.0);
        check(&latencies, 0.5, 500.0);
        check(&latencies, 0.95, 950.0);
        check(&latencies, 0.99, 990.0);
        check(&latencies, 1.0, 1000.0);
        assert_eq!(latencies.longest(), Duration::from_secs(1));
    }

    #[test]
    fn extremes_are_counted_too() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(0.5), None);
        latencies.add(Duration::ZERO);
        latencies.add(Duration::from_hours(1));
        assert_eq!(latencies.count(), 2);
        assert!(latencies.percentile(0.5).unwrap() <= Duration::from_micros(2));
    }
}
