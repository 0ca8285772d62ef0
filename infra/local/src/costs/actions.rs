//! What is measured: each thing that Guardian does, through the real handlers.

use std::collections::HashMap;
use std::time::Duration;

use customers::Customers;
use edge::http::Handler;
use engine::message::Templates;
use engine::policy::Policy;
use engine::score::Models;
use lambda_http::http::Method;
use lambda_http::{Body, Request, RequestExt as _};
use metrics_report::MetricsReport;
use profile_updater::{Batch, Response};
use score::{Budgets, Score};
use serde_json::{Value, json};
use store::ports::{PutEntry, ReadProfile};

use crate::costs::meter::Cost;
use crate::costs::sample::{Sampler, Which, customer_id};
use crate::costs::table::{BATCH_CHANGES_EACH, BATCH_CUSTOMERS, BUSY_MERCHANT, DAYS, Filled, OLD_CUSTOMER, now};
use crate::costs::{CostsError, Row, Sizes};
use crate::direct::{ask, request};
use crate::trigger::source::RECORDS_MAX;
use crate::trigger::{Record, RecordSource as _, Settings, StreamSource};

/// Customers of whom nothing is known.
const NEWCOMER: u64 = 9_000_001;

/// The customer whose last hour holds as many attempts as a decision reads at most.
const HURRIED_CUSTOMER: u64 = 9_000_002;

/// Two more customers of whom nothing is known, who are scored by the same process one after the other.
const NEWCOMERS_OF_A_PROCESS: [u64; 2] = [9_000_003, 9_000_004];

/// The first of the customers of a batch.
const BATCH_CUSTOMER: u64 = 9_000_100;

/// How many attempts a hurried customer makes in an hour.
const HURRIED_ATTEMPTS: u64 = store::ports::RECENT_ENTRIES_MAX as u64;

/// Nobody waits here, and a slow machine must not make a decision cheaper.
const PATIENT: Budgets = Budgets { read: Duration::from_mins(1), write: Duration::from_mins(1) };

/// Everything that acts on the table.
pub(crate) struct Actions<'a> {
    filled: &'a Filled,
    models: &'a Models,
    templates: &'a Templates,
    sampler: &'a Sampler,
    customers: Customers<store::Table>,
    report: MetricsReport<store::Table>,
    stream: StreamSource,
    told_until: Option<String>,
    settings: Settings,
    rows: Vec<Row>,
}

impl<'a> Actions<'a> {
    pub(crate) async fn new(
        filled: &'a Filled,
        models: &'a Models,
        templates: &'a Templates,
        sampler: &'a Sampler,
        stream: StreamSource,
        settings: Settings,
    ) -> Result<Self, CostsError> {
        let customers = Customers::new(filled.table.clone(), now);
        let report = MetricsReport::new(filled.table.clone(), None, Policy::default(), now);
        let (told_until, rows) = (None, Vec::new());
        let mut actions =
            Self { filled, models, templates, sampler, customers, report, stream, told_until, settings, rows };
        // What filling the table wrote to the stream, if it did.
        actions.told().await?;
        Ok(actions)
    }

