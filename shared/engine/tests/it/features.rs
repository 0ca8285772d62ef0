//! Features: each is what an independent statement of its formula says, from the bare entries.
//!
//! `features/formulas.rs` states the formulas; here are the stories that they are compared on.

use std::ops::Range;

use engine::currency::Currency;
use engine::decision::Decision;
use engine::entry::{Attempt, Entry, Feedback, Frozen, Origin, Outcome, Regret};
use engine::features::{COUNT, Direction, FEATURES, NAMES, features};
use engine::merchant::{MerchantRecord, label_change};
use engine::money::Amount;
use engine::profile::{Change, Profile};
use engine::signal::Known;
use engine::time::{DAY_MS, HOUR_MS, Instant, LocalInstant, MINUTE_MS};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::fixture::{Case, attempt, grocery_history, next_noon, purchase};
use formulas::FORMULAS;

mod formulas;

/// How far a feature, which is in 32 bits, may be from its formula; relative to its size, or to 1 if it is smaller.
const TOLERANCE: f64 = 1e-5;

/// Likewise of a profile that was stored, its sums in 32 bits, between any two changes.
const TOLERANCE_STORED: f64 = 1e-4;

/// An attempt and what happened before it.
#[derive(Debug, Clone)]
struct Story {
    /// The customer's entries, as they stand at the attempt.
    entries: Vec<Entry>,
    /// Entries of the last hour that the profile has not learned yet.
    not_learned: Vec<Entry>,
    /// What customers said of purchases at the attempt's merchant, then or later; `None` if it could not be read.
    labels: Option<Vec<Label>>,
    /// The attempt.
    attempt: Attempt,
}

/// What a customer said of a purchase at a merchant.
#[derive(Debug, Clone)]
struct Label {
    bought_at: Instant,
    arrived_at: Instant,
    said: Feedback,
    /// How surprising the purchase's amount was for that customer.
    amount_nats: f64,
}

impl Story {
    /// Groceries for 39 euros at noon, the attempt that most stories end with, after these entries.
    fn after(entries: Vec<Entry>) -> Self {
        let attempt = attempt(3900, "groceries", "debit_card", "shop1", next_noon());
        Self { entries, not_learned: Vec::new(), labels: Some(Vec::new()), attempt }
    }

    fn and_attempt(self, attempt: Attempt) -> Self {
        Self { attempt, ..self }
    }

    fn and_labels(self, labels: Vec<Label>) -> Self {
        Self { labels: Some(labels), ..self }
    }

    fn and_not_learned(self, not_learned: Vec<Entry>) -> Self {
        Self { not_learned, ..self }
    }

    /// The engine's features.
    fn features(&self) -> [f32; COUNT] {
        self.features_of(&Profile::of_entries(&self.entries))
    }

    fn features_of(&self, profile: &Profile) -> [f32; COUNT] {
        let now = self.attempt.occurred_at.instant();
        let is_recent = |entry: &&Entry| now.since_ms(entry.attempt.occurred_at.instant()) < HOUR_MS;
        let recent: Vec<_> = self.entries.iter().chain(&self.not_learned).filter(is_recent).cloned().collect();
        let merchant = self.labels.as_deref().map(|labels| record(labels, now));
        features(&self.attempt, Known { profile, recent: &recent, merchant: merchant.as_ref() })
    }

    /// A profile that learns the entries from last to first, and what the customer said of them after all else: what
    /// was disowned was a habit for a while. `keep` is what becomes of the profile between two changes.
    fn told_backward(&self, keep: fn(Profile) -> Profile) -> Profile {
        let silent: Vec<_> = self.entries.iter().map(|entry| Entry { feedback: None, ..entry.clone() }).collect();
        let made = silent.iter().rev().map(|after| Change { before: None, after });
        let said = silent.iter().zip(&self.entries).map(|(before, after)| Change { before: Some(before), after });
        made.chain(said).fold(Profile::default(), |mut profile, change| {
            profile.learn(change);
            keep(profile)
        })
    }

