//! A request as a text of two parts, so that seeds can be read and written by hand: `METHOD PATH?QUERY`, then the body.

use edge::access::Caller;
use edge::http::{Handler, request, respond};
use engine::message::Templates;
use engine::policy::Policy;
use engine::score::Models;
use lambda_http::Body;
use serde_json::{Value, json};

use crate::memory::Memory;
use crate::{block_on, now};

/// The text of an event of API Gateway.
pub fn text_of(event: &Value) -> String {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (method, path, query) = (text("/requestContext/http/method"), text("/rawPath"), text("/rawQueryString"));
    let question_mark = if query.is_empty() { "" } else { "?" };
    format!("{method} {path}{question_mark}{query}\n{}", text("/body"))
}

/// The event that API Gateway makes of such a text. It brings bodies that are no text in base64, and what is no method it
/// answers itself: `None`.
pub fn event_of(data: &[u8]) -> Option<Value> {
    let (head, body) = data.split_at_checked(data.iter().position(|byte| *byte == b'\n')?)?;
    let (method, target) = std::str::from_utf8(head).ok()?.split_once(' ')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if !["GET", "POST", "PUT", "DELETE", "PATCH"].contains(&method) || !path.starts_with('/') {
        return None;
    }
    let body = std::str::from_utf8(body.get(1..)?).ok()?;
    Some(json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": { "host": "api.example.com" },
        "requestContext": {
            "domainName": "api.example.com",
            "http": { "method": method, "path": path },
            "requestId": "fuzz",
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": false,
    }))
}

/// What a caller receives.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// The longest problem a caller may get, in bytes: whatever they send, little of it comes back.
pub const PROBLEM_BYTES_MAX: usize = 1024;

impl Answer {
    /// Panics unless this is what a caller may get: a good answer, or a problem that says which.
    ///
    /// # Panics
    /// That is what it is for.
    pub fn check(&self) {
        if (200..300).contains(&self.status) {
            assert!(self.content_type == "application/json" || self.content_type.starts_with("text/html"), "{self:?}");
            return;
        }
        assert!((400..500).contains(&self.status), "{self:?}");
        if self.content_type.starts_with("text/html") {
            // Who asks for a page is told on one.
            assert!(self.body.starts_with("<!DOCTYPE html>"), "{self:?}");
            return;
        }
        assert_eq!(self.content_type, "application/problem+json", "{self:?}");
        assert!(self.body.len() <= PROBLEM_BYTES_MAX, "{} bytes: {self:?}", self.body.len());
        let problem = self.json();
        let text = |name: &str| problem[name].as_str().unwrap_or_default();
        let stable = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
        assert!(!text("code").is_empty() && text("code").bytes().all(stable), "{self:?}");
        assert!(!text("detail").is_empty() && text("request_id") == "fuzz", "{self:?}");
        assert_eq!(problem["status"], self.status, "{self:?}");
        // What is wrong with a field is said with the field, and what would have been right.
        assert_eq!(self.status == 400, problem["field"].is_string() && !text("expected").is_empty(), "{self:?}");
        assert!(!self.body.chars().any(char::is_control), "{self:?}");
    }

    /// Panics unless the numbers of this decision are what they are said to be.
    ///
    /// # Panics
    /// That is what it is for.
    pub fn check_decision(&self) {
        assert_eq!(self.status, 200, "{self:?}");
        let decision = self.json();
        let within = |value: &Value, range: std::ops::RangeInclusive<f64>| {
            assert!(value.as_f64().is_some_and(|number| range.contains(&number)), "{value} in {decision:#}");
        };
        within(&decision["risk_score"], 0.0..=1.0);
        within(&decision["p_value"], 0.0..=1.0);
        for nats in decision["deviations"].as_object().into_iter().flat_map(|deviations| deviations.values()) {
            within(nats, 0.0..=f64::MAX);
        }
        for reason in decision["reasons"].as_array().into_iter().flatten() {
            within(&reason["contribution"], f64::MIN..=f64::MAX);
        }
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The three functions that answer HTTP, over one table.
pub struct Functions {
    score: score::Score<Memory>,
    customers: customers::Customers<Memory>,
    report: metrics_report::MetricsReport<Memory>,
}

impl Functions {
    /// The functions over this table, scoring with the models compiled in.
    ///
    /// # Panics
    /// If the models compiled in cannot be read.
    pub fn new(table: &Memory) -> Self {
        let models = Models::compiled_in().expect("the models compiled in");
        Self {
            score: score::Score::new(
                table.clone(),
                Policy::default(),
                models,
                Templates::compiled_in().expect("the templates compiled in"),
                now,
            ),
            customers: customers::Customers::new(table.clone(), now),
            report: metrics_report::MetricsReport::new(table.clone(), None, Policy::default(), now),
        }
    }

    /// Lets the function that a path belongs to answer an event; every other path belongs to all of them.
    ///
    /// # Panics
    /// If the event is none.
    pub fn answer(&self, event: &Value) -> Vec<Answer> {
        let path = event["rawPath"].as_str().unwrap_or_default();
        if path.starts_with("/v1/attempts") {
            vec![answer(&self.score, event)]
        } else if path.starts_with("/v1/customers") {
            vec![answer(&self.customers, event)]
        } else if path.starts_with("/v1/report") || path.starts_with("/dashboard") {
            vec![answer(&self.report, event)]
        } else {
            vec![answer(&self.score, event), answer(&self.customers, event), answer(&self.report, event)]
        }
    }
}

fn answer<H: Handler>(handler: &H, event: &Value) -> Answer {
    let event = serde_json::from_str(&event.to_string()).expect("an event of API Gateway");
    let response = block_on(respond(handler, &Caller::Iam, request(event)));
    let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    let body = match response.body() {
        Body::Text(text) => text.clone(),
        other => panic!("an answer that is no text: {other:?}"),
    };
    let content_type = content_type.unwrap_or_default().to_owned();
    Answer { status: response.status().as_u16(), content_type, body }
}
