//! Customers: outcomes, feedback, history, profile, settings, export, erasure.

use engine::entry::Entry;
use engine::profile::Profile;
use serde_json::{Value, json};
use store::ports::{PutEntry, ReadProfile, ReadTimeline};

use crate::world::{World, ada, call, golden, now, with_body, with_fields, with_path};

#[tokio::test]
async fn the_golden_story_runs_through_every_route() {
    let mut world = World::new().await;
    assert_eq!(
        call(&world.customers, &golden("customers-purchases")).await.ok(),
        json!({ "imported": 12, "duplicates": 0 })
    );
    assert_eq!(
        call(&world.customers, &golden("customers-purchases")).await.ok(),
        json!({ "imported": 0, "duplicates": 12 })
    );
    world.learn().await;
    let decision = call(&world.score, &golden("score")).await.ok();
    let id = decision["attempt_id"].as_str().unwrap();
    assert!(golden("customers-outcome")["rawPath"].as_str().unwrap().contains(id), "the golden events name {id}");
    for _ in 0..2 {
        let outcome = call(&world.customers, &golden("customers-outcome")).await.ok();
        assert_eq!(outcome, json!({ "attempt_id": id, "outcome": "proceeded" }));
        let feedback = call(&world.customers, &golden("customers-feedback")).await.ok();
        assert_eq!(feedback, json!({ "attempt_id": id, "feedback": "regret" }));
    }
    world.learn().await;

    let settings = call(&world.customers, &golden("customers-settings")).await.ok();
    assert_eq!(settings["quiet_hours"], json!({ "from": "22:00", "until": "07:00" }));
    let profile = call(&world.customers, &golden("customers-profile")).await.ok();
    assert_eq!(profile["settings"], settings);
    let learned = &profile["profile"];
    assert_eq!((&learned["purchases"], &learned["learning"]), (&json!(13), &json!(false)));
    assert_eq!(learned["feedback"], json!({ "regretted": 1, "normal_for_me": 0, "not_me": 0 }));
    let category =
        |name: &str| learned["categories"].as_array().unwrap().iter().find(|each| each["name"] == name).cloned();
    let share = |name: &str| category(name).unwrap()["share"].as_f64().unwrap();
    assert!(share("groceries") > share("dining") && share("dining") > share("electronics"));
    let hours: f64 = learned["hours"].as_array().unwrap().iter().map(|share| share.as_f64().unwrap()).sum();
    assert!((hours - 1.0).abs() < 1e-3, "{hours}");

    let export = call(&world.customers, &golden("customers-export")).await.ok();
    let entries = export["entries"].as_array().unwrap();
    assert_eq!((entries.len(), &export["more_after"]), (13, &Value::Null));
    let attempt = entries.iter().find(|entry| entry["origin"] == "scored").unwrap();
    assert_eq!(
        (&attempt["outcome"], &attempt["feedback"], &attempt["regret"]),
        (&json!("proceeded"), &json!("regret"), &json!(8))
    );
    assert_eq!(attempt["decision"], decision, "the export shows the decision as it was answered");

    let erased = call(&world.customers, &golden("customers-erase")).await.ok();
    assert_eq!(erased, json!({ "customer_id": "ada", "entries_erased": 13 }));
    let export = call(&world.customers, &golden("customers-export")).await.ok();
    assert_eq!((export["entries"].as_array().unwrap().len(), &export["profile"]["purchases"]), (0, &json!(0)));
    assert_eq!(export["settings"]["sensitivity"], "normal");
}

#[tokio::test]
async fn an_erased_customers_events_do_not_bring_them_back() {
    let mut world = World::new().await;
    call(&world.customers, &golden("customers-purchases")).await.ok();
    let under_way = world.told().await;
    call(&world.customers, &golden("customers-erase")).await.ok();
    let response = world.updater.learn(profile_updater::Batch { records: under_way }).await.unwrap();
    assert_eq!(response, profile_updater::Response::default());
    world.learn().await;
    let profile = world.table.read_profile(&ada()).await.unwrap();
    assert_eq!((profile.profile.purchases(), profile.erased_at.is_some()), (0, true));
}

