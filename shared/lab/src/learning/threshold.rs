//! The threshold, fixed before the test.
//!
//! Two sources say where it should lie, and each has a flaw. The rehearsal's scores have labels, but were given by the
//! rehearsal's trees, some time ago. The days just before the test were scored by the trees that count, but their labels
//! have not arrived; only how probable the trees themselves find each to be genuine is known. The stricter of the two is
//! taken.
//!
//! Measured on four splits within days 30-121 of the handbook's data at alpha 0.1 %: the first alone, even at a confidence of
//! 0.99, flagged 0.081 to 0.126 % of the genuine; the second alone, without any margin, 0.083 to 0.099 %; both as they are
//! here 0.068 to 0.078 %, at a recall that is lower by half a per cent.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::metrics::calibration::probability;

/// How sure a threshold is to hold: the share of calibrations whose threshold flags no more than alpha of the genuine.
pub const CONFIDENCE: f64 = 0.9;

/// The score above which to alert, by scores of purchases that turned out genuine: with [`CONFIDENCE`], at most `alpha` of
/// those to come are flagged. Infinite (no alert at all) where the scores are too few to promise that.
///
/// If the scores to come are exchangeable with these `n`, the rate of false alarms above the `k + 1`st largest is Beta
/// distributed, and exceeds alpha with the binomial probability of at most `k` successes in `n` tries. Taking the mean of
/// that Beta instead (the plain conformal p-value) would exceed alpha every second time.
/// Source: Vovk, Conditional validity of inductive conformal predictors (2012), proposition 2a.
pub fn from_genuine(genuine: &[f32], alpha: f64) -> f64 {
    above_at_most(genuine, alpha, genuine.len() as u64, |_| 1.0)
}

/// The score above which to alert, by scores whose labels have not arrived: the same, where each counts as genuine as far
/// as its own probability says so.
pub fn from_unlabelled(scores: &[f32], alpha: f64) -> f64 {
    let genuine: f64 = scores.iter().map(|score| genuine_share(*score)).sum();
    above_at_most(scores, alpha, genuine as u64, genuine_share)
}

fn genuine_share(score: f32) -> f64 {
    1.0 - probability(score)
}

/// The lowest of the scores above which no more genuine ones lie than may be flagged; infinite if none may.
fn above_at_most(scores: &[f32], alpha: f64, genuine: u64, genuine_share: impl Fn(f32) -> f64) -> f64 {
    let Some(flagged_max) = flagged_max(genuine, alpha) else { return f64::INFINITY };
    let mut scores = scores.to_vec();
    scores.sort_unstable_by(|left, right| right.total_cmp(left));
    let mut flagged = 0.0;
    let first_too_many = scores.into_iter().find(|score| {
        flagged += genuine_share(*score);
        flagged > flagged_max as f64
    });
    first_too_many.map_or(f64::NEG_INFINITY, f64::from)
}

/// How many of so many genuine scores may lie above a threshold that holds with [`CONFIDENCE`]; `None` if not even zero.
fn flagged_max(genuine: u64, alpha: f64) -> Option<u64> {
    let exceedances = Binomial::new(alpha, genuine).ok()?;
    let holds = |flagged: u64| exceedances.cdf(flagged) <= 1.0 - CONFIDENCE;
    if genuine == 0 || !holds(0) {
        return None;
    }
    // By bisection: what holds for some number holds for every smaller one.
    let (mut most, mut too_many) = (0, genuine);
    while too_many - most > 1 {
        let middle = u64::midpoint(most, too_many);
        if holds(middle) { most = middle } else { too_many = middle }
    }
    Some(most)
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
        let mut threshold = || from_genuine(&(0..3000).map(|_| uniform()).collect::<Vec<_>>(), alpha);
        let exceeded = (0..tries).filter(|_| 1.0 - threshold() > alpha).count();
        let share = exceeded as f64 / f64::from(tries);
        assert!((0.06..0.11).contains(&share), "{share}");
    }

    #[test]
    fn too_few_scores_promise_nothing() {
        // 0.999^2301 = 0.10005: one score short of a promise.
        assert!(from_genuine(&[0.0; 2301], 0.001).is_infinite());
        assert!(from_genuine(&[0.0; 2302], 0.001).is_finite());
        assert!(from_genuine(&[], 0.001).is_infinite());
        assert!(from_unlabelled(&[], 0.001).is_infinite());
    }

    #[test]
    fn fewer_lie_above_the_threshold_than_alpha_allows() {
        let scores: Vec<f32> = (0..100_000).map(|score| score as f32).collect();
        // scipy.stats.binom.cdf(86, 100000, 0.001) = 0.0862, and of 87 already 0.1036.
        let threshold = from_genuine(&scores, 0.001);
        assert!((threshold - (100_000.0 - 1.0 - 86.0)).abs() < 1e-9, "{threshold}");
    }

    #[test]
    fn scores_without_labels_count_as_far_as_they_are_genuine() {
        let log_odds = |probability: f32| (probability / (1.0 - probability)).ln();
        // Ten thousand surely genuine, and above them a thousand with even chances: of 10,500 genuine at alpha 1 % 91 may be
        // flagged (scipy.stats.binom.cdf(91, 10500, 0.01) = 0.0905, of 92 0.1084), which are 182 of those with even chances.
        let mut scores = vec![-30.0; 10_000];
        scores.extend((0..1000).map(|row| log_odds(0.5) + row as f32 * 1e-6));
        let flagged = scores.iter().filter(|score| f64::from(**score) > from_unlabelled(&scores, 0.01)).count();
        assert!((180..=184).contains(&flagged), "{flagged}");
    }
}
