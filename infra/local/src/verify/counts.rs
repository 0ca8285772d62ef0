//! What is counted by day, in the roll-ups and in merchants' records: what entries count for, and what the table counts.

use std::collections::BTreeMap;

use engine::entry::Entry;
use engine::id::MerchantId;
use engine::merchant::{LabelCounts, label_change};
use engine::profile::Change;
use engine::rollup::{Counters, Rollup};
use engine::time::Day;
use store::ports::{ReadMerchant, ReadRollups};
use store::{StoreError, Table};

/// Who counts, of a roll-up.
pub(crate) const ROLLUP: &str = "roll-up";

/// Numbers by who counts ([`ROLLUP`], or a merchant), day and counter.
pub(crate) type Counts = BTreeMap<(String, Day, String), i64>;

/// What one entry counts for.
pub(crate) fn of_entry(entry: &Entry) -> Counts {
    let day = entry.attempt.occurred_at.instant().day();
    let mut counts = Counts::new();
    add_rollup(&mut counts, day, &Counters::of_entry(entry));
    if let (Some(merchant), Some(labels)) =
        (&entry.attempt.merchant, label_change(Change { before: None, after: entry }))
    {
        add_labels(&mut counts, merchant, day, labels);
    }
    counts
}

/// What the table counts of these days and these merchants.
pub(crate) async fn stored(
    table: &Table,
    from: Day,
    to: Day,
    merchants: impl IntoIterator<Item = MerchantId>,
) -> Result<Counts, StoreError> {
    let mut counts = Counts::new();
    for Rollup { day, counters, .. } in table.read_rollups(from, to).await? {
        add_rollup(&mut counts, day, &counters);
    }
    // How late an entry was learned does not follow from the entry.
    counts.retain(|(_, _, name), _| !name.starts_with("lag."));
    for merchant in merchants {
        for (day, labels) in table.read_merchant(&merchant).await?.days() {
            add_labels(&mut counts, &merchant, day, labels);
        }
    }
    Ok(counts)
}

/// The number under this key, which is 0 if nothing was counted.
pub(crate) fn count(counts: &Counts, key: &(String, Day, String)) -> i64 {
    counts.get(key).copied().unwrap_or_default()
}

fn add_rollup(counts: &mut Counts, day: Day, counters: &Counters) {
    for (name, count) in counters.iter() {
        *counts.entry((ROLLUP.to_owned(), day, name.to_owned())).or_default() += count;
    }
}

fn add_labels(counts: &mut Counts, merchant: &MerchantId, day: Day, labels: LabelCounts) {
    let LabelCounts { labelled, positive, explained } = labels;
    for (name, count) in [("labelled", labelled), ("positive", positive), ("explained", explained)] {
        counts.insert((merchant.as_str().to_owned(), day, name.to_owned()), count);
    }
}
