//! Scoring: a decision, made once.

use engine::id::AttemptId;
use engine::score::Models;
use serde_json::json;
use store::ports::{ReadEntry, ReadTimeline};

use crate::world::{World, ada, call, golden, with_fields};

#[tokio::test]
async fn the_golden_attempt_is_scored_against_the_customers_history() {
    let world = World::new().await.with_history(60).await;
    let decision = call(&world.score, &golden("score")).await.ok();
    assert_eq!(decision["action"], "cool_off", "{decision:#}");
    assert_eq!(decision["should_intervene"], true);
    assert_eq!(decision["profile"], json!({ "purchases": 60, "learning": false }));
    assert_eq!(
        (&decision["degraded"], &decision["recorded"], &decision["missing"]),
        (&json!(false), &json!(true), &json!([]))
    );
    let models = Models::compiled_in().unwrap();
    assert_eq!(decision["versions"], json!({ "model": models.version(), "policy": "default-3", "review": null }));
    let reasons = decision["reasons"].as_array().unwrap();
    let text = |code: &str| {
        let reason = reasons.iter().find(|reason| reason["code"] == code);
        reason.and_then(|reason| reason["text"].as_str()).unwrap_or_else(|| panic!("{code} in {decision:#}"))
    };
    assert!(text("AMOUNT_UNUSUAL").starts_with("5.6 times your usual purchase ("), "{}", text("AMOUNT_UNUSUAL"));
    assert_eq!(text("CATEGORY_UNUSUAL"), "None of your purchases we know are in electronics.");
    assert_eq!(decision["intervention"]["strategy"], "delay");
    assert!(decision["p_value"].as_f64().unwrap() <= decision["alarm_rate"]["alpha"].as_f64().unwrap());
    let deviations = decision["deviations"].as_object().unwrap();
    assert_eq!(deviations.len(), 6);

    let id = AttemptId::parse(decision["attempt_id"].as_str().unwrap()).unwrap();
    let entry = world.table.read_entry(&ada(), id).await.unwrap().unwrap();
    let answered = decision["risk_score"].as_f64().unwrap();
    let contributions: f64 = reasons.iter().map(|reason| reason["contribution"].as_f64().unwrap()).sum();
    let sum = decision["base_log_odds"].as_f64().unwrap() + contributions;
    assert!((sum - (answered / (1.0 - answered)).ln()).abs() < 1e-6, "the reasons add up to the score");
    assert_eq!(entry.decision().unwrap().risk_score.to_bits(), answered.to_bits());
}

#[tokio::test]
async fn a_retry_is_answered_with_the_first_decision() {
    let world = World::new().await;
    let first = call(&world.score, &golden("score")).await;
    let world = world.with_history(60).await;
    let second = call(&world.score, &golden("score")).await;
    assert_eq!(first, second, "also when the profile has learned since");
    let other = call(&world.score, &with_fields(golden("score"), json!({ "category": "books" }))).await;
    assert_eq!((other.status, other.json()["code"].as_str().unwrap()), (409, "IDEMPOTENCY_KEY_REUSED"));
    let entries = world.table.read_timeline(&ada(), None).await.unwrap().entries;
    assert_eq!(entries.iter().filter(|entry| entry.decision().is_some()).count(), 1);
}

#[tokio::test]
async fn the_same_attempt_fifty_times_at_once_is_one_entry_and_one_answer() {
    let world = World::new().await;
    let event = golden("score");
    let answers = futures_util::future::join_all((0..50).map(|_| call(&world.score, &event))).await;
    assert!(answers.iter().all(|answer| answer == &answers[0] && answer.status == 200));
    assert_eq!(world.table.read_timeline(&ada(), None).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn attempts_of_the_last_minutes_count_before_the_stream_has_told_of_them() {
    let world = World::new().await.with_history(60).await;
    let attempt = |minute: u32| {
        let fields = json!({
            "idempotency_key": format!("burst-{minute}"),
            "amount": { "value": "25.00", "currency": "EUR" },
            "category": "groceries",
            "payment_method": "debit_card",
            "merchant_id": "shop-1",
            "occurred_at": format!("2026-03-14T09:{:02}:00Z", 50 + minute),
        });
        with_fields(golden("score"), fields)
    };
    let mut scores = Vec::new();
    for minute in 0..6 {
        scores.push(call(&world.score, &attempt(minute)).await.ok()["deviations"]["velocity"].as_f64().unwrap());
    }
    assert!(scores[0] < 1.0 && scores[5] > 5.0 && scores.is_sorted(), "{scores:?}");
}
