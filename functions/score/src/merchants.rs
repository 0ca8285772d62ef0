//! Merchants' records, kept for a minute: they change slowly, and many customers go to the same merchant.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::id::MerchantId;
use engine::merchant::MerchantRecord;
// The runtime's clock, so that a simulation's minute is one here as well.
use tokio::time::Instant;

/// How old a record may be.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// How many records are kept; when there are more, all are forgotten, which costs one read each.
const RECORDS_MAX: usize = 10_000;

/// A small cache. Each Lambda process has its own.
#[derive(Debug, Default)]
pub(crate) struct Merchants(Mutex<BTreeMap<MerchantId, (Instant, MerchantRecord)>>);

impl Merchants {
    /// The record, if it was read within the last minute.
    pub(crate) fn get(&self, merchant: &MerchantId) -> Option<MerchantRecord> {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.get(merchant).filter(|(read_at, _)| read_at.elapsed() < KEPT_FOR).map(|(_, record)| record.clone())
    }

    /// Keeps a record that was just read.
    pub(crate) fn put(&self, merchant: &MerchantId, record: &MerchantRecord) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= RECORDS_MAX {
            records.clear();
        }
        records.insert(merchant.clone(), (Instant::now(), record.clone()));
    }
}
