//! The score: one number from six surprises.
//!
//! Until a trained model takes its place, this is a *documented monotone combination*: each surprise, capped, times a fixed
//! weight, added to a fixed base in log-odds. More surprise in any dimension never lowers it. Weights and base are
//! assumptions; the result ranks attempts but is not a calibrated probability, and [`MODEL`] names it as what it is.

use crate::signal::{Dimension, PerDimension};

/// The name of this combination in `versions.model`.
pub const MODEL: &str = "monotone-combination-1";

/// The log-odds of an attempt without any surprise: about one in 400.
const BASE: f64 = -6.0;

/// Above this surprise a dimension adds no more: one in 160,000 is as convincing as it gets.
const NATS_CAP: f64 = 12.0;

/// What one nat adds to the log-odds.
fn weight(dimension: Dimension) -> f64 {
    match dimension {
        Dimension::Amount => 0.55,
        Dimension::Velocity | Dimension::Merchant => 0.45,
        Dimension::Category | Dimension::Timing | Dimension::Payment => 0.25,
    }
}

/// A score in log-odds, with what each dimension adds to the base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The score without any surprise.
    pub base: f64,
    /// What each dimension adds.
    pub contributions: PerDimension<f64>,
}

impl Score {
    /// Scores six surprises, in nats.
    pub fn of(deviations: &PerDimension<f64>) -> Self {
        let contributions =
            PerDimension::from_fn(|dimension| weight(dimension) * deviations[dimension].clamp(0.0, NATS_CAP));
        Self { base: BASE, contributions }
    }

    /// The score in log-odds: the base and all contributions.
    pub fn log_odds(&self) -> f64 {
        self.base + self.contributions.iter().map(|(_, contribution)| contribution).sum::<f64>()
    }

    /// The score between 0 and 1.
    pub fn probability(&self) -> f64 {
        1.0 / (1.0 + (-self.log_odds()).exp())
    }
}
