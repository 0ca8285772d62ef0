//! The threshold, fixed before the test from scores of purchases that turned out genuine.

use statrs::distribution::{Binomial, DiscreteCDF};

/// How sure the threshold is to hold: the share of calibrations whose threshold flags no more than alpha of the genuine.
pub const CONFIDENCE: f64 = 0.9;

/// The score above which to alert so that, with [`CONFIDENCE`], at most `alpha` of genuine purchases are flagged, judging
/// by the scores of genuine purchases of the past. Infinite (no alert at all) where they are too few to promise that.
///
/// With the `k`-th largest of `n` exchangeable scores as the threshold, the rate of false alarms is Beta distributed, and
/// exceeds alpha with the binomial probability of fewer than `k` successes in `n` tries. Taking the mean of that Beta
/// instead (the plain conformal p-value) would exceed alpha every second time.
/// Source: Vovk, Conditional validity of inductive conformal predictors (2012), proposition 2a.
pub fn conformal(mut genuine: Vec<f32>, alpha: f64) -> f64 {
    genuine.sort_unstable_by(|left, right| right.total_cmp(left));
    let count = genuine.len() as u64;
    let Ok(exceedances) = Binomial::new(alpha, count) else { return f64::INFINITY };
    let holds = |flagged: u64| exceedances.cdf(flagged) <= 1.0 - CONFIDENCE;
    if count == 0 || !holds(0) {
        return f64::INFINITY;
    }
    // The most scores that may lie above the threshold, by bisection: `holds` is monotone.
    let (mut most, mut too_many) = (0, count);
    while too_many - most > 1 {
        let middle = u64::midpoint(most, too_many);
        if holds(middle) { most = middle } else { too_many = middle }
    }
    genuine.get(most as usize).map_or(f64::INFINITY, |score| f64::from(*score))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_of_false_alarms_exceeds_alpha_as_rarely_as_promised() {
        // Scores spread evenly over 0..1, so that a threshold's true rate is what lies above it.
        let (alpha, tries) = (0.01, 2000);
        let mut state = 1_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u64 << 24) as f32
        };
        let exceeded =
            (0..tries).filter(|_| 1.0 - conformal((0..3000).map(|_| uniform()).collect(), alpha) > alpha).count();
        let share = exceeded as f64 / f64::from(tries);
        assert!((0.06..0.11).contains(&share), "{share}");
    }

    #[test]
    fn too_few_scores_promise_nothing() {
        // 0.999^2301 = 0.10005: one score short of a promise.
        assert!(conformal(vec![0.0; 2301], 0.001).is_infinite());
        assert!(conformal(vec![0.0; 2302], 0.001).is_finite());
        assert!(conformal(Vec::new(), 0.001).is_infinite());
    }

    #[test]
    fn the_threshold_is_a_score_with_fewer_above_it_than_alpha_allows() {
        let scores: Vec<f32> = (0..100_000).map(|score| score as f32).collect();
        let threshold = conformal(scores, 0.001);
        // scipy.stats.binom.ppf(0.1, 100000, 0.001) = 87: 86 may lie above.
        assert!((threshold - (100_000.0 - 1.0 - 86.0)).abs() < 1e-9, "{threshold}");
    }
}
