//! Offline work on data: histories are read, customers are simulated, models are trained and tested, histories
//! are imported. Run as `cargo lab`.
//!
//! | module | what it does |
//! |---|---|
//! | [`history`] | any CSV, plain or compressed, → [`transaction::Transaction`]s |
//! | `interventions` | simulated people under several policies → what each policy's interventions are worth (feature `learning`) |
//! | [`simulate`] | a seed → [`simulate::SimulatedAttempt`]s in order of time, and how their customers react |
//! | `learning` | a history → trained models, and figures that say what they are worth (feature `learning`, on by default) |
//! | `backtest` | a history → what another policy would have done differently, and what that was worth (feature `learning`) |
//! | `import` | a history → entries of a table, in parallel and resumable (feature `import`, on by default) |
//! | [`export`] | simulated attempts → CSV that [`history`] reads |
//!
//! The commands that people run are in `main.rs` and `commands/`, one file each.

#[cfg(feature = "learning")]
pub mod backtest;
mod csv_error;
pub mod export;
pub mod history;
#[cfg(feature = "import")]
pub mod import;
#[cfg(feature = "learning")]
pub mod interventions;
#[cfg(feature = "learning")]
pub mod learning;
pub mod simulate;
pub mod transaction;
