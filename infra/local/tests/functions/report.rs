//! The report and the dashboard, from roll-ups.

use serde_json::json;

use crate::world::{World, call, golden};

#[tokio::test]
async fn the_report_counts_what_happened() {
    let mut world = World::new().await.with_history(60).await;
    call(&world.score, &golden("score")).await.ok();
    call(&world.customers, &golden("customers-outcome")).await.ok();
    call(&world.customers, &golden("customers-feedback")).await.ok();
    world.learn().await;
    let report = call(&world.report, &golden("metrics-report")).await.ok();
    assert_eq!((&report["attempts"], &report["imported"]), (&json!(1), &json!(13)), "those of March");
    assert_eq!(report["actions"]["cool_off"], 1);
    assert_eq!(report["outcomes"]["cool_off"]["proceeded"], 1);
    assert_eq!(report["labels"]["precision"]["value"], 1.0);
    assert_eq!(report["labels"]["fdr"]["value"], 0.0);
    assert_eq!(report["labels"]["fpr"]["value"], json!(null), "no genuine attempt is labelled");
    assert_eq!(report["amounts"]["EUR"], json!({ "attempted": 18900, "intervened": 18900 }));
    assert_eq!(report["days"].as_array().unwrap().len(), 14);
}

#[tokio::test]
async fn the_dashboard_shows_the_same_numbers_and_loads_nothing() {
    let mut world = World::new().await.with_history(60).await;
    let empty_period = {
        let mut event = golden("metrics-report-dashboard");
        event["queryStringParameters"] = json!({ "from": "2020-01-01", "to": "2020-01-31" });
        event["rawQueryString"] = json!("from=2020-01-01&to=2020-01-31");
        event
    };
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
