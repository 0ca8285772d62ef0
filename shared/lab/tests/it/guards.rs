//! Guards against the ways in which an evaluation fools itself: the future in the features, labels before they arrive, a
//! feature that is the label, figures where there is nothing to find.

use std::collections::{BTreeMap, HashMap, VecDeque};

use engine::currency::Currency;
use engine::entry::{Entry, Feedback, Frozen, Origin};
use engine::features::{COUNT, NAMES, features};
use engine::id::{AttemptId, CustomerId, MerchantId};
use engine::merchant::{MerchantRecord, label_change};
use engine::money::Amount;
use engine::profile::{Change, Profile};
use engine::signal::Known;
use engine::time::{DAY_MS, Day, HOUR_MS, Instant};
use lab::learning::boosting::Recipe;
use lab::learning::ledger::Ledger;
use lab::learning::metrics::Tested;
use lab::learning::metrics::ranking::Ranking;
use lab::learning::period::{Period, Span};
use lab::learning::replay::Replay;
use lab::learning::trial::{Plan, Training, carry_out};
use lab::simulate::{Simulation, SimulationSettings};
use lab::transaction::Transaction;

const DELAY_DAYS: i64 = 7;

fn first_day() -> Day {
    Day::parse("2025-01-01").unwrap()
}

/// A simulated history in order of time.
fn history(customers: u32, days: u16) -> Vec<Transaction> {
    let settings = SimulationSettings { seed: 7, customers, start: first_day(), days, currency: Currency::EUR };
    Simulation::new(settings).map(|attempt| attempt.transaction).collect()
}

fn at(day: i32) -> Instant {
    first_day().plus_days(day).start()
}

/// The features of every purchase before `until`, as bits.
fn bits_until(history: &[Transaction], until: Instant) -> Vec<u32> {
    let ledger = Ledger::of(history.iter().cloned());
    let examples = Replay::new(&ledger, DELAY_DAYS * DAY_MS).examples(Instant::EPOCH..until);
    examples.values().iter().map(|value| value.to_bits()).collect()
}

#[test]
fn nothing_that_happens_later_changes_a_feature() {
    let history = history(40, 60);
    let now = at(40);
    let mut changed = history.clone();
    for (row, transaction) in changed.iter_mut().enumerate() {
        let happens_later = transaction.occurred_at.instant() >= now;
        let label_arrives_later = transaction.occurred_at.instant().plus_ms(DELAY_DAYS * DAY_MS) >= now;
        if label_arrives_later {
            transaction.label = if row % 3 == 0 { None } else { Some(row % 2 == 0) };
        }
        if happens_later {
            transaction.amount = Amount::from_minor(1 + row as i64 * 997 % 100_000, Currency::EUR).unwrap();
            transaction.merchant_id = history[row / 2].merchant_id.clone();
            transaction.customer_id = history[row / 3].customer_id.clone();
        }
    }
    let before = bits_until(&history, now);
    assert!(before.len() > 100 * COUNT);
    assert_eq!(before, bits_until(&changed, now));
    // The guard can fail: the changes do show as soon as they happened.
    assert_ne!(bits_until(&history, at(45)), bits_until(&changed, at(45)));
}

#[test]
fn a_label_shows_from_the_instant_on_at_which_it_arrives() {
    let history = history(40, 60);
    let middle = history.iter().position(|transaction| {
        transaction.occurred_at.instant() > at(20)
            && transaction.label == Some(false)
            && transaction.merchant_id.is_some()
    });
    let mut disowned = history.clone();
    let purchase = &mut disowned[middle.unwrap()];
    purchase.label = Some(true);
    let arrives = purchase.occurred_at.instant().plus_ms(DELAY_DAYS * DAY_MS);
    assert_eq!(bits_until(&history, arrives), bits_until(&disowned, arrives));
    assert_ne!(bits_until(&history, at(60)), bits_until(&disowned, at(60)));
}

/// The replay told as live work goes: one pass through time, everything in maps, labels as they arrive.
fn features_of_one_pass(history: &[Transaction]) -> BTreeMap<(CustomerId, Instant, usize), [u32; COUNT]> {
    let mut profiles: HashMap<CustomerId, Profile> = HashMap::new();
    let mut records: HashMap<MerchantId, MerchantRecord> = HashMap::new();
    let mut recent: Vec<Entry> = Vec::new();
    let mut unlabelled: VecDeque<(Entry, bool)> = VecDeque::new();
    let mut found = BTreeMap::new();
    for (row, transaction) in history.iter().enumerate() {
        let now = transaction.occurred_at.instant();
        while let Some((entry, label)) =
            unlabelled.pop_front_if(|(entry, _)| entry.recorded_at.plus_ms(DELAY_DAYS * DAY_MS) <= now)
        {
            let feedback = if label { Feedback::NotMe } else { Feedback::NormalForMe };
            let after = Entry { feedback: Some(feedback), revision: 2, ..entry.clone() };
            let change = Change { before: Some(&entry), after: &after };
            if let (Some(merchant), Some(counts)) = (&entry.attempt.merchant, label_change(change)) {
                records.entry(merchant.clone()).or_default().add(entry.recorded_at.day(), counts);
            }
            if label {
                profiles.entry(entry.attempt.customer.clone()).or_default().learn(change);
            }
        }
        let attempt = transaction.attempt();
        recent.retain(|entry| now.since_ms(entry.recorded_at) < HOUR_MS);
        let theirs: Vec<Entry> =
            recent.iter().filter(|entry| entry.attempt.customer == attempt.customer).cloned().collect();
        let profile = profiles.entry(attempt.customer.clone()).or_default();
        let nothing = MerchantRecord::default();
        let merchant = attempt.merchant.as_ref().map(|merchant| records.get(merchant).unwrap_or(&nothing));
        let known = Known { profile, recent: &theirs, merchant };
        found.insert((attempt.customer.clone(), now, row), features(&attempt, known).map(f32::to_bits));
        let origin = Origin::Imported { frozen: Some(Frozen::of(&attempt, profile)) };
        let entry = Entry { origin, ..Entry::imported(AttemptId::first_at(now), attempt, now) };
        profile.learn(Change { before: None, after: &entry });
        recent.push(entry.clone());
        unlabelled.extend(transaction.label.map(|label| (entry, label)));
    }
    found
}

