//! Profiles: what is learned does not depend on order or repetition, is small, and survives as bytes.

use engine::decision::Decision;
use engine::entry::{Entry, Feedback, Outcome, Regret};
use engine::id::{AttemptId, IdempotencyKey};
use engine::profile::{Change, CodecError, Profile};
use engine::time::{DAY_MS, HOUR_MS};
use proptest::prelude::*;

use crate::fixture::{Case, attempt, grocery_history, next_noon, purchase, start};

/// The states that a scored attempt went through.
fn story(number: i64, outcome: Option<Outcome>, feedback: Option<Feedback>) -> Vec<Entry> {
    let at = next_noon().plus_ms(number * 5 * HOUR_MS);
    let attempt = attempt(1500 + number * 700, &format!("kind{}", number % 5), "wallet", &format!("m{number}"), at);
    let decision: Decision = Case::default().decide(&attempt);
    let key = IdempotencyKey::parse(&format!("story-{number}")).unwrap();
    let id = AttemptId::derive(&attempt.customer, &key, at);
    let mut states = vec![Entry::scored(id, attempt, decision, at)];
    let mut latest = states[0].clone();
    if outcome.is_some() {
        latest = Entry { outcome, revision: latest.revision + 1, ..latest };
        states.push(latest.clone());
    }
    if feedback.is_some() {
        latest = Entry { feedback, revision: latest.revision + 1, ..latest };
        states.push(latest);
    }
    states
}

/// The changes between consecutive states, as the stream tells them.
fn changes(states: &[Entry]) -> Vec<(Option<Entry>, Entry)> {
    let before = std::iter::once(None).chain(states.iter().cloned().map(Some));
    before.zip(states.iter().cloned()).collect()
}

fn any_stories() -> impl Strategy<Value = Vec<Vec<Entry>>> {
    let outcome = prop::option::of(prop::sample::select(Outcome::ALL.to_vec()));
    let said = prop_oneof![
        Just(Feedback::NotMe),
        Just(Feedback::NormalForMe),
        (1..=10_u8).prop_map(|score| Feedback::Regret(Regret::new(score).unwrap()))
    ];
    prop::collection::vec((outcome, prop::option::of(said)), 1..12).prop_map(|stories| {
        stories.into_iter().enumerate().map(|(number, (outcome, said))| story(number as i64, outcome, said)).collect()
    })
}

proptest! {
    #[test]
    fn any_order_and_repetition_gives_the_profile_of_one_clean_pass(
        stories in any_stories(),
        shuffle in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..60),
    ) {
        let oracle = Profile::of_entries(stories.iter().filter_map(|states| states.last()));
        let mut told: Vec<_> = stories.iter().flat_map(|states| changes(states)).collect();
        for (index, repeat) in shuffle {
            let position = index.index(told.len());
            if repeat {
                told.push(told[position].clone());
            } else {
                told.swap(0, position);
            }
        }
        let mut profile = Profile::default();
        for (before, after) in &told {
            let change = Change { before: before.as_ref(), after };
            profile.learn_once(change, next_noon());
            profile = Profile::decode(&profile.encode()).unwrap();
        }
        prop_assert_eq!(profile.difference(&oracle), None);
    }

    #[test]
    fn damaged_bytes_are_an_error_and_never_a_panic(position in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let whole = Profile::of_entries(&grocery_history()).encode();
        let mut damaged = whole.clone();
        damaged[position.index(whole.len())] = byte;
        if let Ok(profile) = Profile::decode(&damaged) {
            let reread = Profile::decode(&profile.encode()).unwrap();
            prop_assert_eq!(reread.difference(&profile), None);
        }
        let length = cut.index(whole.len());
        prop_assert!(Profile::decode(&whole[..length]).is_err());
    }

    #[test]
    fn random_bytes_are_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Profile::decode(&bytes);
    }
}

#[test]
fn a_missing_or_doubled_purchase_is_a_difference() {
    let history = grocery_history();
    let whole = Profile::of_entries(&history);
    assert!(Profile::of_entries(&history[1..]).difference(&whole).is_some());
    assert!(Profile::of_entries(history.iter().chain(&history[99..])).difference(&whole).is_some());
}

