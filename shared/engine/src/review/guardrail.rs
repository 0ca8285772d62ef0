//! Whether a variant annoys more than it may: a test that stays valid although somebody looks at it every hour.
//!
//! A test of fixed size that is repeated until it says yes says yes sooner or later, whatever is the case. This one bets against
//! the claim that at most `annoyed_max` of the interventions annoy. The stake after each intervention is multiplied by how much
//! more likely its outcome is under a larger share `p` than under `annoyed_max`, averaged over all larger `p`. Where the claim
//! holds, nobody can expect to win: the stake is a supermartingale that begins at 1, so that the probability that it *ever*
//! reaches 20 is at most one in twenty (Ville's inequality).
//!
//! What comes late does no harm: until an opinion arrives its intervention counts as one that did not annoy, which only lowers the
//! stake. The claim is about every next intervention, given all before it: where few customers get most of a variant's
//! interventions, it is these few that are judged.
//!
//! Sources: J. Ville, "Étude critique de la notion de collectif" (1939); H. Robbins, "Statistical methods related to the law of the
//! iterated logarithm", Annals of Mathematical Statistics 41 (1970), for mixtures; A. Ramdas, P. Grünwald, V. Vovk, G. Shafer,
//! "Game-theoretic statistics and safe anytime-valid inference", Statistical Science 38 (2023).

use statrs::function::beta::{checked_beta_reg, checked_ln_beta};

/// With which probability a variant that annoys no more than it may is ever stopped, at most.
pub const FALSE_STOPS_MAX: f64 = 0.05;

/// The logarithm of the stake after so many interventions, of which so many annoyed. From `ln(1 / FALSE_STOPS_MAX)` on, it is shown
/// that more than `annoyed_max` of them annoy.
///
/// The mixture over `p` is uniform from `annoyed_max` to 1, which makes the average an incomplete beta function.
pub fn ln_evidence(annoyed: u32, interventions: u32, annoyed_max: f64) -> f64 {
    let (annoyed, others) = (f64::from(annoyed.min(interventions)), f64::from(interventions.saturating_sub(annoyed)));
    // No share is above 1, and none annoyed is evidence of nothing.
    if annoyed_max >= 1.0 || annoyed == 0.0 && annoyed_max <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let (a, b) = (annoyed + 1.0, others + 1.0);
    // Of the Beta distribution, what lies above `annoyed_max`. Its arguments are within its domain.
    let above = checked_beta_reg(b, a, 1.0 - annoyed_max).unwrap_or(0.0);
    let ln_average = checked_ln_beta(a, b).unwrap_or(f64::NEG_INFINITY) + above.ln() - (1.0 - annoyed_max).ln();
    ln_average - annoyed * annoyed_max.ln() - others * (1.0 - annoyed_max).ln()
}

/// Whether it is shown that more than `annoyed_max` of a variant's interventions annoy.
pub fn is_shown(ln_evidence: f64) -> bool {
    ln_evidence >= -FALSE_STOPS_MAX.ln()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[track_caller]
    fn check(annoyed: u32, interventions: u32, annoyed_max: f64, evidence: f64) {
        let found = ln_evidence(annoyed, interventions, annoyed_max).exp();
        assert!((found - evidence).abs() < 1e-9 * (1.0 + evidence), "{found} instead of {evidence}");
    }

    #[test]
    fn evidence_is_as_computed_by_hand() {
        check(0, 0, 0.2, 1.0);
        // The mean of p / 0.2 over 0.2 to 1, and of (1 - p) / 0.8.
        check(1, 1, 0.2, 3.0);
        check(0, 1, 0.2, 0.5);
        // The integral of p³ / 0.5³ from 0.5 to 1 over its length; and of p (1 - p) / 0.25.
        check(3, 3, 0.5, (1.0 - 0.5_f64.powi(4)) / 4.0 / 0.5_f64.powi(4));
        check(1, 2, 0.5, 2.0 * 4.0 * (1.0 / 6.0 - (0.125 - 0.125 / 3.0)));
    }

    #[test]
    fn the_ends_of_the_scale_are_judged_as_they_are_meant() {
        // Where nobody may be annoyed, one is enough; where everybody may be, nothing is.
        assert!(is_shown(ln_evidence(1, 1000, 0.0)) && !is_shown(ln_evidence(0, 1000, 0.0)));
        assert!(!is_shown(ln_evidence(1000, 1000, 1.0)));
        // Counts that cannot be, and many.
        assert!(is_shown(ln_evidence(7, 3, 0.1)) && is_shown(ln_evidence(u32::MAX / 2, u32::MAX, 0.4)));
        assert!(!is_shown(ln_evidence(u32::MAX / 10, u32::MAX, 0.4)));
    }

    #[test]
    fn at_the_very_share_that_is_allowed_the_next_stake_is_expected_to_be_this_one() {
        for annoyed_max in [0.01, 0.2, 0.5, 0.9] {
            for (annoyed, interventions) in [(0, 0), (0, 40), (3, 10), (40, 200), (250, 1000)] {
                let next = |more| ln_evidence(annoyed + more, interventions + 1, annoyed_max).exp();
                let expected = annoyed_max * next(1) + (1.0 - annoyed_max) * next(0);
                let now = ln_evidence(annoyed, interventions, annoyed_max).exp();
                assert!((expected - now).abs() < 1e-8 * (1.0 + now), "{expected} after {now}");
            }
        }
    }

    /// In how many of a thousand variants a rule says stop, looking after every 20 of 2,000 interventions.
    fn stopped(annoying: f64, rule: impl Fn(u32, u32) -> bool) -> u32 {
        let mut dice = ChaCha8Rng::seed_from_u64(7);
        let mut stopped = 0;
        for _ in 0..1000 {
            let mut annoyed = 0;
            let is_stopped = (1..=100).any(|hour| {
                annoyed += (0..20).map(|_| u32::from(dice.random::<f64>() < annoying)).sum::<u32>();
                rule(annoyed, hour * 20)
            });
            stopped += u32::from(is_stopped);
        }
        stopped
    }

    #[test]
    fn looking_every_hour_stops_few_that_are_within_bounds_and_nearly_all_that_are_not() {
        let guardrail = |annoyed, interventions| is_shown(ln_evidence(annoyed, interventions, 0.2));
        assert!(stopped(0.2, guardrail) <= 50, "{}", stopped(0.2, guardrail));
        assert_eq!(stopped(0.15, guardrail), 0);
        assert!(stopped(0.28, guardrail) > 950, "{}", stopped(0.28, guardrail));
        // What looking does to a test that is meant for one look: a one-sided z-test at the same level.
        let naive = |annoyed: u32, interventions: u32| {
            let (expected, interventions) = (0.2 * f64::from(interventions), f64::from(interventions));
            f64::from(annoyed) - expected > 1.645 * (0.2 * 0.8 * interventions).sqrt()
        };
        assert!(stopped(0.2, naive) > 200, "{}", stopped(0.2, naive));
    }
}
