//! Stream records: whatever stands among good ones, no good one is lost, what failed is named, and what was learned can be read.

use std::cell::Cell;

use engine::id::CustomerId;
use engine::profile::Profile;
use profile_updater::Batch;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use store::ports::ReadProfile;
use store::stream::{read, sequence_number};

use super::mutation::{Json, changes};
use super::{check_decision, try_all};
use crate::world::{World, call, golden, with_fields};

/// The golden records, told of another customer.
fn records_of(customer: &str) -> Vec<Value> {
    let text = golden("profile-updater").to_string().replace("c#ada", &format!("c#{customer}"));
    serde_json::from_str::<Batch>(&text).unwrap().records
}

/// Those of them that tell something.
fn good_records_of(customer: &str) -> Vec<Value> {
    records_of(customer).into_iter().filter(|record| matches!(read(record), Ok(Some(_)))).collect()
}

async fn profile_of(world: &World, customer: &str) -> Profile {
    world.table.read_profile(&CustomerId::parse(customer).unwrap()).await.unwrap().profile
}

/// A batch of `bent` records with good ones at these places, learned twice.
async fn check(world: &World, number: u32, bent: &[Value], places: &[Index]) -> Result<(), TestCaseError> {
    let (good, expected) = (format!("good-{number}"), format!("expected-{number}"));
    let mut batch = bent.to_vec();
    for (record, place) in good_records_of(&good).into_iter().zip(places) {
        batch.insert(place.index(batch.len() + 1), record);
    }
    let told: Vec<Value> = batch.iter().filter(|record| good_records_of(&good).contains(record)).cloned().collect();
    let unreadable = batch.iter().filter(|record| read(record).is_err());
    let failed: Vec<Option<&str>> = unreadable.map(sequence_number).collect();
    for _ in 0..2 {
        match world.updater.learn(Batch { records: batch.clone() }).await {
            Ok(response) => {
                let named = response.batch_item_failures.iter().map(|failure| Some(failure.item_identifier.as_str()));
                prop_assert_eq!(named.collect::<Vec<_>>(), failed.clone(), "those that cannot be read, in order");
            }
            Err(error) => prop_assert!(failed.contains(&None), "{error}"),
        }
    }
    let of_expected = Value::from(told).to_string().replace(&format!("c#{good}"), &format!("c#{expected}"));
    let records = serde_json::from_str(&of_expected).unwrap();
    world.updater.learn(Batch { records }).await.unwrap();
    let difference = profile_of(world, &good).await.difference(&profile_of(world, &expected).await);
    prop_assert_eq!(difference, None, "a good record was lost");
    Ok(())
}

#[test]
fn bent_records_among_good_ones_are_named_and_cost_nothing() {
    let number = Cell::new(0);
    let bent = prop::collection::vec((any::<Index>(), changes()), 1..4);
    let places = prop::collection::vec(any::<Index>(), 8);
    try_all(&(bent, places), World::new, async |world, (bent, places)| {
        number.set(number.get() + 1);
        let customer = format!("bent-{}", number.get());
        let told = records_of(&customer);
        // What is no JSON any more does not reach the function: Lambda makes the batch.
        let bent = bent.into_iter().filter_map(|(index, changes)| {
            serde_json::from_str(&Json::of(index.get(&told)).changed(&changes).text()).ok()
        });
        check(world, number.get(), &bent.collect::<Vec<Value>>(), &places).await?;
        // Of whatever was learned a decision follows.
        let fields = json!({ "customer_id": customer });
        check_decision(&call(&world.score, &with_fields(golden("score"), fields)).await)?;
        let read = world.table.read_profile(&CustomerId::parse(&customer).unwrap()).await;
        prop_assert!(read.is_ok(), "a profile that was learned cannot be read: {:?}", read);
        Ok(())
    });
}

/// The golden records with another text at this place, wherever there is one.
fn with_text(customer: &str, pointer: &str, change: impl Fn(&str) -> String) -> Vec<Value> {
    let mut records = records_of(customer);
    for text in records.iter_mut().filter_map(|record| record.pointer_mut(pointer)) {
        *text = change(text.as_str().unwrap()).into();
    }
    records
}

#[tokio::test]
async fn a_record_that_would_spoil_a_profile_is_handed_back() {
    let world = World::new().await;
    let bound = |bound: &str| {
        let to = format!("\"learn_minor_max\":{bound}");
        move |text: &str| text.replace("\"learn_minor_max\":159238", &to)
    };
    for (number, records) in [
        // Bounds that leave sums that are no numbers, and a profile that nobody could read again.
        with_text("spoilt-0", "/dynamodb/NewImage/decision/S", bound("-5")),
        with_text("spoilt-1", "/dynamodb/NewImage/decision/S", bound("0")),
        // Images of two entries, of which one would lose what the other never had.
        with_text("spoilt-2", "/dynamodb/OldImage/pk/S", |_| "c#eve".to_owned()),
        with_text("spoilt-3", "/dynamodb/OldImage/sk/S", |_| "e#01KJME9T50JTC4QV4W5Z0SF7JZ".to_owned()),
    ]
    .into_iter()
    .enumerate()
    {
        let customer = format!("spoilt-{number}");
        let whole = records_of(&customer);
        let bent =
            records.iter().zip(&whole).filter(|(bent, whole)| bent != whole && matches!(read(whole), Ok(Some(_))));
        assert!(bent.clone().count() > 0 && bent.clone().all(|(bent, _)| read(bent).is_err()), "{number}");
        let unreadable = records.iter().filter(|record| read(record).is_err()).count();
        let response = world.updater.learn(Batch { records }).await.unwrap();
        assert_eq!(response.batch_item_failures.len(), unreadable, "{number}");
        // An import is among the rest, and learned.
        assert_eq!(profile_of(&world, &customer).await.purchases(), 1, "{number}");
    }
}