    /// The first feature that is not what its formula says, however the profile came to be.
    fn difference(&self) -> Option<String> {
        let expected = FORMULAS.map(|(_, formula)| formula(self));
        let stored = |profile: Profile| Profile::decode(&profile.encode()).unwrap();
        let ways = [
            ("in one pass", Profile::of_entries(&self.entries), TOLERANCE),
            ("backward", self.told_backward(|profile| profile), TOLERANCE),
            ("backward and stored", self.told_backward(stored), TOLERANCE_STORED),
        ];
        ways.iter().find_map(|(way, profile, tolerance)| {
            let values = self.features_of(profile).map(f64::from);
            let mut all = NAMES.into_iter().zip(values).zip(expected);
            let is_as_said = |value: f64, formula: f64| {
                (value - formula).abs() <= tolerance * formula.abs().max(1.0) || value.is_nan() && formula.is_nan()
            };
            let ((name, value), formula) = all.find(|((_, value), formula)| !is_as_said(*value, *formula))?;
            Some(format!("{name} is {value} if learned {way}, its formula says {formula}"))
        })
    }
}

/// The merchant's record as it stands at an instant.
fn record(labels: &[Label], now: Instant) -> MerchantRecord {
    let mut record = MerchantRecord::default();
    for label in labels.iter().filter(|label| label.arrived_at <= now) {
        let frozen = Frozen { learn_minor_max: 1000, amount_nats: label.amount_nats };
        let origin = Origin::Imported { frozen: Some(frozen) };
        let before = Entry { origin, ..purchase(attempt(1000, "x", "x", "shop1", label.bought_at)) };
        let after = Entry { feedback: Some(label.said), ..before.clone() };
        if let Some(counts) = label_change(Change { before: Some(&before), after: &after }) {
            record.add(label.bought_at.day(), counts);
        }
    }
    record
}

/// The features are what their formulas say.
#[track_caller]
fn check(story: &Story) {
    assert_eq!(story.difference(), None);
}

fn paid_in(currency: &str, attempt: Attempt) -> Attempt {
    let amount = Amount::from_minor(attempt.amount.minor(), Currency::parse(currency).unwrap()).unwrap();
    Attempt { amount, ..attempt }
}

fn at_offset(minutes: i16, attempt: Attempt) -> Attempt {
    let occurred_at = LocalInstant::new(attempt.occurred_at.instant(), minutes).unwrap();
    Attempt { occurred_at, ..attempt }
}

fn learned_up_to(learn_minor_max: i64, entry: Entry) -> Entry {
    Entry { origin: Origin::Imported { frozen: Some(Frozen { learn_minor_max, amount_nats: 0.0 }) }, ..entry }
}

fn disowned(entry: Entry) -> Entry {
    Entry { feedback: Some(Feedback::NotMe), ..entry }
}

/// An attempt that was scored, with what became of it.
fn scored(attempt: Attempt, decision: Decision, outcome: Option<Outcome>) -> Entry {
    let of_purchase = purchase(attempt);
    Entry { outcome, ..Entry::scored(of_purchase.id, of_purchase.attempt, decision, of_purchase.recorded_at) }
}

fn some_decision() -> Decision {
    Case::default().decide(&Story::after(Vec::new()).attempt)
}

fn ago(ms: i64) -> Instant {
    next_noon().plus_ms(-ms)
}

/// A label of a purchase so many days ago, told two days later.
fn label(days_ago: i64, said: Feedback) -> Label {
    Label { bought_at: ago(days_ago * DAY_MS), arrived_at: ago((days_ago - 2) * DAY_MS), said, amount_nats: 0.0 }
}

fn regret(score: u8) -> Feedback {
    Feedback::Regret(Regret::new(score).unwrap())
}

/// 80 purchases over 160 days: five categories, three payment methods, eleven merchants and none, all hours, four
/// currencies, three time zones.
fn varied_history() -> Vec<Entry> {
    let varied = |number: i64| {
        let merchant = if number % 12 == 0 { String::new() } else { format!("shop{}", number % 12) };
        let category = ["groceries", "fuel", "books", "travel", "games"][(number * number % 5) as usize];
        let method = ["debit_card", "wallet", "bnpl"][(number % 7 % 3) as usize];
        let at = ago(number * 2 * DAY_MS + number * 37 % 48 * HOUR_MS + 1);
        let currency = ["EUR", "USD", "JPY", "KWD"][(number % 4) as usize];
        let offset = [0, 330, -480][(number % 3) as usize];
        let attempt = attempt(900 + number * 7919 % 20_000, category, method, &merchant, at);
        purchase(at_offset(offset, paid_in(currency, attempt)))
    };
    (1..=80).map(varied).collect()
}

