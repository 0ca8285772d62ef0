//! What Guardian did, what customers did then, and what they thought of it.

use std::collections::BTreeMap;

use engine::cooling_off::Ending;
use engine::decision::{Action, Strategy, WithheldFor};
use engine::entry::{Feedback, Opinion, Outcome};
use engine::policy::Policy;
use engine::rollup::Counters;
use serde::Serialize;

use super::sum;
use crate::statistics::Estimate;
use crate::statistics::share::Share;

/// Weeks of a month, in the mean.
const WEEKS_A_MONTH: f64 = 365.25 / 12.0 / 7.0;

/// Interventions of one action.
#[derive(Debug, Clone, Serialize)]
pub struct ActionReport {
    /// The action's name.
    pub action: &'static str,
    /// Attempts that got it.
    pub attempts: i64,
    /// Outcomes as far as they are known, by name.
    pub outcomes: BTreeMap<&'static str, i64>,
    /// Of those with a known outcome: the customer thought better of it.
    pub heeded: Share,
}

/// Interventions by one strategy.
#[derive(Debug, Clone, Serialize)]
pub struct StrategyReport {
    /// The strategy's name.
    pub strategy: &'static str,
    /// How often it was shown.
    pub shown: i64,
    /// Of those of which it is known: it helped (the customer thought better of it, or called it useful; and neither called it
    /// annoying nor the purchase normal).
    pub helped: Share,
    /// Of those with a known outcome: the customer went ahead nevertheless.
    pub went_ahead: Share,
    /// Of those who went ahead: they came to regret it.
    pub regretted: Share,
    /// Of all shown: called useful, and called annoying.
    pub useful: Share,
    /// See [`StrategyReport::useful`].
    pub annoying: Share,
}

/// What became of cooling-offs.
#[derive(Debug, Clone, Serialize)]
pub struct CoolingOffReport {
    /// How many began.
    pub started: i64,
    /// How they ended, by name, as far as somebody said so. The others expired, or still run.
    pub ended: BTreeMap<&'static str, i64>,
    /// Of all: the customer did not wait, by an override or in an emergency.
    pub overridden: Share,
}

/// How customers live with Guardian.
#[derive(Debug, Clone, Serialize)]
pub struct Engagement {
    /// The share of attempts that customers said anything of.
    pub feedback: Share,
    /// By kind of feedback, how often.
    pub said: BTreeMap<&'static str, i64>,
    /// The mean regret, 1 to 10, of those who gave one.
    pub regret_mean: Option<f64>,
    /// Of the interventions: called useful.
    pub useful: Share,
    /// Of the interventions: called annoying.
    pub annoying: Share,
    /// Of those called annoying: by customers who had an unneeded alarm before.
    pub annoyed_again: Share,
    /// The share of attempts by customers who wished for quiet: an opt-out, a snooze or their quiet hours.
    pub quiet: Share,
    /// Interventions per customer and month.
    pub per_customer_month: Option<Estimate>,
    /// The budget: how many the policy in force allows each customer in a month.
    pub per_customer_month_max: f64,
    /// For how many months of how many customers the attempts stand, estimated from what is usual for each customer.
    pub customer_months: f64,
    /// Interventions that were withheld, by why.
    pub withheld: BTreeMap<&'static str, i64>,
}

fn by_action(counters: &Counters, action: Action) -> i64 {
    counters.get(&format!("action.{}", action.name()))
}

/// Attempts of every action, by its name.
pub(super) fn attempts_by_action(counters: &Counters) -> BTreeMap<&'static str, i64> {
    Action::ALL.map(|action| (action.name(), by_action(counters, action))).into()
}

/// How often Guardian stepped in.
pub(super) fn stepped_in(counters: &Counters) -> i64 {
    let stepped_in = Action::ALL.into_iter().filter(|action| *action > Action::Allow);
    sum(stepped_in.map(|action| by_action(counters, action)))
}

/// Every action, mildest first.
pub(super) fn actions(counters: &Counters) -> Vec<ActionReport> {
    let report = |action: Action| {
        let outcome = |known: Outcome| counters.get(&format!("outcome.{}.{}", action.name(), known.name()));
        ActionReport {
            action: action.name(),
            attempts: by_action(counters, action),
            outcomes: Outcome::ALL.map(|known| (known.name(), outcome(known))).into(),
            heeded: not_gone_ahead(outcome),
        }
    };
    Action::ALL.map(report).into()
}

fn not_gone_ahead(outcome: impl Fn(Outcome) -> i64) -> Share {
    let all = sum(Outcome::ALL.map(&outcome));
    Share::new(all.saturating_sub(outcome(Outcome::Proceeded)), all)
}

