//! Statistics of the report, each tested against known values.

pub(crate) mod comparison;
pub(crate) mod drift;
pub(crate) mod ranking;
pub(crate) mod share;

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its 95 % interval.
    pub ci95: [f64; 2],
}

/// The quantile of the standard normal distribution that leaves 2.5 % above it.
pub(crate) fn z95() -> f64 {
    use statrs::distribution::{ContinuousCDF, Normal};
    Normal::standard().inverse_cdf(0.975)
}