    /// Does everything once. Gives what it cost, and how large the items were.
    pub(crate) async fn measure(mut self) -> Result<(Vec<Row>, Sizes), CostsError> {
        self.purchase("new customer", NEWCOMER).await?;
        let entry_bytes = self.purchase("old customer", OLD_CUSTOMER).await?;
        self.hurried().await?;
        self.soon_after().await?;
        self.batch().await?;

        let path = format!("/v1/customers/{}", customer_id(OLD_CUSTOMER)?.as_str());
        self.ask("profile GET", true, Method::GET, &format!("{path}/profile"), &Value::Null).await?;
        let profile_bytes = self.profile_bytes().await?;
        let export =
            self.ask("export, first page", false, Method::GET, &format!("{path}/export"), &Value::Null).await?;
        let entries = export.get("entries").and_then(Value::as_array).map_or(0, Vec::len);

        // Not hot: their requests are as many, but the numbers that they bring have more digits.
        let first = now().day().plus_days(1 - DAYS as i32);
        let report = request(Method::GET, "/v1/report", &Value::Null);
        let report = report.with_query_string_parameters(HashMap::from([("from".to_owned(), vec![first.to_string()])]));
        self.report(format!("report, {DAYS} days"), report).await?;
        for days in [1, DAYS / 3, DAYS] {
            let dashboard = request(Method::GET, "/dashboard", &Value::Null);
            let days_asked = HashMap::from([("days".to_owned(), vec![days.to_string()])]);
            self.report(format!("dashboard, {days} days"), dashboard.with_query_string_parameters(days_asked)).await?;
        }
        let page = format!("/dashboard/customers/{}", customer_id(OLD_CUSTOMER)?.as_str());
        self.report("dashboard, one customer".to_owned(), request(Method::GET, &page, &Value::Null)).await?;

        let before = self.filled.meter.read().0;
        answer(&self.report, request(Method::POST, "/v1/review", &Value::Null)).await?;
        self.row("review, once an hour".to_owned(), false, before);

        Ok((self.rows, Sizes { entry_bytes, profile_bytes, exported_entries: entries }))
    }

    /// One purchase from the attempt to what the customer says of it, each step learned by itself. Gives the size of its entry.
    async fn purchase(&mut self, whose: &str, customer: u64) -> Result<usize, CostsError> {
        let before = self.filled.meter.read().0;
        let id = self.score(&format!("scoring, {whose}"), customer, "measured").await?;
        let entry_bytes = self.filled.meter.item_bytes();
        self.learn(&format!("learning the attempt, {whose}")).await?;
        let path = format!("/v1/customers/{}/attempts/{id}", customer_id(customer)?.as_str());
        let outcome = json!({ "outcome": "proceeded" });
        self.ask(&format!("outcome, {whose}"), true, Method::POST, &format!("{path}/outcome"), &outcome).await?;
        self.learn(&format!("learning the purchase, {whose}")).await?;
        self.row(format!("= decision and purchase, {whose}"), true, before);

        let feedback = json!({ "feedback": "not_me" });
        self.ask(&format!("feedback, {whose}"), true, Method::POST, &format!("{path}/feedback"), &feedback).await?;
        self.learn(&format!("learning a label at a busy merchant, {whose}")).await?;
        Ok(entry_bytes)
    }

    /// An attempt after as many in an hour as are read at most.
    async fn hurried(&mut self) -> Result<(), CostsError> {
        for entry in 0..HURRIED_ATTEMPTS {
            let at = now().plus_ms(-((entry + 1) as i64) * 30_000);
            self.filled.table.put_entry(&self.sampler.scored(Which { customer: HURRIED_CUSTOMER, entry, at })?).await?;
        }
        self.score(&format!("scoring, {HURRIED_ATTEMPTS} attempts in the last hour"), HURRIED_CUSTOMER, "next").await?;
        self.told().await.map(drop)
    }

    /// What most decisions cost: in a process that has looked at the merchant and the policies within the minute.
    async fn soon_after(&mut self) -> Result<(), CostsError> {
        let score = self.process();
        let [first, next] = NEWCOMERS_OF_A_PROCESS;
        Box::pin(decision(&score, first, "measured")).await?;
        let before = self.filled.meter.read().0;
        Box::pin(decision(&score, next, "measured")).await?;
        self.row("scoring, merchant and policies looked at within the minute".to_owned(), true, before);
        self.told().await.map(drop)
    }

    /// A hundred changes of ten customers in one batch.
    async fn batch(&mut self) -> Result<(), CostsError> {
        for customer in BATCH_CUSTOMER..BATCH_CUSTOMER + BATCH_CUSTOMERS {
            for entry in 0..BATCH_CHANGES_EACH {
                let at = now().plus_ms(-(entry as i64) * 1000);
                self.filled.table.put_entry(&self.sampler.imported(Which { customer, entry, at })?).await?;
            }
        }
        let changes = BATCH_CUSTOMERS * BATCH_CHANGES_EACH;
        self.learn(&format!("learning {changes} purchases of {BATCH_CUSTOMERS} customers in one batch")).await
    }

