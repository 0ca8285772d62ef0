//! How well scores rank what is positive, from counts by bin of the score.

use super::{Estimate, z95};

/// Labelled attempts of one bin of the score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Labelled {
    /// Positives.
    pub(crate) positive: i64,
    /// Genuine ones.
    pub(crate) genuine: i64,
}

/// Precision and recall, were every attempt alarmed on from this bin up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// The lowest bin that is alarmed on.
    pub(crate) bin: usize,
    /// Positives among the alarms.
    pub(crate) precision: f64,
    /// Alarms among the positives.
    pub(crate) recall: f64,
}

/// The curve of precision against recall, from the highest bin with anything in it down. `bins` begin with the lowest score.
pub(crate) fn curve(bins: &[Labelled]) -> Vec<Point> {
    let all: i64 = bins.iter().map(|bin| bin.positive).sum();
    let (mut positive, mut alarms) = (0, 0);
    let falling = bins.iter().enumerate().rev().filter(|(_, bin)| bin.positive + bin.genuine > 0);
    let points = falling.map(|(bin, labelled)| {
        positive += labelled.positive;
        alarms += labelled.positive + labelled.genuine;
        Point { bin, precision: positive as f64 / alarms as f64, recall: positive as f64 / all as f64 }
    });
    if all > 0 { points.collect() } else { Vec::new() }
}

/// The average precision: the mean precision over all positives, those of one bin taken together. `None` without a positive or
/// without a genuine one.
///
/// The interval is the logit interval of Boyd, Eng, Page, "Area under the Precision-Recall Curve: Point Estimates and Confidence
/// Intervals" (ECML 2013); with few positives it is wide, as it should be.
pub(crate) fn average_precision(bins: &[Labelled]) -> Option<Estimate> {
    let (positive, genuine) =
        bins.iter().fold((0, 0), |(positive, genuine), bin| (positive + bin.positive, genuine + bin.genuine));
    if positive <= 0 || genuine <= 0 {
        return None;
    }
    let (mut area, mut before) = (0.0, 0.0);
    for Point { precision, recall, .. } in curve(bins) {
        area += (recall - before) * precision;
        before = recall;
    }
    // At 0 or 1 the logit has no finite value; the interval is then taken as if one more positive had ranked otherwise.
    let n = positive as f64;
    let inside = area.clamp(0.5 / (n + 1.0), 1.0 - 0.5 / (n + 1.0));
    let (logit, reach) = ((inside / (1.0 - inside)).ln(), z95() / (n * inside * (1.0 - inside)).sqrt());
    let share = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    Some(Estimate { value: area, ci95: [share(logit - reach).min(area), share(logit + reach).max(area)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(counts: &[(i64, i64)]) -> Vec<Labelled> {
        counts.iter().map(|(positive, genuine)| Labelled { positive: *positive, genuine: *genuine }).collect()
    }

    #[track_caller]
    fn check(counts: &[(i64, i64)], expect: f64) {
        let found = average_precision(&bins(counts)).unwrap();
        assert!((found.value - expect).abs() < 1e-9, "{found:?}");
        assert!(found.ci95[0] <= expect && expect <= found.ci95[1] && found.ci95[1] <= 1.0, "{found:?}");
    }

    #[test]
    fn average_precision_is_scikit_learns() {
        // sklearn.metrics.average_precision_score of labels [0, 0, 1, 1] and scores [.1, .4, .35, .8], from its documentation.
        check(&[(0, 1), (1, 0), (0, 1), (1, 0)], 0.833_333_333_333);
        // All alike: the base rate.
        check(&[(3, 27)], 0.1);
        check(&[(0, 50), (4, 0)], 1.0);
        // labels [1, 1, 0, 1, 0, 0], scores [3, 3, 3, 2, 1, 1]: (2/3) * (2/3) + (1/3) * (3/4)
        check(&[(0, 2), (1, 0), (2, 1)], 2.0 / 3.0 * 2.0 / 3.0 + 0.25);
        assert_eq!(average_precision(&bins(&[(0, 5)])), None);
        assert_eq!(average_precision(&bins(&[(5, 0)])), None);
    }

    #[test]
    fn intervals_are_the_logit_intervals() {
        // logit(.5) = 0, reach 1.96 / sqrt(100 * .25) = .392: from 1 / (1 + e^.392) on.
        let found = average_precision(&bins(&[(100, 100)])).unwrap();
        assert!((found.ci95[0] - 0.4032).abs() < 1e-4 && (found.ci95[1] - 0.5968).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn the_curve_begins_with_the_highest_scores() {
        let points = curve(&bins(&[(1, 6), (0, 0), (1, 1), (2, 0)]));
        let found: Vec<_> = points.iter().map(|point| (point.bin, point.precision, point.recall)).collect();
        assert_eq!(found, [(3, 1.0, 0.5), (2, 0.75, 0.75), (0, 4.0 / 11.0, 1.0)]);
        assert_eq!(curve(&bins(&[(0, 3)])), []);
    }
}
