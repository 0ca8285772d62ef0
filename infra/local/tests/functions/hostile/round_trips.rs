//! Round trips: what is valid goes from the wire to the table and back, and is the same.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::{check_decision, try_all};
use crate::world::{World, call, golden, with_body, with_path};

fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{1,64}"
}

/// An amount in the form that answers have.
fn amount() -> impl Strategy<Value = Value> {
    (1..=1_000_000_000_000_i64, select(vec![("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("USD", 2)])).prop_map(
        |(minor, (currency, decimals))| {
            let per_major = 10_i64.pow(decimals);
            let (whole, rest) = (minor / per_major, minor % per_major);
            let value = if decimals == 0 {
                whole.to_string()
            } else {
                format!("{whole}.{rest:0width$}", width = decimals as usize)
            };
            json!({ "value": value, "currency": currency })
        },
    )
}

/// A time of the past in the form that answers have.
fn time() -> impl Strategy<Value = String> {
    let day = (1971..=2025_u32, 1..=12_u32, 1..=28_u32);
    let clock = (0..24_u32, 0..60_u32, 0..60_u32);
    let offset = prop_oneof![
        Just("Z".to_owned()),
        (select(vec!['+', '-']), 0..24_u32, 1..60_u32)
            .prop_map(|(sign, hour, minute)| format!("{sign}{hour:02}:{minute:02}")),
    ];
    (day, clock, offset).prop_map(|((year, month, day), (hour, minute, second), offset)| {
        format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}")
    })
}

/// A purchase as a caller sends it.
fn purchase() -> impl Strategy<Value = Value> {
    (id(), amount(), id(), id(), prop::option::of(id()), time()).prop_map(
        |(key, amount, category, payment_method, merchant, occurred_at)| {
            json!({ "idempotency_key": key, "amount": amount, "category": category, "payment_method": payment_method,
                "merchant_id": merchant, "occurred_at": occurred_at })
        },
    )
}

/// What an entry of an export has in common with what was sent, by its time and the rest of it.
fn told(entry: &Value) -> (String, Value) {
    let field = |name: &str| entry[name].clone();
    let told = json!({ "amount": field("amount"), "category": field("category"),
        "payment_method": field("payment_method"), "merchant_id": field("merchant_id") });
    (entry["occurred_at"].to_string(), told)
}

async fn export(world: &World, customer: &str) -> Value {
    let path = format!("/v1/customers/{customer}/export");
    call(&world.customers, &with_path(golden("customers-export"), &path)).await.ok()
}

#[test]
fn purchases_are_exported_as_they_were_imported() {
    let number = Cell::new(0);
    try_all(&prop::collection::vec(purchase(), 1..8), World::new, async |world, purchases| {
        number.set(number.get() + 1);
        let customer = format!("customer-{}", number.get());
        let event = with_body(golden("customers-purchases"), &json!({ "purchases": purchases }));
        let event = with_path(event, &format!("/v1/customers/{customer}/purchases"));
        call(&world.customers, &event).await.ok();
        let sent: BTreeMap<String, Value> = purchases.iter().map(told).collect();
        let exported = export(world, &customer).await;
        let exported: BTreeMap<String, Value> = exported["entries"].as_array().unwrap().iter().map(told).collect();
        prop_assert_eq!(exported, sent);
        Ok(())
    });
}

#[test]
fn an_attempt_is_exported_as_it_was_sent_with_the_decision_that_was_answered() {
    let number = Cell::new(0);
    try_all(&purchase(), World::new, async |world, attempt| {
        number.set(number.get() + 1);
        let customer = format!("customer-{}", number.get());
        let mut body = attempt.clone();
        body["customer_id"] = customer.clone().into();
        let answer = call(&world.score, &with_body(golden("score"), &body)).await;
        check_decision(&answer)?;
        let exported = export(world, &customer).await;
        prop_assert_eq!(told(&exported["entries"][0]), told(&attempt));
        prop_assert_eq!(&exported["entries"][0]["decision"], &answer.json());
        Ok(())
    });
}

/// Settings as they are answered.
fn settings() -> impl Strategy<Value = Value> {
    let minute = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let hours = (0..1440_u32, 1..1440_u32)
        .prop_map(move |(from, length)| json!({ "from": minute(from), "until": minute((from + length) % 1440) }));
    let instant = "20[0-9]{2}-0[1-9]-[012][1-8]T[01][0-9]:[0-5][0-9]:[0-5][0-9]Z";
    let sensitivity = select(vec!["low", "normal", "high"]);
    (sensitivity, prop::option::of(hours), prop::option::of(instant), any::<bool>()).prop_map(
        |(sensitivity, quiet_hours, snooze_until, opted_out)| {
            json!({ "sensitivity": sensitivity, "quiet_hours": quiet_hours, "snooze_until": snooze_until,
                "opted_out": opted_out })
        },
    )
}

#[test]
fn settings_are_read_as_they_were_put() {
    try_all(&settings(), World::new, async |world, sent| -> Result<(), TestCaseError> {
        let answered = call(&world.customers, &with_body(golden("customers-settings"), &sent)).await.ok();
        let profile = call(&world.customers, &golden("customers-profile")).await.ok();
        for (name, value) in sent.as_object().unwrap() {
            prop_assert_eq!(&answered[name], value);
            prop_assert_eq!(&profile["settings"][name], value);
        }
        Ok(())
    });
}
