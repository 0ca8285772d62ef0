//! What training leaves behind: a folder with the models, what they were calibrated on, and a card that says what they are.
//!
//! | file | what it holds |
//! |---|---|
//! | `model.json` | the trees in XGBoost's format with the names of the features; the Python package and the engine read it |
//! | `forest.bin` | the isolation forest, as the engine loads it |
//! | `calibration.json` | a sketch of genuine scores, from which thresholds and p-values follow |
//! | `card.json`, `card.md` | data, period, features, settings, figures and hashes, for programs and for people |

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::boosting::Recipe;
use super::metrics::alerts::Alerts;
use super::metrics::ranking::{Quality, Ranking};
use super::metrics::{Tested, share};
use super::novelty::FOREST_FEATURES;
use super::trial::{TrainedModel, Training};

/// Points of the sketch for each tenfold smaller tail.
const POINTS_PER_DECADE: f64 = 20.0;

/// Scores of genuine purchases as a sketch: the score that each tail of them exceeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Genuine purchases behind it.
    pub genuine: u64,
    /// Tails, from all of them to one, each with the largest score that so many of them reach.
    pub points: Vec<CalibrationPoint>,
}

/// One tail of the genuine scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationPoint {
    /// The share of genuine purchases with this score or a higher one.
    pub tail: f64,
    /// The score in log-odds.
    pub log_odds: f32,
}

impl Calibration {
    /// The sketch of the genuine ones among tested purchases.
    pub fn of(tested: &[Tested]) -> Self {
        let mut scores: Vec<f32> =
            tested.iter().filter(|tested| !tested.is_positive).map(|tested| tested.score).collect();
        scores.sort_unstable_by(|left, right| right.total_cmp(left));
        let genuine = scores.len() as f64;
        let last = (genuine.log10() * POINTS_PER_DECADE).floor().max(0.0) as u32;
        let mut ranks: Vec<usize> = (0..=last)
            .map(|point| (genuine * 10_f64.powf(-f64::from(point) / POINTS_PER_DECADE)).round() as usize)
            .chain([1])
            .collect();
        ranks.dedup();
        let point = |rank: usize| {
            let log_odds = *scores.get(rank.checked_sub(1)?)?;
            Some(CalibrationPoint { tail: rank as f64 / genuine, log_odds })
        };
        Self { genuine: scores.len() as u64, points: ranks.into_iter().filter_map(point).collect() }
    }
}

/// What a model is: all that somebody needs who must decide whether to use it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelCard {
    /// The history's name.
    pub data: String,
    /// The SHA-256 of its file.
    pub data_sha256: String,
    /// Rows of the history.
    pub rows_read: u64,
    /// The days trained on.
    pub trained_on: String,
    /// Purchases trained on.
    pub train_rows: u64,
    /// How long labels take, in days.
    pub label_delay_days: f64,
    /// How many trees were grown.
    pub trees: u64,
    /// The features of the trees, in their order.
    pub features: &'static [&'static str],
    /// What each feature brought, as shares of one.
    pub gains: Vec<(&'static str, f64)>,
    /// What the forest sees, in its order; `exp` marks features seen without their logarithm.
    pub forest_features: [String; FOREST_FEATURES],
    /// How trees were grown.
    pub recipe: Recipe,
    /// How a rehearsal within the period went: the only figures that are known of a model that has not been tested yet.
    pub rehearsal: RehearsalCard,
    /// The SHA-256 of `model.json`.
    pub model_sha256: String,
    /// The SHA-256 of `forest.bin`.
    pub forest_sha256: String,
}

/// How the rehearsal of a training went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RehearsalCard {
    /// The days of the rehearsal's training.
    pub trained_on: String,
    /// The days of its test.
    pub tested_on: String,
    /// Purchases tested.
    pub rows: u64,
    /// The share of them that is positive.
    pub base_rate: f64,
    /// The area under the ROC curve.
    pub auc: f64,
    /// The average precision.
    pub average_precision: f64,
    /// The share of genuine purchases that may be flagged.
    pub alpha: f64,
    /// The threshold for it, in log-odds; none if there were too few genuine purchases.
    pub threshold: Option<f64>,
    /// Positives that the threshold flagged.
    pub recall: f64,
    /// Positives among what it flagged.
    pub precision: f64,
}