/// What a burst and a busy hour look like: six attempts within ten minutes, two more within the hour.
fn burst() -> Vec<Entry> {
    [1, 2, 3, 5, 8, 9, 31, 59]
        .map(|minutes| {
            scored(
                attempt(3900 + minutes, "games", "wallet", "shop9", ago(minutes * MINUTE_MS)),
                some_decision(),
                (minutes % 2 == 0).then_some(Outcome::Proceeded),
            )
        })
        .to_vec()
}

#[test]
fn every_feature_has_a_formula_and_no_other_has() {
    assert_eq!(FORMULAS.map(|(name, _)| name), NAMES);
}

#[test]
fn a_newcomer() {
    check(&Story::after(Vec::new()));
    check(&Story::after(Vec::new()).and_attempt(attempt(500_000, "jewellery", "bnpl", "", ago(9 * HOUR_MS))));
    check(&Story { labels: None, ..Story::after(Vec::new()) });
}

#[test]
fn one_purchase() {
    let one = |at| vec![purchase(attempt(2500, "groceries", "debit_card", "shop1", at))];
    check(&Story::after(one(ago(3 * DAY_MS))));
    check(&Story::after(one(ago(20 * MINUTE_MS))));
    check(&Story::after(one(ago(0))));
    check(&Story::after(one(ago(1000 * DAY_MS).max(Instant::EPOCH))));
}

#[test]
fn a_hundred_days_of_groceries() {
    let noon = next_noon();
    for (minor, category, method, merchant, at) in [
        (3900, "groceries", "debit_card", "shop1", noon),
        (90_000, "groceries", "debit_card", "shop1", noon),
        (1, "groceries", "debit_card", "shop2", noon.plus_ms(400 * DAY_MS)),
        (3900, "jewellery", "bnpl", "casino", noon.plus_ms(15 * HOUR_MS)),
        (3900, "groceries", "debit_card", "", noon.plus_ms(3 * HOUR_MS)),
        (3900, "jewellery", "bnpl", "shop1", noon.plus_ms(1500 * DAY_MS)),
    ] {
        check(&Story::after(grocery_history()).and_attempt(attempt(minor, category, method, merchant, at)));
    }
}

#[test]
fn many_categories_methods_merchants_hours_and_currencies() {
    for (number, category) in ["groceries", "fuel", "books", "travel", "games", "jewellery"].into_iter().enumerate() {
        let method = ["debit_card", "wallet", "bnpl", "cash"][number % 4];
        let at = next_noon().plus_ms(number as i64 * 5 * HOUR_MS);
        let attempt = attempt(4200, category, method, &format!("shop{}", number + 3), at);
        let currency = ["JPY", "EUR", "KWD", "USD"][number % 4];
        let attempt = at_offset([-480, 0, 330][number % 3], paid_in(currency, attempt));
        check(&Story::after(varied_history()).and_attempt(attempt));
    }
}

#[test]
fn more_categories_and_methods_than_are_told_apart() {
    let names = |number: i64| (format!("kind{}", number % 45), format!("method{}", number % 35));
    let history: Vec<_> = (0..150)
        .map(|number| {
            let (category, method) = names(number * 7);
            purchase(attempt(1000 + number * 31, &category, &method, "shop1", ago((number + 1) * 7 * HOUR_MS)))
        })
        .collect();
    for number in 0..46 {
        let (category, method) = names(number);
        let attempt = attempt(2000, &category, &method, "shop1", next_noon());
        check(&Story::after(history.clone()).and_attempt(attempt));
    }
    check(&Story::after(history).and_attempt(attempt(2000, "never", "never", "shop1", next_noon())));
}

