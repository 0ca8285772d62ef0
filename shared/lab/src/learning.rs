//! Training models on a history and proving what they are worth.
//!
//! ```text
//! history → ledger → replay → examples → trial (rehearse, train, fix the threshold, test once) → report
//! ```
//! | module | what it does |
//! |---|---|
//! | [`ledger`], [`merchant_book`] | the history in memory, by customer; every merchant's record at any instant |
//! | [`replay`], [`examples`] | each purchase's features from what was known at its time, in parallel |
//! | [`boosting`], [`novelty`] | boosted trees in XGBoost's format; the isolation forest |
//! | [`period`], [`trial`], [`tail`] | what may be trained on, chosen by and tested on, and when; what scores are worth |
//! | [`handbook`], [`hidden`] | the Fraud Detection Handbook's protocol; scenarios hidden from training |
//! | [`metrics`] | what a test shows, one measure a file |
//! | [`report`], [`plot`] | the figures, printed, as JSON and as SVG |
//! | [`artefacts`] | what `cargo lab train` leaves behind |
//! | [`feature_table`] | examples as CSV, for training elsewhere |

pub mod artefacts;
pub mod boosting;
mod error;
pub mod examples;
pub mod feature_table;
pub mod handbook;
pub mod hidden;
pub mod ledger;
pub mod merchant_book;
pub mod metrics;
pub mod novelty;
pub mod period;
pub mod plot;
pub mod reference;
pub mod replay;
pub mod report;
mod summary;
pub mod tail;
pub mod trial;

pub use error::LearningError;
