//! How well newcomers are scored, of whom little is known.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::Tested;
use super::ranking::Ranking;

/// The share of a stratum's genuine purchases that may be flagged.
pub const STRATUM_FPR: f64 = 0.01;

/// How many earlier purchases the customers of each stratum have.
const STRATA: [(&str, RangeInclusive<u32>); 3] = [("0-2", 0..=2), ("3-9", 3..=9), ("10+", 10..=u32::MAX)];

/// Purchases of customers with about as many earlier purchases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stratum {
    /// How many earlier purchases.
    pub earlier_purchases: &'static str,
    /// How many purchases were tested.
    pub rows: u64,
    /// How many of them are positive.
    pub positives: u64,
    /// The recall at the threshold that flags [`STRATUM_FPR`] of the stratum's genuine purchases.
    pub recall_at_1_percent_fpr: f64,
}

/// Every stratum, the least known first.
pub fn strata(tested: &[Tested]) -> Vec<Stratum> {
    STRATA
        .iter()
        .map(|(name, earlier)| {
            let theirs: Vec<Tested> =
                tested.iter().filter(|tested| earlier.contains(&tested.earlier)).copied().collect();
            Stratum {
                earlier_purchases: name,
                rows: theirs.len() as u64,
                positives: theirs.iter().filter(|tested| tested.is_positive).count() as u64,
                recall_at_1_percent_fpr: Ranking::of(&theirs).recall_at_fpr(STRATUM_FPR),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::tested;
    use super::*;

    #[test]
    fn each_stratum_has_its_own_threshold() {
        let of = |earlier, score, is_positive| Tested { earlier, ..tested(score, is_positive) };
        let found: Vec<(u64, u64, f64)> = strata(&[
            of(0, 5.0, false),
            of(2, 4.0, true),
            of(3, 4.0, true),
            of(9, 3.0, false),
            of(9, 2.0, true),
            of(10, 1.0, true),
        ])
        .iter()
        .map(|stratum| (stratum.rows, stratum.positives, stratum.recall_at_1_percent_fpr))
        .collect();
        assert_eq!(found, [(2, 1, 0.0), (3, 2, 0.5), (1, 1, 1.0)]);
    }
}
