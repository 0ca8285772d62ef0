//! The functions' handlers over the embedded emulator: the golden events of `events/`, bad input, faults, and the template.
//!
//! One database for each test, so that all run at the same time.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

mod bad_input;
mod customers;
mod faults;
mod hostile;
mod learning;
mod report;
mod score;
mod template;
mod world;