impl RehearsalCard {
    /// How the rehearsal of a training went.
    pub fn of(training: &Training, model: &TrainedModel, alpha: f64) -> Self {
        let Quality { auc, average_precision } = Ranking::of(&model.rehearsed).quality();
        let alerts = Alerts::above(model.rehearsed_threshold, &model.rehearsed);
        Self {
            trained_on: training.rehearsal().train().to_string(),
            tested_on: training.rehearsal().test().to_string(),
            rows: model.rehearsed.len() as u64,
            base_rate: share(alerts.positives as f64, model.rehearsed.len() as f64),
            auc,
            average_precision,
            alpha,
            threshold: model.rehearsed_threshold.is_finite().then_some(model.rehearsed_threshold),
            recall: alerts.recall(),
            precision: alerts.precision(),
        }
    }
}

impl ModelCard {
    /// The card for people.
    pub fn to_markdown(&self) -> String {
        let Self { rehearsal, .. } = self;
        let percent = |share: f64| format!("{:.3} %", 100.0 * share);
        let threshold = rehearsal.threshold.map_or_else(
            || "none: too few genuine purchases".to_owned(),
            |threshold| format!("{threshold:.4} log-odds"),
        );
        let gain_rows = self.gains.iter().map(|(name, gain)| format!("| `{name}` | {} |", percent(*gain)));
        let gains = gain_rows.collect::<Vec<_>>().join("\n");
        format!(
            "# Model card\n\n\
             {trees} boosted trees and an isolation forest, trained on {rows} purchases of {period}.\n\n\
             | what | value |\n|---|---|\n\
             | data | {data}, {read} rows |\n\
             | its SHA-256 | `{data_sha256}` |\n\
             | labels known after | {delay} days |\n\
             | SHA-256 of `model.json` | `{model_sha256}` |\n\
             | SHA-256 of `forest.bin` | `{forest_sha256}` |\n\n\
             ## Rehearsal\n\n\
             The model itself has not been tested. This is how one went that was trained in the same way on {before} and \
             tested on {tested_on}:\n\n\
             | figure | value |\n|---|---|\n\
             | purchases tested, base rate | {tested}, {base_rate} |\n\
             | AUC | {auc:.4} |\n\
             | average precision | {average_precision:.4} |\n\
             | threshold for {alpha} of the genuine | {threshold} |\n\
             | precision, recall there | {precision}, {recall} |\n\n\
             Figures of one history say little about another: evaluate on your own before use.\n\n\
             ## What features brought\n\n| feature | share of the loss removed |\n|---|---|\n{gains}\n\n\
             ## How trees were grown\n\n```\n{recipe:#?}\n```\n",
            trees = self.trees,
            rows = self.train_rows,
            period = self.trained_on,
            data = self.data,
            read = self.rows_read,
            data_sha256 = self.data_sha256,
            delay = self.label_delay_days,
            model_sha256 = self.model_sha256,
            forest_sha256 = self.forest_sha256,
            before = rehearsal.trained_on,
            tested_on = rehearsal.tested_on,
            tested = rehearsal.rows,
            base_rate = percent(rehearsal.base_rate),
            auc = rehearsal.auc,
            average_precision = rehearsal.average_precision,
            alpha = percent(rehearsal.alpha),
            precision = percent(rehearsal.precision),
            recall = percent(rehearsal.recall),
            recipe = self.recipe,
        )
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::metrics::samples::tested;

    #[test]
    fn the_sketch_tells_which_score_each_tail_exceeds() {
        let mut scores: Vec<Tested> = (1..=1000).map(|score| tested(score as f32, false)).collect();
        scores.push(tested(5000.0, true));
        let Calibration { genuine, points } = Calibration::of(&scores);
        assert_eq!(genuine, 1000);
        assert!(points.is_sorted_by(|left, right| left.tail > right.tail), "{points:?}");
        for CalibrationPoint { tail, log_odds } in &points {
            let reached = (1..=1000).filter(|score| *score as f32 >= *log_odds).count();
            assert!((tail - reached as f64 / 1000.0).abs() < 1e-12, "{tail} {log_odds}");
        }
        assert!((points[0].tail - 1.0).abs() < 1e-12);
        assert_eq!(points.last().map(|point| point.log_odds), Some(1000.0));
        assert_eq!(Calibration::of(&[]), Calibration { genuine: 0, points: Vec::new() });
    }

    #[test]
    fn hashes_are_hexadecimal() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
