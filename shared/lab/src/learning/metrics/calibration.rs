//! Whether a predicted probability means what it says.

use engine::score::probability;
use serde::Serialize;

use super::{Tested, share};

/// Where the bins of predicted probability begin: about even in log-odds, because what matters lies near 0 and near 1.
const BIN_STARTS: [f64; 10] = [0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.7, 0.9, 0.99];

/// Purchases with about the same predicted probability.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Bin {
    /// The lowest prediction that belongs here.
    pub from: f64,
    /// How many there are.
    pub rows: u64,
    /// The mean prediction.
    pub predicted: f64,
    /// The share of positives.
    pub observed: f64,
}

/// The bins that hold anything, in order of prediction.
pub fn bins(tested: &[Tested]) -> Vec<Bin> {
    let mut bins = BIN_STARTS.map(|from| Bin { from, ..Bin::default() });
    for tested in tested {
        let predicted = probability(f64::from(tested.score));
        let position = BIN_STARTS.partition_point(|from| *from <= predicted).saturating_sub(1);
        if let Some(bin) = bins.get_mut(position) {
            bin.rows += 1;
            bin.predicted += predicted;
            bin.observed += f64::from(tested.is_positive);
        }
    }
    let means = bins.into_iter().filter(|bin| bin.rows > 0).map(|bin| Bin {
        predicted: bin.predicted / bin.rows as f64,
        observed: bin.observed / bin.rows as f64,
        ..bin
    });
    means.collect()
}

/// The expected calibration error: by how much prediction and observation differ in a mean purchase's bin.
pub fn expected_error(bins: &[Bin]) -> f64 {
    let rows: u64 = bins.iter().map(|bin| bin.rows).sum();
    let gaps: f64 = bins.iter().map(|bin| bin.rows as f64 * (bin.predicted - bin.observed).abs()).sum();
    share(gaps, rows as f64)
}

#[cfg(test)]
mod tests {
    use super::super::samples::tested;
    use super::*;

    #[test]
    fn bins_compare_what_was_said_with_what_happened() {
        let log_odds = |probability: f64| (probability / (1.0 - probability)).ln() as f32;
        let tested = [
            tested(log_odds(0.02), false),
            tested(log_odds(0.02), true),
            tested(log_odds(0.8), true),
            tested(f32::NEG_INFINITY, false),
            tested(f32::INFINITY, true),
        ];
        let bins = bins(&tested);
        let shown: Vec<(f64, u64, f64)> = bins.iter().map(|bin| (bin.from, bin.rows, bin.observed)).collect();
        assert_eq!(shown, [(0.0, 1, 0.0), (0.01, 2, 0.5), (0.7, 1, 1.0), (0.99, 1, 1.0)]);
        assert!((bins[1].predicted - 0.02).abs() < 1e-7);
        assert!((expected_error(&bins) - (2.0 * 0.48 + 0.2) / 5.0).abs() < 1e-7);
    }
}
