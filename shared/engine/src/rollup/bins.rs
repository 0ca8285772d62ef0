//! Bins: numbers that are only counted, so that days, segments and shards add up, and figures can still be drawn from them.

use std::time::Duration;

use crate::score::probability;

/// How many bins scores have.
pub const SCORE_BINS: usize = 32;

/// How wide a bin of scores is, in log-odds.
const SCORE_WIDTH: f64 = 0.5;

/// Where the second bin of scores begins, in log-odds; the first has everything below, the last everything above its begin.
const SCORE_FROM: f64 = -9.5;

/// The bin of a risk score, 0 to [`SCORE_BINS`] - 1: equally wide in log-odds, because scores are crowded near 0.
pub fn score_bin(risk_score: f64) -> usize {
    let log_odds = (risk_score / (1.0 - risk_score)).ln();
    let bin = ((log_odds - SCORE_FROM) / SCORE_WIDTH).floor() + 1.0;
    // A score of 1 has infinite log-odds; one that is no number is in the first bin.
    bin.clamp(0.0, (SCORE_BINS - 1) as f64) as usize
}

/// From which risk score to which a bin reaches.
pub fn score_bounds(bin: usize) -> (f64, f64) {
    let edge = |bin: usize| probability(SCORE_FROM + (bin as f64 - 1.0) * SCORE_WIDTH);
    let low = if bin == 0 { 0.0 } else { edge(bin) };
    let high = if bin + 1 >= SCORE_BINS { 1.0 } else { edge(bin + 1) };
    (low, high)
}

/// Where bins of deviations end, in nats; the last has everything above. A tenth of what is ordinary lies in each of the first, were
/// deviations exponential.
const DEVIATION_EDGES: [f64; DEVIATION_BINS - 1] = [0.105, 0.223, 0.357, 0.511, 0.693, 0.916, 1.204, 1.609, 2.303];

/// How many bins deviations have.
pub const DEVIATION_BINS: usize = 10;

/// The bin of a deviation, 0 to [`DEVIATION_BINS`] - 1.
pub fn deviation_bin(nats: f64) -> usize {
    DEVIATION_EDGES.partition_point(|edge| *edge <= nats)
}

/// How much longer the times in a bin are than those in the bin before: a quantile is off by an eighth at most.
const DURATION_RATIO: f64 = 1.25;

/// How many bins times have: the last begins at 17 minutes.
pub const DURATION_BINS: usize = 94;

/// The bin of a time, 0 (up to a microsecond) to [`DURATION_BINS`] - 1.
///
/// Source: Masson, Rim, Lee, "`DDSketch`: a fast and fully-mergeable quantile sketch with relative-error guarantees" (VLDB 2019).
pub fn duration_bin(time: Duration) -> usize {
    let micros = time.as_secs_f64() * 1e6;
    if micros <= 1.0 {
        return 0;
    }
    ((micros.ln() / DURATION_RATIO.ln()).ceil() as usize).min(DURATION_BINS - 1)
}

/// The quantile, 0 to 1, of times that were counted in bins; `None` without any.
pub fn duration_quantile(counts: &[u64; DURATION_BINS], quantile: f64) -> Option<Duration> {
    let all: u64 = counts.iter().sum();
    let rank = (quantile * all as f64).ceil().max(1.0) as u64;
    let mut seen = 0;
    let bin = counts.iter().position(|count| {
        seen += count;
        seen >= rank
    })?;
    // The middle of the bin, so that the relative error is the same either way.
    let middle = 2.0 * DURATION_RATIO.powi(bin as i32) / (1.0 + DURATION_RATIO);
    Some(Duration::from_secs_f64(middle * 1e-6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_lies_within_the_bounds_of_its_bin() {
        for thousandth in 0..=1000 {
            let score = f64::from(thousandth) / 1000.0;
            let (low, high) = score_bounds(score_bin(score));
            assert!(low <= score && score <= high, "{score}: {low} to {high}");
        }
        assert_eq!((score_bin(0.0), score_bin(1.0), score_bin(f64::NAN)), (0, SCORE_BINS - 1, 0));
        assert!(score_bounds(0).0.abs() < 1e-15 && (score_bounds(SCORE_BINS - 1).1 - 1.0).abs() < 1e-15);
        for bin in 1..SCORE_BINS {
            assert!((score_bounds(bin - 1).1 - score_bounds(bin).0).abs() < 1e-15, "no gap before bin {bin}");
        }
    }

    #[test]
    fn a_tenth_of_what_is_exponential_lies_in_each_bin_of_deviations() {
        let mut counts = [0; DEVIATION_BINS];
        for step in 0..10_000 {
            let quantile = (f64::from(step) + 0.5) / 10_000.0;
            counts[deviation_bin(-(1.0 - quantile).ln())] += 1;
        }
        assert!(counts.iter().all(|count| (990..=1010).contains(count)), "{counts:?}");
    }

    #[test]
    fn quantiles_of_times_are_off_by_an_eighth_at_most() {
        for micros in [1_u64, 2, 17, 480, 2_500, 61_000, 7_000_000] {
            let mut counts = [0; DURATION_BINS];
            counts[duration_bin(Duration::from_micros(micros))] = 10;
            let found = duration_quantile(&counts, 0.5).unwrap().as_secs_f64() * 1e6;
            assert!((found / micros as f64 - 1.0).abs() <= 0.125, "{micros}: {found}");
        }
        assert_eq!(duration_quantile(&[0; DURATION_BINS], 0.5), None);
        assert_eq!(duration_bin(Duration::ZERO), 0);
        assert_eq!(duration_bin(Duration::from_secs(1_000_000)), DURATION_BINS - 1);
    }

    #[test]
    fn ranks_count_from_the_shortest() {
        let mut counts = [0; DURATION_BINS];
        for micros in 1..=1000 {
            counts[duration_bin(Duration::from_micros(micros))] += 1;
        }
        for (quantile, expect) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = duration_quantile(&counts, quantile).unwrap().as_secs_f64() * 1e6;
            assert!((found / expect - 1.0).abs() < 0.13, "{quantile}: {found}");
        }
    }
}