#[test]
fn more_merchants_than_are_remembered() {
    let visit = |number: i64| {
        let merchant = format!("shop{}", number % 60);
        purchase(attempt(3000, "groceries", "debit_card", &merchant, ago((number + 1) * DAY_MS)))
    };
    let history: Vec<_> = (0..100).map(visit).collect();
    for number in [0, 39, 40, 59, 60] {
        let attempt = attempt(3000, "groceries", "debit_card", &format!("shop{number}"), next_noon());
        check(&Story::after(history.clone()).and_attempt(attempt));
    }
}

#[test]
fn a_burst_learned_and_not_learned_yet() {
    check(&Story::after([grocery_history(), burst()].concat()));
    check(&Story::after(grocery_history()).and_not_learned(burst()));
    check(&Story::after([varied_history(), burst()[3..].to_vec()].concat()).and_not_learned(burst()[..3].to_vec()));
    check(&Story::after(Vec::new()).and_not_learned(burst()));
    // A window ends with the attempt and does not hold its own beginning; what is told early is not before the attempt.
    for ms in [-1, 0, 10 * MINUTE_MS - 1, 10 * MINUTE_MS, HOUR_MS - 1, HOUR_MS] {
        let at_the_edge = purchase(attempt(100, "x", "x", "", ago(ms)));
        check(&Story::after([grocery_history(), vec![at_the_edge.clone()]].concat()));
        check(&Story::after(grocery_history()).and_not_learned(vec![at_the_edge]));
    }
}

#[test]
fn an_attack_that_is_learned_only_up_to_its_bound() {
    let stolen = |number: i64| {
        let at = ago(number * 50 * MINUTE_MS);
        let attempt = attempt(400_000 + number, "jewellery", "debit_card", "casino", at);
        learned_up_to(9000, purchase(attempt))
    };
    let attack = (1..=6).map(stolen).collect();
    check(&Story::after([grocery_history(), attack].concat()));

    let decision = Decision { learn_minor_max: 12_000, ..some_decision() };
    let went_ahead = scored(
        paid_in("JPY", attempt(700_000, "games", "wallet", "shop1", ago(DAY_MS))),
        decision,
        Some(Outcome::Proceeded),
    );
    let within = learned_up_to(9000, purchase(attempt(8000, "groceries", "wallet", "shop1", ago(2 * DAY_MS))));
    check(&Story::after([varied_history(), vec![went_ahead, within]].concat()));
}

#[test]
fn disowned_purchases_are_no_habit() {
    let mut history = varied_history();
    for position in [0, 3, 4, 11, 40, 79] {
        history[position] = disowned(history[position].clone());
    }
    check(&Story::after(history.clone()));
    let unusual = attempt(60_000, "jewellery", "cash", "shop1", next_noon().plus_ms(14 * HOUR_MS));
    check(&Story::after(history).and_attempt(unusual));
}

#[test]
fn what_was_disowned_and_nothing_else_is_as_good_as_nothing() {
    let stolen = |number: i64| {
        let attempt = attempt(70_000, &format!("kind{number}"), "bnpl", "casino", ago(number * 11 * HOUR_MS));
        disowned(purchase(attempt))
    };
    let history: Vec<_> = (1..=9).map(stolen).collect();
    check(&Story::after(history.clone()));
    let known = purchase(attempt(2000, "groceries", "debit_card", "shop1", ago(DAY_MS)));
    let story = Story::after([history, vec![known]].concat());
    check(&story);
    check(&story.and_attempt(attempt(3900, "jewellery", "cash", "casino", next_noon())));
}

#[test]
fn what_did_not_go_through_is_an_attempt_and_no_habit() {
    let outcomes = [None, Some(Outcome::Cancelled), Some(Outcome::Postponed), Some(Outcome::Abandoned)];
    let tried = (1..).zip(outcomes).map(|(days, outcome)| {
        scored(attempt(80_000, "travel", "bnpl", "shop7", ago(days * DAY_MS)), some_decision(), outcome)
    });
    let mut history: Vec<_> = varied_history().into_iter().chain(tried).collect();
    check(&Story::after(history.clone()));
    history.push(disowned(scored(attempt(1, "x", "x", "x", ago(HOUR_MS)), some_decision(), None)));
    check(&Story::after(history));
}

