//! What is believed of a strategy in the population, from what was counted of each customer: empirical Bayes.

use engine::decision::Strategy;
use engine::policy::Prior;
use engine::profile::StrategyCounts;

/// Under so many interventions in all nothing is concluded.
const INTERVENTIONS_MIN: f64 = 30.0;

/// How many interventions' worth a belief may weigh: at least as much as the default, and never so much that one customer cannot
/// overrule it.
const WEIGHT: (f64, f64) = (3.0, 100.0);

/// The prior of each strategy, in the order of [`Strategy::ALL`]: its mean is the share that helped, its weight follows from how
/// much customers differ.
///
/// Source: Kleinman, "Proportions with extraneous variance: single and independent samples" (1973), with each customer weighted by
/// their interventions.
pub(super) fn priors(
    customers: &[[StrategyCounts; Strategy::ALL.len()]],
    default: [Prior; Strategy::ALL.len()],
) -> [Prior; Strategy::ALL.len()] {
    let mut priors = default;
    for (position, prior) in priors.iter_mut().enumerate() {
        let counts = customers.iter().filter_map(|strategies| strategies.get(position));
        if let Some(learned) = prior_of(counts) {
            *prior = learned;
        }
    }
    priors
}

fn prior_of<'a>(customers: impl Iterator<Item = &'a StrategyCounts>) -> Option<Prior> {
    let counts: Vec<(f64, f64)> = customers
        .map(|counts| (f64::from(counts.helped), f64::from(counts.helped) + f64::from(counts.not_helped)))
        .filter(|(_, all)| *all > 0.0)
        .collect();
    let all: f64 = counts.iter().map(|(_, all)| all).sum();
    if all < INTERVENTIONS_MIN {
        return None;
    }
    // One more of each, so that neither share is nothing.
    let share = (counts.iter().map(|(helped, _)| helped).sum::<f64>() + 1.0) / (all + 2.0);
    let variance = share * (1.0 - share);
    let spread: f64 = counts.iter().map(|(helped, all)| all * (helped / all - share).powi(2)).sum();
    let degrees = counts.len() as f64 - 1.0;
    let squares: f64 = counts.iter().map(|(_, all)| all * all).sum();
    // The share of the variance that lies between customers.
    let between = (spread - variance * degrees) / (variance * (all - squares / all - degrees));
    let weight = if between > 0.0 { 1.0 / between - 1.0 } else { WEIGHT.1 };
    let weight = if weight.is_finite() { weight.clamp(WEIGHT.0, WEIGHT.1) } else { WEIGHT.1 };
    Some(Prior { helped: share * weight, not_helped: (1.0 - share) * weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(helped: u32, not_helped: u32) -> StrategyCounts {
        StrategyCounts { helped, not_helped }
    }

    #[track_caller]
    fn check(customers: &[StrategyCounts], mean: f64, weight: (f64, f64)) {
        let prior = prior_of(customers.iter()).unwrap();
        let found = prior.helped + prior.not_helped;
        assert!((prior.helped / found - mean).abs() < 0.02, "{prior:?}");
        assert!(weight.0 <= found && found <= weight.1, "{prior:?}");
    }

    #[test]
    fn a_belief_weighs_more_the_more_alike_customers_are() {
        // All alike: as much as may be. Either always or never: as little as may be.
        check(&[counts(3, 7); 40], 0.3, (99.0, 100.0));
        check(&[[counts(10, 0); 20], [counts(0, 10); 20]].concat(), 0.5, (3.0, 3.0));
        // Shares of .1 and .5: a variance between customers of .04 in .21, so some 4.
        check(&[[counts(2, 18); 50], [counts(10, 10); 50]].concat(), 0.3, (3.0, 7.0));
        assert_eq!(prior_of([counts(9, 20)].iter()), None);
    }
}
