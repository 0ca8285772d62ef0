//! What training leaves behind: a folder with the models, what they were calibrated on, and a card that says what they are.
//!
//! | file | what it holds |
//! |---|---|
//! | `model.json` | the trees in XGBoost's format with the names of the features; the Python package and the engine read it |
//! | `forest.bin` | the isolation forest, as the engine loads it |
//! | `calibration.json` | a sketch of genuine scores, from which thresholds and p-values follow |
//! | `reference.json` | how deviations and scores are spread, for the report to compare with |
//! | `card.json`, `card.md` | data, period, features, settings, figures and hashes, for programs and for people |

use engine::novelty::SEEN_COUNT;
use serde::Serialize;

use super::boosting::Recipe;
use super::metrics::alerts::Alerts;
use super::metrics::ranking::{Quality, Ranking};
use super::metrics::share;
use super::trial::{TrainedModel, Training};

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
    pub forest_features: [String; SEEN_COUNT],
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
    /// The trees' score from which on they flag that share, in log-odds; none if there were too few genuine purchases.
    pub threshold: Option<f64>,
    /// Positives that were flagged.
    pub recall: f64,
    /// Positives among what was flagged.
    pub precision: f64,
}

impl RehearsalCard {
    /// How the rehearsal of a training went.
    pub fn of(training: &Training, model: &TrainedModel, alpha: f64) -> Self {
        let Quality { auc, average_precision } = Ranking::of(&model.rehearsed).quality();
        let alerts = Alerts::at(alpha, &model.rehearsed);
        Self {
            trained_on: training.rehearsal().train().to_string(),
            tested_on: training.rehearsal().test().to_string(),
            rows: model.rehearsed.len() as u64,
            base_rate: share(alerts.positives as f64, model.rehearsed.len() as f64),
            auc,
            average_precision,
            alpha,
            threshold: model.calibration.trees.score_at(alpha),
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
