//! Whatever a program says of itself with `{:?}`, it says nothing of a customer's life.

use std::fmt::Debug;

use engine::cooling_off::{Ended, Ending};
use engine::currency::Currency;
use engine::entry::{Entry, Frozen, Origin};
use engine::id::{AttemptId, Category, CustomerId, IdempotencyKey, MerchantId, PaymentMethod};
use engine::money::Amount;
use engine::profile::Profile;
use engine::reason::Headline;
use engine::settings::{CategoryBlock, Goal, Limit, Settings};
use engine::text::Note;

use crate::fixture::{Case, attempt, next_noon};

/// Words and numbers that occur nowhere else, each in the place of something of a customer's.
const SECRETS: [&str; 8] =
    ["secret-customer", "secret-shop", "secret-key", "secret-kind", "secret-card", "secret note", "734197", "7341.97"];

#[track_caller]
fn check(value: &impl Debug) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

fn note() -> Note {
    Note::parse("secret note").unwrap()
}

fn amount() -> Amount {
    Amount::from_minor(734_197, Currency::EUR).unwrap()
}

fn entry() -> Entry {
    let mut attempt = attempt(734_197, "secret-kind", "secret-card", "secret-shop", next_noon());
    attempt.customer = CustomerId::parse("secret-customer").unwrap();
    let decision = Case::default().decide(&attempt);
    let key = IdempotencyKey::parse("secret-key").unwrap();
    let id = AttemptId::derive(&attempt.customer, &key, next_noon());
    Entry {
        cooling_off_ended: Some(Ended { how: Ending::Overridden, at: next_noon(), reason: Some(note()) }),
        ..Entry::scored(id, attempt, decision, next_noon())
    }
}

#[test]
fn what_callers_choose_has_no_face() {
    check(&CustomerId::parse("secret-customer").unwrap());
    check(&MerchantId::parse("secret-shop").unwrap());
    check(&IdempotencyKey::parse("secret-key").unwrap());
    check(&Category::parse("secret-kind").unwrap());
    check(&PaymentMethod::parse("secret-card").unwrap());
    check(&note());
    check(&amount());
    assert_eq!(format!("{:?}", CustomerId::parse("secret-customer").unwrap()), "CustomerId(…)");
}

#[test]
fn an_entry_tells_what_was_done_and_not_with_what() {
    let entry = entry();
    check(&entry);
    let imported = Origin::Imported { frozen: Some(Frozen { learn_minor_max: 734_197, amount_nats: 1.0 }) };
    check(&Entry { origin: imported, ..entry.clone() });
    check(&Headline { code: entry.decision().unwrap().reasons[0].code, text: "7341.97".to_owned() });
    let (shown, decision) = (format!("{entry:?}"), entry.decision().unwrap());
    assert!(shown.contains(&decision.model), "{shown}");
    assert!(!decision.reasons.is_empty() && decision.intervention.is_some());
    let sentences = decision.reasons.iter().map(|reason| &reason.text);
    for sentence in sentences.chain(decision.intervention.iter().map(|it| &it.message.body)) {
        assert!(!shown.contains(sentence), "{sentence} in {shown}");
    }
}

#[test]
fn a_profile_and_wishes_tell_nothing() {
    check(&Profile::of_entries(&[entry()]));
    let category = Category::parse("secret-kind").unwrap();
    check(&Settings {
        hourly_income: Some(amount()),
        limits: vec![Limit { category: Some(category.clone()), monthly: amount() }],
        goals: vec![Goal { name: note(), target: amount(), saved_minor: 734_197 }],
        blocked_categories: vec![CategoryBlock { category, note: Some(note()), released_at: None }],
        ..Settings::default()
    });
}
