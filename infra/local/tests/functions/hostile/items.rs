//! Stored items: whatever a table holds, an attempt is decided on, and everything else is answered or says that the data is
//! damaged or of a newer version.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use super::mutation::{Changes, Json, changes};
use super::{check_decision, check_problem, try_all};
use crate::world::{World, call, golden, with_fields};

type Item = HashMap<String, AttributeValue>;

/// What happens to one attribute of an item.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Replace(AttributeValue),
    /// Bends what the attribute holds as JSON, if it does.
    Bend(Changes),
    /// Changes a byte, if it holds bytes.
    Byte(Index, u8),
}

/// Values that DynamoDB takes: its numbers have up to 38 digits and are never NaN.
fn value() -> impl Strategy<Value = AttributeValue> {
    let numbers = [
        "0",
        "-1",
        "0.5",
        "1E+125",
        "1E-130",
        "4294967295",
        "4294967296",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551615",
        "99999999999999999999999999999999999999",
    ];
    let texts = ["x", "regret", "proceeded", "EUR", "{", "[]", "{}", "2099-12-31T23:59:59Z", "😀", "c#", "e#"];
    prop_oneof![
        4 => select(numbers.to_vec()).prop_map(|number| AttributeValue::N(number.to_owned())),
        2 => select(texts.to_vec()).prop_map(|text| AttributeValue::S(text.to_owned())),
        1 => any::<bool>().prop_map(AttributeValue::Bool),
        1 => Just(AttributeValue::Null(true)),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| AttributeValue::B(Blob::new(bytes))),
        1 => Just(AttributeValue::L(Vec::new())),
        1 => Just(AttributeValue::M(Item::new())),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => Just(Change::Remove),
        4 => value().prop_map(Change::Replace),
        2 => changes().prop_map(Change::Bend),
        3 => (any::<Index>(), any::<u8>()).prop_map(|(index, byte)| Change::Byte(index, byte)),
    ]
}

fn changed(mut item: Item, name: &str, change: &Change) -> Item {
    let Some(value) = item.remove(name) else { return item };
    let value = match (change, value) {
        (Change::Remove, _) => return item,
        (Change::Replace(other), _) => other.clone(),
        (Change::Bend(changes), AttributeValue::S(text)) => {
            let bent = serde_json::from_str::<Value>(&text).map(|json| Json::of(&json).changed(changes).text());
            AttributeValue::S(bent.unwrap_or(text))
        }
        (Change::Byte(index, byte), AttributeValue::B(blob)) => {
            let mut bytes = blob.into_inner();
            *index.get_mut(&mut bytes) = *byte;
            AttributeValue::B(Blob::new(bytes))
        }
        (_, value) => value,
    };
    item.insert(name.to_owned(), value);
    item
}

/// A world with an item of every kind: an attempt with its outcome and feedback, settings, a profile, merchants, roll-ups.
async fn furnished() -> World {
    let mut world = World::new().await;
    for event in ["customers-purchases", "customers-outcome", "customers-feedback", "customers-settings"] {
        if event == "customers-outcome" {
            call(&world.score, &golden("score")).await.ok();
        }
        call(&world.customers, &golden(event)).await.ok();
    }
    world.learn().await;
    world
}

async fn items(world: &World) -> Vec<Item> {
    let mut items =
        world.dynamodb.client.scan().table_name(&world.dynamodb.table_name).send().await.unwrap().items.unwrap();
    let key = |item: &Item| ["pk", "sk"].map(|name| item[name].as_s().unwrap().clone());
    items.sort_by_key(key);
    items
}

async fn put(world: &World, item: Item) {
    world.dynamodb.client.put_item().table_name(&world.dynamodb.table_name).set_item(Some(item)).send().await.unwrap();
}

/// Everything that reads what is stored.
async fn check(world: &World, number: usize) -> Result<(), TestCaseError> {
    check_decision(&call(&world.score, &golden("score")).await)?;
    let fields = serde_json::json!({ "idempotency_key": format!("another-{number}") });
    check_decision(&call(&world.score, &with_fields(golden("score"), fields)).await)?;
    let mut answers = vec![call(&world.report, &golden("metrics-report")).await];
    for event in ["profile", "export", "outcome", "feedback"] {
        answers.push(call(&world.customers, &golden(&format!("customers-{event}"))).await);
    }
    for answer in answers {
        let code = if answer.status == 200 { Value::Null } else { answer.json()["code"].clone() };
        let known = [
            (200, ""),
            (409, "NEWER_FORMAT"),
            (409, "OUTCOME_IS_FINAL"),
            (409, "NOT_AN_ATTEMPT"),
            (500, "DAMAGED_DATA"),
        ];
        prop_assert!(known.contains(&(answer.status, code.as_str().unwrap_or_default())), "{answer:?}");
        if answer.status != 200 {
            check_problem(&answer)?;
        }
    }
    Ok(())
}

#[test]
fn a_bent_item_is_read_or_refused_and_no_decision_fails_for_it() {
    let number = std::cell::Cell::new(0);
    try_all(&(any::<Index>(), any::<Index>(), change()), furnished, async |world, (item, attribute, change)| {
        number.set(number.get() + 1);
        let items = items(world).await;
        let original = item.get(&items).clone();
        let mut names: Vec<String> =
            original.keys().filter(|name| !["pk", "sk"].contains(&name.as_str())).cloned().collect();
        names.sort_unstable();
        put(world, changed(original.clone(), &names[attribute.index(names.len())], &change)).await;
        let checked = check(world, number.get()).await;
        put(world, original).await;
        checked
    });
}
