//! The novelty channel: an isolation forest that looks for what no label has shown yet.

use engine::features::{COUNT, NAMES};
use engine::model::{Forest, ForestSettings, ModelError};
use rayon::prelude::*;

use super::examples::Examples;

/// The features that the forest sees: how surprising the attempt is in itself. What labels tell is left to the trees.
pub const SURPRISES: [&str; 7] = [
    "amount_nats",
    "ln_amount_to_peak",
    "category_nats",
    "payment_nats",
    "timing_nats",
    "velocity_nats",
    "merchant_novelty_nats",
];

/// A fitted forest.
#[derive(Debug)]
pub struct Novelty {
    forest: Forest,
    /// Where among the features those of [`SURPRISES`] are.
    columns: [usize; SURPRISES.len()],
}

impl Novelty {
    /// Grows a forest on some rows of examples.
    ///
    /// # Errors
    /// [`ModelError`] if there are no rows.
    pub fn fit(examples: &Examples, rows: &[usize], seed: u64) -> Result<Self, ModelError> {
        let columns = SURPRISES.map(|name| NAMES.iter().position(|known| *known == name).unwrap_or(COUNT));
        let values: Vec<f32> = rows.iter().flat_map(|row| surprises(examples.features(*row), &columns)).collect();
        let forest = Forest::fit(&values, SURPRISES.len(), ForestSettings { seed, ..ForestSettings::default() })?;
        Ok(Self { forest, columns })
    }

    /// How strange each of some rows of examples is, between 0 and 1.
    pub fn scores(&self, examples: &Examples, rows: &[usize]) -> Vec<f32> {
        let score = |row: &usize| self.forest.score(&surprises(examples.features(*row), &self.columns)) as f32;
        rows.par_iter().map(score).collect()
    }

    /// The forest as the engine loads it.
    pub fn to_table(&self) -> Vec<u8> {
        self.forest.to_table()
    }
}

/// The surprises among an example's features; one that is not known is no surprise.
fn surprises(features: &[f32], columns: &[usize; SURPRISES.len()]) -> [f32; SURPRISES.len()] {
    columns.map(|column| features.get(column).copied().filter(|value| !value.is_nan()).unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_surprise_is_a_feature() {
        for name in SURPRISES {
            assert!(NAMES.contains(&name), "{name}");
        }
    }
}
