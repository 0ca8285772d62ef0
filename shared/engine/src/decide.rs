//! Deciding: from an attempt and what is known to an answer.
//!
//! Architecture Invariant: the engine is pure. The same attempt, knowledge, settings, policy, models, time and seed give the same
//! decision, bit for bit; nothing here reads a clock, the environment, a random source or the order of a hash map.

use crate::choice::Draws;
use crate::cooling_off::CoolingOff;
use crate::decision::{Action, Decision, Intervention, Missing, Reason, ReasonCode, Shadow, Strategy, WithheldFor};
use crate::entry::Attempt;
use crate::features::of_signals;
use crate::message::{self, About, GoalView, MonthBudget, Said, Templates, Wording};
use crate::money::Amount;
use crate::policy::{Breaker, Policy};
use crate::profile::Profile;
use crate::reason::{Headline, Subject, novel};
use crate::score::Models;
use crate::settings::{Limit, Settings};
use crate::signal::{Known, Signals};
use crate::text::Note;
use crate::time::{Instant, LocalInstant};
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
    /// The words for reasons and messages.
    pub templates: &'a Templates,
    /// What could not be read.
    pub missing: &'a [Missing],
    /// What is drawn for this attempt, see [`crate::id::AttemptId::seed`].
    pub seed: u64,
    /// The time of deciding.
    pub now: Instant,
}

/// Decides on one attempt.
pub fn decide(attempt: &Attempt, circumstances: Circumstances<'_>) -> Decision {
    let Circumstances { known, settings, models, policy, shadow, breaker, templates, missing, seed, now } =
        circumstances;
    let profile = known.profile;
    let signals = Signals::of(attempt, known);
    let features = of_signals(attempt, known, &signals);
    let score = models.score(&features, policy.novelty_share);
    let matter = Matter { attempt, known, settings, signals: &signals, score: &score, breaker, missing, now };
    let mut verdict = Verdict::of(matter, policy);
    let shadow = shadow.map(|shadow| {
        // Only where the novelty channel has another share there, rarity is another.
        let is_alike = shadow.novelty_share.to_bits() == policy.novelty_share.to_bits();
        let rescored = (!is_alike).then(|| models.score(&features, shadow.novelty_share));
        let score = rescored.as_ref().unwrap_or(&score);
        let Verdict { action, rules, .. } = Verdict::of(Matter { score, ..matter }, shadow);
        Shadow { policy: shadow.version.clone(), action, rules }
    });

    let mut draws = Draws::new(seed);
    let hold_out = hold_out_share(&verdict, policy);
    if draws.happens(hold_out) {
        verdict.withhold(WithheldFor::HoldOut, hold_out);
        verdict.said.push((ReasonCode::HeldOut, Said::Plain(message::Key::HeldOut)));
    }

    let wording = Wording::new(templates, settings.voice);
    let subject = Subject::new(attempt, &signals, profile, templates, settings.voice);
    let (mut reasons, mut headline) = subject.reasons(&score.contributions);
    if score.novelty_p_value <= verdict.alarm_rate.alpha {
        let text = novel(score.novelty_p_value, wording);
        let novel = || Headline { code: ReasonCode::Novel, text: text.clone() };
        headline = headline.or_else(|| subject.most_surprising()).or_else(|| Some(novel()));
        reasons.push(Reason { code: ReasonCode::Novel, contribution: 0.0, text });
    }
    for (code, said) in &verdict.said {
        let text = said.text(wording);
        if speaks(*code) {
            // What the customer or the operator decided says more than the score.
            headline = Some(Headline { code: *code, text: text.clone() });
        }
        reasons.push(Reason { code: *code, contribution: 0.0, text });
    }

    let intervention = (verdict.action > Action::Allow).then(|| {
        let cooling_off = cooling_off(&verdict, policy, now);
        let about = about(attempt, circumstances, headline.as_ref(), cooling_off);
        let (strategy, propensity) = strategy(&mut draws, &verdict, policy, profile, &about);
        let message = message::compose(templates, strategy, &about);
        let arms: Vec<_> = verdict.exposures.iter().map(|arm| format!("{}:{}", arm.experiment, arm.arm)).collect();
        Intervention {
            strategy,
            // Only strategies that fit are chosen, and what always fits otherwise.
            message: message.unwrap_or_else(|| message::plain(templates, &about)),
            arm: if arms.is_empty() { "only".to_owned() } else { arms.join(",") },
            propensity: propensity * (1.0 - hold_out),
            hold_out,
            cooling_off,
            expires_at: cooling_off.map_or_else(|| now.plus_ms(policy.expires_after_ms), |waits| waits.expires_at),
        }
    });

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
        purchases_a_day: signals.velocity.a_day,
        learn_minor_max: signals.amount.learn_minor_max,
        model: models.version().to_owned(),
        policy: policy.version.clone(),
        review: policy.reviewed_at,
        missing: missing.to_vec(),
    }
}

