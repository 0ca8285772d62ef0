//! The dashboard's pages, and the feed that they show.

use serde_json::{Value, json};
use store::ports::{Decided, FEED_ENTRIES_MAX, ReadFeed, WriteFeed};

use crate::world::{World, ada, call, golden, now, with_fields, with_path, with_query};

fn page_of(customer: &str) -> Value {
    with_path(golden("metrics-report-customer"), &format!("/dashboard/customers/{customer}"))
}

#[tokio::test]
async fn the_dashboard_shows_the_reports_numbers_and_loads_nothing() {
    let mut world = World::new().await.with_history(60).await;
    call(&world.score, &golden("score")).await.ok();
    world.learn().await;
    let page = call(&world.report, &golden("metrics-report-dashboard")).await;
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    for part in
        ["1 attempt; 1 stepped in on (100 %)", "13 purchases were imported", "EUR 189.00", "http-equiv=\"refresh\""]
    {
        assert!(page.text.replace('\u{a0}', " ").contains(part), "{part:?} is missing");
    }
    // A namespace is a name, which nobody fetches.
    let text = page.text.replace("http://www.w3.org/2000/svg", "");
    for foreign in ["http://", "https://", "src=", "@import", "style=\""] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    let empty = with_query(golden("metrics-report-dashboard"), &[("from", "2020-01-01"), ("to", "2020-01-31")]);
    assert!(call(&world.report, &empty).await.text.contains("Nothing was scored in this period"));
}

#[tokio::test]
async fn a_period_or_segment_that_is_none_is_refused_on_a_page() {
    let world = World::new().await;
    for (name, value) in [("days", "0"), ("days", "week"), ("from", "2026-02-30"), ("segment", "rich")] {
        let page = call(&world.report, &with_query(golden("metrics-report-dashboard"), &[(name, value)])).await;
        assert_eq!((page.status, page.content_type.as_str()), (400, "text/html; charset=utf-8"), "{name}={value}");
        assert!(page.text.contains("This cannot be shown") && !page.text.contains("<script"), "{name}={value}");
    }
    // Even where another parameter decides.
    for parameters in [[("days", "7"), ("from", "2026-02-30")], [("days", "7"), ("to", "x")]] {
        let page = call(&world.report, &with_query(golden("metrics-report-dashboard"), &parameters)).await;
        assert_eq!(page.status, 400, "{parameters:?}");
    }
}

#[tokio::test]
async fn a_table_that_is_lost_is_told_on_a_page_that_waits() {
    let mut world = World::new().await;
    world.lose_table();
    for event in [golden("metrics-report-dashboard"), golden("metrics-report-customer")] {
        let page = call(&world.report, &event).await;
        assert_eq!(page.status, 503);
        assert!(page.text.contains("cannot be read right now") && page.text.contains("data-awaited"));
    }
}

#[tokio::test]
async fn a_customers_page_draws_the_profile_and_each_decisions_reasons() {
    let mut world = World::new().await.with_history(60).await;
    let decision = call(&world.score, &golden("score")).await.ok();
    world.learn().await;
    let page = call(&world.report, &golden("metrics-report-customer")).await;
    assert_eq!(page.status, 200);
    for figure in ["amounts", "hours", "payment-methods", "merchants"] {
        assert!(page.text.contains(&format!(r#"<figure class="chart" id="{figure}">"#)), "{figure}");
    }
    for reason in decision["reasons"].as_array().unwrap() {
        assert!(page.text.contains(reason["code"].as_str().unwrap()), "{reason}");
    }
    let unknown = call(&world.report, &page_of("nobody")).await;
    assert!(unknown.status == 200 && unknown.text.contains("Nothing is held of this customer"));
    let refused = call(&world.report, &page_of("no%20id")).await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn the_feed_names_what_was_decided_and_never_who_was_erased() {
    let mut world = World::new().await.with_history(3).await;
    let grace = with_fields(golden("score"), json!({ "customer_id": "grace" }));
    let of_ada = call(&world.score, &golden("score")).await.ok()["attempt_id"].clone();
    let of_grace = call(&world.score, &grace).await.ok()["attempt_id"].clone();
    let records = world.told().await;
    for _ in 0..2 {
        // What is told again is not named again.
        world.updater.learn(profile_updater::Batch { records: records.clone() }).await.unwrap();
    }
    let named = async |world: &World| -> Vec<String> {
        let mut ids: Vec<_> = world.table.read_feed().await.unwrap().iter().map(|entry| entry.id.to_string()).collect();
        ids.sort_unstable();
        ids
    };
    let mut both = vec![of_ada.as_str().unwrap().to_owned(), of_grace.as_str().unwrap().to_owned()];
    both.sort_unstable();
    assert_eq!(named(&world).await, both, "decisions, not imports");

    call(&world.customers, &golden("customers-erase")).await.ok();
    assert_eq!(named(&world).await, [of_grace.as_str().unwrap()]);
    // Not even the name is left.
    let client = &world.dynamodb.client;
    let scan = client.scan().table_name(&world.dynamodb.table_name).send().await.unwrap();
    let feed: Vec<_> = scan.items().iter().filter(|item| item["pk"].as_s().is_ok_and(|key| key == "feed")).collect();
    assert!(!feed.is_empty() && feed.iter().all(|item| !format!("{item:?}").contains("ada/")), "{feed:?}");
}

#[tokio::test]
async fn the_feed_is_as_long_as_it_is_and_no_longer() {
    let mut world = World::new().await;
    for batch in 0..4_i64 {
        let mut decided = Vec::new();
        for number in 0..10 {
            let key = format!("order-{batch}-{number}");
            let attempt = with_fields(golden("score"), json!({ "idempotency_key": key }));
            let id = call(&world.score, &attempt).await.ok()["attempt_id"].clone();
            decided.push(Decided {
                customer: ada(),
                attempt: engine::id::AttemptId::parse(id.as_str().unwrap()).unwrap(),
            });
        }
        world.table.write_feed(&decided, now().plus_ms(batch * 1000)).await.unwrap();
    }
    world.learn().await;
    assert_eq!(world.table.read_feed().await.unwrap().len(), FEED_ENTRIES_MAX);
}
