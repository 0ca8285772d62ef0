//! Examples: purchases with their features, one row of numbers each.

use std::ops::Range;
use std::sync::Arc;

use engine::features::COUNT;
use engine::time::Instant;

use super::ledger::{Ledger, Purchase};

/// Features of some purchases of a ledger, in the ledger's order: by customer, then by time.
#[derive(Debug, Clone)]
pub struct Examples {
    /// The purchases' positions in the ledger, ascending.
    positions: Vec<u32>,
    /// [`COUNT`] numbers for each, NaN where unknown; shared, because trainers keep them for long.
    values: Arc<Vec<f32>>,
}

impl Examples {
    pub(super) fn new(positions: Vec<u32>, values: Vec<f32>) -> Self {
        Self { positions, values: Arc::new(values) }
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// The purchases, in order.
    pub fn purchases<'a>(&'a self, ledger: &'a Ledger) -> impl Iterator<Item = &'a Purchase> {
        self.positions.iter().filter_map(|position| ledger.purchases().get(*position as usize))
    }

    /// The features, row after row.
    pub fn values(&self) -> &Arc<Vec<f32>> {
        &self.values
    }

    /// The rows (not positions in the ledger) of the purchases in a period.
    pub fn rows_in(&self, ledger: &Ledger, period: &Range<Instant>) -> Vec<usize> {
        let rows = self.purchases(ledger).enumerate();
        rows.filter(|(_, purchase)| period.contains(&purchase.instant())).map(|(row, _)| row).collect()
    }

    /// Where in the ledger the purchase of a row is.
    pub fn position(&self, row: usize) -> Option<usize> {
        self.positions.get(row).map(|position| *position as usize)
    }

    /// The features of one row.
    pub fn features(&self, row: usize) -> &[f32] {
        self.values.get(row * COUNT..(row + 1) * COUNT).unwrap_or_default()
    }
}
