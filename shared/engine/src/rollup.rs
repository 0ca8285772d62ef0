//! Roll-ups: what the report counts, per day.
//!
//! A day's roll-up is a sum over the entries whose attempt occurred on that day, each in its latest state. A change moves
//! the sum by the difference between the states, so a label that arrives weeks later still lands on the day of its attempt.

use std::collections::BTreeMap;

use crate::decision::{Action, Decision};
use crate::entry::{Entry, Feedback, Origin};
use crate::policy::{Exposure, RuleHit};
use crate::profile::Change;

/// How many equal parts of 0 to 1 the score histogram has.
pub const SCORE_BINS: usize = 20;

/// Counts by name. Names are words joined by dots, such as `outcome.warn.cancelled`; README and report list them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<String, i64>);

impl Counters {
    /// Adds to a counter; one that returns to zero is forgotten.
    pub fn add(&mut self, name: impl Into<String>, count: i64) {
        let name = name.into();
        let sum = self.get(&name).saturating_add(count);
        if sum == 0 {
            self.0.remove(&name);
        } else {
            self.0.insert(name, sum);
        }
    }

    /// Adds all counters of another.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(name, count)| self.add(name, count));
    }

    /// A counter; 0 if nothing was counted.
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Every counter that is not zero, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, i64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What one state of an entry counts for.
    pub fn of_entry(entry: &Entry) -> Self {
        let mut counters = Self::default();
        let mut count = |name: String| counters.add(name, 1);
        match &entry.origin {
            Origin::Imported { .. } => count("imported".to_owned()),
            Origin::Scored(decision) => {
                let action = decision.action.name();
                count("attempts".to_owned());
                count(format!("action.{action}"));
                count(format!("score.{:02}", score_bin(decision.risk_score)));
                if decision.learning {
                    count("learning".to_owned());
                }
                if decision.degraded() {
                    count("degraded".to_owned());
                }
                if let Some(outcome) = entry.outcome {
                    count(format!("outcome.{action}.{}", outcome.name()));
                }
                if let Some(feedback) = entry.feedback {
                    count(format!("feedback.{}", feedback.name()));
                }
                if let Some(Feedback::Regret(regret)) = entry.feedback {
                    counters.add("regret.sum", i64::from(regret.score()));
                }
                if let Some(label) = entry.label() {
                    let alarm = if decision.action > Action::Allow { "alarm" } else { "quiet" };
                    let truth = if label { "positive" } else { "genuine" };
                    counters.add(format!("label.{alarm}.{truth}"), 1);
                }
                count_intervention(entry, decision, &mut counters);
                let amount = entry.attempt.amount;
                counters.add(format!("amount.{}.attempted", amount.currency()), amount.minor());
                if decision.should_intervene() {
                    counters.add(format!("amount.{}.intervened", amount.currency()), amount.minor());
                }
            }
        }
        counters
    }

    /// What a change moves.
    pub fn of_change(change: Change<'_>) -> Self {
        let mut moved = Self::of_entry(change.after);
        if let Some(before) = change.before {
            Self::of_entry(before).iter().for_each(|(name, count)| moved.add(name, count.saturating_neg()));
        }
        moved
    }
}

/// What the policy did, and what came of it.
fn count_intervention(entry: &Entry, decision: &Decision, counters: &mut Counters) {
    let mut count = |name: String| counters.add(name, 1);
    count(format!("policy.{}", decision.policy));
    for RuleHit { id, result } in &decision.rules {
        count(format!("rule.{id}.{}", result.name()));
    }
    if let Some(shadow) = &decision.shadow {
        count(format!("shadow.{}.{}", shadow.policy, shadow.action.name()));
        for RuleHit { id, result } in &shadow.rules {
            count(format!("shadow.{}.rule.{id}.{}", shadow.policy, result.name()));
        }
    }
    let helped = entry.helped();
    if let Some(intervention) = &decision.intervention {
        count(format!("strategy.{}.shown", intervention.strategy.name()));
    }
    if let Some((strategy, helped)) = helped {
        count(format!("strategy.{}.{}", strategy.name(), if helped { "helped" } else { "not_helped" }));
    }
    if let Some(withheld) = decision.withheld {
        let name = format!("withheld.{}.{}", withheld.why.name(), withheld.action.name());
        if let Some(outcome) = entry.outcome {
            count(format!("{name}.{}", outcome.name()));
        }
        count(name);
    }
    for Exposure { experiment, arm } in &decision.exposures {
        let name = format!("arm.{experiment}.{arm}");
        if decision.intervention.is_some() {
            count(format!("{name}.interventions"));
        }
        if let Some((_, helped)) = helped {
            count(format!("{name}.{}", if helped { "helped" } else { "not_helped" }));
        }
        if let Some(opinion) = entry.opinion {
            count(format!("{name}.{}", opinion.name()));
        }
        count(format!("{name}.attempts"));
    }
    if let Some(opinion) = entry.opinion {
        count(format!("opinion.{}", opinion.name()));
    }
    if entry.cooling_off().is_some() {
        count("cooling_off.started".to_owned());
    }
    if let Some(ended) = &entry.cooling_off_ended {
        count(format!("cooling_off.{}", ended.how.name()));
    }
}

/// The bin of a score in the histogram, 0 to [`SCORE_BINS`] - 1.
fn score_bin(score: f64) -> usize {
    ((score * SCORE_BINS as f64) as usize).min(SCORE_BINS - 1)
}