    async fn score(&mut self, name: &str, customer: u64, key: &str) -> Result<String, CostsError> {
        let score = self.process();
        let before = self.filled.meter.read().0;
        let id = Box::pin(decision(&score, customer, key)).await?;
        self.row(name.to_owned(), true, before);
        Ok(id)
    }

    /// A process that has just started: no merchant's record and no policy is in its memory.
    fn process(&self) -> Score<store::Table> {
        let score =
            Score::new(self.filled.table.clone(), Policy::default(), self.models.clone(), self.templates.clone(), now);
        score.with_budgets(PATIENT)
    }

    async fn report(&mut self, name: String, request: Request) -> Result<(), CostsError> {
        let before = self.filled.meter.read().0;
        good(&self.report, request).await?;
        self.row(name, false, before);
        Ok(())
    }

    async fn ask(
        &mut self,
        name: &str,
        hot: bool,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, CostsError> {
        let before = self.filled.meter.read().0;
        let said = answer(&self.customers, request(method, path, body)).await?;
        self.row(name.to_owned(), hot, before);
        Ok(said)
    }

    /// Has the updater learn all that the stream has brought since the last time, in one batch.
    async fn learn(&mut self, name: &str) -> Result<(), CostsError> {
        let records = self.told().await?;
        if records.is_empty() {
            return Err(CostsError::NotLearned);
        }
        let before = self.filled.meter.read().0;
        let response = self.filled.updater.learn(Batch { records }).await.map_err(CostsError::sample)?;
        self.row(name.to_owned(), true, before);
        if response == Response::default() { Ok(()) } else { Err(CostsError::NotLearned) }
    }

    /// What the stream has brought since the last time and the filter lets through.
    async fn told(&mut self) -> Result<Vec<Value>, CostsError> {
        let mut told = Vec::new();
        loop {
            let records = self.stream.read(self.told_until.as_deref(), RECORDS_MAX).await?;
            let Some(last) = records.last() else { return Ok(told) };
            self.told_until = Some(last.sequence_number().to_owned());
            let wanted = records.iter().filter(|record| self.settings.filter.lets_through(record));
            told.extend(wanted.map(Record::json).cloned());
        }
    }

    async fn profile_bytes(&self) -> Result<usize, CostsError> {
        self.filled.table.read_profile(&customer_id(OLD_CUSTOMER)?).await?;
        Ok(self.filled.meter.item_bytes())
    }

    fn row(&mut self, name: String, hot: bool, before: Cost) {
        self.rows.push(Row { name, hot, cost: self.filled.meter.read().0 - before });
    }
}

/// Has an attempt scored that must be recorded. Gives its id.
async fn decision(score: &Score<store::Table>, customer: u64, key: &str) -> Result<String, CostsError> {
    let body = json!({
        "customer_id": customer_id(customer)?.as_str(),
        "idempotency_key": key,
        "amount": { "value": "189.00", "currency": "EUR" },
        "category": "category_03",
        "payment_method": "method_1",
        "merchant_id": BUSY_MERCHANT,
        "occurred_at": now().to_string(),
    });
    let decision = answer(score, request(Method::POST, "/v1/attempts", &body)).await?;
    if decision.get("degraded") != Some(&Value::Bool(false)) || decision.get("recorded") != Some(&Value::Bool(true)) {
        return Err(CostsError::Answer { status: 200, body: decision.to_string() });
    }
    Ok(decision.get("attempt_id").and_then(Value::as_str).unwrap_or_default().to_owned())
}

async fn answer<H: Handler>(handler: &H, request: Request) -> Result<Value, CostsError> {
    let body = good(handler, request).await?;
    serde_json::from_str(&body).map_err(|_| CostsError::Answer { status: 200, body })
}

/// The body of an answer that must be good.
async fn good<H: Handler>(handler: &H, request: Request) -> Result<String, CostsError> {
    let response = ask(handler, request).await;
    let status = response.status().as_u16();
    let body = match response.body() {
        Body::Text(text) => text.clone(),
        other => format!("{other:?}"),
    };
    if status == 200 { Ok(body) } else { Err(CostsError::Answer { status, body }) }
}
