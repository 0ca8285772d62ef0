//! What the fuzz targets share: the functions over a table in memory, and the golden events that they start from.
//!
//! A target is one file of `fuzz_targets/`. It feeds whatever libFuzzer makes up to the public functions that meet it in
//! production, and panics where an answer is not one that a caller may get. `README.md` says how to run them.

pub mod events;
pub mod memory;
pub mod requests;

use std::future::Future;

use engine::time::{Instant, LocalInstant};

/// When every run takes place: on the day of the golden events.
///
/// # Panics
/// Never: the time is written right.
pub fn now() -> Instant {
    LocalInstant::parse("2026-03-14T10:00:00Z").expect("a time that is written right").instant()
}

/// Runs a future to its end, on a runtime that is made once and whose time passes by itself.
///
/// # Panics
/// If the runtime cannot be made.
pub fn block_on<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
