//! Why a model is refused: what is wrong, where, and what was expected instead.

use super::TABLE_VERSION;

/// Why a model was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Not JSON, or JSON of another shape; the detail names line and column.
    #[error("this is not XGBoost's model.json: {0}; expected the file that Booster.save_model(\"model.json\") writes")]
    NotModelJson(String),
    /// XGBoost can evaluate it, Guardian cannot.
    #[error("the model's {what} is {found}, expected {expected}")]
    Unsupported {
        /// The part of the model.
        what: &'static str,
        /// What stands in the file.
        found: String,
        /// What can be evaluated.
        expected: &'static str,
    },
    /// The file has no list of feature names, so nothing says what its numbers mean.
    #[error(
        "the model names no features, expected {expected} names: train on DMatrix(..., feature_names=[...]) or a DataFrame, \
         or set booster.feature_names = [...] before save_model"
    )]
    NoFeatureNames {
        /// How many names there should be.
        expected: usize,
    },
    /// The first feature that differs from what the engine computes, counted from 0.
    #[error(
        "feature {position} of the model is {found}, expected {expected}: train it on the columns of `cargo lab features`, in \
         their order"
    )]
    Feature {
        /// Its position, from 0.
        position: usize,
        /// The model's name for it, quoted, or that there is none.
        found: String,
        /// The engine's name for it, quoted, or that there should be none.
        expected: String,
    },
    /// A tree that is no tree, or that holds what is no number.
    #[error("tree {tree}, node {node}: {what}")]
    DamagedTree {
        /// Its position in the model, from 0.
        tree: usize,
        /// The node's number in the file, from 0.
        node: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The parts of the model contradict each other.
    #[error("the model's {what} is {found}, expected {expected}")]
    Damaged {
        /// The part of the model.
        what: &'static str,
        /// What stands there.
        found: String,
        /// What the rest of the model demands.
        expected: String,
    },
    /// More than one of the named limits allows.
    #[error("the model has {found} {what}, at most {max} are allowed")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// A table written by a newer version of Guardian.
    #[error("the model table is of format {found}; this version reads up to {TABLE_VERSION}")]
    NewerTable {
        /// The format found.
        found: u8,
    },
    /// A table of the other kind, or bytes that are no model table at all.
    #[error("the model table begins with {found:#04x}, expected {expected:#04x}, a table of {kind}")]
    OtherTable {
        /// The first byte found.
        found: u8,
        /// The first byte of the table asked for.
        expected: u8,
        /// The kind asked for.
        kind: &'static str,
    },
    /// A table that is not whole.
    #[error("the model table is damaged: {0}")]
    DamagedTable(&'static str),
    /// The forest cannot be read.
    #[error("its forest.bin cannot be used: {0}; without one, `cargo lab calibrate` grows another")]
    Forest(Box<Self>),
    /// A forest that sees something else than the engine shows it.
    #[error("the forest sees {found} features, expected {expected}: train it with this version of Guardian")]
    ForestFeatures {
        /// How many it sees.
        found: usize,
        /// How many the engine shows it.
        expected: usize,
    },
    /// What the scores are worth cannot be read, or is of other models.
    #[error("its calibration.json cannot be used: {0}; `cargo lab calibrate` writes another")]
    Calibration(String),
    /// Rows that a forest cannot be fitted to.
    #[error("a forest cannot be fitted to {found}, expected {expected}")]
    Unfit {
        /// What was given.
        found: String,
        /// What is needed.
        expected: &'static str,
    },
}
