//! Bad input: each a 4xx that names the code, the field and what was expected; nothing is written.

use serde_json::{Value, json};
use store::ports::ReadTimeline;

use crate::world::{World, ada, call, golden, with_body, with_fields, with_path, with_query};

#[track_caller]
fn check(answer: &crate::world::Answer, status: u16, code: &str, field: &str) {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body:#}");
    assert_eq!(answer.content_type, "application/problem+json");
    assert_eq!((body["code"].as_str().unwrap(), body["field"].as_str().unwrap_or_default()), (code, field), "{body:#}");
    assert!(body["request_id"].as_str().unwrap().starts_with("golden-request"));
}

#[tokio::test]
async fn a_bad_attempt_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let raw = |body: &str| {
        let mut event = golden("score");
        event["body"] = Value::String(body.to_owned());
        event
    };
    let fields = |fields: Value| with_fields(golden("score"), fields);
    let money = |value: Value, currency: &str| fields(json!({ "amount": { "value": value, "currency": currency } }));
    for (event, status, code, field) in [
        (raw(""), 400, "MALFORMED_JSON", ""),
        (raw("{"), 400, "MALFORMED_JSON", ""),
        (raw("[]"), 400, "MALFORMED_JSON", ""),
        (raw("\u{0}"), 400, "MALFORMED_JSON", ""),
        (raw(&"[".repeat(100_000)), 400, "MALFORMED_JSON", ""),
        (raw(&"x".repeat(200_000)), 413, "BODY_TOO_LARGE", ""),
        (fields(json!({ "customer_id": 7 })), 400, "WRONG_TYPE", "customer_id"),
        (fields(json!({ "customer_id": "a/b" })), 400, "INVALID_VALUE", "customer_id"),
        (fields(json!({ "customer_id": null })), 400, "MISSING_FIELD", "customer_id"),
        (fields(json!({ "customer_id": "x".repeat(65) })), 400, "INVALID_VALUE", "customer_id"),
        (fields(json!({ "surprise": 1 })), 400, "UNKNOWN_FIELD", "surprise"),
        (fields(json!({ "merchant_id": {} })), 400, "WRONG_TYPE", "merchant_id"),
        (fields(json!({ "occurred_at": "2027-03-14T09:26:53Z" })), 400, "INVALID_VALUE", "occurred_at"),
        (money(json!("-5"), "EUR"), 400, "INVALID_VALUE", "amount.value"),
        (money(json!("1e99"), "EUR"), 400, "INVALID_VALUE", "amount.value"),
        (money(json!("99999999999999999999999"), "EUR"), 400, "INVALID_VALUE", "amount.value"),
        (money(json!("5"), "GALLEONS"), 400, "INVALID_VALUE", "amount.currency"),
        (money(json!([]), "EUR"), 400, "WRONG_TYPE", "amount.value"),
        (with_path(golden("score"), "/v1/attempt"), 404, "NO_SUCH_ROUTE", ""),
    ] {
        check(&call(&world.score, &event).await, status, code, field);
    }
    assert!(world.table.read_timeline(&ada(), None).await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn bad_words_about_a_customer_are_refused() {
    let world = World::new().await;
    call(&world.score, &golden("score")).await.ok();
    let body = |event: &str, body: Value| with_body(golden(event), &body);
    for (event, code, field) in [
        (body("customers-outcome", json!({})), "MISSING_FIELD", "outcome"),
        (body("customers-outcome", json!({ "outcome": "exploded" })), "INVALID_VALUE", "outcome"),
        (body("customers-outcome", json!({ "outcome": "proceeded", "x": 1 })), "UNKNOWN_FIELD", "x"),
        (body("customers-feedback", json!({ "feedback": "meh" })), "INVALID_VALUE", "feedback"),
        (body("customers-feedback", json!({ "feedback": "regret" })), "MISSING_FIELD", "regret"),
        (body("customers-feedback", json!({ "feedback": "regret", "regret": 11 })), "INVALID_VALUE", "regret"),
        (body("customers-feedback", json!({ "feedback": "regret", "regret": 2.5 })), "WRONG_TYPE", "regret"),
        (body("customers-feedback", json!({ "feedback": "not_me", "regret": 2 })), "INVALID_VALUE", "regret"),
        (body("customers-purchases", json!({ "purchases": [] })), "INVALID_VALUE", "purchases"),
        (body("customers-purchases", json!({ "purchases": vec![json!({}); 101] })), "INVALID_VALUE", "purchases"),
        (body("customers-purchases", json!({ "purchases": [1] })), "WRONG_TYPE", "purchases[0]"),
        (body("customers-purchases", json!({ "purchases": [{}] })), "MISSING_FIELD", "purchases[0].idempotency_key"),
        (body("customers-settings", json!({ "sensitivity": "extreme" })), "INVALID_VALUE", "sensitivity"),
        (body("customers-settings", json!({ "opted_out": "yes" })), "WRONG_TYPE", "opted_out"),
        (
            body("customers-settings", json!({ "quiet_hours": { "from": "22:00" } })),
            "MISSING_FIELD",
            "quiet_hours.until",
        ),
        (
            body("customers-settings", json!({ "quiet_hours": { "from": "25:00", "until": "07:00" } })),
            "INVALID_VALUE",
            "quiet_hours.from",
        ),
        (with_path(golden("customers-profile"), "/v1/customers/a%2Fb/profile"), "INVALID_VALUE", "customer_id"),
        (with_path(golden("customers-outcome"), "/v1/customers/ada/attempts/7/outcome"), "INVALID_VALUE", "attempt_id"),
    ] {
        check(&call(&world.customers, &event).await, 400, code, field);
    }
}

#[tokio::test]
async fn one_bad_purchase_keeps_all_others_out_and_is_named() {
    let world = World::new().await;
    let mut purchases: Value = serde_json::from_str(golden("customers-purchases")["body"].as_str().unwrap()).unwrap();
    purchases["purchases"][7]["amount"]["value"] = json!("free");
    let answer = call(&world.customers, &with_body(golden("customers-purchases"), &purchases)).await;
    check(&answer, 400, "INVALID_VALUE", "purchases[7].amount.value");
    assert!(world.table.read_timeline(&ada(), None).await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn a_page_after_what_is_no_entry_is_refused() {
    let world = World::new().await;
    let event = with_query(golden("customers-export"), &[("after", "x")]);
    check(&call(&world.customers, &event).await, 400, "INVALID_VALUE", "after");
}

#[tokio::test]
async fn a_period_that_is_none_is_refused() {
    let world = World::new().await;
    for (from, to) in [("2026-13-01", "2026-03-31"), ("2026-04-01", "2026-03-31"), ("2020-01-01", "2026-03-31")] {
        let mut event = golden("metrics-report");
        event["queryStringParameters"] = json!({ "from": from, "to": to });
        event["rawQueryString"] = json!(format!("from={from}&to={to}"));
        check(&call(&world.report, &event).await, 400, "INVALID_VALUE", "from");
    }
}
