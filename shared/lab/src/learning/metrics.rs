//! What a test shows, each measure in a file of its own. All are functions of the tested purchases alone.

pub mod alerts;
pub mod bootstrap;
pub mod calibration;
pub mod cards;
pub mod ranking;
pub mod strata;

use engine::time::Instant;

/// A purchase with a known label and the score that it was given beforehand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tested {
    /// The log-odds of a positive.
    pub score: f32,
    /// How rare such a score of either channel was among genuine purchases, as calibrated beforehand, 0 to 1.
    pub p_value: f64,
    /// The label: disowned or regretted.
    pub is_positive: bool,
    /// Who paid.
    pub customer: u32,
    /// When.
    pub at: Instant,
    /// How many purchases the customer had made before, as far as the score could know.
    pub earlier: u32,
    /// Whether it is the first positive of a run of them for the customer, each gap under a day.
    pub begins_burst: bool,
    /// What kind of case it is.
    pub scenario: u32,
}

/// A share of a whole; 0 of nothing.
pub(crate) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A tested purchase of customer 0 of which only the score and the label matter; its p-value is what is left of one.
    pub(crate) fn tested(score: f32, is_positive: bool) -> Tested {
        Tested {
            score,
            p_value: 1.0 - f64::from(score),
            is_positive,
            customer: 0,
            at: Instant::EPOCH,
            earlier: 0,
            begins_burst: is_positive,
            scenario: 0,
        }
    }

    /// Scores and labels with ties, for which scikit-learn's figures stand in the tests.
    pub(crate) fn twelve() -> Vec<Tested> {
        [
            (0.9, true),
            (0.8, false),
            (0.8, true),
            (0.7, false),
            (0.6, true),
            (0.6, false),
            (0.6, false),
            (0.5, true),
            (0.4, false),
            (0.3, false),
            (0.2, true),
            (0.1, false),
        ]
        .map(|(score, is_positive)| tested(score, is_positive))
        .to_vec()
    }
}
