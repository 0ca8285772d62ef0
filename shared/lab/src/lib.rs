//! Offline work on data: histories are read, customers are simulated. Run as `cargo lab`.
//!
//! | module | what it does |
//! |---|---|
//! | [`history`] | any CSV, plain or compressed, → [`transaction::Transaction`]s |
//! | [`simulate`] | a seed → [`simulate::SimulatedAttempt`]s in order of time, and how their customers react |
//! | [`export`] | simulated attempts → CSV that [`history`] reads |
//!
//! The commands that people run are in `main.rs` and `commands/`, one file each.

mod csv_error;
pub mod export;
pub mod history;
#[cfg(feature = "learning")]
pub mod learning;
pub mod simulate;
pub mod transaction;
