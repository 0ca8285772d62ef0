//! What is a customer's stays theirs: no log line and no metric tells it, whatever callers send and whatever goes wrong; the export
//! gives all of it; an erasure leaves nothing; and the documentation says how long each kind is kept.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use metrique::ServiceMetrics;
use metrique::writer::{AttachGlobalEntrySinkExt, FormatExt};
use profile_updater::Batch;
use serde_json::{Value, json};
use store::retention;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::template::template;
use crate::world::{World, call, golden, with_body, with_fields, with_path, with_query};

/// What the customer of these tests has: each in words that occur nowhere else.
const WORDS: [&str; 9] = [
    "secret-customer",
    "secret-shop",
    "secret-kind",
    "secret-card",
    "secret-key",
    "secret wish",
    "secret goal",
    "secret reason",
    "secret-query",
];

/// And what they pay, as it may be written.
const AMOUNTS: [&str; 3] = ["7341.97", "734197", "7,341.97"];

thread_local! {
    /// What the function of this thread writes, as CloudWatch would keep it.
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ToThisThread;

impl Write for ToThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.with_borrow_mut(|written| written.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Collects all that is written until it is dropped: log lines of the default level, and metrics.
fn observed() -> impl Drop {
    static METRICS: Once = Once::new();
    METRICS.call_once(|| {
        let output = edge::metrics::format("tests").output_to_makewriter(|| ToThisThread);
        ServiceMetrics::write_directly_to(output).forget();
    });
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_span_list(false);
    logs.with_max_level(LevelFilter::INFO).with_writer(|| ToThisThread).set_default()
}

/// What was written since the last call: each line as JSON.
fn written() -> Vec<Value> {
    let written = WRITTEN.with_borrow_mut(std::mem::take);
    let written = String::from_utf8(written).unwrap();
    written.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[track_caller]
fn check_tells_nothing(lines: &[Value], id: Option<&str>) {
    for line in lines {
        let text = line.to_string();
        for secret in WORDS.into_iter().chain(AMOUNTS).chain(id) {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

fn of_customer(event: &str, path: &str) -> Value {
    with_path(golden(event), &format!("/v1/customers/secret-customer{path}"))
}

fn money() -> Value {
    json!({ "value": "7341.97", "currency": "EUR" })
}

fn purchase() -> Value {
    json!({
        "idempotency_key": "secret-key", "amount": money(), "category": "secret-kind", "payment_method": "secret-card",
        "merchant_id": "secret-shop", "occurred_at": "2026-03-10T10:00:00Z",
    })
}

fn imported() -> Value {
    with_body(of_customer("customers-purchases", "/purchases"), &json!({ "purchases": [purchase()] }))
}

fn wishes() -> Value {
    let goal = json!({ "name": "secret goal", "target": money(), "saved": "7341.97" });
    let block = json!({ "category": "secret-kind", "note": "secret wish" });
    let limit = json!({ "category": "secret-kind", "monthly": money() });
    let wishes = json!({ "hourly_income": money(), "goals": [goal], "blocked_categories": [block], "limits": [limit] });
    with_body(of_customer("customers-settings", "/settings"), &wishes)
}

fn scored(key: &str) -> Value {
    let mut fields = purchase();
    fields["customer_id"] = json!("secret-customer");
    fields["idempotency_key"] = json!(key);
    fields["occurred_at"] = json!("2026-03-14T10:00:00Z");
    with_fields(golden("score"), fields)
}

fn said(id: &str, what: &str, body: &Value) -> Value {
    with_body(of_customer(&format!("customers-{what}"), &format!("/attempts/{id}/{what}")), body)
}

/// Everything that a customer can do, as one does it.
async fn live(world: &mut World) -> String {
    call(&world.customers, &imported()).await.ok();
    call(&world.customers, &wishes()).await.ok();
    world.learn().await;
    let decision = call(&world.score, &scored("secret-key")).await.ok();
    assert_eq!(decision["action"], "cool_off", "the category is blocked: {decision}");
    let id = decision["attempt_id"].as_str().unwrap().to_owned();
    call(&world.score, &scored("secret-key")).await.ok();
    for (what, body) in [
        ("cooling-off", json!({ "action": "override", "reason": "secret reason" })),
        ("outcome", json!({ "outcome": "proceeded" })),
        ("feedback", json!({ "feedback": "not_me" })),
    ] {
        call(&world.customers, &said(&id, what, &body)).await.ok();
    }
    world.learn().await;
    id
}

/// Everything that can be asked of the functions, and most of what can be got wrong.
fn questions(id: &str) -> Vec<Value> {
    let mut conflict = scored("secret-key");
    conflict = with_fields(conflict, json!({ "payment_method": "another" }));
    let with_text = |body: &str| {
        let mut event = golden("score");
        event["body"] = json!(body);
        event
    };
    vec![
        of_customer("customers-profile", "/profile"),
        of_customer("customers-export", "/export"),
        of_customer("customers-attempt", &format!("/attempts/{id}")),
        with_path(golden("metrics-report-customer"), "/dashboard/customers/secret-customer"),
        golden("metrics-report"),
        golden("metrics-report-dashboard"),
        golden("metrics-report-review"),
        imported(),
        wishes(),
        scored("secret-key"),
        said(id, "outcome", &json!({ "outcome": "secret reason" })),
        said(id, "feedback", &json!({ "feedback": "secret reason", "regret": 734_197 })),
        said(id, "cooling-off", &json!({ "action": "override", "reason": "secret\nreason" })),
        // Other content under the same key.
        conflict,
        // What callers get wrong, with what they mean in it.
        with_fields(scored("secret key"), json!({ "amount": { "value": "7341.97x", "currency": "secret-shop" } })),
        with_fields(scored("secret-key"), json!({ "merchant_id": "secret-shop!", "secret-shop": "7341.97" })),
        with_fields(scored("secret-key"), json!({ "secret-customer": "7341.97" })),
        with_fields(scored("secret-key"), json!({ "occurred_at": "secret-customer" })),
        with_fields(scored("secret-key"), json!({ "amount": "7341.97" })),
        with_text(r#"{"secret-shop": 1, "secret-shop": 2}"#),
        with_text(r#"{"customer_id": "secret-customer", "amount": 7341.97"#),
        with_text(r#""secret-customer""#),
        with_path(golden("score"), "/v1/secret-customer/7341.97"),
        of_customer("customers-profile", "/secret-shop"),
        of_customer("customers-attempt", "/attempts/secret-key"),
        with_path(golden("customers-profile"), "/v1/customers/secret-customer%20/profile"),
        with_query(of_customer("customers-export", "/export"), &[("after", "secret-query")]),
        with_query(golden("metrics-report"), &[("from", "secret-query"), ("segment", "secret-customer")]),
        with_query(golden("metrics-report-dashboard"), &[("segment", "secret-query")]),
    ]
}

/// Asks the function that the route is of, and counts.
async fn ask(world: &World, event: &Value) -> u16 {
    let path = event["rawPath"].as_str().unwrap();
    let answer = if path.starts_with("/v1/customers") {
        call(&world.customers, event).await
    } else if path.starts_with("/v1/attempts") || path.starts_with("/v1/secret") {
        call(&world.score, event).await
    } else {
        call(&world.report, event).await
    };
    answer.status
}

async fn put(world: &World, key: (&str, &str), attributes: &[(&str, AttributeValue)]) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let request = world.dynamodb.client.put_item().table_name(&world.dynamodb.table_name);
    let mut request = request.item("pk", text(key.0)).item("sk", text(key.1));
    for (name, value) in attributes {
        request = request.item(*name, value.clone());
    }
    request.send().await.unwrap();
}

/// Puts what cannot be read in the place of the customer's items, with what they held in it.
async fn damage(world: &World, id: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: &str| AttributeValue::N(number.to_owned());
    let entry = [
        ("format", number("1")),
        ("amount_minor", number("734197")),
        ("currency", text("EUR")),
        ("category", text("secret-kind")),
        ("payment_method", text("secret-card")),
        ("merchant_id", text("secret-shop")),
        ("occurred_at", text("2026-03-14T10:00:00Z")),
        ("decision", text(r#"{"action": "allow", "risk_score": "7341.97 at secret-shop"}"#)),
    ];
    put(world, ("c#secret-customer", &format!("e#{id}")), &entry).await;
    put(world, ("c#secret-customer", "p"), &[("version", number("7341.97")), ("profile", text("secret wish"))]).await;
    let settings = [
        ("format", number("2")),
        ("sensitivity", text("normal")),
        ("opted_out", AttributeValue::Bool(false)),
        ("language", text("secret wish")),
        ("wishes", text(r#"{"goals": "secret goal"}"#)),
    ];
    put(world, ("c#secret-customer", "s"), &settings).await;
    put(world, ("m#secret-shop", "r"), &[("positive", text("secret-shop"))]).await;
    put(world, ("policies", "review"), &[("document", text("secret wish"))]).await;
}

/// Records that no version can read, of the customer.
fn hostile_records(told: &[Value]) -> Vec<Value> {
    let bent = |pointer: &str, value: Value| {
        let mut record = told.first().unwrap().clone();
        *record.pointer_mut(pointer).unwrap() = value;
        record
    };
    vec![
        bent("/eventName", json!("secret-customer")),
        bent("/dynamodb/ApproximateCreationDateTime", json!("7341.97")),
        bent("/dynamodb/NewImage/category", json!({ "S": "secret kind" })),
        bent("/dynamodb/NewImage/occurred_at", json!({ "S": "secret-customer" })),
        bent("/dynamodb/NewImage/amount_minor", json!({ "L": [{ "N": "734197" }] })),
        bent("/dynamodb/Keys", json!("secret-customer")),
    ]
}

#[tokio::test]
async fn no_log_and_no_metric_tells_anything_of_a_customer() {
    let mut world = World::new().await;
    let _observed = observed();
    let id = live(&mut world).await;
    let lived = written();
    check_tells_nothing(&lived, Some(&id));

    let mut asked = 0;
    let mut statuses = Vec::new();
    for event in questions(&id) {
        statuses.push(ask(&world, &event).await);
        asked += 1;
    }
    assert!(statuses.contains(&200) && statuses.contains(&400) && statuses.contains(&404) && statuses.contains(&409));
    let lines = written();
    check_tells_nothing(&lines, Some(&id));
    let requests: Vec<&Value> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(requests.len(), asked, "one line for each request");
    for line in requests {
        assert!(line["span"]["request_id"].is_string() && line["duration_ms"].is_number(), "{line}");
    }

    // What cannot be read is named by its key in the table: an attempt's id, but nothing of what it holds.
    call(&world.score, &scored("secret-key-1")).await.ok();
    let told = world.told().await;
    damage(&world, &id).await;
    for event in questions(&id) {
        ask(&world, &event).await;
    }
    world.learn().await;
    let records = hostile_records(&told);
    let _ = world.updater.learn(Batch { records }).await;
    let lines = written();
    assert!(lines.iter().any(|line| line["cause"].as_str().is_some_and(|cause| cause.contains("is damaged"))));
    assert!(lines.iter().any(|line| line["message"] == "a poison record was handed back"));
    check_tells_nothing(&lines, None);

    world.lose_table();
    for event in [scored("secret-key-2"), imported(), of_customer("customers-erase", ""), golden("metrics-report")] {
        ask(&world, &event).await;
    }
    let lines = written();
    assert!(lines.iter().any(|line| line["message"] == "degraded"), "{lines:?}");
    assert!(lines.iter().any(|line| line["level"] == "ERROR" && line["code"] == "TABLE_UNAVAILABLE"), "{lines:?}");
    assert!(lines.iter().any(|line| line["Unrecorded"] == 1), "{lines:?}");
    check_tells_nothing(&lines, None);
}

#[tokio::test]
async fn a_request_is_found_by_the_callers_own_id() {
    let world = World::new().await;
    let _observed = observed();
    let mut event = golden("score");
    event["headers"]["x-correlation-id"] = json!("checkout-42");
    call(&world.score, &event).await.ok();
    let lines = written();
    let [line] = &lines.iter().filter(|line| line["message"] == "request").collect::<Vec<_>>()[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(line["span"]["correlation_id"], "checkout-42");
    assert!(line["model"].as_str().unwrap().starts_with("trees-") && line["policy"] == "default-3", "{line}");
    for part in ["read_ms", "engine_ms", "write_ms"] {
        assert!(line[part].is_number(), "{part} in {line}");
    }
    let decision = lines.iter().find(|line| line["Decisions"] == 1).unwrap();
    assert_eq!((&decision["Model"], &decision["Learning"]), (&line["model"], &json!(1)));
}

#[tokio::test]
async fn a_policy_that_cannot_be_used_is_counted_at_every_look() {
    let world = World::new().await;
    let rejected = |lines: &[Value]| -> Vec<Value> {
        lines.iter().filter(|line| line["PolicyLooks"] == 1).map(|line| line["PoliciesRejected"].clone()).collect()
    };
    let _observed = observed();
    put(&world, ("policies", "live"), &[("document", AttributeValue::S("{".to_owned()))]).await;
    for number in 0..2 {
        let next = with_fields(golden("score"), json!({ "idempotency_key": format!("order-{number}") }));
        call(&world.score, &next).await.ok();
        assert_eq!(rejected(&written()), [json!(1)]);
        // Each process looks once a minute.
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(61)).await;
        tokio::time::resume();
    }
}

/// Everything in the table, each item as the SDK prints it.
async fn table(world: &World) -> Vec<String> {
    let scan = world.dynamodb.client.scan().table_name(&world.dynamodb.table_name).send().await.unwrap();
    scan.items().iter().map(|item| format!("{item:?}")).collect()
}

#[tokio::test]
async fn the_export_gives_all_that_a_customer_told_and_an_erasure_leaves_none_of_it() {
    let mut world = World::new().await;
    let id = live(&mut world).await;
    let export = call(&world.customers, &of_customer("customers-export", "/export")).await;
    export.ok();
    for told in ["secret-customer", "secret-shop", "secret-kind", "secret-card", "7341.97", &id] {
        assert!(export.text.contains(told), "{told} is missing in {}", export.text);
    }
    for told in ["secret wish", "secret goal", "secret reason", "\"not_me\"", "\"proceeded\"", "\"overridden\""] {
        assert!(export.text.contains(told), "{told} is missing in {}", export.text);
    }
    for held in ["propensity", "reasons", "experiments", "shadow", "alarm_rate", "versions", "strategies", "hours"] {
        assert!(export.text.contains(&format!("\"{held}\"")), "{held} is missing in {}", export.text);
    }

    let before = table(&world).await;
    assert!(before.iter().any(|item| item.contains("\"feed\"") && item.contains("secret-customer")), "{before:?}");
    let under_way = world.told().await;
    call(&world.customers, &with_path(golden("customers-erase"), "/v1/customers/secret-customer")).await.ok();
    world.updater.learn(Batch { records: under_way }).await.unwrap();
    world.learn().await;
    let left: Vec<String> = table(&world)
        .await
        .into_iter()
        .filter(|item| WORDS.iter().chain(&AMOUNTS).any(|secret| item.contains(secret)))
        .collect();
    let (traces, others): (Vec<&String>, Vec<&String>) =
        left.iter().partition(|item| item.contains("c#secret-customer"));
    let [trace] = traces[..] else { panic!("{traces:?}") };
    assert!(
        trace.contains("erased_at_ms") && trace.contains("expires_at") && trace.matches("\": ").count() == 5,
        "{trace}"
    );
    // The shop's own record, of which no customer is part; and the day's sums, which for a single customer are theirs.
    for item in others {
        let is_shop = item.contains("m#secret-shop") && !item.contains("secret-customer");
        let is_sums = item.contains("\"d#") && WORDS.iter().all(|word| !item.contains(word));
        assert!(is_shop || is_sums, "{item}");
    }
}

/// The README says what the code does.
#[test]
fn the_documentation_says_how_long_each_kind_is_kept() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let days = |ms: i64| match ms / engine::time::DAY_MS {
        1 => "a day".to_owned(),
        7 => "a week".to_owned(),
        days => format!("{days} days"),
    };
    let template = template();
    let queue_s = template["Resources"]["NotLearned"]["Properties"]["MessageRetentionPeriod"].as_u64().unwrap();
    for (what, kept) in [
        ("attempts, decisions, outcomes, feedback", days(retention::ENTRY_MS)),
        ("profile, with what was learned", days(retention::PROFILE_MS)),
        ("settings, goals, limits", "until they are erased".to_owned()),
        ("that somebody was erased, and when", days(retention::ERASURE_MS)),
        ("merchants' confirmed labels, daily roll-ups", days(retention::AGGREGATE_MS)),
        ("ids of the latest decisions and whose they are, for the dashboard", days(retention::FEED_MS)),
        ("where changes lie that were not learned", days(queue_s as i64 * 1000)),
    ] {
        let row = text.lines().find(|line| line.starts_with(&format!("| {what} |")));
        let row = row.unwrap_or_else(|| panic!("{what} is not in the table"));
        assert!(row.rsplit('|').nth(1).unwrap().trim().starts_with(&kept), "{row}: expected {kept}");
    }
    let default = template["Parameters"]["LogRetentionDays"]["Default"].as_u64().unwrap();
    assert!(text.contains(&format!("| `LogRetentionDays` | {default} |")), "the default of LogRetentionDays");
}
