//! Calibrating before the test: how rare is a score among genuine purchases?
//!
//! Two sources say it, and each has a flaw. The rehearsal's scores have labels, but were given by the rehearsal's trees, some
//! time ago. The days just before the test were scored by the trees that count, but their labels have not arrived; only how
//! probable the trees themselves find each to be genuine is known. Of both p-values the larger one is taken.
//!
//! Measured on four splits within days 30-121 of the handbook's data at alpha 0.1 %: the first alone, even at a confidence of
//! 0.99, flagged 0.081 to 0.126 % of the genuine; the second alone, without any margin, 0.083 to 0.099 %; both as they are
//! here 0.068 to 0.078 %, at a recall that is lower by half a per cent.

use engine::calibration::{Tail, TailPoint};
use statrs::distribution::{Beta, ContinuousCDF};

/// How sure a p-value is not to be too small.
pub const CONFIDENCE: f64 = 0.9;

/// Points of the sketch for each tenfold smaller tail.
const POINTS_PER_DECADE: f64 = 40.0;

/// A score with how far it is known to be of a genuine purchase, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighted {
    /// The score.
    pub score: f64,
    /// 1 where the label says genuine, 0 where it says positive, in between where there is none yet.
    pub genuine: f64,
}

/// The tail of scores from several sources; at every score the largest p-value of them. `None` without any genuine score.
///
/// If the scores to come are exchangeable with `n` genuine ones of which `k` are at least as high, the share of those to come
/// that is at least as high is below the p-value with [`CONFIDENCE`]: the upper Clopper-Pearson bound, a quantile of
/// Beta(k + 1, n - k). The plain conformal p-value, (k + 1) / (n + 1), would be too small every second time.
/// Source: Vovk, Conditional validity of inductive conformal predictors (2012), proposition 2a.
pub fn tail(sources: &[Vec<Weighted>]) -> Option<Tail> {
    let tails: Vec<Tail> = sources.iter().filter_map(|source| tail_of_one(source)).collect();
    let mut scores: Vec<f64> = tails.iter().flat_map(|tail| tail.points.iter().map(|point| point.score)).collect();
    scores.sort_unstable_by(f64::total_cmp);
    scores.dedup();
    let largest = |of: &dyn Fn(&Tail) -> f64| tails.iter().map(of).reduce(f64::max);
    let point = |score| Some(TailPoint { score, p_value: largest(&|tail| tail.p_value(score))? });
    Some(Tail {
        genuine: tails.iter().map(|tail| tail.genuine).sum(),
        confidence: CONFIDENCE,
        least: largest(&|tail| tail.least)?,
        points: scores.into_iter().filter_map(point).collect(),
    })
}

fn tail_of_one(source: &[Weighted]) -> Option<Tail> {
    let genuine: f64 = source.iter().map(|weighted| weighted.genuine).sum();
    if genuine < 1.0 {
        return None;
    }
    let mut falling = source.to_vec();
    falling.sort_unstable_by(|left, right| right.score.total_cmp(&left.score));
    let mut points = Vec::new();
    let (mut at_least, mut next_point_at) = (0.0, 0.0);
    let step = 10_f64.powf(1.0 / POINTS_PER_DECADE);
    for equal in falling.chunk_by(|left, right| left.score.total_cmp(&right.score).is_eq()) {
        at_least += equal.iter().map(|weighted| weighted.genuine).sum::<f64>();
        if at_least >= next_point_at {
            next_point_at = (at_least * step).max(at_least + 1.0);
            points
                .extend(equal.first().map(|first| TailPoint { score: first.score, p_value: bound(at_least, genuine) }));
        }
    }
    points.reverse();
    Some(Tail { genuine: genuine as u64, confidence: CONFIDENCE, least: bound(0.0, genuine), points })
}

/// The largest share that is compatible, at [`CONFIDENCE`], with so many of `genuine` being at least as high.
fn bound(at_least: f64, genuine: f64) -> f64 {
    let others = genuine - at_least;
    if others < 1e-9 {
        return 1.0;
    }
    Beta::new(at_least + 1.0, others).map_or(1.0, |share| share.inverse_cdf(CONFIDENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn genuine(scores: impl IntoIterator<Item = f64>) -> Vec<Weighted> {
        scores.into_iter().map(|score| Weighted { score, genuine: 1.0 }).collect()
    }

    #[test]
    fn bounds_are_those_of_clopper_and_pearson() {
        // scipy.stats.beta.ppf(0.9, k + 1, n - k)
        for (at_least, genuine, expect) in
            [(0.0, 2302.0, 0.000_999_745), (86.0, 100_000.0, 0.000_991_06), (5.0, 10.0, 0.732_670)]
        {
            let found = bound(at_least, genuine);
            assert!((found / expect - 1.0).abs() < 2e-3, "{at_least} of {genuine}: {found}");
        }
        assert!((bound(10.0, 10.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_rate_of_false_alarms_exceeds_alpha_as_rarely_as_promised() {
        // Scores spread evenly over 0..1, so that the share of genuine scores above one is what lies above it.
        let (alpha, tries) = (0.01, 400);
        let mut state = 1_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let exceeded = (0..tries).filter(|_| {
            let tail = tail(&[genuine((0..3000).map(|_| uniform()))]).unwrap();
            let flagged = (0..10_000).filter(|step| tail.p_value(f64::from(*step) / 10_000.0) <= alpha).count();
            flagged as f64 / 10_000.0 > alpha
        });
        let share = exceeded.count() as f64 / f64::from(tries);
        assert!((0.02..0.14).contains(&share), "{share}");
    }

    #[test]
    fn too_few_scores_promise_nothing() {
        assert!(tail(&[genuine(vec![0.0; 2301])]).unwrap().p_value(1.0) > 0.001);
        assert!(tail(&[genuine(vec![0.0; 2303])]).unwrap().p_value(1.0) < 0.001);
        assert_eq!(tail(&[Vec::new()]), None);
        assert_eq!(tail(&[]), None);
    }

    #[test]
    fn of_several_sources_the_most_careful_counts() {
        let low = genuine((0..1000).map(f64::from));
        let high = genuine((0..1000).map(|score| f64::from(score) + 500.0));
        let (both, high) = (tail(&[low.clone(), high.clone()]).unwrap(), tail(&[high]).unwrap());
        let low = tail(&[low]).unwrap();
        assert_eq!(both.genuine, 2000);
        for score in (0..1600).step_by(7).map(f64::from) {
            let careful = low.p_value(score).max(high.p_value(score));
            assert!((both.p_value(score) / careful - 1.0).abs() < 0.05, "{score}");
        }
    }

    #[test]
    fn scores_without_labels_count_as_far_as_they_are_genuine() {
        let mut scores = genuine((0..10_000).map(|score| -f64::from(score)));
        scores.extend((1..=1000).map(|score| Weighted { score: f64::from(score), genuine: 0.5 }));
        let tail = tail(&[scores]).unwrap();
        assert_eq!(tail.genuine, 10_500);
        // 182 with even chances above it count as 91: scipy.stats.beta.ppf(0.9, 92, 10500 - 91) = 0.0099...
        let found = tail.p_value(819.0);
        assert!((found - bound(91.0, 10_500.0)).abs() < 1e-4, "{found}");
    }
}
