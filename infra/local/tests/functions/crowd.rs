//! A crowd of customers at once, through the real handlers: nobody is lost, and who is lost is found.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use engine::id::{AttemptId, CustomerId};
use futures_util::future::join_all;
use local::bench::crowd::{Checked, check};
use profile_updater::Response;
use serde_json::json;

use crate::world::{World, call, golden, with_fields};

const CUSTOMERS: usize = 200;

fn customer(number: usize) -> CustomerId {
    CustomerId::parse(&format!("crowd-{number}")).unwrap()
}

/// Has an attempt of a customer answered, and gives its id.
async fn attempt(world: &World, number: usize, key: &str) -> AttemptId {
    let fields = json!({ "customer_id": customer(number).as_str(), "idempotency_key": key });
    let decision = call(&world.score, &with_fields(golden("score"), fields)).await.ok();
    assert_eq!((&decision["degraded"], &decision["recorded"]), (&json!(false), &json!(true)), "{decision}");
    AttemptId::parse(decision["attempt_id"].as_str().unwrap()).unwrap()
}

/// A world in which everybody came at once, and what they were promised.
async fn crowd() -> (World, BTreeMap<CustomerId, Option<AttemptId>>) {
    let mut world = World::new().await;
    let ids = join_all((0..CUSTOMERS).map(|number| attempt(&world, number, "only"))).await;
    assert_eq!(world.learn().await, Response::default());
    let promised = ids.into_iter().enumerate().map(|(number, id)| (customer(number), Some(id))).collect();
    (world, promised)
}

#[tokio::test]
async fn of_a_crowd_nobody_is_lost() {
    let (world, promised) = crowd().await;
    let expected = Checked { entries: CUSTOMERS as u64, ..Checked::default() };
    assert_eq!(check(&world.table, &promised).await.unwrap(), expected);
}

#[tokio::test]
async fn what_is_lost_or_too_much_or_not_learned_is_found() {
    let (world, mut promised) = crowd().await;
    // An entry that was promised goes, although its profile knows of it.
    let id = promised[&customer(3)].unwrap();
    let key = [("pk", "c#crowd-3".to_owned()), ("sk", format!("e#{id}"))];
    let key = key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
    let delete = world.dynamodb.client.delete_item().table_name(&world.dynamodb.table_name);
    delete.set_key(Some(key.into_iter().collect())).send().await.unwrap();
    // One comes that nobody was told of, and that the updater has not seen.
    attempt(&world, 5, "another").await;
    // An answer that was none promises nothing.
    promised.insert(customer(7), None);

    let checked = check(&world.table, &promised).await.unwrap();
    assert_eq!((checked.entries, checked.lost, checked.surplus), (CUSTOMERS as u64, 1, 1));
    assert_eq!(checked.profile_mismatches, 2);
    let [lost, unknown, surplus, unlearned] = &checked.differences[..] else { panic!("{checked:?}") };
    assert_eq!(*lost, format!("crowd-3: {id} is lost"));
    assert!(unknown.starts_with("crowd-3: ") && unlearned.starts_with("crowd-5: "), "{checked:?}");
    assert_eq!(surplus, "crowd-5: 1 more than promised");
}
