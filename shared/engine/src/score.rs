//! The score: what the models say of an attempt, in log-odds, as a p-value, and by topic.
//!
//! Two channels look at the same features. The **trees** learned from labels what is disowned or regretted; they give the
//! score and its reasons. The **forest** never saw a label; it finds what is unlike everything else. Each has its share of the
//! alarms that genuine customers may be troubled with ([`crate::policy::Policy::novelty_share`]), so that neither can drown the
//! other; blending both into one number costs precision.

use sha2::{Digest, Sha256};

use crate::calibration::Calibration;
use crate::features::{COUNT, FEATURES, NAMES, Topic};
use crate::model::{Forest, ModelError, Trees};
use crate::novelty::{expect_seen, seen};
use crate::signal::{Dimension, PerDimension};

/// The models that score, with what their scores are worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Models {
    trees: Trees,
    forest: Forest,
    calibration: Calibration,
    version: String,
}

/// How many hexadecimal digits of a model's hash are its version.
const VERSION_DIGITS: usize = 12;

impl Models {
    /// The models compiled in: a start for those who have no history of their own yet. They were trained on simulated customers,
    /// by `cargo lab simulate --customers 1000 --days 365 --seed 20260101 --out default.csv` and
    /// `cargo lab train --data default.csv --trees-max 200 --out shared/engine/models/default`.
    ///
    /// # Errors
    /// None, as long as this crate's tests pass.
    pub fn compiled_in() -> Result<Self, ModelError> {
        let trees = Trees::from_table(include_bytes!(concat!(env!("OUT_DIR"), "/model.table")))?;
        let forest = Forest::from_table(include_bytes!("../models/default/forest.bin"))?;
        Self::new(trees, forest, Calibration::from_json(include_bytes!("../models/default/calibration.json"))?)
    }

    /// The models of the files that `cargo lab train` writes: `model.json`, `forest.bin` and `calibration.json`.
    ///
    /// # Errors
    /// [`ModelError`] if one of them cannot be read, or the calibration is of other models. What is wrong with a model itself
    /// comes first: no calibration would help it.
    pub fn from_files(model_json: &[u8], forest_bin: &[u8], calibration_json: &[u8]) -> Result<Self, ModelError> {
        let trees = Trees::from_xgboost_json(model_json, &NAMES)?;
        let forest = Forest::from_table(forest_bin).map_err(|error| ModelError::Forest(Box::new(error)))?;
        let calibration = Calibration::from_json(calibration_json)?;
        for (file, bytes, expected) in [
            ("model.json", model_json, &calibration.model_sha256),
            ("forest.bin", forest_bin, &calibration.forest_sha256),
        ] {
            if sha256(bytes) != *expected {
                return Err(ModelError::Calibration(format!("it is of another {file}, of SHA-256 {expected}")));
            }
        }
        Self::new(trees, forest, calibration)
    }

    fn new(trees: Trees, forest: Forest, calibration: Calibration) -> Result<Self, ModelError> {
        trees.expect_features(&NAMES)?;
        expect_seen(&forest)?;
        let version = version_of(&calibration.model_sha256);
        Ok(Self { trees, forest, calibration, version })
    }

    /// The name of these models in `versions.model`: the beginning of the SHA-256 of `model.json`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What genuine purchases scored.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Scores an attempt's features. `novelty_share` is the forest's share of the alarms.
    pub fn score(&self, features: &[f32; COUNT], novelty_share: f64) -> Score {
        let mut contributions = [0.0; COUNT];
        let base = self.trees.contributions(features, &mut contributions);
        // Rounded to 32 bits, base and contributions are the trees' margin.
        let log_odds = f64::from((base + contributions.iter().sum::<f64>()) as f32);
        let mut by_topic = Contributions::default();
        for (feature, contribution) in FEATURES.iter().zip(contributions) {
            match feature.topic {
                Topic::Dimension(dimension) => by_topic.dimensions[dimension] += contribution,
                Topic::History => by_topic.history += contribution,
            }
        }
        let p_values = self.calibration.p_values(log_odds, self.forest.score(&seen(features)), novelty_share);
        Score {
            log_odds,
            base,
            contributions: by_topic,
            p_value: p_values.both(),
            novelty_p_value: p_values.novelty.min(1.0),
        }
    }
}

/// What each topic adds to the base, in log-odds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Contributions {
    /// Of the features of each dimension.
    pub dimensions: PerDimension<f64>,
    /// Of how well the customer is known.
    pub history: f64,
}

impl Contributions {
    /// Each dimension with what it adds.
    pub fn iter(&self) -> impl Iterator<Item = (Topic, f64)> {
        let dimensions = self.dimensions.iter().map(|(dimension, added): (Dimension, &f64)| (dimension.into(), *added));
        dimensions.chain([(Topic::History, self.history)])
    }
}

impl From<Dimension> for Topic {
    fn from(dimension: Dimension) -> Self {
        Self::Dimension(dimension)
    }
}

/// What the models say of an attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The trees' score: the log-odds that the attempt is one the customer would disown or regret.
    pub log_odds: f64,
    /// What the trees expect of any attempt; with all contributions it sums to the score.
    pub base: f64,
    /// What each topic adds.
    pub contributions: Contributions,
    /// How rare it is among genuine attempts, see [`crate::calibration::PValues::both`].
    pub p_value: f64,
    /// Likewise of the forest alone.
    pub novelty_p_value: f64,
}

impl Score {
    /// The score between 0 and 1.
    pub fn probability(&self) -> f64 {
        probability(self.log_odds)
    }
}

/// The probability of these log-odds.
pub fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The name in `versions.model` of the models whose `model.json` has this SHA-256.
pub fn version_of(model_sha256: &str) -> String {
    format!("trees-{}", model_sha256.get(..VERSION_DIGITS).unwrap_or(model_sha256))
}

/// The SHA-256 of a file, in hexadecimal: what a calibration names its models by.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_hexadecimal() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
