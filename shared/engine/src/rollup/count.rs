//! What one state of a scored entry counts for.

use std::time::Duration;

use super::Counters;
use super::bins::{deviation_bin, duration_bin, score_bin};
use crate::decision::{Decision, ReasonCode, WithheldFor};
use crate::entry::{Entry, Feedback, Opinion};
use crate::measured::Measured;
use crate::policy::{Exposure, RuleHit};
use crate::signal::Dimension;

/// Days of a month, in the mean.
const DAYS_A_MONTH: f64 = 365.25 / 12.0;

/// Above so many units of its currency an amount counts as so many where its square is summed: sums of squares must not overflow.
const SQUARED_UNITS_MAX: i64 = 10_000_000;

pub(super) fn scored(entry: &Entry, decision: &Decision, counters: &mut Counters) {
    decided(entry, decision, counters);
    said(entry, decision, counters);
    stepped_in(entry, decision, counters);
    tried(entry, decision, counters);
    if let Some(measured) = &entry.measured {
        took(measured, counters);
    }
}

/// What is settled when the decision is made.
fn decided(entry: &Entry, decision: &Decision, counters: &mut Counters) {
    let mut count = |name: String| counters.add(name, 1);
    let bin = score_bin(decision.risk_score);
    count("attempts".to_owned());
    count(format!("action.{}", decision.action.name()));
    count(format!("score.{bin:02}"));
    for dimension in Dimension::ALL {
        count(format!("deviation.{}.{:02}", dimension.name(), deviation_bin(decision.deviation(dimension))));
    }
    count(format!("model.{}", decision.model));
    count(format!("policy.{}", decision.policy));
    if decision.learning {
        count("learning".to_owned());
    }
    if decision.degraded() {
        count("degraded".to_owned());
    }
    for missing in &decision.missing {
        count(format!("missing.{}", missing.name()));
    }
    if decision.reasons.iter().any(|reason| reason.code == ReasonCode::CustomerChoseQuiet) {
        count("quiet".to_owned());
    }
    for RuleHit { id, result } in &decision.rules {
        count(format!("rule.{id}.{}", result.name()));
    }
    if let Some(shadow) = &decision.shadow {
        count(format!("shadow.{}.{}", shadow.policy, shadow.action.name()));
        for RuleHit { id, result } in &shadow.rules {
            count(format!("shadow.{}.rule.{id}.{}", shadow.policy, result.name()));
        }
    }
    counters.add("customer_months", customer_months(decision));
    let amount = entry.attempt.amount;
    counters.add(format!("amount.{}.attempted", amount.currency()), amount.minor());
    if decision.should_intervene() {
        counters.add(format!("alarm.{bin:02}"), 1);
        counters.add(format!("amount.{}.intervened", amount.currency()), amount.minor());
        if let Some(first) = decision.reasons.first() {
            counters.add(format!("reason.{}", first.code.name()), 1);
        }
    }
}

/// How much of a month of a customer an attempt stands for, in thousandths: one over the attempts that are usual in a month. Summed
/// over all attempts, that is how many customers there were, each for as many months as the period has.
fn customer_months(decision: &Decision) -> i64 {
    let days = 1.0 / decision.purchases_a_day;
    if days.is_finite() { (days / DAYS_A_MONTH * 1000.0).round() as i64 } else { 0 }
}

/// What the customer did and said.
fn said(entry: &Entry, decision: &Decision, counters: &mut Counters) {
    let action = decision.action.name();
    if let Some(outcome) = entry.outcome {
        counters.add(format!("outcome.{action}.{}", outcome.name()), 1);
    }
    if let Some(feedback) = entry.feedback {
        counters.add(format!("feedback.{}", feedback.name()), 1);
    }
    if let Some(Feedback::Regret(regret)) = entry.feedback {
        counters.add("regret.sum", i64::from(regret.score()));
    }
    if let Some(label) = entry.label() {
        let alarm = if decision.should_intervene() { "alarm" } else { "quiet" };
        let truth = if label { "positive" } else { "genuine" };
        counters.add(format!("label.{alarm}.{truth}"), 1);
        counters.add(format!("labelled.{truth}.{:02}", score_bin(decision.risk_score)), 1);
    }
    if let Some(opinion) = entry.opinion {
        counters.add(format!("opinion.{}", opinion.name()), 1);
        if opinion == Opinion::Annoying && decision.alarm_rate.alarms.unneeded > 0 {
            counters.add("annoyed_again", 1);
        }
    }
}

/// What the policy did, and what came of it.
fn stepped_in(entry: &Entry, decision: &Decision, counters: &mut Counters) {
    let mut count = |name: String| counters.add(name, 1);
    let helped = entry.helped().map(|(_, helped)| if helped { "helped" } else { "not_helped" });
    if let Some(intervention) = &decision.intervention {
        let name = format!("strategy.{}", intervention.strategy.name());
        if let Some(helped) = helped {
            count(format!("{name}.{helped}"));
        }
        if let Some(outcome) = entry.outcome {
            count(format!("{name}.{}", outcome.name()));
        }
        if let Some(opinion) = entry.opinion {
            count(format!("{name}.{}", opinion.name()));
        }
        if entry.is_purchase() && entry.label() == Some(true) {
            count(format!("{name}.regretted"));
        }
        count(format!("{name}.shown"));
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
        if let Some(helped) = helped {
            count(format!("{name}.{helped}"));
        }
        if let Some(opinion) = entry.opinion {
            count(format!("{name}.{}", opinion.name()));
        }
        count(format!("{name}.attempts"));
    }
    if entry.cooling_off().is_some() {
        count("cooling_off.started".to_owned());
    }
    if let Some(ended) = &entry.cooling_off_ended {
        count(format!("cooling_off.{}", ended.how.name()));
    }
}

/// The hold-out: what was then spent by those who were shown an intervention and by those who were to be, in whole units of the
/// currency, with squares, from which an interval follows.
fn tried(entry: &Entry, decision: &Decision, counters: &mut Counters) {
    let held_out = decision.withheld.is_some_and(|withheld| withheld.why == WithheldFor::HoldOut);
    let shown = decision.intervention.as_ref().is_some_and(|intervention| intervention.hold_out > 0.0);
    let side = match (held_out, shown) {
        (true, _) => "held_out",
        (false, true) => "shown",
        (false, false) => return,
    };
    // Only where the outcome is known: otherwise nothing is known of the spending either.
    if entry.outcome.is_none() {
        return;
    }
    let amount = entry.attempt.amount;
    let name = format!("trial.{side}.{}", amount.currency());
    counters.add(format!("{name}.known"), 1);
    let whole = (amount.minor() / amount.currency().minor_per_major()).min(SQUARED_UNITS_MAX);
    for (what, applies) in
        [("spent", entry.is_purchase()), ("regretted", entry.is_purchase() && entry.label() == Some(true))]
    {
        if applies {
            counters.add(format!("{name}.{what}"), whole);
            counters.add(format!("{name}.{what}_squared"), whole.saturating_mul(whole));
        }
    }
}

/// How long it took, and what became of requests since the process last recorded a decision.
fn took(measured: &Measured, counters: &mut Counters) {
    let mut count = |part: &str, time: Duration| counters.add(format!("took.{part}.{:02}", duration_bin(time)), 1);
    count("read", measured.read);
    count("engine", measured.engine);
    if let Some(last) = measured.last {
        count("write", last.write);
        count("whole", last.whole);
    }
    for (name, requests) in measured.answers.iter() {
        counters.add(format!("answers.{name}"), requests.into());
    }
}
