//! A world for one test: a DynamoDB with its table, the handlers over it, and a clock that stands.

use std::time::Duration;

use customers::Customers;
use edge::access::{CUSTOMER_CLAIM, Caller};
use edge::http::{Handler, request, respond};
use engine::id::CustomerId;
use engine::message::Templates;
use engine::policy::Policy;
use engine::reference::Reference;
use engine::rollup::{Counters, Rollup};
use engine::score::Models;
use engine::time::{Instant, LocalInstant};
use lambda_http::{Body, RequestExt};
use local::trigger::{RecordSource, Settings, StreamSource};
use metrics_report::MetricsReport;
use profile_updater::{Batch, ProfileUpdater, Response};
use score::{Budgets, Score};
use serde_json::{Value, json};
use store::Table;
use store::ports::ReadRollups;

use crate::contract::CONTRACT;
use crate::dynamodb::DynamoDb;
use crate::proxy::Proxy;

/// When every test takes place.
pub(crate) fn now() -> Instant {
    LocalInstant::parse("2026-03-14T10:00:00Z").unwrap().instant()
}

/// Budgets that no machine is too slow for.
pub(crate) const PATIENT: Budgets = Budgets { read: Duration::from_mins(1), write: Duration::from_mins(1) };

pub(crate) struct World {
    pub(crate) dynamodb: DynamoDb,
    pub(crate) table: Table,
    pub(crate) score: Score<Table>,
    pub(crate) customers: Customers<Table>,
    pub(crate) report: MetricsReport<Table>,
    pub(crate) updater: ProfileUpdater<Table>,
    stream: StreamSource,
    told_until: Option<String>,
}

/// An answer as a caller sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The JSON of an answer that must be good.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let dynamodb = DynamoDb::start().await;
        let table = Table::new(dynamodb.client.clone(), &dynamodb.table_name);
        let score = score_over(&table).with_budgets(PATIENT);
        Self::of(dynamodb, score, &table).await
    }

    /// A world whose functions reach the table over a wire on which things go wrong, as patient as they are when deployed.
    /// `table` reaches it without.
    pub(crate) async fn behind_proxy() -> (Self, Proxy) {
        let dynamodb = DynamoDb::start().await;
        let name = &dynamodb.table_name;
        let proxy = Proxy::start(dynamodb.address()).await;
        let at_checkout = Table::new(proxy.client(&score::PATIENCE).await, name);
        let unhurried = Table::new(proxy.client(&edge::start::PATIENCE).await, name);
        let table = Table::new(dynamodb.client.clone(), name);
        let world = Self { table, ..Self::of(dynamodb, score_over(&at_checkout), &unhurried).await };
        (world, proxy)
    }

    /// The functions over the table, that which scores over one of its own.
    async fn of(dynamodb: DynamoDb, score: Score<Table>, table: &Table) -> Self {
        let client = local::client::Client::new(dynamodb.address());
        let stream = StreamSource::open(client, &dynamodb.table_name).await.unwrap();
        Self {
            dynamodb,
            score,
            customers: Customers::new(table.clone(), now),
            report: MetricsReport::new(table.clone(), Reference::compiled_in().ok(), Policy::default(), now),
            updater: ProfileUpdater::new(table.clone(), now),
            table: table.clone(),
            stream,
            told_until: None,
        }
    }

    /// Makes the table unreachable; from now on scoring is no more patient than it is in AWS.
    pub(crate) fn lose_table(&mut self) {
        self.score = score_over(&self.table);
        self.dynamodb.lose();
    }

    /// The records that the stream has brought since the last call, as Lambda delivers them.
    pub(crate) async fn told(&mut self) -> Vec<Value> {
        let filter = stream_settings().filter;
        let mut told = Vec::new();
        loop {
            let records = self.stream.read(self.told_until.as_deref(), 1000).await.unwrap();
            let Some(last) = records.last() else { return told };
            self.told_until = Some(last.sequence_number().to_owned());
            told.extend(
                records.iter().filter(|record| filter.lets_through(record)).map(|record| record.json().clone()),
            );
        }
    }

    /// The roll-ups of the last thirty days, without the times that this machine took.
    pub(crate) async fn rollups(&self) -> Vec<Rollup> {
        let rollups = self.table.read_rollups(now().day().plus_days(-30), now().day()).await.unwrap().into_iter();
        let timeless = |rollup: Rollup| {
            let mut counters = Counters::default();
            let lasting = rollup.counters.iter().filter(|(name, _)| !name.starts_with("took."));
            lasting.for_each(|(name, count)| counters.add(name, count));
            Rollup { counters, ..rollup }
        };
        rollups.map(timeless).collect()
    }

    /// Learns everything that the stream has brought.
    pub(crate) async fn learn(&mut self) -> Response {
        let records = self.told().await;
        self.updater.learn(Batch { records }).await.unwrap()
    }

    /// Imports a purchase a day for the customer of the golden events, and learns them.
    pub(crate) async fn with_history(mut self, days: i64) -> Self {
        for first in (0..days).step_by(100) {
            let purchases: Vec<Value> = (first..days.min(first + 100)).map(daily_purchase).collect();
            let event = with_body(golden("customers-purchases"), &json!({ "purchases": purchases }));
            call(&self.customers, &event).await.ok();
        }
        assert_eq!(self.learn().await, Response::default());
        self
    }
}

