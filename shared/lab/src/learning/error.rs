//! What can keep a model from being trained or tested, in words that say what to change.

use engine::model::ModelError;
use engine::time::Day;
use hessboost::error::HessboostError;

use super::period::Period;

/// Why a model cannot be trained or tested on a history.
#[derive(Debug, thiserror::Error)]
pub enum LearningError {
    /// The history has no purchase.
    #[error("the history is empty")]
    Empty,
    /// The history has no purchase in the period asked for.
    #[error("no purchase lies in {period}; the history goes from {history}")]
    NoPurchases {
        /// The period asked for.
        period: Period,
        /// The history's own.
        history: Period,
    },
    /// No purchase that may be trained on has a label.
    #[error("no purchase to train on has a label; map the column of labels with `label=COLUMN`")]
    NoLabels,
    /// All labels are the same.
    #[error("{positive} of {labelled} labels to train on are positive; both kinds are needed")]
    OneKindOfLabel {
        /// How many are positive.
        positive: usize,
        /// How many labels there are.
        labelled: usize,
    },
    /// A period ends before it begins.
    #[error("a period from {from} until {until} holds no day")]
    PeriodEmpty {
        /// The first day.
        from: Day,
        /// The last day.
        until: Day,
    },
    /// The labels of the training period would be used before they arrive.
    #[error(
        "the labels of {train_until}, the last day to train on, arrive after {test_from}, the first day to test: \
         leave a gap of at least the label delay"
    )]
    LabelsTooLate {
        /// The last day to train on.
        train_until: Day,
        /// The first day to test.
        test_from: Day,
    },
    /// A period to test holds no labelled purchase of both kinds.
    #[error("{period}: no labelled purchases of both kinds to test with")]
    NothingToTest {
        /// The period.
        period: Period,
    },
    /// A period to calibrate by holds no purchase labelled genuine.
    #[error(
        "{period}: no purchase is labelled genuine, nothing to calibrate by; map the column of labels with `label=COLUMN`"
    )]
    NothingGenuine {
        /// The period.
        period: Period,
    },
    /// The training period cannot hold a rehearsal: some days to train, the delay, some days to test.
    #[error("{train} is too short to train on: with this label delay it takes at least {days_needed} days")]
    TooShortToRehearse {
        /// The period to train on.
        train: Period,
        /// How many days it takes.
        days_needed: i32,
    },
    /// The history has no such scenario.
    #[error("no scenario `{scenario}`; map their column with `scenario=COLUMN`; known are: {known}")]
    NoSuchScenario {
        /// The scenario asked for.
        scenario: String,
        /// The scenarios that there are.
        known: String,
    },
    /// The trainer refused.
    #[error("the trainer: {0}")]
    Trainer(#[from] HessboostError),
    /// The engine refuses what was trained.
    #[error("the engine cannot evaluate the trained model: {0}")]
    Model(#[from] ModelError),
    /// The model cannot be written as JSON.
    #[error("cannot write the model as JSON: {0}")]
    ModelJson(#[source] serde_json::Error),
}
