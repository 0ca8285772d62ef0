//! What is believed of a strategy in the population: what the policy says, moved by what was counted of all customers.
//!
//! One implementation, for live reviews and for the simulated year: it needs sums alone, which is what roll-ups are.

use super::{Prior, PriorsFrom, Strategies};
use crate::decision::Strategy;
use crate::profile::StrategyCounts;

/// How many interventions' worth a belief weighs at most, unless the policy's own prior weighs more.
///
/// However many customers were counted, how much one of them differs from all is not in the sums: so the population is never surer
/// than this, and what the customer themselves shows always counts. In the simulated year (`cargo lab evaluate-interventions` with
/// `policies/choices.json`, seed 1), where plain information loses 911 helped interventions against the best strategy in hindsight,
/// a weight of 20 loses 96 and one of 100 loses 35. A weight that was estimated from how much customers differ, at most 100 as well,
/// lost 42, so that counts by customer, which roll-ups do not have, are not missed.
const WEIGHT_MAX: f64 = 100.0;

/// How often each strategy helped all customers of a period, in the order of [`Strategy::ALL`].
pub type StrategySums = [StrategyCounts; Strategy::ALL.len()];

impl Prior {
    /// How many interventions' worth it is.
    fn weight(self) -> f64 {
        self.helped + self.not_helped
    }

    /// What is believed after so much was counted: the posterior of a Beta distribution, but never heavier than [`WEIGHT_MAX`] or,
    /// if that is more, than the prior itself.
    #[must_use]
    fn after(self, counted: StrategyCounts) -> Self {
        let helped = self.helped + f64::from(counted.helped);
        let not_helped = self.not_helped + f64::from(counted.not_helped);
        let scale = (WEIGHT_MAX.max(self.weight()) / (helped + not_helped)).min(1.0);
        Self { helped: helped * scale, not_helped: not_helped * scale }
    }
}

impl Strategies {
    /// The same with what is believed after so much was counted, unless only the policy's own priors are to hold.
    #[must_use]
    pub fn after(&self, counted: &StrategySums) -> Self {
        let mut after = self.clone();
        if self.priors_from == PriorsFrom::Reviews {
            after.priors.iter_mut().zip(counted).for_each(|(prior, counted)| *prior = prior.after(*counted));
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check((helped, not_helped): (f64, f64), counted: (u32, u32), expect: (f64, f64)) {
        let after = Prior { helped, not_helped }.after(StrategyCounts { helped: counted.0, not_helped: counted.1 });
        assert!((after.helped - expect.0).abs() < 1e-9 && (after.not_helped - expect.1).abs() < 1e-9, "{after:?}");
    }

    #[test]
    fn a_belief_follows_the_counts_within_its_weight() {
        check((1.0, 2.0), (0, 0), (1.0, 2.0));
        check((1.0, 2.0), (4, 3), (5.0, 5.0));
        // Of many only their share is left.
        check((1.0, 2.0), (299, 698), (30.0, 70.0));
        let all = f64::from(u32::MAX) + 3.0;
        check((1.0, 2.0), (0, u32::MAX), (100.0 / all, 100.0 - 100.0 / all));
        // An operator who is surer than that stays as sure, but is corrected all the same.
        check((60.0, 140.0), (10, 190), (35.0, 165.0));
    }

    #[test]
    fn a_policy_may_keep_its_own_priors() {
        let counted = [StrategyCounts { helped: 9, not_helped: 0 }; Strategy::ALL.len()];
        let refreshed = Strategies::default();
        assert_ne!(refreshed.after(&counted), refreshed);
        let fixed = Strategies { priors_from: PriorsFrom::Policy, ..refreshed };
        assert_eq!(fixed.after(&counted), fixed);
    }
}
