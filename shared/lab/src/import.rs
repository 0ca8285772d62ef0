//! Importing: every row of a history becomes an entry of a table, written once.
//!
//! ```text
//! History ─▶ reader's thread ─▶ bounded channel ─▶ bounded set of conditional puts ─▶ table
//!                                                        │ settled rows
//!                                                        ▼
//!                                             ledger ─▶ watermark ─▶ progress file
//! ```
//! An entry's id is the one that the same purchase gets over HTTP, and it is put only where there is none: a row that is
//! written again is a duplicate, whoever wrote it first. So the progress file need not be exact: it names the number of
//! leading rows that are all in the table, and whatever comes after them is simply put again.
//!
//! Memory does not grow with the history: rows wait in the channel (`ROWS_READ_AHEAD`), in flight
//! ([`Settings::parallel`]) or in the ledger (`ROWS_OPEN_MAX`), and each of these is bounded.

mod error;
mod ledger;
mod progress;
mod read;
mod write;

use std::future::Future;
use std::time::Duration;

use engine::time::Instant;
use store::ports::PutEntry;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

pub use error::ImportError;
pub use ledger::{CONFLICTS_LISTED_MAX, Confirmed, Conflict, Conflicts};
pub use progress::{Job, ProgressFile, sha256_of};

use crate::history::History;
use ledger::Ledger;

/// The most entries that may be written at the same time.
pub const PARALLEL_MAX: usize = 1024;

/// Rows that are read before there is room to write them.
const ROWS_READ_AHEAD: usize = 1024;

/// How often the progress is saved: what a killed process repeats.
const SAVE_EVERY: Duration = Duration::from_millis(500);

/// How often the observer is called.
const OBSERVE_EVERY: Duration = Duration::from_millis(100);

/// How to import.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many entries are written at the same time, 1 to [`PARALLEL_MAX`].
    pub parallel: usize,
    /// Whether labels are imported: 1 as "this was not me", 0 as "this is normal for me".
    pub labels: bool,
    /// The clock that says when an entry was recorded.
    pub clock: fn() -> Instant,
}

/// Imports what `progress` does not tell to be imported already, until the history or `interrupt` ends it or an error
/// does. `observe` is told how far it is, several times a second.
///
/// Whatever ends it, what was read before is written and the progress saved; only a history that was imported to its end
/// leaves no progress file behind.
///
/// # Errors
/// [`ImportError`], beside what is confirmed. Rows in conflict are none: they are counted and listed.
pub async fn import<P>(
    ports: P,
    history: History,
    settings: &Settings,
    progress: &mut ProgressFile,
    interrupt: impl Future<Output = ()>,
    mut observe: impl FnMut(&Confirmed),
) -> (Confirmed, Result<(), ImportError>)
where
    P: PutEntry + Clone + Send + Sync + 'static,
{
    let mut ledger = Ledger::new(progress.confirmed().clone());
    let (sender, mut rows) = mpsc::channel(ROWS_READ_AHEAD);
    let reader = {
        let (after, settings) = (ledger.confirmed().rows, settings.clone());
        tokio::task::spawn_blocking(move || read::read(history, after, &settings, &sender))
    };
    let (stop, stopped) = watch::channel(false);
    let mut writes = JoinSet::new();
    let mut failure = None;
    let mut all_read = false;
    let mut saving = tokio::time::interval(SAVE_EVERY);
    let mut observing = tokio::time::interval(OBSERVE_EVERY);
    saving.set_missed_tick_behavior(MissedTickBehavior::Delay);
    observing.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(interrupt);

    while !writes.is_empty() || (failure.is_none() && !all_read) {
        let is_going_on = failure.is_none();
        let has_room = is_going_on && !all_read && writes.len() < settings.parallel && ledger.has_room();
        let failed = tokio::select! {
            row = rows.recv(), if has_room => {
                match row {
                    Some(read::Row { number, entry }) => {
                        ledger.begin(number);
                        writes.spawn(write::write(ports.clone(), number, entry, stopped.clone()));
                    }
                    None => all_read = true,
                }
                None
            }
            Some(written) = writes.join_next() => match written {
                Ok((row, Ok(settled))) => {
                    ledger.settle(row, settled);
                    None
                }
                Ok((_, Err(error))) => Some(error),
                Err(error) => Some(error.into()),
            },
            () = &mut interrupt, if is_going_on => Some(ImportError::Interrupted),
            _ = saving.tick() => progress.save(ledger.confirmed()).err(),
            _ = observing.tick() => {
                observe(ledger.confirmed());
                None
            }
        };
        if let Some(error) = failed {
            // Requests under way are awaited, but none is tried again, and the first reason is the one that counts.
            stop.send_replace(true);
            failure.get_or_insert(error);
        }
    }
    // The reader ends when nobody listens.
    drop(rows);
    let read = reader.await.unwrap_or_else(|error| Err(error.into()));
    let ended = match (failure, read) {
        (Some(error), _) | (None, Err(error)) => progress.save(ledger.confirmed()).and(Err(error)),
        (None, Ok(rows)) => {
            ledger.end(rows);
            progress.remove()
        }
    };
    observe(ledger.confirmed());
    (ledger.into_confirmed(), ended)
}