#[test]
fn the_replay_gives_what_one_pass_through_time_gives() {
    let history = history(40, 70);
    let ledger = Ledger::of(history.iter().cloned());
    let examples = Replay::new(&ledger, DELAY_DAYS * DAY_MS).examples(Instant::EPOCH..at(70));
    let by_customer = {
        let mut found: Vec<_> = features_of_one_pass(&history).into_iter().collect();
        // The ledger's order: customers by their first purchase.
        let mut positions = HashMap::new();
        for transaction in &history {
            let next = positions.len();
            positions.entry(transaction.customer_id.clone()).or_insert(next);
        }
        found.sort_by_key(|((customer, at, row), _)| (positions[customer], *at, *row));
        found
    };
    assert_eq!(examples.len(), by_customer.len());
    for (row, ((customer, at, _), expected)) in by_customer.iter().enumerate() {
        for (name, (found, expected)) in NAMES.iter().zip(examples.features(row).iter().zip(expected)) {
            let expected = f32::from_bits(*expected);
            assert_eq!(
                found.to_bits(),
                expected.to_bits(),
                "{} {at} {name}: {found}, expected {expected}",
                customer.as_str()
            );
        }
    }
}

#[test]
fn features_are_numbers_or_unknown() {
    let ledger = Ledger::of(history(60, 90));
    let examples = Replay::new(&ledger, DELAY_DAYS * DAY_MS).examples(Instant::EPOCH..at(90));
    for row in 0..examples.len() {
        for (name, value) in NAMES.iter().zip(examples.features(row)) {
            assert!(!value.is_infinite(), "{name} of row {row}");
        }
    }
}

#[test]
fn no_feature_is_the_label() {
    let ledger = Ledger::of(history(150, 120));
    let examples = Replay::new(&ledger, DELAY_DAYS * DAY_MS).examples(at(30)..at(120));
    for (column, name) in NAMES.iter().enumerate() {
        let tested: Vec<Tested> = examples
            .purchases(&ledger)
            .enumerate()
            .filter_map(|(row, purchase)| {
                Some(Tested {
                    score: examples.features(row)[column],
                    p_value: 1.0,
                    is_positive: purchase.label?,
                    customer: purchase.customer,
                    at: purchase.instant(),
                    earlier: 0,
                    begins_burst: false,
                    scenario: 0,
                })
            })
            .collect();
        let auc = Ranking::of(&tested).quality().auc;
        assert!((0.01..0.99).contains(&auc), "{name} alone has an AUC of {auc}: it may know the label");
    }
}

/// The average precision and the base rate of a trial on a history.
fn trial(history: Vec<Transaction>) -> (f64, f64) {
    let ledger = Ledger::of(history);
    let delay: Span = "7d".parse().unwrap();
    let days = |from, until| Period::new(first_day().plus_days(from), first_day().plus_days(until)).unwrap();
    let training = Training::rehearsed_within(days(20, 120), delay).unwrap();
    let plan = Plan::new(training, days(128, 179), delay).unwrap();
    let examples = Replay::new(&ledger, delay.ms()).examples(plan.hull().instants());
    let recipe = Recipe { trees_max: 60, ..Recipe::default() };
    let tested = carry_out(&plan, &ledger, &examples, &recipe, 0.01).unwrap().tested;
    let positives = tested.iter().filter(|tested| tested.is_positive).count();
    (Ranking::of(&tested).quality().average_precision, positives as f64 / tested.len() as f64)
}

#[test]
fn shuffled_labels_leave_nothing_to_find() {
    let history = history(120, 180);
    let (found, base_rate) = trial(history.clone());
    assert!(found > 5.0 * base_rate, "there is something to find: {found} at a base rate of {base_rate}");

    let mut shuffled = history.clone();
    // Each label goes to another row far away; the stride has no factor in common with the number of rows.
    let stride = (history.len() / 3..history.len()).find(|stride| is_coprime(*stride, history.len())).unwrap();
    for (row, transaction) in history.iter().enumerate() {
        shuffled[row * stride % history.len()].label = transaction.label;
    }
    let (average_precision, base_rate) = trial(shuffled);
    assert!((0.5..2.0).contains(&(average_precision / base_rate)), "{average_precision} at a base rate of {base_rate}");
}

fn is_coprime(left: usize, right: usize) -> bool {
    if right == 0 { left == 1 } else { is_coprime(right, left % right) }
}
