//! Faults: a table that is gone, and data of a version to come.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::world::{World, call, golden, with_fields};

#[tokio::test]
async fn without_the_table_an_attempt_is_still_answered_in_time_and_says_what_is_missing() {
    let mut world = World::new().await.with_history(60).await;
    world.lose_table();
    let started = std::time::Instant::now();
    let decision = call(&world.score, &golden("score")).await.ok();
    let budget = score::READ_BUDGET + score::WRITE_BUDGET + std::time::Duration::from_millis(500);
    assert!(started.elapsed() < budget, "{:?}", started.elapsed());
    assert_eq!((&decision["degraded"], &decision["recorded"]), (&json!(true), &json!(false)));
    assert_eq!(decision["missing"], json!(["customer", "merchant"]));
    assert_eq!(decision["profile"], json!({ "purchases": 0, "learning": true }));
}

#[tokio::test]
async fn without_the_table_everything_else_says_to_try_again() {
    let mut world = World::new().await;
    world.lose_table();
    let mut answers = vec![call(&world.report, &golden("metrics-report")).await];
    for event in ["outcome", "feedback", "purchases", "profile", "settings", "export", "erase"] {
        answers.push(call(&world.customers, &golden(&format!("customers-{event}"))).await);
    }
    for answer in answers {
        let body = answer.json();
        assert_eq!((answer.status, body["code"].as_str().unwrap()), (503, "TABLE_UNAVAILABLE"), "{body}");
        assert!(!answer.text.contains("127.0.0.1"), "what is internal stays in the log: {body}");
    }
}

async fn write_newer_profile(world: &World) {
    let request = world.dynamodb.client.put_item().table_name(&world.dynamodb.table_name);
    let request =
        request.item("pk", AttributeValue::S("c#ada".to_owned())).item("sk", AttributeValue::S("p".to_owned()));
    let request = request.item("version", AttributeValue::N("7".to_owned()));
    request.item("profile", AttributeValue::B(Blob::new([200, 1, 2, 3]))).send().await.unwrap();
}

#[tokio::test]
async fn a_profile_of_a_newer_version_degrades_the_decision_and_stops_nothing() {
    let mut world = World::new().await;
    write_newer_profile(&world).await;
    let decision = call(&world.score, &golden("score")).await.ok();
    assert_eq!((&decision["missing"], &decision["recorded"]), (&json!(["profile"]), &json!(true)));
    let refused = call(&world.customers, &golden("customers-profile")).await;
    assert_eq!((refused.status, refused.json()["code"].as_str().unwrap()), (409, "NEWER_FORMAT"));
    // What cannot be learned now is handed back, and learned when the newer version is there.
    assert_eq!(world.learn().await.batch_item_failures.len(), 1);
}

#[tokio::test]
async fn an_entry_of_a_newer_version_is_a_conflict_to_whoever_meets_it() {
    let world = World::new().await;
    let decision = call(&world.score, &golden("score")).await.ok();
    let request = world.dynamodb.client.update_item().table_name(&world.dynamodb.table_name);
    let sort_key = format!("e#{}", decision["attempt_id"].as_str().unwrap());
    let request = request.key("pk", AttributeValue::S("c#ada".to_owned())).key("sk", AttributeValue::S(sort_key));
    let request = request.update_expression("SET #f = :f").expression_attribute_names("#f", "format");
    request.expression_attribute_values(":f", AttributeValue::N("99".to_owned())).send().await.unwrap();
    for event in ["outcome", "feedback", "export"] {
        let answer = call(&world.customers, &golden(&format!("customers-{event}"))).await;
        assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (409, "NEWER_FORMAT"));
    }
    // The next attempt is scored all the same.
    let next = call(&world.score, &with_fields(golden("score"), json!({ "idempotency_key": "next" }))).await.ok();
    assert_eq!(next["degraded"], Value::Bool(false));
}
