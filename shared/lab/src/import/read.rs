//! From rows to entries, on a thread of its own: decompressing and parsing block.

use engine::entry::{Attempt, Entry, Feedback};
use engine::id::AttemptId;
use engine::time::{CLOCK_SKEW_MS_MAX, Instant};
use tokio::sync::mpsc::Sender;

use super::{ImportError, Settings};
use crate::history::History;
use crate::transaction::Transaction;

/// A row that is a purchase.
pub(super) struct Row {
    /// Its number, from 1.
    pub(super) number: u64,
    pub(super) entry: Entry,
}

/// Sends every purchase after the first `after` rows, until the history ends, a row is wrong, or nobody listens. Returns
/// how many rows were read.
pub(super) fn read(
    mut history: History,
    after: u64,
    settings: &Settings,
    rows: &Sender<Row>,
) -> Result<u64, ImportError> {
    while let Some(transaction) = history.next() {
        let (transaction, number) = (transaction?, history.rows());
        if number <= after {
            continue;
        }
        let now = (settings.clock)();
        let occurred_at = transaction.occurred_at;
        // What the API refuses as well.
        if occurred_at.instant().since_ms(now) > CLOCK_SKEW_MS_MAX {
            return Err(ImportError::Future { row: number, occurred_at, now });
        }
        let entry = entry(transaction, settings.labels, now);
        if rows.blocking_send(Row { number, entry }).is_err() {
            break;
        }
    }
    Ok(history.rows())
}

/// The first state of the entry of a row.
fn entry(transaction: Transaction, labels: bool, now: Instant) -> Entry {
    let Transaction { id, customer_id, merchant_id, category, payment_method, amount, occurred_at, label } =
        transaction;
    let entry_id = AttemptId::derive(&customer_id, &id, occurred_at.instant());
    let attempt =
        Attempt { customer: customer_id, amount, category, payment_method, merchant: merchant_id, occurred_at };
    let said = |disowned| if disowned { Feedback::NotMe } else { Feedback::NormalForMe };
    let feedback = label.filter(|_| labels).map(said);
    Entry { feedback, ..Entry::imported(entry_id, attempt, now) }
}
