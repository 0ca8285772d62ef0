//! What the process that scored an attempt measured: it travels with the entry into the roll-ups, so that the report can say how
//! fast and how reliable scoring is without asking anything else.
//!
//! How long an entry takes to be written cannot stand in it. It stands in the next one of the same process, as do the answers that
//! left no entry; what the last entry of a process would have told is lost with the process.

use std::time::Duration;

/// What was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measured {
    /// Reading the customer and the merchant.
    pub read: Duration,
    /// Comparing and deciding.
    pub engine: Duration,
    /// The decision before this one in the same process, if there was one.
    pub last: Option<LastDecision>,
    /// What became of requests since that decision, itself included.
    pub answers: Answers,
}

/// What was only known of a decision once its entry had been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDecision {
    /// Recording the entry.
    pub write: Duration,
    /// From the request to the answer.
    pub whole: Duration,
}

/// Answers by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    /// Decisions that were recorded, or had been.
    pub recorded: u32,
    /// Decisions that could not be recorded.
    pub unrecorded: u32,
    /// Requests that the caller must change.
    pub refused: u32,
    /// Requests that failed through no fault of the caller.
    pub failed: u32,
}

impl Answers {
    /// Each kind by its name, with how many there were.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let Self { recorded, unrecorded, refused, failed } = *self;
        [("recorded", recorded), ("unrecorded", unrecorded), ("refused", refused), ("failed", failed)].into_iter()
    }
}
