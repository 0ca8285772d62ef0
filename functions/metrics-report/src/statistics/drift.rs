//! Drift: whether what is seen now is spread as what the model learned from.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// From which index on a spread has shifted, and from which on it is another one.
///
/// Source: Siddiqi, Credit Risk Scorecards (2006): the rule of thumb that banks use.
const SHIFTED_FROM: f64 = 0.1;
/// See [`SHIFTED_FROM`].
const CHANGED_FROM: f64 = 0.25;

/// Under so many attempts nothing is called a shift: they are of few customers, and those of one customer are alike, so that chance
/// gives more than independent attempts would.
const ATTEMPTS_MIN: i64 = 1_000;

/// How far apart two spreads are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    /// Too little was seen: chance alone would give as much.
    TooFew,
    /// Not apart.
    Stable,
    /// Apart; worth a look.
    Shifted,
    /// Another spread: what the model was tested on says little about now.
    Changed,
}

/// The population stability index of counts against expected shares, and what it means. `None` where either is empty.
///
/// An empty bin counts as half of one. What chance alone exceeds in one of twenty cases is never taken for a shift.
/// Source: Yurdakul, "Statistical Properties of Population Stability Index" (2018): about chi-squared, scaled by 1/n + 1/m.
pub(crate) fn stability(expected: &[f64], of_expected: f64, counts: &[i64]) -> Option<(f64, Shift)> {
    let all: i64 = counts.iter().sum();
    let expected_sum: f64 = expected.iter().sum();
    if all <= 0 || expected_sum <= 0.0 || of_expected <= 0.0 || expected.len() != counts.len() {
        return None;
    }
    let share = |count: f64, of: f64| count.max(0.5) / of;
    let index: f64 = expected
        .iter()
        .zip(counts)
        .map(|(expected, count)| {
            let before = share(expected / expected_sum * of_expected, of_expected);
            let now = share(*count as f64, all as f64);
            (now - before) * (now / before).ln()
        })
        .sum();
    let by_chance =
        ChiSquared::new(expected.len() as f64 - 1.0).ok()?.inverse_cdf(0.95) * (1.0 / all as f64 + 1.0 / of_expected);
    let shift = match index {
        _ if all < ATTEMPTS_MIN || index <= by_chance && by_chance > SHIFTED_FROM => Shift::TooFew,
        _ if index <= by_chance.max(SHIFTED_FROM) => Shift::Stable,
        _ if index <= CHANGED_FROM => Shift::Shifted,
        _ => Shift::Changed,
    };
    Some((index, shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: &[f64], counts: &[i64], index: f64, shift: Shift) {
        let (found, is) = stability(expected, 10_000.0, counts).unwrap();
        assert!((found - index).abs() < 1e-4 && is == shift, "{found} {is:?}");
    }

    #[test]
    fn the_index_is_the_textbooks_and_chance_is_no_shift() {
        let even = [0.25; 4];
        check(&even, &[2500; 4], 0.0, Shift::Stable);
        // (.4 - .25) ln 1.6 + (.1 - .25) ln .4 = .0705 + .1374
        check(&even, &[4000, 1000, 2500, 2500], 0.2079, Shift::Shifted);
        check(&even, &[7000, 1000, 1000, 1000], 0.8757, Shift::Changed);
        // As far apart as can be, but of few.
        check(&even, &[999, 0, 0, 0], 5.6906, Shift::TooFew);
        // As far apart with ten of them: 95 % of chance alone lie below 7.81 * (1 / 10 + 1 / 10000).
        check(&even, &[4, 1, 2, 3], 0.2282, Shift::TooFew);
        assert_eq!(stability(&even, 10_000.0, &[0; 4]), None);
        assert_eq!(stability(&[0.0; 4], 0.0, &[1; 4]), None);
    }
}