#[test]
fn an_attempt_told_after_later_ones() {
    let before_the_last = attempt(3900, "groceries", "debit_card", "shop1", ago(30 * HOUR_MS));
    check(&Story::after(grocery_history()).and_attempt(before_the_last.clone()));
    check(&Story::after([grocery_history(), burst()].concat()).and_attempt(before_the_last));
    let within_the_burst = attempt(3900, "groceries", "debit_card", "shop1", ago(4 * MINUTE_MS));
    check(&Story::after([grocery_history(), burst()].concat()).and_attempt(within_the_burst));
    let before_all = attempt(3900, "groceries", "debit_card", "shop1", ago(130 * DAY_MS));
    check(&Story::after(grocery_history()).and_attempt(before_all));
}

#[test]
fn a_merchants_labels() {
    let disowned = |days: Range<i64>| days.map(|days_ago| label(days_ago, Feedback::NotMe));
    let normal = |days: Range<i64>| days.map(|days_ago| label(days_ago, Feedback::NormalForMe));
    let story = Story::after(grocery_history());
    check(&story.clone().and_labels(normal(2..40).collect()));
    check(&story.clone().and_labels(disowned(2..40).collect()));
    let compromised: Vec<_> = disowned(2..6).chain(disowned(3..9)).chain(normal(8..35)).collect();
    check(&story.clone().and_labels(compromised.clone()));
    check(&story.clone().and_labels(disowned(20..21).chain(disowned(5..7)).collect()));
    check(&story.clone().and_labels(normal(0..1).chain(disowned(5..7)).collect()));
    // A positive whose own amount was odd says nothing of the merchant, wherever it stands.
    let odd = |days_ago, said| Label { amount_nats: 2.4, ..label(days_ago, said) };
    let odd_ones = [odd(3, Feedback::NotMe), odd(4, Feedback::NormalForMe), odd(12, Feedback::NotMe)];
    check(&story.clone().and_labels(odd_ones.to_vec()));
    check(&story.clone().and_labels(disowned(5..11).chain(odd_ones).chain(normal(13..20)).collect()));
    // What is unclear is no label, and what has not arrived is not known.
    let unclear = [3, 4, 6, 7].into_iter().zip([8, 7, 5, 4]).map(|(score, days)| label(days, regret(score)));
    check(&story.clone().and_labels(unclear.chain(disowned(-1..4)).chain(normal(0..2)).collect()));
    let nameless = attempt(3900, "groceries", "debit_card", "", next_noon());
    check(&story.clone().and_labels(compromised).and_attempt(nameless));
    check(&Story { labels: None, ..story });
}

fn any_feedback() -> impl Strategy<Value = Feedback> {
    prop_oneof![Just(Feedback::NotMe), Just(Feedback::NormalForMe), (1..=10_u8).prop_map(regret)]
}

/// An attempt within some hours, or up to most of a year, before noon; now and then an hour after.
fn any_attempt() -> impl Strategy<Value = Attempt> {
    let minutes_ago = prop_oneof![-60..120_i64, 0..(14 * 24 * 60_i64), 0..(300 * 24 * 60_i64)];
    let currency = prop::sample::select(vec!["EUR", "EUR", "USD", "JPY", "KWD"]);
    let offset = prop::sample::select(vec![0, 0, 60, -480, 330_i16]);
    let minor = (0.0..14.0_f64).prop_map(|ln_minor| ln_minor.exp() as i64);
    (minutes_ago, minor, currency, offset, 0..6_u8, 0..4_u8, 0..9_u8).prop_map(
        |(minutes, minor, currency, offset, category, method, merchant)| {
            let merchant = if merchant == 0 { String::new() } else { format!("shop{merchant}") };
            let (category, method) = (format!("kind{category}"), format!("method{method}"));
            let attempt = attempt(minor, &category, &method, &merchant, ago(minutes * MINUTE_MS));
            at_offset(offset, paid_in(currency, attempt))
        },
    )
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let outcome = prop::option::of(prop::sample::select(Outcome::ALL.to_vec()));
    let bound = prop::option::of(1..100_000_i64);
    let decision = some_decision();
    (any_attempt(), bound, prop::option::weighted(0.3, outcome), prop::option::weighted(0.3, any_feedback())).prop_map(
        move |(attempt, bound, scored_outcome, feedback)| {
            let entry = match (scored_outcome, bound) {
                (Some(outcome), bound) => {
                    let learn_minor_max = bound.unwrap_or(i64::MAX);
                    scored(attempt, Decision { learn_minor_max, ..decision.clone() }, outcome)
                }
                (None, Some(bound)) => learned_up_to(bound, purchase(attempt)),
                (None, None) => purchase(attempt),
            };
            Entry { feedback, ..entry }
        },
    )
}

