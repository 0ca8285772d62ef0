//! How right the alarms were, as far as labels say.

use engine::rollup::Counters;
use engine::rollup::bins::{SCORE_BINS, score_bounds};
use engine::time::Day;
use serde::Serialize;

use super::{sum, two_digits};
use crate::statistics::Estimate;
use crate::statistics::ranking::{Labelled, average_precision, curve};
use crate::statistics::share::Share;

/// Up to how many days after an attempt its label is expected to come: in the mean customers have said something by then, or never
/// will.
pub const LABELS_EXPECTED_DAYS: i32 = 30;

/// How right the alarms were. FPR and FDR are two things: the first is of the genuine, the second of the alarms.
#[derive(Debug, Clone, Serialize)]
pub struct Quality {
    /// Attempts with a confirmed label.
    pub labelled: i64,
    /// Attempts without one yet.
    pub unlabelled: i64,
    /// Those of them whose label may still come: not older than [`LABELS_EXPECTED_DAYS`].
    pub expected_late: i64,
    /// Positives among the labelled. Every precision is to be read beside it.
    pub base_rate: Share,
    /// Positives among the labelled alarms.
    pub precision: Share,
    /// Alarms among the positives.
    pub recall: Share,
    /// False positive rate: alarms among the genuine.
    pub fpr: Share,
    /// False discovery rate: genuine among the labelled alarms, which is 1 - precision.
    pub fdr: Share,
    /// The average precision over the labelled part, from counts by bin of the score.
    pub average_precision: Option<Estimate>,
    /// Precision against recall, were the risk score alone to decide: from the highest scores down.
    pub curve: Vec<CurvePoint>,
    /// Whether the risk score is the probability that it claims to be: the bins with a label in them, from the lowest up.
    pub calibration: Vec<CalibrationBin>,
}

/// A point of the curve.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CurvePoint {
    /// The risk score from which on everything is alarmed on.
    pub score_from: f64,
    /// Positives among those alarms.
    pub precision: f64,
    /// Those alarms among the positives.
    pub recall: f64,
}

/// Attempts of about one risk score.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CalibrationBin {
    /// The lowest and the highest risk score of the bin.
    pub scores: [f64; 2],
    /// Positives among its labelled attempts: a calibrated score has it between the two.
    pub positive: Share,
}

/// Attempts of about one risk score, labelled or not.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ScoreBin {
    /// The lowest and the highest risk score of the bin.
    pub scores: [f64; 2],
    /// Attempts.
    pub attempts: i64,
    /// Those that Guardian stepped in on.
    pub alarms: i64,
}

impl Quality {
    /// The quality that these counters tell; `young` are those of the days whose labels may still come.
    pub(super) fn of(counters: &Counters, young: &Counters) -> Self {
        let label = |alarm: &str, truth: &str| counters.get(&format!("label.{alarm}.{truth}"));
        let (alarm_positive, alarm_genuine) = (label("alarm", "positive"), label("alarm", "genuine"));
        let (quiet_positive, quiet_genuine) = (label("quiet", "positive"), label("quiet", "genuine"));
        let positive = sum([alarm_positive, quiet_positive]);
        let genuine = sum([alarm_genuine, quiet_genuine]);
        let alarms = sum([alarm_positive, alarm_genuine]);
        let labelled = sum([positive, genuine]);
        let bins = labelled_by_score(counters);
        let points = curve(&bins).into_iter();
        let calibration = bins.iter().enumerate().filter(|(_, bin)| bin.positive + bin.genuine > 0);
        Self {
            labelled,
            unlabelled: unlabelled(counters),
            expected_late: unlabelled(young),
            base_rate: Share::new(positive, labelled),
            precision: Share::new(alarm_positive, alarms),
            recall: Share::new(alarm_positive, positive),
            fpr: Share::new(alarm_genuine, genuine),
            fdr: Share::new(alarm_genuine, alarms),
            average_precision: average_precision(&bins),
            curve: points
                .map(|point| CurvePoint {
                    score_from: score_bounds(point.bin).0,
                    precision: point.precision,
                    recall: point.recall,
                })
                .collect(),
            calibration: calibration
                .map(|(bin, labelled)| CalibrationBin {
                    scores: score_bounds(bin).into(),
                    positive: Share::new(labelled.positive, labelled.positive + labelled.genuine),
                })
                .collect(),
        }
    }
}

/// The first day whose attempts' labels may still come.
pub(super) fn young_from(today: Day) -> Day {
    today.plus_days(-LABELS_EXPECTED_DAYS)
}

fn unlabelled(counters: &Counters) -> i64 {
    let labelled = sum(counters.under("label").map(|(_, count)| count));
    counters.get("attempts").saturating_sub(labelled).max(0)
}

fn labelled_by_score(counters: &Counters) -> Vec<Labelled> {
    let of = |truth: &str, bin: usize| counters.get(&format!("labelled.{truth}.{}", two_digits(bin))).max(0);
    (0..SCORE_BINS).map(|bin| Labelled { positive: of("positive", bin), genuine: of("genuine", bin) }).collect()
}

/// Attempts and alarms by risk score, from the lowest up.
pub(super) fn scores(counters: &Counters) -> Vec<ScoreBin> {
    let bin = |bin: usize| ScoreBin {
        scores: score_bounds(bin).into(),
        attempts: counters.get(&format!("score.{}", two_digits(bin))),
        alarms: counters.get(&format!("alarm.{}", two_digits(bin))),
    };
    (0..SCORE_BINS).map(bin).collect()
}
