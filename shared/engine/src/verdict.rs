//! A verdict: what one policy makes of one scored attempt, before a word is chosen.
//!
//! The order is fixed. The score and the ladder propose; who is not known is spared; the customer's own limits and blocks are held
//! up to them; the operator's rules overrule; then come what holds back: the customer's wish for quiet, restraint, and the cap on
//! stops. Each step that changes something leaves a reason.

use crate::alarm_rate::AlarmRate;
use crate::decision::{Action, Decision, Missing, ReasonCode, Withheld, WithheldFor};
use crate::entry::{Attempt, Entry};
use crate::message::{Key, Said};
use crate::money::Amount;
use crate::policy::{
    Breaker, Change, Effect, Exposure, Facts, Policy, Rule, RuleHit, RuleResult, RuleState, StopCap, WhenBlind,
};
use crate::score::Score;
use crate::settings::{Limit, Settings};
use crate::signal::{Known, Signals};
use crate::time::Instant;

/// What a verdict is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matter<'a> {
    pub(crate) attempt: &'a Attempt,
    pub(crate) known: Known<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) signals: &'a Signals,
    pub(crate) score: &'a Score,
    pub(crate) breaker: &'a Breaker,
    pub(crate) missing: &'a [Missing],
    pub(crate) now: Instant,
}

/// What a policy makes of it.
#[derive(Debug)]
pub(crate) struct Verdict<'a> {
    pub(crate) action: Action,
    pub(crate) withheld: Option<Withheld>,
    pub(crate) alarm_rate: AlarmRate,
    /// The reasons that do not act through the score.
    pub(crate) said: Vec<(ReasonCode, Said<'a>)>,
    pub(crate) rules: Vec<RuleHit>,
    pub(crate) exposures: Vec<Exposure>,
    /// What the customer's arms change.
    pub(crate) change: Change,
    /// It is about safety: no restraint, nobody is held out.
    pub(crate) is_protective: bool,
}

impl<'a> Verdict<'a> {
    pub(crate) fn of(matter: Matter<'a>, policy: &'a Policy) -> Self {
        let (exposures, change) = exposures(matter.attempt, policy);
        let alpha = policy.alpha * change.alpha_multiple.unwrap_or(1.0);
        let alarm_rate = AlarmRate::of(alpha, matter.known.profile.alarms(), matter.settings.sensitivity);
        let mut verdict = Self {
            action: Action::Allow,
            withheld: None,
            alarm_rate,
            said: Vec::new(),
            rules: Vec::new(),
            exposures,
            change,
            is_protective: false,
        };
        verdict.weigh(matter, policy);
        verdict.hold_up_wishes(matter);
        verdict.apply_rules(matter, policy);
        verdict.hold_back(matter, policy);
        verdict
    }

    /// The score, the ladder, and what is not known.
    fn weigh(&mut self, matter: Matter<'_>, policy: &Policy) {
        let risk = matter.score.probability();
        if matter.score.p_value <= self.alarm_rate.alpha {
            self.action = policy.ladder.action(risk, matter.attempt.amount.size());
            self.is_protective = risk >= policy.restraint.protect_from;
        }
        if matter.known.profile.is_learning() {
            self.action = self.action.min(policy.learning_at_most);
        }
        let is_blind = matter.missing.iter().any(|missing| matches!(missing, Missing::Customer | Missing::Profile));
        if is_blind && policy.when_blind == WhenBlind::FailClosed {
            self.action = self.action.max(Action::Warn);
            self.is_protective = true;
        }
    }