#[test]
fn a_disowned_purchase_is_no_habit_any_more() {
    let states = story(1, Some(Outcome::Proceeded), Some(Feedback::NotMe));
    let mut profile = Profile::of_entries(&grocery_history());
    let before = profile.amounts();
    let told = changes(&states);
    for (before, after) in &told {
        assert!(profile.learn_once(Change { before: before.as_ref(), after }, next_noon()));
        assert!(!profile.learn_once(Change { before: before.as_ref(), after }, next_noon()));
    }
    let factor = profile.amounts().weight / before.weight;
    assert!((profile.amounts().sum - before.sum * factor).abs() < 1e-9);
    assert_eq!((profile.purchases(), profile.feedback().not_me), (101, 1));
}

#[test]
fn an_attack_is_learned_only_up_to_the_bound_that_was_frozen() {
    let mut states = story(1, Some(Outcome::Proceeded), None);
    for state in &mut states {
        state.attempt.amount = attempt(9_000_000, "x", "x", "", start()).amount;
    }
    let learned = Profile::of_entries(states.last());
    let usual = learned.amounts().sum + 3.5;
    let bound = states[0].decision().unwrap().learn_minor_max as f64 / 100.0;
    assert!((usual - bound.ln()).abs() < 1e-9, "{} {bound}", usual.exp());
}

#[test]
fn a_profile_of_a_newer_format_is_named_as_such() {
    let mut bytes = Profile::of_entries(&grocery_history()).encode();
    bytes[0] = 200;
    assert_eq!(Profile::decode(&bytes), Err(CodecError::Newer { found: 200 }));
    assert!(Profile::decode(&[]).is_err());
}

/// Two years, every day one purchase, 40 merchants, 16 categories, 6 payment methods, the changes of the last day remembered.
fn two_years() -> Profile {
    let mut profile = Profile::default();
    for entry in (0..730).map(daily_purchase) {
        profile.learn_once(Change { before: None, after: &entry }, entry.attempt.occurred_at.instant());
    }
    profile
}

fn daily_purchase(day: i64) -> Entry {
    let at = start().plus_ms(day * DAY_MS + (day % 24) * HOUR_MS);
    let category = format!("category_{}", (b'a' + (day % 16) as u8) as char);
    let (method, merchant) = (format!("method_{}", day % 6), format!("m{}", day * 7 % 40));
    purchase(attempt(1000 + day * 13, &category, &method, &merchant, at))
}

#[test]
fn two_years_of_daily_purchases_fit_a_kilobyte() {
    let bytes = two_years().encode();
    assert!(bytes.len() <= 900, "{} bytes; the item's key and attribute names need the rest", bytes.len());
}

/// Learns one more purchase, larger than all before.
fn after_the_largest(mut profile: Profile) -> Profile {
    let at = start().plus_ms(730 * DAY_MS);
    let largest = purchase(attempt(100_000, "category_a", "method_0", "m0", at));
    assert!(profile.learn_once(Change { before: None, after: &largest }, at));
    profile
}

#[test]
fn every_older_format_is_still_read() {
    let golden: [&[u8]; 3] = [
        include_bytes!("profile-format-1.bin"),
        include_bytes!("profile-format-2.bin"),
        include_bytes!("profile-format-3.bin"),
    ];
    for (format, bytes) in (1..).zip(golden) {
        assert_eq!(bytes.first(), Some(&format));
        let profile = Profile::decode(bytes).unwrap();
        let last = daily_purchase(729);
        let repeated = Change { before: None, after: &last };
        assert!(
            !profile.clone().learn_once(repeated, last.attempt.occurred_at.instant()),
            "what was learned is remembered"
        );
        // The first format did not know the largest amount of the last weeks: it is known again after the next such. The second did
        // not know what was spent in the month: it is known again from the next month on.
        assert_eq!(after_the_largest(profile).difference(&after_the_largest(two_years())), None, "format {format}");
    }
    assert_eq!(Profile::decode(golden[2]).unwrap().difference(&two_years()), None);
}
