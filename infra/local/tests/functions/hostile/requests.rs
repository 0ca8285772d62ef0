//! Requests: whatever stands in the body, the path or the query, the answer is a good one or a problem of the 4xx kind.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::mutation::{Json, changes};
use super::{check_answer, check_decision, try_all};
use crate::world::{Answer, World, call, golden, with_path};

/// Every golden event of the HTTP API.
const EVENTS: [&str; 11] = [
    "score",
    "customers-outcome",
    "customers-feedback",
    "customers-purchases",
    "customers-settings",
    "customers-profile",
    "customers-export",
    "customers-erase",
    "metrics-report",
    "metrics-report-dashboard",
    "metrics-report-customer",
];

/// A world in which every golden event finds what it speaks of.
async fn golden_story() -> World {
    let mut world = World::new().await;
    for event in ["customers-purchases", "score"] {
        answer(&world, event, &golden(event)).await.ok();
    }
    world.learn().await;
    world
}

/// Lets the function answer whose golden event this was.
async fn answer(world: &World, name: &str, event: &Value) -> Answer {
    match name.split('-').next().unwrap_or_default() {
        "score" => call(&world.score, event).await,
        "customers" => call(&world.customers, event).await,
        _ => call(&world.report, event).await,
    }
}

async fn check(world: &World, name: &str, event: &Value) -> Result<(), TestCaseError> {
    let answered = answer(world, name, event).await;
    check_answer(&answered)?;
    if name == "score" && answered.status == 200 {
        check_decision(&answered)?;
    }
    Ok(())
}

#[test]
fn a_bent_body_is_answered_or_refused_and_nothing_else() {
    let with_body: Vec<&str> = EVENTS.into_iter().filter(|name| golden(name)["body"].is_string()).collect();
    try_all(&(select(with_body), changes()), golden_story, async |world, (name, changes)| {
        let mut event = golden(name);
        let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        event["body"] = Json::of(&body).changed(&changes).text().into();
        check(world, name, &event).await
    });
}

#[test]
fn a_body_that_is_no_json_is_refused() {
    let bytes = prop::collection::vec(any::<char>(), 0..200).prop_map(String::from_iter);
    let names = vec!["score", "customers-outcome", "customers-feedback", "customers-purchases", "customers-settings"];
    try_all(&(select(names), bytes), golden_story, async |world, (name, body)| {
        let mut event = golden(name);
        event["body"] = body.into();
        let answered = answer(world, name, &event).await;
        prop_assert_eq!(answered.status, 400, "{:?}", answered);
        check_answer(&answered)
    });
}

/// A path of a golden event with something else in the place of one segment, or after the last.
fn paths() -> impl Strategy<Value = (&'static str, String)> {
    let segment = prop_oneof![
        any::<String>(),
        "[ -~]{0,80}",
        select(vec!["%00", "..", "?", "#", "a b", "ada/x", "%C3%A4", "01kknq9668nj94ce7a9wa6s749"])
            .prop_map(str::to_owned),
        select(vec![64_usize, 65, 8_000]).prop_map(|length| "x".repeat(length)),
    ];
    (select(EVENTS.to_vec()), any::<prop::sample::Index>(), segment).prop_map(|(name, index, segment)| {
        let event = golden(name);
        let mut segments: Vec<&str> = event["rawPath"].as_str().unwrap().split('/').skip(1).collect();
        let position = index.index(segments.len() + 1);
        match segments.get_mut(position) {
            Some(existing) => *existing = &segment,
            None => segments.push(&segment),
        }
        (name, format!("/{}", segments.join("/")))
    })
}

#[test]
fn a_bent_path_is_answered_or_refused_and_nothing_else() {
    try_all(&paths(), golden_story, async |world, (name, path)| {
        check(world, name, &with_path(golden(name), &path)).await
    });
}

/// Queries of the parameters that there are, and of any.
fn queries() -> impl Strategy<Value = String> {
    let days =
        vec!["1970-01-01", "2099-12-31", "2100-01-01", "2026-02-30", "2026-3-14", "-1", "", "%ff", "2026-03-14%00"];
    let value = prop_oneof![any::<String>(), select(days).prop_map(str::to_owned), "[0-9]{4}-[0-9]{2}-[0-9]{2}"];
    let name = prop_oneof![4 => select(vec!["from", "to", "days", "segment", "after"]).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec((name, value), 0..4).prop_map(|parameters| {
        parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    })
}

#[test]
fn a_bent_query_is_answered_or_refused_and_nothing_else() {
    let asked = select(vec!["metrics-report", "metrics-report-dashboard", "customers-export"]);
    try_all(&(asked, queries()), golden_story, async |world, (name, query)| {
        let mut event = golden(name);
        event["rawQueryString"] = query.into();
        check(world, name, &event).await
    });
}

#[tokio::test]
async fn little_of_what_was_sent_comes_back_and_a_body_of_many_fields_is_refused_at_once() {
    let world = World::new().await;
    let long = "x".repeat(100_000);
    let many: Vec<String> = (0..10_000).map(|number| format!("\"{number}\":1")).collect();
    for (body, code) in [
        (format!("\"{long}\""), "MALFORMED_JSON"),
        (format!("{{\"{long}\":1}}"), "UNKNOWN_FIELD"),
        (format!("{{\"sensitivity\":\"{long}\"}}"), "INVALID_VALUE"),
        (format!("{{{}}}", many.join(",")), "TOO_MANY_FIELDS"),
        (format!("{{\"quiet_hours\":{{{}}}}}", many.join(",")), "TOO_MANY_FIELDS"),
    ] {
        let mut event = golden("customers-settings");
        event["body"] = body.into();
        let answer = call(&world.customers, &event).await;
        assert_eq!((answer.status, answer.json()["code"].clone()), (400, json!(code)));
        assert!(answer.text.len() <= super::PROBLEM_BYTES_MAX, "{answer:?}");
    }
    let answer =
        call(&world.customers, &with_path(golden("customers-profile"), &format!("/v1/{}", &long[..10_000]))).await;
    assert_eq!((answer.status, answer.json()["code"].clone()), (404, json!("NO_SUCH_ROUTE")));
    assert!(answer.text.len() <= super::PROBLEM_BYTES_MAX);
}
