//! One entry into the table, tried again while that may help.

use std::time::Duration;

use engine::entry::{Entry, Feedback};
use store::ports::{Put, PutEntry};
use tokio::sync::watch;

use super::ImportError;
use super::ledger::{Conflict, Settled};

/// How often a write is tried, each time with all the retries of the client. With the waits between, a table may throttle
/// or be away for a minute and a half.
const TRIES_MAX: u32 = 12;

/// How long to wait after the first failure; twice as long after each further one.
const WAIT: Duration = Duration::from_millis(100);

/// The longest wait.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// Waits are spread over as many different lengths, up to twice the shortest: writes that were throttled together must not
/// come back together.
const WAIT_LENGTHS: u32 = 16;

/// Writes the entry of a row. When `stop` turns true, nothing is tried again.
pub(super) async fn write<P: PutEntry>(
    ports: P,
    row: u64,
    entry: Entry,
    mut stop: watch::Receiver<bool>,
) -> (u64, Result<Settled, ImportError>) {
    let mut tries = 1;
    let source = loop {
        match ports.put_entry(&entry).await {
            Ok(Put::Created) => return (row, Ok(Settled::Imported)),
            Ok(Put::Existing(existing)) => return (row, Ok(compare(row, &entry, &existing))),
            Err(error) if !error.is_transient() || tries == TRIES_MAX => break error,
            Err(error) => {
                tokio::select! {
                    () = tokio::time::sleep(wait(row, tries)) => tries += 1,
                    // An error means that the import is gone, which is the same.
                    _ = stop.wait_for(|stop| *stop) => break error,
                }
            }
        }
    };
    (row, Err(ImportError::Write { row, id: entry.id, source }))
}

fn wait(row: u64, tries: u32) -> Duration {
    let wait = WAIT.saturating_mul(2_u32.saturating_pow(tries - 1)).min(WAIT_MAX);
    wait + wait / WAIT_LENGTHS * (row % u64::from(WAIT_LENGTHS)) as u32
}

/// What it means that the table holds `existing` under this entry's id.
fn compare(row: u64, entry: &Entry, existing: &Entry) -> Settled {
    // Once an entry was changed, the customer said or did something after the import: that is newer than a label.
    let was_changed = existing.revision > entry.revision;
    let held = if existing.attempt != entry.attempt {
        "another purchase"
    } else if entry.feedback.is_none() || entry.feedback == existing.feedback || was_changed {
        return Settled::Duplicate;
    } else {
        match existing.feedback {
            None => "the purchase without a label",
            Some(Feedback::NotMe) => "the purchase with label 1",
            Some(Feedback::NormalForMe) => "the purchase with label 0",
            Some(Feedback::Regret(_)) => "the purchase with a regret",
        }
    };
    Settled::Conflict(Conflict { row, id: entry.id.to_string(), held: held.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_differ() {
        assert_eq!(wait(0, 1), WAIT);
        assert_eq!(wait(16, 3), 4 * WAIT);
        assert!(wait(1, 1) > WAIT && wait(15, 1) < 2 * WAIT);
        assert_eq!(wait(0, TRIES_MAX), WAIT_MAX);
        let total: Duration = (1..TRIES_MAX).map(|tries| wait(0, tries)).sum();
        assert!((80..100).contains(&total.as_secs()), "{total:?}");
    }
}
