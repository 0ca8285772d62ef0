//! The report and the dashboard, from roll-ups.

use engine::time::DAY_MS;
use serde_json::json;

use crate::world::{World, call, golden, now, with_fields, with_query};

#[tokio::test]
async fn the_report_counts_what_happened() {
    let mut world = World::new().await.with_history(60).await;
    call(&world.score, &golden("score")).await.ok();
    call(&world.customers, &golden("customers-outcome")).await.ok();
    call(&world.customers, &golden("customers-feedback")).await.ok();
    world.learn().await;
    let report = call(&world.report, &golden("metrics-report")).await.ok();
    assert_eq!((&report["attempts"], &report["imported"]), (&json!(1), &json!(13)), "those of March");
    let cool_off = &report["actions"][3];
    assert_eq!((&cool_off["action"], &cool_off["attempts"]), (&json!("cool_off"), &json!(1)));
    assert_eq!(cool_off["outcomes"]["proceeded"], 1);
    assert_eq!(report["strategies"][0]["strategy"], "delay");
    assert_eq!(report["quality"]["precision"]["value"], 1.0);
    assert_eq!(report["quality"]["fdr"]["value"], 0.0);
    assert_eq!(report["quality"]["fpr"]["value"], json!(null), "no genuine attempt is labelled");
    assert_eq!(
        report["impact"]["EUR"],
        json!({ "attempted_minor": 18900, "intervened_minor": 18900, "hold_out": null }),
        "nothing was held out, so nothing is said of savings"
    );
    assert_eq!(report["system"]["latency"]["read"]["count"], 1);
    assert_eq!(report["drift"]["other_models"], 0);
    assert_eq!(report["days"].as_array().unwrap().len(), 14);
}

#[tokio::test]
async fn how_long_an_answer_took_is_told_with_the_next_one() {
    let mut world = World::new().await;
    let attempt = |key: &str| with_fields(golden("score"), json!({ "idempotency_key": key }));
    call(&world.score, &attempt("first")).await.ok();
    let refused = with_fields(golden("score"), json!({ "category": "" }));
    assert_eq!(call(&world.score, &refused).await.status, 400);
    call(&world.score, &attempt("second")).await.ok();
    world.learn().await;
    let system = call(&world.report, &golden("metrics-report")).await.ok()["system"].clone();
    let latency = &system["latency"];
    assert_eq!((&latency["read"]["count"], &latency["whole"]["count"]), (&json!(2), &json!(1)), "{system}");
    assert_eq!((&system["requests"], &system["refused"]["count"]), (&json!(2), &json!(1)), "{system}");
    assert_eq!(system["learning_lag"]["count"], 2);
}

#[tokio::test]
async fn segments_add_up_to_everybody() {
    let mut world = World::new().await.with_history(60).await;
    call(&world.score, &golden("score")).await.ok();
    let newcomer = with_fields(golden("score"), json!({ "customer_id": "grace" }));
    call(&world.score, &newcomer).await.ok();
    world.learn().await;
    let attempts = async |segment: &str| {
        let report = call(&world.report, &with_query(golden("metrics-report"), &[("segment", segment)])).await.ok();
        (report["attempts"].clone(), report["imported"].clone())
    };
    assert_eq!(attempts("new").await, (json!(1), json!(0)));
    assert_eq!(attempts("known").await, (json!(1), json!(0)));
    assert_eq!(attempts("established").await, (json!(0), json!(0)));
    assert_eq!(attempts("past").await, (json!(0), json!(13)));
    assert_eq!(attempts("").await, (json!(2), json!(13)));
    let refused = call(&world.report, &with_query(golden("metrics-report"), &[("segment", "rich")])).await;
    assert_eq!((refused.status, &refused.json()["field"]), (400, &json!("segment")));
}

#[tokio::test]
async fn the_table_has_the_figures_of_the_report() {
    let mut world = World::new().await;
    call(&world.score, &golden("score")).await.ok();
    world.learn().await;
    let table = call(&world.report, &with_query(golden("metrics-report"), &[("format", "csv")])).await;
    assert_eq!((table.status, table.content_type.as_str()), (200, "text/csv; charset=utf-8"));
    let rows: Vec<&str> = table.text.lines().collect();
    assert_eq!(rows[0], "figure,value,low,high,count,of");
    assert!(rows.contains(&"attempts,1,,,,"), "{}", table.text);
    assert!(rows.contains(&"quality.precision,,,,0,0"), "{}", table.text);
    assert!(rows.contains(&"actions.allow.attempts,1,,,,"), "{}", table.text);
    assert!(rows.iter().filter(|row| !row.contains('"')).all(|row| row.split(',').count() == 6), "{}", table.text);
    let refused = call(&world.report, &with_query(golden("metrics-report"), &[("format", "pdf")])).await;
    assert_eq!((refused.status, &refused.json()["expected"]), (400, &json!("`json` or `csv`")));
}

#[tokio::test]
async fn a_late_label_lands_on_the_day_of_its_attempt() {
    let mut world = World::new().await.with_history(60).await;
    call(&world.score, &golden("score")).await.ok();
    world.learn().await;
    call(&world.customers, &golden("customers-outcome")).await.ok();
    call(&world.customers, &golden("customers-feedback")).await.ok();
    // The stream tells of it weeks later.
    let mut records = world.told().await;
    for record in &mut records {
        let told_at = now().plus_ms(40 * DAY_MS).epoch_ms() / 1000;
        record["dynamodb"]["ApproximateCreationDateTime"] = json!(told_at);
    }
    let taught = world.updater.learn(profile_updater::Batch { records }).await.unwrap();
    assert_eq!(taught, profile_updater::Response::default());
    let report = call(&world.report, &golden("metrics-report")).await.ok();
    let days = report["days"].as_array().unwrap();
    let labelled: Vec<_> = days.iter().filter(|day| day["labelled"] == 1).map(|day| &day["day"]).collect();
    assert_eq!(labelled, [&json!("2026-03-14")]);
}

#[tokio::test]
async fn the_dashboard_shows_the_same_numbers_and_loads_nothing() {
    let mut world = World::new().await.with_history(60).await;
    let empty_period = with_query(golden("metrics-report-dashboard"), &[("from", "2020-01-01"), ("to", "2020-01-31")]);
    assert!(call(&world.report, &empty_period).await.text.contains("Nothing was scored"));
    call(&world.score, &golden("score")).await.ok();
    world.learn().await;
    let page = call(&world.report, &golden("metrics-report-dashboard")).await;
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    assert!(page.text.contains("13 purchases imported") && page.text.contains("http-equiv=\"refresh\""));
    for foreign in ["http://", "https://", "<script", "src="] {
        assert!(!page.text.contains(foreign), "{foreign}");
    }
}
