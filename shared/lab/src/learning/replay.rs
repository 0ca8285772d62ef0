//! The causal replay: every purchase's features from what was known when it was an attempt, and nothing later.
//!
//! ```text
//! for each customer, in order of time:   labels that arrived by now → profile
//!                                        profile + last hour + merchant's record by now → features
//!                                        the purchase → profile
//! ```
//! It uses the engine's own types and rules, so that a model is trained on what it will see in live work.
//!
//! Architecture Invariant: features of a purchase depend on earlier purchases and on labels that arrived before it, bit for
//! bit; `tests/it/guards.rs` changes everything else and compares.

use std::collections::VecDeque;
use std::ops::Range;

use engine::entry::{Attempt, Entry, Feedback, Frozen, Origin};
use engine::features::{COUNT, features};
use engine::id::AttemptId;
use engine::merchant::MerchantRecord;
use engine::profile::{Change, Profile};
use engine::signal::Known;
use engine::time::{HOUR_MS, Instant};
use rayon::prelude::*;

use super::examples::Examples;
use super::ledger::{Ledger, Purchase};
use super::merchant_book::MerchantBook;

/// A history to be replayed under one delay of labels.
#[derive(Debug)]
pub struct Replay<'a> {
    ledger: &'a Ledger,
    merchants: MerchantBook,
    label_delay_ms: i64,
}

impl<'a> Replay<'a> {
    /// A replay in which every label becomes known `label_delay_ms` after its purchase.
    pub fn new(ledger: &'a Ledger, label_delay_ms: i64) -> Self {
        let frozen = frozen_of_positives(ledger, label_delay_ms);
        Self { ledger, merchants: MerchantBook::of(ledger, &frozen, label_delay_ms), label_delay_ms }
    }

    /// What was known of a purchase's merchant at its time; `None` where the history names none.
    pub fn merchant_record(&self, purchase: &Purchase) -> Option<MerchantRecord> {
        purchase.merchant.map(|merchant| self.merchants.record_at(merchant, purchase.instant()))
    }

    /// The features of every purchase in `period`, each from all that was known at its time.
    pub fn examples(&self, period: Range<Instant>) -> Examples {
        self.examples_of_newcomers(period, Instant::EPOCH)
    }

    /// The features of every purchase in `period`, as if no customer had been seen before `known_from`. What was learned of
    /// merchants stays.
    pub fn examples_of_newcomers(&self, period: Range<Instant>, known_from: Instant) -> Examples {
        let purchases = self.ledger.purchases();
        let positions: Vec<(Range<usize>, Range<usize>)> = self
            .ledger
            .customers()
            .map(|all| {
                let theirs = purchases.get(all.clone()).unwrap_or_default();
                let position = |instant| all.start + theirs.partition_point(|purchase| purchase.instant() < instant);
                (position(known_from)..position(period.end), position(period.start)..position(period.end))
            })
            .collect();
        let rows: Vec<u32> = positions.iter().flat_map(|(_, wanted)| wanted.clone()).map(|row| row as u32).collect();
        let mut values = vec![f32::NAN; rows.len() * COUNT];
        let mut rest = values.as_mut_slice();
        let mut customers = Vec::with_capacity(positions.len());
        for (known, wanted) in positions {
            let Some((theirs, others)) = rest.split_at_mut_checked(wanted.len() * COUNT) else { break };
            customers.push((known, wanted, theirs));
            rest = others;
        }
        customers.into_par_iter().for_each(|(known, wanted, out)| self.replay_customer(known, wanted.start, out));
        Examples::new(rows, values)
    }

    /// Replays one customer's purchases at `known`, writing the features of those from position `wanted_from` on.
    fn replay_customer(&self, known: Range<usize>, wanted_from: usize, out: &mut [f32]) {
        let mut out = out.chunks_exact_mut(COUNT);
        pass(self.ledger, self.label_delay_ms, known, |position, entry, profile, recent| {
            let Some(purchase) = self.ledger.purchases().get(position).filter(|_| position >= wanted_from) else {
                return;
            };
            let merchant = self.merchant_record(purchase);
            let known = Known { profile, recent, merchant: merchant.as_ref() };
            if let Some(out) = out.next() {
                out.copy_from_slice(&features(&entry.attempt, known));
            }
        });
    }
}

/// What was known before each purchase that turned out positive: what is frozen into an entry does not depend on merchants, so
/// it is found in a pass before theirs.
fn frozen_of_positives(ledger: &Ledger, label_delay_ms: i64) -> Vec<Option<Frozen>> {
    let mut frozen = vec![None; ledger.purchases().len()];
    let mut rest = frozen.as_mut_slice();
    let mut customers = Vec::with_capacity(ledger.customers().len());
    for all in ledger.customers() {
        let Some((theirs, others)) = rest.split_at_mut_checked(all.len()) else { break };
        customers.push((all, theirs));
        rest = others;
    }
    customers.into_par_iter().for_each(|(all, out)| {
        let first = all.start;
        pass(ledger, label_delay_ms, all, |position, entry, _, _| {
            let is_positive = ledger.purchases().get(position).is_some_and(|purchase| purchase.label == Some(true));
            if let Some(out) = out.get_mut(position - first).filter(|_| is_positive) {
                *out = entry.frozen();
            }
        });
    });
    frozen
}

/// Goes through one customer's purchases at `known` in order of time: lets `see` each with what is frozen into it, the profile
/// and the last hour's entries as they are before it, and then learns it, up to the bound that was frozen.
fn pass(
    ledger: &Ledger,
    label_delay_ms: i64,
    known: Range<usize>,
    mut see: impl FnMut(usize, &Entry, &Profile, &[Entry]),
) {
    let mut profile = Profile::default();
    let mut disowned_later: VecDeque<(Instant, Entry)> = VecDeque::new();
    let mut recent: Vec<Entry> = Vec::new();
    for position in known {
        let purchase = ledger.purchases().get(position);
        let Some((purchase, attempt)) = purchase.and_then(|purchase| Some((purchase, ledger.attempt(purchase)?)))
        else {
            continue;
        };
        let now = purchase.instant();
        while let Some((_, before)) = disowned_later.pop_front_if(|(told_at, _)| *told_at <= now) {
            let after = labelled(&before, true);
            profile.learn(Change { before: Some(&before), after: &after });
        }
        recent.retain(|entry| now.since_ms(entry.attempt.occurred_at.instant()) < HOUR_MS);
        let frozen = Frozen::of(&attempt, &profile);
        let entry = entry(attempt, Some(frozen));
        see(position, &entry, &profile, &recent);
        profile.learn(Change { before: None, after: &entry });
        // Of a genuine label a profile learns nothing that a feature sees.
        if purchase.label == Some(true)
            && let Some(told_at) = purchase.label_known_at(label_delay_ms)
        {
            disowned_later.push_back((told_at, entry.clone()));
        }
        recent.push(entry);
    }
}

/// An attempt as a purchase that went through. Its id is that of its instant: the replay tells every change once, so that
/// nothing depends on ids being different.
pub(super) fn entry(attempt: Attempt, frozen: Option<Frozen>) -> Entry {
    let at = attempt.occurred_at.instant();
    Entry { origin: Origin::Imported { frozen }, ..Entry::imported(AttemptId::first_at(at), attempt, at) }
}

/// The entry after its label arrived as feedback.
pub(super) fn labelled(before: &Entry, label: bool) -> Entry {
    let feedback = if label { Feedback::NotMe } else { Feedback::NormalForMe };
    Entry { feedback: Some(feedback), revision: before.revision + 1, ..before.clone() }
}
