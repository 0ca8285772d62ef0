//! Training models on a history and proving what they are worth.

pub mod artefacts;
pub mod boosting;
mod error;
pub mod examples;
pub mod handbook;
pub mod hidden;
pub mod ledger;
pub mod merchant_book;
pub mod metrics;
pub mod novelty;
pub mod period;
pub mod plot;
pub mod replay;
pub mod report;
mod summary;
pub mod threshold;
pub mod trial;

pub use error::LearningError;
