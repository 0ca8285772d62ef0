//! The ledger: which rows are settled, and up to which row all are.
//!
//! Writes end in any order. The ledger counts a row only when every row before it is settled, so that its counts and its
//! watermark always belong together, however often an import is killed and resumed.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The most rows between the first that is not settled and the last that was begun: how far the others may run ahead of
/// one that is throttled, and how many rows at most are written again after a crash.
pub(super) const ROWS_OPEN_MAX: usize = 8192;

/// The most conflicts that are listed; all are counted.
pub const CONFLICTS_LISTED_MAX: usize = 5;

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settled {
    /// It is a new entry.
    Imported,
    /// The table had it.
    Duplicate,
    /// The table has something else under its id.
    Conflict(Conflict),
}

/// A row whose id the table holds with other content. What the table holds stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The row, from 1.
    pub row: u64,
    /// The entry's id.
    pub id: String,
    /// What the table holds instead.
    pub held: String,
}

/// Rows in conflict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflicts {
    /// How many.
    pub count: u64,
    /// The first [`CONFLICTS_LISTED_MAX`] of them.
    pub first: Vec<Conflict>,
}

/// The leading rows of a history that are all settled, and what became of them, over all runs of the import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// How many rows these are: the watermark. All other numbers are about them.
    pub rows: u64,
    /// New entries.
    pub imported: u64,
    /// Rows that the table had.
    pub duplicates: u64,
    /// Rows that are no purchases, because their amount is not positive.
    pub skipped: u64,
    /// Rows whose ids the table holds with other content.
    pub conflicts: Conflicts,
}

impl Confirmed {
    fn add(&mut self, row: u64, settled: Settled) {
        self.skip_to(row - 1);
        self.rows = row;
        match settled {
            Settled::Imported => self.imported += 1,
            Settled::Duplicate => self.duplicates += 1,
            Settled::Conflict(conflict) => {
                self.conflicts.count += 1;
                if self.conflicts.first.len() < CONFLICTS_LISTED_MAX {
                    self.conflicts.first.push(conflict);
                }
            }
        }
    }

    /// Rows that the reader leaves out are settled by that.
    fn skip_to(&mut self, row: u64) {
        self.skipped += row - self.rows;
        self.rows = row;
    }
}

/// What is confirmed, and the rows after that, in their order, with what became of those that are settled.
pub(super) struct Ledger {
    confirmed: Confirmed,
    open: VecDeque<(u64, Option<Settled>)>,
}

impl Ledger {
    pub(super) fn new(confirmed: Confirmed) -> Self {
        Self { confirmed, open: VecDeque::new() }
    }

    pub(super) fn confirmed(&self) -> &Confirmed {
        &self.confirmed
    }

    pub(super) fn into_confirmed(self) -> Confirmed {
        self.confirmed
    }

    /// Whether another row may be begun.
    pub(super) fn has_room(&self) -> bool {
        self.open.len() < ROWS_OPEN_MAX
    }

    /// A row is about to be written. Rows are begun in their order; those left out are no purchases.
    pub(super) fn begin(&mut self, row: u64) {
        self.open.push_back((row, None));
    }

    /// A row that was begun is settled.
    pub(super) fn settle(&mut self, row: u64, settled: Settled) {
        if let Ok(position) = self.open.binary_search_by_key(&row, |(row, _)| *row)
            && let Some((_, place)) = self.open.get_mut(position)
        {
            *place = Some(settled);
        }
        while let Some((row, place)) = self.open.front_mut() {
            let (row, Some(settled)) = (*row, place.take()) else { break };
            self.open.pop_front();
            self.confirmed.add(row, settled);
        }
    }

    /// The history has ended after this many rows.
    pub(super) fn end(&mut self, rows: u64) {
        if self.open.is_empty() {
            self.confirmed.skip_to(rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict(row: u64) -> Settled {
        Settled::Conflict(Conflict { row, id: format!("id-{row}"), held: "another purchase".to_owned() })
    }

    #[test]
    fn a_row_counts_when_all_before_it_are_settled() {
        let mut ledger = Ledger::new(Confirmed::default());
        // Rows 1, 4 and 7 are no purchases.
        [2, 3, 5, 6].into_iter().for_each(|row| ledger.begin(row));
        ledger.settle(6, Settled::Imported);
        ledger.settle(3, Settled::Imported);
        assert_eq!(ledger.confirmed(), &Confirmed::default());
        ledger.settle(2, Settled::Duplicate);
        let confirmed = Confirmed { rows: 3, imported: 1, duplicates: 1, skipped: 1, ..Confirmed::default() };
        assert_eq!(ledger.confirmed(), &confirmed);
        ledger.end(7);
        assert_eq!(ledger.confirmed(), &confirmed, "row 5 is not settled");
        ledger.settle(5, Settled::Imported);
        ledger.end(7);
        let confirmed = Confirmed { rows: 7, imported: 3, skipped: 3, ..confirmed };
        assert_eq!(ledger.into_confirmed(), confirmed);
    }

    #[test]
    fn conflicts_are_all_counted_and_the_first_listed() {
        let mut ledger = Ledger::new(Confirmed::default());
        for row in 1..=20 {
            ledger.begin(row);
            ledger.settle(row, conflict(row));
        }
        let conflicts = ledger.into_confirmed().conflicts;
        assert_eq!((conflicts.count, conflicts.first.len()), (20, CONFLICTS_LISTED_MAX));
        assert_eq!(conflicts.first[4].row, 5);
    }

    #[test]
    fn the_rows_that_may_run_ahead_of_a_slow_one_are_limited() {
        let mut ledger = Ledger::new(Confirmed::default());
        for row in 1..=ROWS_OPEN_MAX as u64 {
            assert!(ledger.has_room());
            ledger.begin(row);
            if row > 1 {
                ledger.settle(row, Settled::Imported);
            }
        }
        assert!(!ledger.has_room());
        ledger.settle(1, Settled::Imported);
        assert!(ledger.has_room());
        assert_eq!(ledger.confirmed().rows, ROWS_OPEN_MAX as u64);
    }
}
