//! The reference: how deviations and scores were spread among the purchases that a model was calibrated on. Part of the model's
//! card; what is scored later is compared with it.

use serde::{Deserialize, Serialize};

use crate::rollup::bins::{DEVIATION_BINS, SCORE_BINS, deviation_bin, score_bin};
use crate::signal::{Dimension, PerDimension};

/// The format this code reads and writes.
const FORMAT: u32 = 1;

/// How deviations and scores were spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The model's version, as in `versions.model`.
    pub model: String,
    /// How many purchases it tells of.
    pub purchases: u64,
    /// Purchases by bin of each deviation, see [`crate::rollup::bins`].
    pub deviations: PerDimension<Vec<f64>>,
    /// Purchases by bin of the score.
    pub scores: Vec<f64>,
}

/// Why a file is no reference.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// It is no JSON of this shape.
    #[error("this is not what `cargo lab calibrate` writes: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of another version.
    #[error("it has format {found}; this version reads {FORMAT}")]
    Format {
        /// The format that it has.
        found: u32,
    },
    /// Bins are missing.
    #[error("`{name}` has {found} bins, expected {expected}")]
    Bins {
        /// Of what.
        name: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    model: String,
    purchases: u64,
    amount: Vec<f64>,
    category: Vec<f64>,
    timing: Vec<f64>,
    payment: Vec<f64>,
    velocity: Vec<f64>,
    merchant: Vec<f64>,
    scores: Vec<f64>,
}

impl Reference {
    /// The reference of the models compiled in, see [`crate::score::Models::compiled_in`].
    ///
    /// # Errors
    /// None, as long as this crate's tests pass.
    pub fn compiled_in() -> Result<Self, ReferenceError> {
        Self::from_json(include_bytes!("../models/default/reference.json"))
    }

    /// Counts purchases, each with its deviations and its risk score.
    pub fn count(model: String, purchases: impl IntoIterator<Item = (PerDimension<f64>, f64)>) -> Self {
        let mut reference = Self {
            model,
            purchases: 0,
            deviations: PerDimension::from_fn(|_| vec![0.0; DEVIATION_BINS]),
            scores: vec![0.0; SCORE_BINS],
        };
        for (deviations, risk_score) in purchases {
            reference.purchases += 1;
            for dimension in Dimension::ALL {
                count(&mut reference.deviations[dimension], deviation_bin(deviations[dimension]));
            }
            count(&mut reference.scores, score_bin(risk_score));
        }
        reference
    }

    /// Reads what [`Reference::to_json`] wrote.
    ///
    /// # Errors
    /// [`ReferenceError`] that says what is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, ReferenceError> {
        let Document { format, model, purchases, amount, category, timing, payment, velocity, merchant, scores } =
            serde_json::from_slice(json)?;
        if format != FORMAT {
            return Err(ReferenceError::Format { found: format });
        }
        let deviations = PerDimension::from_array([amount, category, timing, payment, velocity, merchant]);
        for dimension in Dimension::ALL {
            check(dimension.name(), deviations[dimension].len(), DEVIATION_BINS)?;
        }
        check("scores", scores.len(), SCORE_BINS)?;
        Ok(Self { model, purchases, deviations, scores })
    }

    /// The reference as JSON.
    ///
    /// # Errors
    /// None: everything in it is a number or a name.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let of = |dimension| self.deviations[dimension].clone();
        let mut json = serde_json::to_vec_pretty(&Document {
            format: FORMAT,
            model: self.model.clone(),
            purchases: self.purchases,
            amount: of(Dimension::Amount),
            category: of(Dimension::Category),
            timing: of(Dimension::Timing),
            payment: of(Dimension::Payment),
            velocity: of(Dimension::Velocity),
            merchant: of(Dimension::Merchant),
            scores: self.scores.clone(),
        })?;
        json.push(b'\n');
        Ok(json)
    }
}

fn count(bins: &mut [f64], bin: usize) {
    if let Some(count) = bins.get_mut(bin) {
        *count += 1.0;
    }
}

fn check(name: &'static str, found: usize, expected: usize) -> Result<(), ReferenceError> {
    if found == expected { Ok(()) } else { Err(ReferenceError::Bins { name, found, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Models;

    #[test]
    fn the_reference_compiled_in_is_that_of_the_models_compiled_in() {
        let reference = Reference::compiled_in().unwrap();
        assert_eq!(reference.model, Models::compiled_in().unwrap().version());
        let purchases = reference.purchases as f64;
        assert!(purchases > 10_000.0);
        for dimension in Dimension::ALL {
            assert!((reference.deviations[dimension].iter().sum::<f64>() - purchases).abs() < 0.5);
        }
        assert_eq!(Reference::from_json(&reference.to_json().unwrap()).unwrap(), reference);
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        let whole = String::from_utf8(Reference::compiled_in().unwrap().to_json().unwrap()).unwrap();
        for (from, to, expect) in [
            ("\"format\": 1", "\"format\": 2", "it has format 2; this version reads 1"),
            ("\"scores\": [", "\"scores\": [0.0, ", "`scores` has 33 bins, expected 32"),
            ("\"timing\"", "\"time\"", "unknown field `time`"),
        ] {
            let error = Reference::from_json(whole.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        }
    }
}
