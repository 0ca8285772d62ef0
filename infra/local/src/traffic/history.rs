//! A plan from a recorded history: its first part is the past, the rest is scored live.

use std::path::Path;

use engine::currency::Currency;
use lab::history::{ColumnMap, History, HistoryError};
use lab::transaction::Transaction;

use crate::traffic::plan::{Job, Person, Plan};

/// What of a history is played, and how.
#[derive(Debug, Clone)]
pub struct HistorySettings<'a> {
    /// The file.
    pub file: &'a Path,
    /// What its columns mean.
    pub columns: &'a ColumnMap,
    /// The currency where no column says it.
    pub currency: Currency,
    /// How many purchases are read from the beginning of the file; all without it.
    pub limit: Option<usize>,
    /// The share that is imported, 0 to 1.
    pub import_share: f64,
}

/// Reads the history and cuts it into past and present by time.
///
/// # Errors
/// The first [`HistoryError`]: nothing is played from a file that is not understood.
pub fn plan(settings: &HistorySettings<'_>) -> Result<Plan, HistoryError> {
    let mut history = History::open(settings.file, settings.columns, settings.currency)?;
    let limit = settings.limit.unwrap_or(usize::MAX);
    let mut purchases = history.by_ref().take(limit).collect::<Result<Vec<Transaction>, _>>()?;
    purchases.sort_by_key(|purchase| purchase.occurred_at.instant());

    let imported = (purchases.len() as f64 * settings.import_share).round() as usize;
    let live: Vec<Job> = purchases.split_off(imported.min(purchases.len())).into_iter().map(job).collect();
    let skipped = match history.skipped() {
        0 => String::new(),
        rows => format!(" ({rows} rows without a positive amount left out)"),
    };
    Ok(Plan {
        description: format!(
            "{}: {imported} purchases to import, {} to score{skipped}",
            settings.file.display(),
            live.len()
        ),
        past: purchases.into_iter().map(job).collect(),
        live_count: Some(live.len() as u64),
        live: Box::new(live.into_iter()),
    })
}

fn job(attempt: Transaction) -> Job {
    let disowned = attempt.label == Some(true);
    Job { attempt, person: Person::Recorded { disowned } }
}