fn any_label() -> impl Strategy<Value = Label> {
    (-1..40_i64, 0..24_i64, 0..20_i64, any_feedback(), 0.0..4.0).prop_map(
        |(days, hours, days_later, said, amount_nats)| {
            let bought_at = ago(days * DAY_MS + hours * HOUR_MS);
            Label { bought_at, arrived_at: bought_at.plus_ms(days_later * DAY_MS), said, amount_nats }
        },
    )
}

fn any_story() -> impl Strategy<Value = Story> {
    let entries = prop_oneof![prop::collection::vec(any_entry(), 0..6), prop::collection::vec(any_entry(), 0..60)];
    let labels = prop::option::weighted(0.9, prop::collection::vec(any_label(), 0..12));
    (entries, 0..10_usize, labels, any_attempt()).prop_map(|(entries, last, labels, attempt)| {
        // What the stream has not brought yet is of the last minutes.
        let is_late = |entry: &Entry| ago(20 * MINUTE_MS) <= entry.attempt.occurred_at.instant() && last < 5;
        let (not_learned, entries) = entries.into_iter().partition(is_late);
        let occurred_at = LocalInstant::new(next_noon(), attempt.occurred_at.offset_minutes()).unwrap();
        Story { entries, not_learned, labels, attempt: Attempt { occurred_at, ..attempt } }
    })
}

/// The same stories in every run: where a feature is at the edge of two cases, such as a usual amount of half a yen,
/// rounding alone would now and then tell it from its formula.
fn same_stories() -> ProptestConfig {
    ProptestConfig { cases: 200, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(same_stories())]

    #[test]
    fn any_story_gives_what_the_formulas_say(story in any_story()) {
        prop_assert_eq!(story.difference(), None);
    }

    #[test]
    fn with_more_money_features_that_rise_do_not_fall_and_others_stay(story in any_story(), more in 1..100_000_i64) {
        let Attempt { amount, .. } = story.attempt;
        let before = story.features();
        for more in [1, more] {
            let larger = Amount::from_minor(amount.minor() + more, amount.currency()).unwrap();
            let attempt = Attempt { amount: larger, ..story.attempt.clone() };
            let after = story.clone().and_attempt(attempt).features();
            for ((feature, before), after) in FEATURES.iter().zip(before).zip(after) {
                let is_same = before.to_bits() == after.to_bits();
                prop_assert!(is_same || feature.direction == Direction::Rises && before < after, "{}: {before}, {after}", feature.name);
            }
        }
    }
}

/// A feature is NaN where nothing is known that it could be about, and says so; else it never is.
#[test]
fn only_what_says_so_is_ever_missing() {
    let nameless = attempt(3900, "groceries", "debit_card", "", next_noon());
    let nothing_known = Story::after(Vec::new()).and_attempt(nameless).features();
    let labels = vec![label(5, Feedback::NotMe), label(9, Feedback::NormalForMe)];
    let all_known = Story::after(grocery_history()).and_labels(labels).features();
    for (feature, (nothing, all)) in FEATURES.iter().zip(nothing_known.into_iter().zip(all_known)) {
        assert_eq!(nothing.is_nan(), feature.meaning.contains("NaN without"), "{}", feature.name);
        assert!(!all.is_nan(), "{}", feature.name);
    }
}
