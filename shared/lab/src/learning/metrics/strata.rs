//! How well newcomers are scored, of whom little is known.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::ranking::Ranking;
use super::{Tested, share};

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
    /// The recall of each scenario at that threshold, if the history says scenarios.
    pub scenarios: Vec<StratumScenario>,
}

/// The positives of one scenario in a stratum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StratumScenario {
    /// The scenario, in the history's own words.
    pub scenario: String,
    /// How many there are.
    pub positives: u64,
    /// The share of them that the stratum's threshold flags.
    pub recall: f64,
}

/// Every stratum, the least known first; `names` are those of the scenarios.
pub fn strata(tested: &[Tested], names: &[String]) -> Vec<Stratum> {
    STRATA.iter().map(|(name, earlier)| stratum(name, earlier, tested, names)).collect()
}

fn stratum(name: &'static str, earlier: &RangeInclusive<u32>, tested: &[Tested], names: &[String]) -> Stratum {
    let theirs: Vec<Tested> = tested.iter().filter(|tested| earlier.contains(&tested.earlier)).copied().collect();
    let ranking = Ranking::of(&theirs);
    let threshold = ranking.threshold_at_fpr(STRATUM_FPR);
    let positives = || theirs.iter().filter(|tested| tested.is_positive);
    let named = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
    let scenarios = named.filter_map(|(position, name)| {
        let of_it = positives().filter(|tested| tested.scenario as usize == position);
        let (count, found) =
            of_it.fold((0, 0), |(count, found), tested| (count + 1, found + u64::from(tested.score >= threshold)));
        let recall = share(found as f64, count as f64);
        (count > 0).then(|| StratumScenario { scenario: name.clone(), positives: count, recall })
    });
    let mut scenarios: Vec<StratumScenario> = scenarios.collect();
    scenarios.sort_by(|left, right| left.scenario.cmp(&right.scenario));
    Stratum {
        earlier_purchases: name,
        rows: theirs.len() as u64,
        positives: positives().count() as u64,
        recall_at_1_percent_fpr: ranking.recall_at_fpr(STRATUM_FPR),
        scenarios,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::tested;
    use super::*;

    #[test]
    fn each_stratum_has_its_own_threshold() {
        let of = |earlier, score, is_positive, scenario| Tested { earlier, scenario, ..tested(score, is_positive) };
        let tested = [
            of(0, 5.0, false, 0),
            of(2, 4.0, true, 1),
            of(3, 4.0, true, 1),
            of(9, 3.0, false, 0),
            of(9, 2.0, true, 2),
            of(10, 1.0, true, 2),
        ];
        let strata = strata(&tested, &[String::new(), "stolen".to_owned(), "regretted".to_owned()]);
        let found: Vec<(u64, u64, f64)> =
            strata.iter().map(|stratum| (stratum.rows, stratum.positives, stratum.recall_at_1_percent_fpr)).collect();
        assert_eq!(found, [(2, 1, 0.0), (3, 2, 0.5), (1, 1, 1.0)]);
        let scenario = |scenario: &str, recall| StratumScenario { scenario: scenario.to_owned(), positives: 1, recall };
        assert_eq!(strata[1].scenarios, [scenario("regretted", 0.0), scenario("stolen", 1.0)]);
    }
}
