//! Deciding: from an attempt and what is known to an answer.
//!
//! Architecture Invariant: the engine is pure. The same attempt, knowledge, settings, policy, models, time and seed give the same
//! decision, bit for bit; nothing here reads a clock, the environment, a random source or the order of a hash map.

use crate::choice::Draws;
use crate::cooling_off::CoolingOff;
use crate::decision::{Action, Decision, Intervention, Missing, Reason, ReasonCode, Shadow, Strategy, WithheldFor};
use crate::entry::Attempt;
use crate::features::of_signals;
use crate::message;
use crate::policy::{Breaker, Policy};
use crate::reason::{Subject, novel};
use crate::score::Models;
use crate::settings::Settings;
use crate::signal::{Known, Signals};
use crate::time::Instant;
use crate::verdict::{Matter, Verdict};

pub use crate::verdict::count_stop;

/// Everything a decision follows from, besides the attempt.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// What is known of the customer and the merchant, the attempt itself excluded.
    pub known: Known<'a>,
    /// The customer's settings.
    pub settings: &'a Settings,
    /// The models that score.
    pub models: &'a Models,
    /// The policy in force.
    pub policy: &'a Policy,
    /// A policy that only looks on.
    pub shadow: Option<&'a Policy>,
    /// What was stopped lately.
    pub breaker: &'a Breaker,
    /// What could not be read.
    pub missing: &'a [Missing],
    /// What is drawn for this attempt, see [`crate::id::AttemptId::seed`].
    pub seed: u64,
    /// The time of deciding.
    pub now: Instant,
}

/// Decides on one attempt.
pub fn decide(attempt: &Attempt, circumstances: Circumstances<'_>) -> Decision {
    let Circumstances { known, settings, models, policy, shadow, breaker, missing, seed, now } = circumstances;
    let profile = known.profile;
    let signals = Signals::of(attempt, known);
    let features = of_signals(attempt, known, &signals);
    let score = models.score(&features, policy.novelty_share);
    let matter = Matter { attempt, known, settings, signals: &signals, score: &score, breaker, missing, now };
    let mut verdict = Verdict::of(matter, policy);
    let shadow = shadow.map(|shadow| {
        // The calibration is read anew: the novelty channel may have another share there.
        let score = models.score(&features, shadow.novelty_share);
        let Verdict { action, rules, .. } = Verdict::of(Matter { score: &score, ..matter }, shadow);
        Shadow { policy: shadow.version.clone(), action, rules }
    });

    let subject = Subject::new(attempt, &signals, profile);
    let (mut reasons, mut headline) = subject.reasons(&score.contributions);
    if score.novelty_p_value <= verdict.alarm_rate.alpha {
        let text = novel(score.novelty_p_value);
        headline = headline.or_else(|| subject.most_surprising()).or_else(|| Some(text.clone()));
        reasons.push(Reason { code: ReasonCode::Novel, contribution: 0.0, text });
    }
    // What the customer or the operator decided says more than the score.
    headline =
        verdict.reasons.iter().rev().find(|reason| speaks(reason.code)).map(|reason| reason.text.clone()).or(headline);

    let mut draws = Draws::new(seed);
    let hold_out = hold_out_share(&verdict, policy);
    if draws.happens(hold_out) {
        verdict.withhold(WithheldFor::HoldOut, hold_out);
        let text = "Kept without a message, to learn whether messages help.".to_owned();
        verdict.reasons.push(Reason { code: ReasonCode::HeldOut, contribution: 0.0, text });
    }
    let intervention = (verdict.action > Action::Allow).then(|| {
        let (strategy, propensity) = strategy(&mut draws, &verdict, policy, known);
        intervention(&verdict, strategy, propensity * (1.0 - hold_out), headline.as_deref(), policy, now)
    });
    reasons.append(&mut verdict.reasons);

    Decision {
        action: verdict.action,
        risk_score: score.probability(),
        p_value: score.p_value,
        alarm_rate: verdict.alarm_rate,
        base: score.base,
        deviations: signals.deviations(),
        intervention,
        withheld: verdict.withheld,
        rules: verdict.rules,
        exposures: verdict.exposures,
        shadow,
        reasons,
        purchases: profile.purchases(),
        learning: profile.is_learning(),
        learn_minor_max: signals.amount.learn_minor_max,
        model: models.version().to_owned(),
        policy: policy.version.clone(),
        missing: missing.to_vec(),
    }
}

/// Whether a message may begin with such a reason.
fn speaks(code: ReasonCode) -> bool {
    matches!(code, ReasonCode::LimitExceeded | ReasonCode::CategoryBlockedByCustomer | ReasonCode::RuleApplied)
}

/// The probability of being held out: nobody is when it is about safety.
fn hold_out_share(verdict: &Verdict, policy: &Policy) -> f64 {
    let may_be = verdict.action > Action::Allow
        && verdict.action <= policy.strategies.hold_out_at_most
        && verdict.action < Action::Block
        && !verdict.is_protective;
    if may_be { policy.strategies.hold_out_share } else { 0.0 }
}

/// The strategy, with its propensity. Plain information is always possible.
fn strategy(draws: &mut Draws, verdict: &Verdict, policy: &Policy, known: Known<'_>) -> (Strategy, f64) {
    let fitting = |only: &[Strategy]| -> Vec<Strategy> {
        only.iter().copied().filter(|strategy| message::fits(*strategy)).collect()
    };
    let mut candidates = fitting(policy.strategies.of(verdict.action));
    if let Some(only) = &verdict.change.strategies
        && candidates.iter().any(|strategy| only.contains(strategy))
    {
        candidates.retain(|strategy| only.contains(strategy));
    }
    draws.strategy(&candidates, &policy.strategies, known.profile).unwrap_or((Strategy::PlainInformation, 1.0))
}

fn intervention(
    verdict: &Verdict,
    strategy: Strategy,
    propensity: f64,
    headline: Option<&str>,
    policy: &Policy,
    now: Instant,
) -> Intervention {
    let cooling_off = (verdict.action == Action::CoolOff).then(|| {
        let wait_until = now.plus_ms(verdict.change.cool_off_wait_ms.unwrap_or(policy.cool_off_wait_ms));
        CoolingOff { wait_until, expires_at: wait_until.plus_ms(policy.cool_off_confirm_ms) }
    });
    let arms: Vec<_> = verdict.exposures.iter().map(|arm| format!("{}:{}", arm.experiment, arm.arm)).collect();
    Intervention {
        strategy,
        message: message::message(strategy, headline),
        arm: if arms.is_empty() { "only".to_owned() } else { arms.join(",") },
        propensity,
        cooling_off,
        expires_at: cooling_off.map_or_else(|| now.plus_ms(policy.expires_after_ms), |waits| waits.expires_at),
    }
}
