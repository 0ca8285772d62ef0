//! Choosing a strategy by Thompson sampling: each with the probability that it is the best, as far as is known of this customer
//! and of people in general (Thompson, 1933; Chapelle and Li, "An Empirical Evaluation of Thompson Sampling", 2011).
//!
//! The probabilities are computed first and then drawn from, so that what is recorded is the true propensity and results can be
//! weighed by it later. A floor keeps every one of them above nothing.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution};

use crate::decision::Strategy;
use crate::policy::Strategies;
use crate::profile::Profile;

/// How often the best is drawn to find out how probable each is.
const DRAWS: u32 = 200;

/// What is drawn for one attempt: the same seed gives the same draws.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Whether something of this probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// One of the strategies that fit, with the probability that it had; `None` if none fits.
    pub(crate) fn strategy(
        &mut self,
        fitting: &[Strategy],
        strategies: &Strategies,
        profile: &Profile,
    ) -> Option<(Strategy, f64)> {
        let probabilities = self.probabilities(fitting, strategies, profile);
        let mut left = self.0.random::<f64>();
        let chosen = fitting.iter().copied().zip(probabilities);
        let mut last = None;
        for (strategy, probability) in chosen {
            last = Some((strategy, probability));
            left -= probability;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// How probable it is that each is the best, moved up to the floor.
    fn probabilities(&mut self, fitting: &[Strategy], strategies: &Strategies, profile: &Profile) -> Vec<f64> {
        if fitting.len() == 1 {
            return vec![1.0];
        }
        let beliefs: Vec<_> = fitting
            .iter()
            .map(|strategy| {
                let (prior, counts) = (strategies.prior(*strategy), profile.strategy(*strategy));
                let helped = prior.helped + f64::from(counts.helped);
                // Both are above 0 in any valid policy.
                Beta::new(helped, prior.not_helped + f64::from(counts.not_helped)).ok()
            })
            .collect();
        let mut wins = vec![0_u32; fitting.len()];
        for _ in 0..DRAWS {
            let draws = beliefs.iter().map(|belief| belief.map_or(0.0, |belief| belief.sample(&mut self.0)));
            let best = draws.enumerate().max_by(|(_, left), (_, right)| left.total_cmp(right));
            if let Some(wins) = best.and_then(|(place, _)| wins.get_mut(place)) {
                *wins += 1;
            }
        }
        let floor = strategies.floor.min(1.0 / fitting.len() as f64);
        let left = 1.0 - floor * fitting.len() as f64;
        wins.into_iter().map(|wins| floor + left * f64::from(wins) / f64::from(DRAWS)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Prior;

    const FITTING: [Strategy; 3] = [Strategy::Reflection, Strategy::SalientCost, Strategy::Alternatives];

    fn strategies(helped: f64) -> Strategies {
        let mut strategies = Strategies::default();
        for (strategy, prior) in Strategy::ALL.into_iter().zip(&mut strategies.priors) {
            let is_good = strategy == Strategy::SalientCost;
            *prior = Prior { helped: if is_good { helped } else { 10.0 }, not_helped: 20.0 };
        }
        strategies
    }

    #[test]
    fn what_is_recorded_is_how_often_it_is_chosen() {
        let (strategies, profile) = (strategies(14.0), Profile::default());
        let mut chosen = [0.0; 3];
        let mut expected = [0.0; 3];
        for seed in 0..4000 {
            let mut draws = Draws::new(seed);
            let (strategy, propensity) = draws.strategy(&FITTING, &strategies, &profile).unwrap();
            assert!((strategies.floor..=1.0).contains(&propensity), "{propensity}");
            assert_eq!(Draws::new(seed).strategy(&FITTING, &strategies, &profile), Some((strategy, propensity)));
            let place = FITTING.iter().position(|known| *known == strategy).unwrap();
            chosen[place] += 1.0 / 4000.0;
            // Weighing by the propensity gives back every strategy's full share: one.
            expected[place] += 1.0 / propensity / 4000.0;
        }
        assert!(chosen[1] > 0.5 && chosen[0] > 0.05 && chosen[2] > 0.05, "{chosen:?}");
        assert!(expected.iter().all(|share| (share - 1.0).abs() < 0.12), "{expected:?}");
    }

    #[test]
    fn what_helps_is_chosen_more_and_nothing_is_never_chosen() {
        let propensity = |helped, wanted| {
            let mut draws = Draws::new(7);
            let probabilities = draws.probabilities(&FITTING, &strategies(helped), &Profile::default());
            probabilities[FITTING.iter().position(|known| *known == wanted).unwrap()]
        };
        assert!(propensity(1000.0, Strategy::SalientCost) > 0.89);
        assert!((propensity(1000.0, Strategy::Reflection) - 0.05).abs() < 1e-12);
        assert!((propensity(0.1, Strategy::SalientCost) - 0.05).abs() < 1e-12);
        assert_eq!(Draws::new(1).strategy(&[], &strategies(1.0), &Profile::default()), None);
        let alone = Draws::new(1).strategy(&FITTING[..1], &strategies(1.0), &Profile::default());
        assert_eq!(alone, Some((Strategy::Reflection, 1.0)));
    }
}
