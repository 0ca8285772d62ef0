//! Percentiles that are values that were measured.

use std::time::Duration;

use serde::Serialize;

/// Latencies of one kind of request, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Latency {
    /// Median.
    pub p50_ms: f64,
    /// 95 % did not exceed it.
    pub p95_ms: f64,
    /// 99 % did not exceed it.
    pub p99_ms: f64,
}

impl Latency {
    /// Of durations in any order; `NaN` (in JSON `null`) of none.
    pub fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |share: f64| {
            let position = ((durations.len() as f64 * share).ceil() as usize).saturating_sub(1);
            durations.get(position).map_or(f64::NAN, |duration| duration.as_secs_f64() * 1e3)
        };
        Self { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99) }
    }
}

/// The median in milliseconds; `NaN` of none.
pub(super) fn median_ms(durations: Vec<Duration>) -> f64 {
    Latency::of(durations).p50_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let of = Latency::of((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!([of.p50_ms, of.p95_ms, of.p99_ms].map(|ms| ms.round() as u64), [100, 190, 198]);
        assert!(Latency::of(Vec::new()).p50_ms.is_nan());
    }
}