    /// The customer's own limits and blocks.
    fn hold_up_wishes(&mut self, matter: Matter<'a>) {
        let Matter { attempt, settings, known, .. } = matter;
        let month = attempt.occurred_at.month();
        let mut exceeded: Option<(i64, &'a Limit, i64)> = None;
        for limit in &settings.limits {
            let concerns = limit.category.as_ref().is_none_or(|category| *category == attempt.category);
            if !concerns || limit.monthly.currency() != attempt.amount.currency() {
                continue;
            }
            let spent = known.profile.month().spent(month, limit.category.as_ref(), limit.monthly.currency());
            let with_this = spent.unwrap_or_default().saturating_add(attempt.amount.minor());
            // Of several the one that is exceeded by most says it.
            let over = with_this - limit.monthly.minor();
            if over > 0 && exceeded.is_none_or(|(most, ..)| over > most) {
                exceeded = Some((over, limit, with_this));
            }
        }
        if let Some((_, limit, with_this)) = exceeded {
            self.action = self.action.max(Action::Nudge);
            // A sum beyond what an amount can be is shown as this attempt alone.
            let with_this = Amount::from_minor(with_this, limit.monthly.currency()).unwrap_or(attempt.amount);
            self.said.push((ReasonCode::LimitExceeded, Said::OverLimit { limit, with_this }));
        }
        if let Some(block) = settings.block_of(&attempt.category, matter.now) {
            self.action = self.action.max(Action::CoolOff);
            self.is_protective = true;
            self.said.push((ReasonCode::CategoryBlockedByCustomer, Said::Blocked(block)));
        }
    }

    fn apply_rules(&mut self, matter: Matter<'a>, policy: &'a Policy) {
        let Matter { attempt, known, settings, signals, score, breaker, .. } = matter;
        let facts = Facts { attempt, score, signals, profile: known.profile, settings };
        let mut acting: Vec<&'a Rule> = Vec::new();
        for (rule, held) in policy.rules.held(&facts) {
            let stops = matches!(rule.then, Effect::Block | Effect::AtLeast(Action::CoolOff | Action::Block));
            let cap = rule.stop_cap.unwrap_or(policy.restraint.rule_stops);
            let result = match held {
                Err(_) => RuleResult::Erred,
                Ok(()) if rule.state == RuleState::Trial => RuleResult::Tried,
                Ok(()) if stops && !breaker.rule_may_stop(&rule.id, cap) => RuleResult::Capped,
                Ok(()) => RuleResult::Acted,
            };
            if result == RuleResult::Acted {
                acting.push(rule);
            }
            self.rules.push(RuleHit { id: rule.id.clone(), result });
        }
        let rank = |effect: Effect| match effect {
            Effect::Block => (2, Action::Block),
            Effect::Allow => (1, Action::Allow),
            Effect::AtLeast(action) => (0, action),
        };
        let Some(rule) = acting.into_iter().max_by_key(|rule| rank(rule.then)) else { return };
        let action = match rule.then {
            Effect::Block => Action::Block,
            Effect::Allow => Action::Allow,
            Effect::AtLeast(action) => self.action.max(action),
        };
        if action != self.action {
            self.said.push((ReasonCode::RuleApplied, Said::Rule { id: &rule.id, text: rule.text.as_deref() }));
            self.action = action;
        }
        self.is_protective |= rule.then != Effect::Allow;
    }

    /// The customer's wish for quiet, restraint, and the cap on stops.
    fn hold_back(&mut self, matter: Matter<'_>, policy: &Policy) {
        // What the customer asked to be kept from stays so: a pause from interruptions is no way around it.
        let is_own_block = self.said.iter().any(|(code, _)| *code == ReasonCode::CategoryBlockedByCustomer);
        if let Some(why) = chose_quiet(matter, self.action).filter(|_| !is_own_block) {
            self.withhold(WithheldFor::CustomersWish, 1.0);
            self.said.push((ReasonCode::CustomerChoseQuiet, Said::Plain(why)));
        } else if let Some(why) = self.restrained(matter, policy) {
            self.withhold(WithheldFor::Restraint, 1.0);
            self.said.push((ReasonCode::QuietForNow, Said::Plain(why)));
        }
        if self.action >= Action::CoolOff && !is_own_block && !matter.breaker.may_stop(policy.restraint.stops) {
            self.action = Action::Warn;
            self.said.push((ReasonCode::StopsCapped, Said::Plain(Key::StopsCapped)));
        }
    }

    /// Lets the attempt through instead, and records what would have been.
    pub(crate) fn withhold(&mut self, why: WithheldFor, propensity: f64) {
        self.withheld = Some(Withheld { action: self.action, why, propensity });
        self.action = Action::Allow;
    }

    fn restrained(&self, matter: Matter<'_>, policy: &Policy) -> Option<Key> {
        let Matter { attempt, known, settings, .. } = matter;
        let restraint = &policy.restraint;
        if self.action == Action::Allow || self.action == Action::Block || self.is_protective {
            return None;
        }
        if attempt.amount.size() < restraint.trivial_below {
            return Some(Key::QuietTrivial);
        }
        let hours = restraint.quiet_hours.filter(|_| settings.quiet_hours.is_none());
        if self.action == Action::Nudge && hours.is_some_and(|hours| hours.contains(attempt.occurred_at)) {
            return Some(Key::QuietLate);
        }
        let now = attempt.occurred_at.instant();
        let recent = known.recent.iter().filter(|entry| entry.was_interrupted());
        let recent = recent.map(|entry: &Entry| entry.attempt.occurred_at.instant());
        let (this_week, latest) = known.profile.interruptions().with(recent, now);
        if this_week >= usize::from(restraint.per_week_max) {
            return Some(Key::QuietWeek);
        }
        let follows_soon = latest.is_some_and(|latest| now.since_ms(latest) < restraint.gap_ms);
        follows_soon.then_some(Key::QuietGap)
    }
}

/// The arms that the customer is in, and what they change together: of two that change the same the later one holds, and
/// multiples of alpha multiply.
fn exposures(attempt: &Attempt, policy: &Policy) -> (Vec<Exposure>, Change) {
    let mut exposures = Vec::new();
    let mut together = Change::default();
    for experiment in &policy.experiments {
        let Some(arm) = experiment.arm_of(&attempt.customer) else { continue };
        exposures.push(Exposure { experiment: experiment.id.clone(), arm: arm.name.clone() });
        if let Some(multiple) = arm.change.alpha_multiple {
            together.alpha_multiple = Some(together.alpha_multiple.unwrap_or(1.0) * multiple);
        }
        together.cool_off_wait_ms = arm.change.cool_off_wait_ms.or(together.cool_off_wait_ms);
        together.strategies = arm.change.strategies.clone().or(together.strategies);
    }
    (exposures, together)
}

/// Why the customer is left alone although the policy would step in; `None` if they are not.
fn chose_quiet(matter: Matter<'_>, action: Action) -> Option<Key> {
    let Matter { attempt, settings, now, .. } = matter;
    let in_quiet_hours = settings.quiet_hours.is_some_and(|hours| hours.contains(attempt.occurred_at));
    match action {
        Action::Allow | Action::Block => None,
        _ if settings.opted_out => Some(Key::QuietOptedOut),
        _ if settings.snooze_until.is_some_and(|until| now < until) => Some(Key::QuietSnoozed),
        Action::Nudge if in_quiet_hours => Some(Key::QuietHours),
        _ => None,
    }
}

/// How a decision counts against the caps on stops. Call it once for each decision that took place.
pub fn count_stop(breaker: &mut Breaker, policy: &Policy, decision: &Decision) {
    let cap_of = |rule: &str| -> StopCap {
        policy.rules.get(rule).and_then(|rule| rule.stop_cap).unwrap_or(policy.restraint.rule_stops)
    };
    let stopped = decision.action >= Action::CoolOff;
    let acted = decision.rules.iter().filter(|hit| stopped && hit.result == RuleResult::Acted);
    let stopping = acted.filter(|hit| policy.rules.get(&hit.id).is_some_and(|rule| rule.then != Effect::Allow));
    breaker.count(&policy.restraint, cap_of, stopped, stopping.map(|hit| hit.id.as_str()));
}
