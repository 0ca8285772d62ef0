//! Deciding: from an attempt and what is known to an answer.
//!
//! Architecture Invariant: the engine is pure. The same attempt, knowledge, settings, policy, models and time give the same
//! decision, bit for bit; nothing here reads a clock, the environment, a random source or the order of a hash map.

use crate::alarm_rate::AlarmRate;
use crate::decision::{Action, Decision, Intervention, Missing, Reason, ReasonCode};
use crate::entry::Attempt;
use crate::features::of_signals;
use crate::message::{self, About, Key, Templates, Voice, Wording};
use crate::policy::{Policy, WhenBlind};
use crate::reason::{Headline, Subject, novel};
use crate::score::Models;
use crate::settings::Settings;
use crate::signal::{Known, Signals};
use crate::time::{Instant, LocalInstant};

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
    /// The words for reasons and messages.
    pub templates: &'a Templates,
    /// What could not be read.
    pub missing: &'a [Missing],
    /// The time of deciding.
    pub now: Instant,
}

/// Decides on one attempt.
pub fn decide(attempt: &Attempt, circumstances: Circumstances<'_>) -> Decision {
    let Circumstances { known, settings, models, policy, templates, missing, now } = circumstances;
    let voice = Voice::default();
    let wording = Wording::new(templates, voice);
    let profile = known.profile;
    let signals = Signals::of(attempt, known);
    let score = models.score(&of_signals(attempt, known, &signals), policy.novelty_share);
    let subject = Subject::new(attempt, &signals, profile, templates, voice);
    let (mut reasons, mut headline) = subject.reasons(&score.contributions);

    let alarm_rate = AlarmRate::of(policy, profile.alarms(), settings.sensitivity);
    let mut action = policy.action(&score, alarm_rate.alpha);
    if score.novelty_p_value <= alarm_rate.alpha {
        let text = novel(score.novelty_p_value, wording);
        let novel = || Headline { code: ReasonCode::Novel, text: text.clone() };
        headline = headline.or_else(|| subject.most_surprising()).or_else(|| Some(novel()));
        reasons.push(unweighted(ReasonCode::Novel, text));
    }
    let learning = profile.is_learning();
    if learning {
        action = action.min(policy.learning_at_most);
    }
    if policy.when_blind == WhenBlind::FailClosed
        && missing.iter().any(|missing| matches!(missing, Missing::Customer | Missing::Profile))
    {
        action = action.max(Action::Warn);
    }
    if let Some(why) = chose_quiet(attempt, settings, action, now) {
        action = Action::Allow;
        reasons.push(unweighted(ReasonCode::CustomerChoseQuiet, wording.text(why)));
    }

    let intervention =
        if action > Action::Allow { intervention(attempt, action, headline.as_ref(), circumstances) } else { None };
    Decision {
        action,
        risk_score: score.probability(),
        p_value: score.p_value,
        alarm_rate,
        base: score.base,
        deviations: signals.deviations(),
        intervention,
        reasons,
        purchases: profile.purchases(),
        learning,
        learn_minor_max: signals.amount.learn_minor_max,
        model: models.version().to_owned(),
        policy: policy.version.clone(),
        missing: missing.to_vec(),
    }
}

fn unweighted(code: ReasonCode, text: String) -> Reason {
    Reason { code, contribution: 0.0, text }
}

/// Why the customer is left alone although the policy would step in; `None` if they are not.
fn chose_quiet(attempt: &Attempt, settings: &Settings, action: Action, now: Instant) -> Option<Key> {
    let in_quiet_hours = settings.quiet_hours.is_some_and(|hours| hours.contains(attempt.occurred_at));
    match action {
        Action::Allow | Action::Block => None,
        _ if settings.opted_out => Some(Key::QuietOptedOut),
        _ if settings.snooze_until.is_some_and(|until| now < until) => Some(Key::QuietSnoozed),
        Action::Nudge if in_quiet_hours => Some(Key::QuietHours),
        _ => None,
    }
}

fn intervention(
    attempt: &Attempt,
    action: Action,
    headline: Option<&Headline>,
    circumstances: Circumstances<'_>,
) -> Option<Intervention> {
    let Circumstances { policy, templates, now, .. } = circumstances;
    let holds_ms = if action == Action::CoolOff { policy.cool_off_ms } else { policy.expires_after_ms };
    let expires_at = now.plus_ms(holds_ms);
    let about = About {
        attempt,
        voice: Voice::default(),
        headline: headline.map(|headline| headline.text.as_str()),
        top_reason: headline.map(|headline| headline.code),
        hourly_income: None,
        month: None,
        goal: None,
        wait_until: (action == Action::CoolOff)
            .then(|| LocalInstant::new(expires_at, attempt.occurred_at.offset_minutes()).ok())
            .flatten(),
        note_to_self: None,
    };
    let strategy = message::strategy(action);
    Some(Intervention {
        strategy,
        message: message::compose(templates, strategy, &about)?,
        arm: "only".to_owned(),
        propensity: 1.0,
        expires_at,
    })
}