pub(crate) fn score_over(table: &Table) -> Score<Table> {
    let (models, templates) = (Models::compiled_in().unwrap(), Templates::compiled_in().unwrap());
    Score::new(table.clone(), Policy::default(), models, templates, now)
}

/// A grocery purchase at noon, `days` before the day before [`now`].
fn daily_purchase(days: i64) -> Value {
    let at = now().plus_ms((-days - 1) * engine::time::DAY_MS + 2 * engine::time::HOUR_MS);
    json!({
        "idempotency_key": format!("day-{days}"),
        "amount": { "value": format!("{}.{:02}", 20 + days * 7 % 30, days * 37 % 100), "currency": "EUR" },
        "category": "groceries",
        "payment_method": "debit_card",
        "merchant_id": format!("shop-{}", days % 3),
        "occurred_at": at.to_string(),
    })
}

/// How long Lambda lets a function work, by the name of its folder, from the template.
pub(crate) fn timeout_of(function: &str) -> Duration {
    let template = crate::template::template();
    let own = &crate::template::functions(&template)[function]["Timeout"];
    let seconds = own.as_u64().or_else(|| template["Globals"]["Function"]["Timeout"].as_u64());
    Duration::from_secs(seconds.unwrap())
}

/// The settings of the updater's stream, from the template.
pub(crate) fn stream_settings() -> Settings {
    let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Settings::of_workspace(&workspace, "profile-updater").unwrap()
}

pub(crate) fn ada() -> CustomerId {
    CustomerId::parse("ada").unwrap()
}

/// A file of `events/`.
pub(crate) fn golden(name: &str) -> Value {
    let path = format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The event with another body.
pub(crate) fn with_body(mut event: Value, body: &Value) -> Value {
    event["body"] = Value::String(body.to_string());
    event
}

/// The event with some fields of its body replaced; null removes one.
pub(crate) fn with_fields(event: Value, fields: Value) -> Value {
    let mut body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    for (name, value) in fields {
        body[&name] = value;
    }
    with_body(event, &body)
}

/// The event for another path, its id segments replaced.
pub(crate) fn with_path(mut event: Value, path: &str) -> Value {
    event["rawPath"] = Value::String(path.to_owned());
    event["requestContext"]["http"]["path"] = Value::String(path.to_owned());
    event
}

/// The event with these parameters added to its query.
pub(crate) fn with_query(mut event: Value, parameters: &[(&str, &str)]) -> Value {
    for (name, value) in parameters {
        event["queryStringParameters"][name] = json!(value);
    }
    let all = event["queryStringParameters"].as_object().unwrap().iter();
    let pairs: Vec<_> = all.map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
    event["rawQueryString"] = json!(pairs.join("&"));
    event
}

/// What a handler answers to an API Gateway event; call and answer are as the contract says.
pub(crate) async fn call<H: Handler>(handler: &H, event: &Value) -> Answer {
    let request = request(serde_json::from_str(&event.to_string()).unwrap());
    let caller = Caller::of(&request, CUSTOMER_CLAIM);
    // Boxed: unoptimised, handler, store and SDK in one future are large, and tests hold many of them at once on a small stack.
    let response = Box::pin(respond(handler, &caller, request.clone())).await;
    let text = match response.body() {
        Body::Text(text) => text.clone(),
        other => panic!("not a text: {other:?}"),
    };
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let answer = Answer { status: response.status().as_u16(), content_type, text };
    // What a schedule sends is in no API, and so in no contract.
    if request.raw_http_path() != "/v1/review"
        && let Err(violation) = CONTRACT.check(&request, &answer, response.headers())
    {
        panic!("not as infra/openapi.yaml says: {} {}: {violation}", request.method(), request.raw_http_path());
    }
    answer
}