#[tokio::test]
async fn what_comes_after_an_erasure_is_learned_and_what_came_before_is_not_whatever_the_clocks_say() {
    let mut world = World::new().await;
    // Recorded by a process whose clock is ahead of that of the one that erases.
    call(&world.customers, &golden("customers-purchases")).await.ok();
    let page = world.table.read_timeline(&ada(), None).await.unwrap();
    call(&world.customers, &golden("customers-erase")).await.ok();
    world.learn().await;
    for entry in &page.entries {
        let ahead = Entry { recorded_at: now().plus_ms(3_000), ..entry.clone() };
        world.table.put_entry(&ahead).await.unwrap();
    }
    let before = world.told().await;
    call(&world.customers, &golden("customers-erase")).await.ok();
    world.updater.learn(profile_updater::Batch { records: before.clone() }).await.unwrap();
    assert_eq!(world.table.read_profile(&ada()).await.unwrap().profile.purchases(), 0);

    // Recorded in the very millisecond of the erasure, and under the ids of what was erased.
    call(&world.customers, &golden("customers-purchases")).await.ok();
    world.learn().await;
    world.updater.learn(profile_updater::Batch { records: before }).await.unwrap();
    let profile = world.table.read_profile(&ada()).await.unwrap().profile;
    assert_eq!(profile.purchases() as usize, page.entries.len());
    assert_eq!(profile.difference(&Profile::of_entries(&page.entries)), None);
}

#[tokio::test]
async fn outcomes_are_final_but_for_postponed() {
    let world = World::new().await;
    call(&world.score, &golden("score")).await.ok();
    let outcome = |name: &str| with_body(golden("customers-outcome"), &json!({ "outcome": name }));
    assert_eq!(call(&world.customers, &outcome("postponed")).await.status, 200);
    assert_eq!(call(&world.customers, &outcome("cancelled")).await.status, 200);
    let refused = call(&world.customers, &outcome("proceeded")).await;
    assert_eq!((refused.status, refused.json()["code"].as_str().unwrap()), (409, "OUTCOME_IS_FINAL"));
    assert_eq!(refused.content_type, "application/problem+json");
    assert!(refused.json()["detail"].as_str().unwrap().contains("`cancelled`"));
    assert_eq!(refused.json()["request_id"], "golden-request-2");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let world = World::new().await;
    for event in ["customers-outcome", "customers-feedback"] {
        let answer = call(&world.customers, &golden(event)).await;
        assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (404, "NO_SUCH_ATTEMPT"));
    }
    let answer = call(&world.customers, &with_path(golden("customers-profile"), "/v1/customers/ada/horoscope")).await;
    assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (404, "NO_SUCH_ROUTE"));
    let newcomer = call(&world.customers, &golden("customers-profile")).await.ok();
    assert_eq!((&newcomer["profile"]["purchases"], &newcomer["profile"]["amount"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn a_long_timeline_is_exported_in_pages() {
    let world = World::new().await.with_history(700).await;
    let first = call(&world.customers, &golden("customers-export")).await.ok();
    assert_eq!(first["entries"].as_array().unwrap().len(), 500);
    let mut next = golden("customers-export");
    next["queryStringParameters"] = json!({ "after": first["more_after"] });
    next["rawQueryString"] = json!(format!("after={}", first["more_after"].as_str().unwrap()));
    let second = call(&world.customers, &next).await.ok();
    assert_eq!((second["entries"].as_array().unwrap().len(), &second["more_after"]), (200, &Value::Null));
    assert_ne!(first["entries"][499], second["entries"][0]);
}

#[tokio::test]
async fn settings_change_decisions_and_say_so() {
    let world = World::new().await.with_history(60).await;
    call(&world.customers, &with_body(golden("customers-settings"), &json!({ "opted_out": true }))).await.ok();
    let decision = call(&world.score, &golden("score")).await.ok();
    assert_eq!((&decision["action"], &decision["intervention"]), (&json!("allow"), &Value::Null));
    let codes: Vec<&str> =
        decision["reasons"].as_array().unwrap().iter().filter_map(|reason| reason["code"].as_str()).collect();
    assert!(codes.contains(&"CUSTOMER_CHOSE_QUIET"), "{codes:?}");
    call(&world.customers, &with_body(golden("customers-settings"), &json!({}))).await.ok();
    let again = call(&world.score, &with_fields(golden("score"), json!({ "idempotency_key": "later" }))).await.ok();
    assert_eq!(again["action"], "cool_off", "the attempt before counts as well");
}