/// Of all interventions with a known outcome: the customer thought better of it.
pub(super) fn heeded(actions: &[ActionReport]) -> Share {
    let interventions = actions.iter().filter(|report| report.action != Action::Allow.name());
    let (count, of) = interventions.fold((0_i64, 0_i64), |(count, of), report| {
        (count.saturating_add(report.heeded.count), of.saturating_add(report.heeded.of))
    });
    Share::new(count, of)
}

/// Every strategy that was shown.
pub(super) fn strategies(counters: &Counters) -> Vec<StrategyReport> {
    let report = |strategy: Strategy| {
        let count = |what: &str| counters.get(&format!("strategy.{}.{what}", strategy.name()));
        let shown = count("shown");
        let helped = count("helped");
        let went_ahead = count(Outcome::Proceeded.name());
        let known = sum(Outcome::ALL.map(|outcome| count(outcome.name())));
        StrategyReport {
            strategy: strategy.name(),
            shown,
            helped: Share::new(helped, helped.saturating_add(count("not_helped"))),
            went_ahead: Share::new(went_ahead, known),
            regretted: Share::new(count("regretted"), went_ahead),
            useful: Share::new(count(Opinion::Useful.name()), shown),
            annoying: Share::new(count(Opinion::Annoying.name()), shown),
        }
    };
    Strategy::ALL.into_iter().map(report).filter(|report| report.shown != 0).collect()
}

pub(super) fn cooling_offs(counters: &Counters) -> CoolingOffReport {
    let ended = |how: Ending| counters.get(&format!("cooling_off.{}", how.name()));
    let started = counters.get("cooling_off.started");
    CoolingOffReport {
        started,
        ended: Ending::ALL.map(|how| (how.name(), ended(how))).into(),
        overridden: Share::new(sum([ended(Ending::Overridden), ended(Ending::Bypassed)]), started),
    }
}

pub(super) fn engagement(counters: &Counters, policy: &Policy) -> Engagement {
    let attempts = counters.get("attempts");
    let interventions = sum(Strategy::ALL.map(|strategy| counters.get(&format!("strategy.{}.shown", strategy.name()))));
    let said = |name: &str| counters.get(&format!("feedback.{name}"));
    let regrets = said("regret");
    let opinion = |opinion: Opinion| counters.get(&format!("opinion.{}", opinion.name()));
    let withheld = |why: WithheldFor| {
        let actions = counters.under(&format!("withheld.{}", why.name())).filter(|(name, _)| !name.contains('.'));
        sum(actions.map(|(_, count)| count))
    };
    let customer_months = counters.get("customer_months") as f64 / 1000.0;
    let names = [Feedback::NotMe.name(), Feedback::NormalForMe.name(), "regret"];
    Engagement {
        feedback: Share::new(sum(names.map(said)), attempts),
        said: names.map(|name| (name, said(name))).into(),
        regret_mean: (regrets > 0).then(|| counters.get("regret.sum") as f64 / regrets as f64),
        useful: Share::new(opinion(Opinion::Useful), interventions),
        annoying: Share::new(opinion(Opinion::Annoying), interventions),
        annoyed_again: Share::new(counters.get("annoyed_again"), opinion(Opinion::Annoying)),
        quiet: Share::new(counters.get("quiet"), attempts),
        per_customer_month: rate(interventions, customer_months),
        per_customer_month_max: f64::from(policy.restraint.per_week_max) * WEEKS_A_MONTH,
        customer_months,
        withheld: WithheldFor::ALL.map(|why| (why.name(), withheld(why))).into(),
    }
}

/// How often per unit something happened, with the exact Poisson interval.
///
/// Source: Garwood, Fiducial limits for the Poisson distribution (1936).
fn rate(count: i64, units: f64) -> Option<Estimate> {
    use statrs::distribution::{ContinuousCDF, Gamma};
    if units <= 0.0 || count < 0 {
        return None;
    }
    let quantile = |shape: f64, share: f64| Gamma::new(shape, 1.0).map(|gamma| gamma.inverse_cdf(share));
    let low = if count == 0 { 0.0 } else { quantile(count as f64, 0.025).ok()? };
    let high = quantile(count as f64 + 1.0, 0.975).ok()?;
    Some(Estimate { value: count as f64 / units, ci95: [low / units, high / units] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_of_rates_are_the_exact_ones() {
        // R: poisson.test(10)$conf.int is 4.795389 to 18.390356; of 0 it is 0 to 3.688879.
        let found = rate(10, 2.0).unwrap();
        assert!((found.value - 5.0).abs() < 1e-12);
        assert!((found.ci95[0] - 2.397_694).abs() < 1e-4 && (found.ci95[1] - 9.195_178).abs() < 1e-4, "{found:?}");
        let none = rate(0, 1.0).unwrap();
        assert!(none.ci95[0].abs() < 1e-12 && (none.ci95[1] - 3.688_879).abs() < 1e-4, "{none:?}");
        assert_eq!(rate(3, 0.0), None);
    }
}
