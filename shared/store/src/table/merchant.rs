//! A merchant's record: counts for each day with confirmed labels.

use engine::id::MerchantId;
use engine::merchant::{LabelCounts, MerchantRecord};
use engine::time::Day;

use super::Table;
use crate::image::Item;
use crate::ports::ReadMerchant;
use crate::{StoreError, keys};

impl ReadMerchant for Table {
    async fn read_merchant(&self, merchant: &MerchantId) -> Result<MerchantRecord, StoreError> {
        let item = self.get(keys::merchant(merchant), keys::RECORD.to_owned(), false).await?.unwrap_or_default();
        let mut record = MerchantRecord::default();
        for (day, kind, count) in dated_counts(&item) {
            let counts = match kind {
                LABELLED => LabelCounts { labelled: count, ..LabelCounts::default() },
                POSITIVE => LabelCounts { positive: count, ..LabelCounts::default() },
                EXPLAINED => LabelCounts { explained: count, ..LabelCounts::default() },
                _ => continue,
            };
            record.add(day, counts);
        }
        Ok(record)
    }
}

/// What the attributes of a merchant's counts begin with; the day follows.
pub(super) const LABELLED: &str = "labelled";
/// See [`LABELLED`].
pub(super) const POSITIVE: &str = "positive";
/// See [`LABELLED`].
pub(super) const EXPLAINED: &str = "explained";

/// Every attribute that is a word, a space and a day, with its number.
fn dated_counts(item: &Item) -> impl Iterator<Item = (Day, &str, i64)> {
    item.iter().filter_map(|(name, value)| {
        let (kind, day) = name.split_once(' ')?;
        Some((Day::parse(day).ok()?, kind, value.as_n().ok()?.parse().ok()?))
    })
}
