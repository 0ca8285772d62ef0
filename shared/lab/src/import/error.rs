//! What can end an import before its history does.

use std::io;
use std::path::PathBuf;

use engine::id::AttemptId;
use engine::time::{Instant, LocalInstant};
use store::StoreError;
use tokio::task::JoinError;

use crate::history::HistoryError;

/// Why an import did not reach the end of its history.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A row cannot be understood, or the file not be read on.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A row lies in the future.
    #[error(
        "row {row} occurred at {occurred_at}, expected a time not later than now, {now}, by more than five minutes"
    )]
    Future {
        /// The row, from 1.
        row: u64,
        /// Its time.
        occurred_at: LocalInstant,
        /// The time of the import.
        now: Instant,
    },
    /// An entry could not be written, after all retries.
    #[error("row {row} ({id}) was not written: {source}")]
    Write {
        /// The row, from 1.
        row: u64,
        /// The id that its entry should have had.
        id: AttemptId,
        /// What the table said.
        source: StoreError,
    },
    /// Somebody asked for it to stop.
    #[error("interrupted")]
    Interrupted,
    /// The file of the history cannot be read to tell it from others.
    #[error("cannot read {}: {source}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The history is no file, and could not be read again to resume.
    #[error("{} is not a file; an import reads its history twice, and again when it is resumed", .0.display())]
    NotAFile(PathBuf),
    /// The progress file cannot be read, written or removed.
    #[error("cannot use the progress file {}: {source}", path.display())]
    Progress {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The progress file is not one.
    #[error("{} is not the progress of an import: {reason}; --restart begins anew", path.display())]
    NotProgress {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The progress file is of another import.
    #[error(
        "{} is the progress of another import, {what}; --restart begins anew (rows that are there count as duplicates), \
         --progress FILE keeps that one",
        path.display()
    )]
    OtherJob {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: String,
    },
    /// A part of the program ended without an answer.
    #[error("the import broke off: {0}")]
    Broken(#[from] JoinError),
}
