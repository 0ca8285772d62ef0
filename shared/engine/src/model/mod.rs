//! The learned models: boosted trees that give the score and its reasons, and an isolation forest that looks for what no
//! label has shown yet.
//!
//! | part | what it is |
//! |---|---|
//! | [`Trees`] | XGBoost's own model, evaluated bit for bit as XGBoost does |
//! | [`Forest`] | an isolation forest, scored as scikit-learn scores it |
//! | `xgboost` | reads XGBoost's `model.json`, refuses by name what cannot be evaluated |
//! | `grove` | what both share: flat nodes, and a walk through eight trees at a time |
//! | `table` | what both share: the bytes that a function loads in well under a millisecond |
//! | `shapley` | exact Shapley values of [`Trees`], for explanations that need not be fast |
//!
//! Architecture Invariant: whatever bytes are given, a model is either read whole or refused with a [`ModelError`]; one that
//! was read answers every attempt, in time bounded by the limits here, without allocating and without failing.

mod error;
mod forest;
mod grove;
mod shapley;
mod table;
mod trees;
mod xgboost;

pub use error::ModelError;
pub use forest::{Forest, ForestSettings, TreeParts};
pub use grove::{DEPTH_MAX, FEATURES_MAX, NODES_MAX, NODES_PER_TREE_MAX};
pub use table::{FEATURE_NAME_BYTES_MAX, TABLE_VERSION, TREES_MAX};
pub use trees::{Objective, Trees};
pub use xgboost::MODEL_JSON_BYTES_MAX;
