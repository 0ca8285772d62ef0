//! The novelty channel: an isolation forest that looks for what no label has shown yet.

use engine::model::{Forest, ForestSettings, ModelError};
use engine::novelty::{SEEN_COUNT, expect_seen, seen};
use rayon::prelude::*;

use super::examples::Examples;

/// A fitted forest.
#[derive(Debug)]
pub struct Novelty(Forest);

impl Novelty {
    /// Grows a forest on some rows of examples.
    ///
    /// # Errors
    /// [`ModelError`] if there are no rows.
    pub fn fit(examples: &Examples, rows: &[usize], seed: u64) -> Result<Self, ModelError> {
        let values: Vec<f32> = rows.iter().flat_map(|row| seen(examples.features(*row))).collect();
        Forest::fit(&values, SEEN_COUNT, ForestSettings { seed, ..ForestSettings::default() }).map(Self)
    }

    /// The forest of a table that [`Novelty::to_table`] wrote.
    ///
    /// # Errors
    /// [`ModelError`] if it is none, or sees something else than the engine shows it.
    pub fn from_table(table: &[u8]) -> Result<Self, ModelError> {
        let forest = Forest::from_table(table)?;
        expect_seen(&forest)?;
        Ok(Self(forest))
    }

    /// How strange each of some rows of examples is, between 0 and 1.
    pub fn scores(&self, examples: &Examples, rows: &[usize]) -> Vec<f64> {
        rows.par_iter().map(|row| self.0.score(&seen(examples.features(*row)))).collect()
    }

    /// The forest as the engine loads it.
    pub fn to_table(&self) -> Vec<u8> {
        self.0.to_table()
    }
}
