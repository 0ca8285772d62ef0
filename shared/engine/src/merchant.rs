//! The merchant's record: what customers confirmed about purchases there, by the day of the purchase.

use std::collections::BTreeMap;

use crate::entry::Entry;
use crate::profile::Change;
use crate::time::Day;

/// For how many days back labels speak about a merchant.
pub const RECORD_DAYS: i32 = 30;

/// Confirmed labels of one merchant's purchases of one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelCounts {
    /// Purchases with a confirmed label.
    pub labelled: i64,
    /// Among them those disowned or regretted.
    pub positive: i64,
}

/// What is known of one merchant. Only labels that arrived are in it, and only counts, so that the order in which they
/// arrived does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MerchantRecord {
    days: BTreeMap<Day, LabelCounts>,
}

impl MerchantRecord {
    /// A record from its days.
    pub fn from_days(days: impl IntoIterator<Item = (Day, LabelCounts)>) -> Self {
        Self { days: days.into_iter().collect() }
    }

    /// The days of the record, in order.
    pub fn days(&self) -> impl Iterator<Item = (Day, LabelCounts)> {
        self.days.iter().map(|(day, counts)| (*day, *counts))
    }

    /// Adds counts to a day.
    pub fn add(&mut self, day: Day, counts: LabelCounts) {
        let sum = self.days.entry(day).or_default();
        sum.labelled += counts.labelled;
        sum.positive += counts.positive;
    }

    /// The labels of the [`RECORD_DAYS`] days up to and including `today`.
    pub fn recent(&self, today: Day) -> LabelCounts {
        let range = today.plus_days(1 - RECORD_DAYS)..=today;
        self.days.range(range).fold(LabelCounts::default(), |sum, (_, counts)| LabelCounts {
            labelled: sum.labelled + counts.labelled,
            positive: sum.positive + counts.positive,
        })
    }
}

/// What a change of an entry adds to its merchant's record; `None` if nothing.
pub fn label_change(change: Change<'_>) -> Option<LabelCounts> {
    let labelled = change.delta(|entry: &Entry| entry.is_purchase() && entry.label().is_some());
    let positive = change.delta(|entry: &Entry| entry.is_purchase() && entry.label() == Some(true));
    (labelled != 0 || positive != 0).then_some(LabelCounts { labelled, positive })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_days_count() {
        let today = Day::parse("2026-03-31").unwrap();
        let one = LabelCounts { labelled: 1, positive: 1 };
        let record = MerchantRecord::from_days([
            (today.plus_days(-30), one),
            (today.plus_days(-29), one),
            (today, one),
            (today.plus_days(1), one),
        ]);
        assert_eq!(record.recent(today), LabelCounts { labelled: 2, positive: 2 });
    }
}
