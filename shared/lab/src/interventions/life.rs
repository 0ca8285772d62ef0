//! One person's life under a policy: what they attempt, meet, do, say and learn, in order of time.

use std::collections::BTreeMap;

use engine::alarm_rate::AlarmRate;
use engine::cooling_off::{Ended, Ending};
use engine::decide::{Circumstances, decide};
use engine::decision::{Action, Decision, ReasonCode, Strategy, WithheldFor};
use engine::entry::{Attempt, Entry, Feedback, Opinion, Outcome};
use engine::id::{AttemptId, MerchantId};
use engine::merchant::{LabelCounts, MerchantRecord, label_change};
use engine::message::Templates;
use engine::policy::{Breaker, Policy, StrategySums};
use engine::profile::{Change, Profile};
use engine::score::Models;
use engine::settings::Settings;
use engine::signal::Known;
use engine::text::Note;
use engine::time::{DAY_MS, Day, HOUR_MS, Instant};

use super::tally::{Arm, CHOSEN_FOR, MONTHS, Tally};
use crate::simulate::{Character, Encounter, REMEMBERED_DAYS, Shown, SimulatedAttempt, Truth, World};

/// What holds for everybody, for a week.
pub(super) struct Conditions<'a> {
    pub(super) start: Instant,
    pub(super) models: &'a Models,
    pub(super) templates: &'a Templates,
    pub(super) policy: &'a Policy,
    /// The strategies that may be chosen for each action under any policy.
    pub(super) base: &'a Policy,
    pub(super) own_alpha: bool,
    pub(super) world: &'a World,
    pub(super) merchants: &'a BTreeMap<MerchantId, MerchantRecord>,
}

/// A label that was told of a merchant's purchase.
pub(super) type MerchantLabel = (MerchantId, Day, LabelCounts);

/// A person on the way through the year.
pub(super) struct Life<'a> {
    ahead: &'a [SimulatedAttempt],
    character: Character,
    settings: Settings,
    profile: Profile,
    /// The entries of the last hour, as they are now.
    recent: Vec<Entry>,
    /// When they last met interventions.
    met: Vec<Instant>,
    /// What is yet to happen, by when; the number keeps what happens at once in order.
    to_come: BTreeMap<(Instant, u32), Event>,
    numbered: u32,
    /// Entries of which something is yet to come.
    open: BTreeMap<AttemptId, Open>,
    /// What may be held out, and what was spent on it in the end.
    units: Vec<Unit>,
    pub(super) told: Vec<MerchantLabel>,
    tally: Tally,
}

struct Open {
    entry: Entry,
    regretted: bool,
    genuine: bool,
    unit: Option<usize>,
    /// How many events are yet to come.
    awaited: u32,
}

enum Event {
    Does(AttemptId, Outcome, Option<Ending>),
    Thinks(AttemptId, Opinion, bool),
    Says(AttemptId, Feedback),
    Again(Box<SimulatedAttempt>, Option<usize>),
}

/// An intervention that might have been held out, or was.
struct Unit {
    is_held_out: bool,
    weight: f64,
    spent: f64,
    told: f64,
    /// What would have been spent without it, if that would have been otherwise at all.
    without: Option<f64>,
    /// What was to be expected beforehand: the amount, times how likely it is regretted.
    expected: f64,
}

