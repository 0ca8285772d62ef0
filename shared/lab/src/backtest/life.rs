//! A history lived through under one policy.

use std::collections::VecDeque;

use engine::decide::{Circumstances, count_stop, decide};
use engine::decision::{Action, Decision, WithheldFor};
use engine::entry::{Entry, Feedback, Outcome};
use engine::id::{AttemptId, IdempotencyKey};
use engine::message::Templates;
use engine::policy::{Breaker, Policy, RuleHit};
use engine::profile::{Change, Profile};
use engine::score::Models;
use engine::settings::Settings;
use engine::signal::Known;
use engine::time::{HOUR_MS, Instant};

use crate::learning::ledger::{Ledger, Purchase};
use crate::learning::replay::Replay;

/// What a policy made of one purchase.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruling {
    /// What it did.
    pub action: Action,
    /// How rare such a score is among genuine purchases.
    pub p_value: f64,
    /// Up to which p-value it stepped in on this customer.
    pub alpha: f64,
    /// Whether too little was known of the customer to rely on.
    pub newcomer: bool,
    /// What there is to tell; nothing where it let the purchase through without a word.
    pub details: Option<Box<Details>>,
}

/// More about a ruling.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// Why it did not step in, though it would have.
    pub withheld: Option<(Action, WithheldFor)>,
    /// The rules that held or erred.
    pub rules: Vec<RuleHit>,
    /// Its reasons, each as its code and its text.
    pub reasons: Vec<String>,
}

/// All rulings of a policy, in the order of the ledger's purchases.
#[derive(Debug)]
pub struct Life {
    /// The policy's version.
    pub policy: String,
    /// By the position of the purchase; `None` for what lies before the days to judge.
    pub rulings: Vec<Option<Ruling>>,
}

/// One customer on the way through the history.
#[derive(Default)]
struct Customer {
    profile: Profile,
    /// Entries of the last hour.
    recent: Vec<Entry>,
    /// Entries whose labels are yet to arrive, the next one first.
    awaited: VecDeque<(Instant, Entry, bool)>,
}

/// Lives through a history under a policy, and keeps the rulings from `judged_from` on.
pub fn live(
    ledger: &Ledger,
    replay: &Replay<'_>,
    (label_delay_ms, judged_from): (i64, Instant),
    (models, templates): (&Models, &Templates),
    policy: &Policy,
) -> Life {
    let purchases = ledger.purchases();
    // The breaker counts over all customers, so they cannot be taken one by one.
    let mut order: Vec<usize> = (0..purchases.len()).collect();
    order.sort_by_key(|position| purchases.get(*position).map(Purchase::instant));
    let mut customers: Vec<Customer> = (0..ledger.customers().len()).map(|_| Customer::default()).collect();
    let mut breaker = Breaker::default();
    let mut rulings = vec![None; purchases.len()];
    let settings = Settings::default();
    for position in order {
        let Some((purchase, attempt)) = purchases.get(position).and_then(|it| Some((it, ledger.attempt(it)?))) else {
            continue;
        };
        let (now, Some(id)) = (purchase.instant(), attempt_id(ledger, purchase, position)) else { continue };
        let Some(customer) = customers.get_mut(purchase.customer as usize) else { continue };
        customer.hear_of_labels(now);
        customer.recent.retain(|entry| now.since_ms(entry.attempt.occurred_at.instant()) < HOUR_MS);
        let merchant = replay.merchant_record(purchase);
        let known = Known { profile: &customer.profile, recent: &customer.recent, merchant: merchant.as_ref() };
        let circumstances = Circumstances {
            known,
            settings: &settings,
            models,
            policy,
            shadow: None,
            breaker: &breaker,
            templates,
            missing: &[],
            seed: id.seed(),
            now,
        };
        let mut decision = decide(&attempt, circumstances);
        count_stop(&mut breaker, policy, &decision);
        if let Some(place) = rulings.get_mut(position).filter(|_| now >= judged_from) {
            *place = Some(Ruling::of(&decision));
        }
        // Nobody learns from reasons, and many entries wait for their labels.
        decision.reasons = Vec::new();
        let first = Entry::scored(id, attempt, decision, now);
        let proceeded = Entry { outcome: Some(Outcome::Proceeded), revision: 2, ..first.clone() };
        customer.profile.learn(Change { before: None, after: &first });
        customer.profile.learn(Change { before: Some(&first), after: &proceeded });
        if let (Some(told_at), Some(label)) = (purchase.label_known_at(label_delay_ms), purchase.label) {
            customer.awaited.push_back((told_at, proceeded.clone(), label));
        }
        customer.recent.push(proceeded);
    }
    Life { policy: policy.version.clone(), rulings }
}

/// The id under which the purchase is decided on: the same under every policy.
fn attempt_id(ledger: &Ledger, purchase: &Purchase, position: usize) -> Option<AttemptId> {
    let key = IdempotencyKey::parse(&format!("row-{position}")).ok()?;
    Some(AttemptId::derive(ledger.customer_id(purchase)?, &key, purchase.instant()))
}

impl Customer {
    /// Learns the labels that have arrived by `now`.
    fn hear_of_labels(&mut self, now: Instant) {
        while let Some((_, before, label)) = self.awaited.pop_front_if(|(told_at, ..)| *told_at <= now) {
            let feedback = if label { Feedback::NotMe } else { Feedback::NormalForMe };
            let after = Entry { feedback: Some(feedback), revision: before.revision + 1, ..before.clone() };
            self.profile.learn(Change { before: Some(&before), after: &after });
        }
    }
}

impl Ruling {
    fn of(decision: &Decision) -> Self {
        let is_plain = decision.action == Action::Allow && decision.withheld.is_none() && decision.rules.is_empty();
        let details = (!is_plain).then(|| {
            let reasons = decision.reasons.iter().map(|reason| format!("{}: {}", reason.code.name(), reason.text));
            Box::new(Details {
                withheld: decision.withheld.map(|withheld| (withheld.action, withheld.why)),
                rules: decision.rules.clone(),
                reasons: reasons.collect(),
            })
        });
        Self {
            action: decision.action,
            p_value: decision.p_value,
            alpha: decision.alarm_rate.alpha,
            newcomer: decision.learning,
            details,
        }
    }

    /// Whether the customer would have been stepped in on.
    pub fn is_alarm(&self) -> bool {
        self.action > Action::Allow
    }
}