/// Whether a message may begin with such a reason.
fn speaks(code: ReasonCode) -> bool {
    matches!(code, ReasonCode::LimitExceeded | ReasonCode::CategoryBlockedByCustomer | ReasonCode::RuleApplied)
}

/// The probability of being held out: nobody is when it is about safety.
fn hold_out_share(verdict: &Verdict<'_>, policy: &Policy) -> f64 {
    let may_be = verdict.action > Action::Allow
        && verdict.action <= policy.strategies.hold_out_at_most
        && verdict.action < Action::Block
        && !verdict.is_protective;
    if may_be { policy.strategies.hold_out_share } else { 0.0 }
}

fn cooling_off(verdict: &Verdict<'_>, policy: &Policy, now: Instant) -> Option<CoolingOff> {
    (verdict.action == Action::CoolOff).then(|| {
        let wait_until = now.plus_ms(verdict.change.cool_off_wait_ms.unwrap_or(policy.cool_off_wait_ms));
        CoolingOff { wait_until, expires_at: wait_until.plus_ms(policy.cool_off_confirm_ms) }
    })
}

/// The strategy, with its propensity: one that has something true to say, of those that the policy and the customer's arms leave.
fn strategy(
    draws: &mut Draws,
    verdict: &Verdict<'_>,
    policy: &Policy,
    profile: &Profile,
    about: &About<'_>,
) -> (Strategy, f64) {
    let candidates = policy.strategies.of(verdict.action).iter().copied();
    let mut candidates: Vec<Strategy> = candidates.filter(|strategy| message::fits(*strategy, about)).collect();
    if let Some(only) = &verdict.change.strategies
        && candidates.iter().any(|strategy| only.contains(strategy))
    {
        candidates.retain(|strategy| only.contains(strategy));
    }
    draws.strategy(&candidates, &policy.strategies, profile).unwrap_or((Strategy::PlainInformation, 1.0))
}

/// What a message may speak about.
fn about<'a>(
    attempt: &'a Attempt,
    circumstances: Circumstances<'a>,
    headline: Option<&'a Headline>,
    cooling_off: Option<CoolingOff>,
) -> About<'a> {
    let Circumstances { known, settings, now, .. } = circumstances;
    let currency = attempt.amount.currency();
    let amount = |minor| Amount::from_minor(minor, currency).ok();
    // The limit of the category says more than that of all purchases.
    let concerns = |limit: &&Limit| limit.category.as_ref().is_none_or(|category| *category == attempt.category);
    let in_currency = settings.limits.iter().filter(|limit| limit.monthly.currency() == currency);
    let limit = in_currency.filter(concerns).max_by_key(|limit| limit.category.is_some());
    let month = limit.map(|limit| {
        let spent = known.profile.month().spent(attempt.occurred_at.month(), limit.category.as_ref(), currency);
        MonthBudget { spent: spent.and_then(amount), limit: limit.monthly, category: limit.category.as_ref() }
    });
    let goal = settings.goals.iter().find(|goal| goal.target.currency() == currency);
    About {
        attempt,
        voice: settings.voice,
        headline: headline.map(|headline| headline.text.as_str()),
        top_reason: headline.map(|headline| headline.code),
        hourly_income: settings.hourly_income,
        month,
        goal: goal.map(|goal| GoalView {
            name: goal.name.as_str(),
            target: goal.target,
            saved: amount(goal.saved_minor),
        }),
        wait_until: cooling_off
            .and_then(|waits| LocalInstant::new(waits.wait_until, attempt.occurred_at.offset_minutes()).ok()),
        // It stands in the reason already.
        note_to_self: settings
            .block_of(&attempt.category, now)
            .and_then(|block| block.note.as_ref())
            .map(Note::as_str)
            .filter(|_| headline.is_none_or(|headline| headline.code != ReasonCode::CategoryBlockedByCustomer)),
    }
}
