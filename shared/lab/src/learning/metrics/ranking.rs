//! How well scores rank positives above the rest, whatever the threshold.

use std::cmp::Ordering;

use super::{Tested, share};

/// Tested purchases with the highest score first.
#[derive(Debug, Clone)]
pub struct Ranking(Vec<Ranked>);

#[derive(Debug, Clone, Copy)]
struct Ranked {
    score: f32,
    customer: u32,
    is_positive: bool,
    /// Whether the next one has a lower score: a threshold can lie only there.
    ends_tie: bool,
}

/// The two measures of a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// The area under the ROC curve: how often a positive outranks a genuine one, ties counting half.
    pub auc: f64,
    /// Precision averaged over the positives as they are found: `Σ (recall_n - recall_n-1) precision_n` over thresholds,
    /// as scikit-learn's `average_precision_score`.
    pub average_precision: f64,
}

/// A point of the precision-recall curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The share of positives found.
    pub recall: f64,
    /// The share of positives among what was found.
    pub precision: f64,
}

impl Ranking {
    /// Ranks tested purchases. A score that is no number ranks lowest.
    pub fn of(tested: &[Tested]) -> Self {
        let mut ranked: Vec<Ranked> = tested
            .iter()
            .map(|tested| Ranked {
                score: if tested.score.is_nan() { f32::NEG_INFINITY } else { tested.score },
                customer: tested.customer,
                is_positive: tested.is_positive,
                ends_tie: true,
            })
            .collect();
        ranked.sort_unstable_by(|left, right| {
            let by_score = right.score.total_cmp(&left.score);
            by_score.then(left.customer.cmp(&right.customer)).then(left.is_positive.cmp(&right.is_positive))
        });
        let scores: Vec<f32> = ranked.iter().skip(1).map(|ranked| ranked.score).collect();
        for (ranked, next) in ranked.iter_mut().zip(scores) {
            ranked.ends_tie = ranked.score.partial_cmp(&next) != Some(Ordering::Equal);
        }
        Self(ranked)
    }

    /// The ranking's quality.
    pub fn quality(&self) -> Quality {
        self.weighted_quality(|_| 1.0)
    }

    /// The quality where each customer's purchases weigh so much; 0 where one kind of label is missing.
    pub fn weighted_quality(&self, weight: impl Fn(u32) -> f64) -> Quality {
        let (mut positives, mut genuine) = (0.0, 0.0);
        let (mut positives_of_tie, mut genuine_of_tie) = (0.0, 0.0);
        let (mut area, mut precisions) = (0.0, 0.0);
        for ranked in &self.0 {
            let weight = weight(ranked.customer);
            if ranked.is_positive {
                positives_of_tie += weight;
            } else {
                genuine_of_tie += weight;
            }
            if ranked.ends_tie {
                area += genuine_of_tie * (positives + positives_of_tie / 2.0);
                positives += positives_of_tie;
                genuine += genuine_of_tie;
                precisions += positives_of_tie * share(positives, positives + genuine);
                (positives_of_tie, genuine_of_tie) = (0.0, 0.0);
            }
        }
        Quality { auc: share(area, positives * genuine), average_precision: share(precisions, positives) }
    }

    /// The largest share of positives found at any threshold that flags at most this share of the genuine.
    pub fn recall_at_fpr(&self, fpr_max: f64) -> f64 {
        let threshold = self.threshold_at_fpr(fpr_max);
        let positives = self.0.iter().filter(|ranked| ranked.is_positive);
        let found = positives.clone().filter(|ranked| ranked.score >= threshold).count();
        share(found as f64, positives.count() as f64)
    }

    /// The lowest score from which on flagging everything flags at most this share of the genuine; infinite if there is none.
    pub fn threshold_at_fpr(&self, fpr_max: f64) -> f32 {
        let genuine = self.0.iter().filter(|ranked| !ranked.is_positive).count();
        let genuine_max = fpr_max * genuine as f64;
        let (mut flagged, mut threshold) = (0.0, f32::INFINITY);
        for ranked in &self.0 {
            flagged += f64::from(!ranked.is_positive);
            if flagged > genuine_max {
                break;
            }
            if ranked.ends_tie {
                threshold = ranked.score;
            }
        }
        threshold
    }

    /// The precision-recall curve, a point for each threshold at which the recall has grown by `step` or more.
    pub fn curve(&self, step: f64) -> Vec<CurvePoint> {
        let positives = self.0.iter().filter(|ranked| ranked.is_positive).count() as f64;
        let mut points: Vec<CurvePoint> = Vec::new();
        let (mut found, mut next_recall) = (0.0, 0.0);
        for (position, ranked) in self.0.iter().enumerate() {
            found += f64::from(ranked.is_positive);
            let recall = share(found, positives);
            if ranked.ends_tie && found > 0.0 && recall >= next_recall {
                points.push(CurvePoint { recall, precision: found / (position + 1) as f64 });
                next_recall = recall + step;
            }
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{tested, twelve};
    use super::*;

    #[track_caller]
    fn check(tested: &[Tested], auc: f64, average_precision: f64) {
        let quality = Ranking::of(tested).quality();
        assert!((quality.auc - auc).abs() < 1e-12, "{quality:?}");
        assert!((quality.average_precision - average_precision).abs() < 1e-12, "{quality:?}");
    }

    #[test]
    fn quality_is_that_of_scikit_learn() {
        // roc_auc_score and average_precision_score of scikit-learn on the twelve.
        check(&twelve(), 0.614_285_714_285_714_3, 0.609_956_709_956_709_9);
        check(&[tested(2.0, true), tested(1.0, false)], 1.0, 1.0);
        check(&[tested(1.0, true), tested(2.0, false)], 0.0, 0.5);
        check(&[tested(1.0, true), tested(1.0, false)], 0.5, 0.5);
        check(&[tested(f32::NAN, true), tested(1.0, false)], 0.0, 0.5);
        check(&[], 0.0, 0.0);
    }

    #[test]
    fn a_weight_counts_as_so_many_customers() {
        let mut once = twelve();
        once.iter_mut().enumerate().for_each(|(row, tested)| tested.customer = row as u32 % 3);
        let twice: Vec<Tested> =
            once.iter().chain(once.iter().filter(|tested| tested.customer == 1)).copied().collect();
        let weighted = Ranking::of(&once).weighted_quality(|customer| if customer == 1 { 2.0 } else { 1.0 });
        let repeated = Ranking::of(&twice).quality();
        assert!((weighted.auc - repeated.auc).abs() < 1e-12);
        assert!((weighted.average_precision - repeated.average_precision).abs() < 1e-12);
    }

    #[test]
    fn recall_counts_only_thresholds_within_the_budget() {
        let ranking = Ranking::of(&twelve());
        // Seven are genuine: one of them may be flagged at 1/7. The threshold cannot split the tie at 0.8.
        for (fpr, recall) in [(0.0, 0.2), (0.14, 0.2), (0.143, 0.4), (0.5, 0.4), (0.572, 0.8), (1.0, 1.0)] {
            assert!((ranking.recall_at_fpr(fpr) - recall).abs() < 1e-12, "{fpr}");
        }
        assert!(Ranking::of(&[]).recall_at_fpr(0.5).abs() < 1e-12);
    }

    #[test]
    fn the_curve_ends_at_the_base_rate() {
        let curve = Ranking::of(&twelve()).curve(0.0);
        assert_eq!(curve.first(), Some(&CurvePoint { recall: 0.2, precision: 1.0 }));
        assert_eq!(curve.last(), Some(&CurvePoint { recall: 1.0, precision: 5.0 / 12.0 }));
    }
}