impl<'a> Life<'a> {
    pub(super) fn new(ahead: &'a [SimulatedAttempt], character: Character) -> Self {
        let currency = ahead.first().map(|attempt| attempt.transaction.amount.currency());
        Self {
            ahead,
            settings: currency.map(|currency| character.settings(currency)).unwrap_or_default(),
            character,
            profile: Profile::default(),
            recent: Vec::new(),
            met: Vec::new(),
            to_come: BTreeMap::new(),
            numbered: 0,
            open: BTreeMap::new(),
            units: Vec::new(),
            told: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// How often each strategy helped them, in the order of [`Strategy::ALL`].
    pub(super) fn strategies(&self) -> StrategySums {
        Strategy::ALL.map(|strategy| self.profile.strategy(strategy))
    }

    /// Lives until an instant.
    pub(super) fn live_until(&mut self, until: Instant, conditions: &Conditions<'_>) {
        loop {
            let attempt = self.ahead.first().map(|attempt| attempt.transaction.occurred_at.instant());
            let event = self.to_come.first_key_value().map(|((at, _), _)| *at);
            match (attempt, event) {
                (_, Some(at)) if at < until && attempt.is_none_or(|attempt| at <= attempt) => {
                    if let Some(((at, _), event)) = self.to_come.pop_first() {
                        self.happen(at, event, conditions);
                    }
                }
                (Some(at), _) if at < until => {
                    if let Some((attempt, ahead)) = self.ahead.split_first() {
                        self.ahead = ahead;
                        self.try_to_buy(attempt, None, true, conditions);
                    }
                }
                _ => return,
            }
        }
    }

    /// The year's sums.
    pub(super) fn finish(mut self) -> Tally {
        for unit in &self.units {
            let arm = if unit.is_held_out { &mut self.tally.held_out } else { &mut self.tally.shown };
            *arm = Arm {
                count: arm.count + 1.0,
                weight: arm.weight + unit.weight,
                spent: arm.spent + unit.weight * unit.spent,
                told: arm.told + unit.weight * unit.told,
                expected: arm.expected + unit.weight * unit.expected,
                expected_squared: arm.expected_squared + unit.weight * unit.expected.powi(2),
                expected_spent: arm.expected_spent + unit.weight * unit.expected * unit.spent,
                expected_told: arm.expected_told + unit.weight * unit.expected * unit.told,
            };
            if let Some(without) = unit.without.filter(|_| !unit.is_held_out) {
                self.tally.truly_saved += without - unit.spent;
            }
        }
        self.tally
    }

    fn await_event(&mut self, at: Instant, event: Event) {
        self.numbered += 1;
        self.to_come.insert((at, self.numbered), event);
    }

    fn happen(&mut self, at: Instant, event: Event, conditions: &Conditions<'_>) {
        match event {
            Event::Does(id, outcome, ending) => {
                self.change(id, |entry| {
                    entry.outcome = Some(outcome);
                    let reason = Note::parse("I had decided on it before").ok();
                    entry.cooling_off_ended = ending.map(|how| Ended { how, at, reason });
                });
            }
            Event::Thinks(id, opinion, opts_out) => {
                self.change(id, |entry| entry.opinion = Some(opinion));
                if opts_out && !self.settings.opted_out {
                    self.settings = Settings { opted_out: true, ..self.settings.clone() }.following(&self.settings, at);
                    self.tally.opted_out = 1.0;
                }
            }
            Event::Says(id, feedback) => self.change(id, |entry| entry.feedback = Some(feedback)),
            Event::Again(attempt, unit) => self.try_to_buy(&attempt, unit, false, conditions),
        }
    }

    /// Changes an entry and learns from it.
    fn change(&mut self, id: AttemptId, change: impl FnOnce(&mut Entry)) {
        let Some(mut open) = self.open.remove(&id) else { return };
        let before = open.entry.clone();
        change(&mut open.entry);
        open.entry.revision += 1;
        let change = Change { before: Some(&before), after: &open.entry };
        self.profile.learn(change);
        if let (Some(counts), Some(merchant)) = (label_change(change), &open.entry.attempt.merchant) {
            self.told.push((merchant.clone(), open.entry.attempt.occurred_at.instant().day(), counts));
        }
        self.count(&before, &open);
        if let Some(recent) = self.recent.iter_mut().find(|recent| recent.id == id) {
            *recent = open.entry.clone();
        }
        open.awaited -= 1;
        if open.awaited > 0 {
            self.open.insert(id, open);
        }
    }

    /// Adds to the tally what a change of an entry tells.
    fn count(&mut self, before: &Entry, open: &Open) {
        let Open { entry, regretted, genuine, unit, .. } = open;
        let size = entry.attempt.amount.size();
        let unit = unit.and_then(|unit| self.units.get_mut(unit));
        if entry.is_purchase() && !before.is_purchase() && *regretted {
            self.tally.regretted += 1.0;
            self.tally.regretted_spent += size;
            if let Some(unit) = unit {
                unit.spent += size;
            }
        } else if entry.label() == Some(true) && before.label().is_none() && *regretted {
            if let Some(unit) = unit {
                unit.told += size;
            }
        } else if *genuine
            && before.outcome.is_none()
            && matches!(entry.outcome, Some(Outcome::Cancelled | Outcome::Abandoned))
        {
            self.tally.genuine_lost += f64::from(u8::from(entry.was_interrupted()));
        }
        if before.opinion.is_none() {
            self.tally.annoying += f64::from(u8::from(entry.opinion == Some(Opinion::Annoying)));
            self.tally.useful += f64::from(u8::from(entry.opinion == Some(Opinion::Useful)));
        }
    }

    /// Attempts a purchase, the first time or once more.
    fn try_to_buy(
        &mut self,
        tried: &SimulatedAttempt,
        unit: Option<usize>,
        is_first: bool,
        conditions: &Conditions<'_>,
    ) {
        let transaction = &tried.transaction;
        let now = transaction.occurred_at.instant();
        let attempt = transaction.attempt();
        let id = AttemptId::derive(&attempt.customer, &transaction.id, now);
        self.recent.retain(|entry| now.since_ms(entry.attempt.occurred_at.instant()) < HOUR_MS);
        let decision = self.decide(id, &attempt, now, conditions);

        self.met.retain(|at| now.since_ms(*at) < REMEMBERED_DAYS * DAY_MS);
        let lately = self.met.len();
        let shown = decision.intervention.as_ref();
        let shown = shown.map(|shown| Shown { action: decision.action, strategy: shown.strategy, lately });
        let character = self.character;
        let meet = |shown| tried.meet(&character, conditions.world, shown);
        let encounter = meet(shown);
        let regretted = matches!(tried.truth, Truth::Impulsive { .. }) && tried.truth.label() == Some(true);
        if let Some(shown) = shown {
            self.tally.interventions += 1.0;
            self.tally.helped += f64::from(u8::from(encounter.helped()));
            let base = conditions.base.strategies.of(shown.action);
            let others: Vec<(Strategy, bool)> = base
                .iter()
                .map(|strategy| (*strategy, meet(Some(Shown { strategy: *strategy, ..shown })).helped()))
                .collect();
            let month = (now.since_ms(conditions.start).max(0) / DAY_MS) as usize * MONTHS / 365;
            self.count_choice(month.min(MONTHS - 1), shown, encounter.helped(), &others);
            self.met.push(now);
        }
        let unit = if is_first {
            let size = attempt.amount.size();
            // Who would have thought better of it by themselves did so here as well, and comes back to it or not all the same.
            let without = (regretted && meet(None).outcome == Outcome::Proceeded).then_some(size);
            self.unit(&decision, without, size, conditions.policy)
        } else {
            unit
        };
        let wait_ms = decision.intervention.as_ref().and_then(|shown| shown.cooling_off);
        let wait_ms = wait_ms.map_or(0, |waits| waits.wait_until.since_ms(now));
        let entry = Entry::scored(id, attempt, decision, now);
        self.profile.learn(Change { before: None, after: &entry });
        self.recent.push(entry.clone());
        let genuine = !matches!(tried.truth, Truth::Impulsive { .. } | Truth::Compromised);
        let awaited = self.schedule(id, now, wait_ms, encounter, unit, is_first);
        self.open.insert(id, Open { entry, regretted, genuine, unit, awaited });
    }

    fn decide(&self, id: AttemptId, attempt: &Attempt, now: Instant, conditions: &Conditions<'_>) -> Decision {
        let Conditions { models, templates, policy, own_alpha, merchants, .. } = conditions;
        let merchant = attempt.merchant.as_ref().and_then(|merchant| merchants.get(merchant));
        let circumstances = Circumstances {
            known: Known { profile: &self.profile, recent: &self.recent, merchant },
            settings: &self.settings,
            models,
            policy,
            shadow: None,
            breaker: &Breaker::default(),
            templates,
            missing: &[],
            seed: id.seed(),
            now,
        };
        let multiple = AlarmRate::of(1.0, self.profile.alarms(), self.settings.sensitivity).multiple;
        if *own_alpha || (multiple - 1.0).abs() < f64::EPSILON {
            return decide(attempt, circumstances);
        }
        // The engine has no switch for it: what the customer's own multiple will do is undone beforehand.
        let policy = Policy { alpha: policy.alpha / multiple, ..(*policy).clone() };
        decide(attempt, Circumstances { policy: &policy, ..circumstances })
    }

    /// Everything that will come of an encounter; gives how many changes of the entry that are.
    fn schedule(
        &mut self,
        id: AttemptId,
        now: Instant,
        wait_ms: i64,
        encounter: Encounter,
        unit: Option<usize>,
        is_first: bool,
    ) -> u32 {
        let Encounter { outcome, ending, after_ms, opinion, opts_out, feedback, again } = encounter;
        let waited_ms = if ending == Some(Ending::Confirmed) { wait_ms } else { 0 };
        let done_at = now.plus_ms(waited_ms + after_ms);
        self.await_event(done_at, Event::Does(id, outcome, ending));
        let mut awaited = 1;
        if let Some(opinion) = opinion {
            self.await_event(done_at, Event::Thinks(id, opinion, opts_out));
            awaited += 1;
        }
        if let Some(later) = feedback {
            self.await_event(now.plus_ms(waited_ms + later.after_ms), Event::Says(id, later.feedback));
            awaited += 1;
        }
        // Whoever thought better of it twice leaves it at that.
        if let Some(again) = again.filter(|_| is_first) {
            self.await_event(again.transaction.occurred_at.instant(), Event::Again(again, unit));
        }
        awaited
    }

    /// The intervention as one of the hold-out, if it might have been held out or was; gives its place.
    fn unit(&mut self, decision: &Decision, without: Option<f64>, size: f64, policy: &Policy) -> Option<usize> {
        let held_out = decision.withheld.filter(|withheld| withheld.why == WithheldFor::HoldOut);
        let by_rule = decision.reasons.iter().any(|reason| reason.code == ReasonCode::RuleApplied);
        let might_be = (Action::Nudge..=policy.strategies.hold_out_at_most).contains(&decision.action)
            && decision.risk_score < policy.restraint.protect_from
            && !by_rule;
        let probability = match held_out {
            Some(withheld) => withheld.propensity,
            None if might_be => 1.0 - policy.strategies.hold_out_share,
            None => return None,
        };
        let (is_held_out, weight, expected) = (held_out.is_some(), 1.0 / probability, decision.risk_score * size);
        self.units.push(Unit { is_held_out, weight, spent: 0.0, told: 0.0, without, expected });
        Some(self.units.len() - 1)
    }

    fn count_choice(&mut self, month: usize, shown: Shown, helped: bool, others: &[(Strategy, bool)]) {
        const ACTIONS: [Action; CHOSEN_FOR] = [Action::Nudge, Action::Warn, Action::CoolOff];
        let Some(action) = ACTIONS.into_iter().position(|action| action == shown.action) else { return };
        let place = |strategy: Strategy| Strategy::ALL.into_iter().position(|known| known == strategy);
        let Tally { chosen_helped, would_have_helped, chosen, .. } = &mut self.tally;
        let counts = chosen_helped.get_mut(month).and_then(|actions| actions.get_mut(action));
        counts.into_iter().for_each(|count| *count += f64::from(u8::from(helped)));
        let count = place(shown.strategy).and_then(|strategy| chosen.get_mut(action)?.get_mut(strategy));
        count.into_iter().for_each(|count| *count += 1.0);
        let Some(counts) = would_have_helped.get_mut(month).and_then(|actions| actions.get_mut(action)) else { return };
        for (strategy, helped) in others {
            let count = place(*strategy).and_then(|strategy| counts.get_mut(strategy));
            count.into_iter().for_each(|count| *count += f64::from(u8::from(*helped)));
        }
    }
}
