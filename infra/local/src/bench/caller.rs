//! Who asks: by route, as callers of the API do, or a function itself, with the event that API Gateway would make of the request.
//!
//! The one place that knows how a request shows who sends it.

use std::time::Duration;

use edge::access::Scope;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bench::BenchError;
use crate::build::FLOOR;
use crate::client::{Answer, Client};
use crate::stack::{SCORER, Stack};
use crate::trigger::lambda::invocations;

/// The route that scores.
const ATTEMPTS: &str = "/v1/attempts";

/// How an attempt is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the function that scores itself.
    Score,
    /// To the bare function itself.
    Floor,
    /// To the route that scores.
    Route,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::Score, Self::Floor, Self::Route];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Score => SCORER,
            Self::Floor => FLOOR,
            Self::Route => "score by its route",
        }
    }
}

/// An attempt that was answered as it should be.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) elapsed: Duration,
    /// The attempt's id; the bare function gives none.
    pub(super) attempt_id: String,
}

/// What of a decision must be as it should.
#[derive(Debug, Default, Deserialize)]
struct Decision {
    attempt_id: String,
    degraded: bool,
    recorded: bool,
}

/// Sends requests to the stack.
pub(super) struct Caller {
    api: Client,
    lambdas: Client,
}

impl Caller {
    pub(super) fn of(stack: &Stack) -> Result<Self, BenchError> {
        Ok(Self { api: stack.client()?, lambdas: Client::new(stack.lambdas) })
    }

    /// The same, with more patience.
    #[must_use]
    pub(super) fn patient(&self, timeout: Duration) -> Self {
        Self { api: self.api.clone().with_timeout(timeout), lambdas: self.lambdas.clone().with_timeout(timeout) }
    }

    /// Posts to a route, and takes nothing but a 200.
    pub(super) async fn post(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<Answer, BenchError> {
        let answer = self.api.post(path, body).await?;
        if answer.status == StatusCode::OK { Ok(answer) } else { Err(unexpected(path, &answer)) }
    }

    /// Has an attempt answered, and takes nothing but a decision that is recorded and lacks nothing.
    pub(super) async fn ask(&self, way: Way, attempt: &Value) -> Result<Asked, BenchError> {
        match way {
            Way::Route => {
                let answer = self.post(ATTEMPTS, attempt).await?;
                decided(ATTEMPTS, &answer, answer.json()?)
            }
            Way::Score | Way::Floor => {
                let path = invocations(way.name());
                let answer = self.lambdas.post(&path, &event(attempt)).await?;
                let body = body_of(&answer.json()?).ok_or_else(|| unexpected(&path, &answer))?;
                if way == Way::Floor {
                    return Ok(Asked { elapsed: answer.elapsed, attempt_id: String::new() });
                }
                decided(&path, &answer, serde_json::from_str(&body).unwrap_or_default())
            }
        }
    }
}

fn decided(path: &str, answer: &Answer, decision: Decision) -> Result<Asked, BenchError> {
    if decision.recorded && !decision.degraded {
        return Ok(Asked { elapsed: answer.elapsed, attempt_id: decision.attempt_id });
    }
    Err(unexpected(path, answer))
}

fn unexpected(path: &str, answer: &Answer) -> BenchError {
    BenchError::Answer { path: path.to_owned(), status: answer.status, body: answer.excerpt() }
}

/// The event that API Gateway makes of an attempt.
pub(super) fn event(attempt: &Value) -> Value {
    let http = json!({
        "method": "POST", "path": ATTEMPTS, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench",
    });
    json!({
        "version": "2.0",
        "routeKey": format!("POST {ATTEMPTS}"),
        "rawPath": ATTEMPTS,
        "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "requestContext": {
            "authorizer": { "jwt": { "claims": { "scope": Scope::Score.name() } } },
            "http": http, "stage": "$default", "requestId": "bench", "timeEpoch": 0,
        },
        "body": attempt.to_string(),
        "isBase64Encoded": false,
    })
}

/// The body of what a function answers API Gateway, if its status is 200.
pub(super) fn body_of(response: &Value) -> Option<String> {
    let is_good = response.get("statusCode").and_then(Value::as_u64) == Some(200);
    is_good.then(|| response.get("body").and_then(Value::as_str).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[track_caller]
    fn check(body: &Value, expect: Option<&str>) {
        let (status, headers, elapsed) = (StatusCode::OK, HeaderMap::new(), Duration::ZERO);
        let answer = Answer { status, headers, body: body.to_string().into(), elapsed };
        let found = answer.json().map_err(BenchError::from).and_then(|decision| decided("/", &answer, decision));
        assert_eq!(found.ok().map(|asked| asked.attempt_id).as_deref(), expect);
    }

    #[test]
    fn only_a_recorded_decision_that_lacks_nothing_is_a_good_answer() {
        let decision =
            |degraded: bool, recorded: bool| json!({ "attempt_id": "a", "degraded": degraded, "recorded": recorded });
        check(&decision(false, true), Some("a"));
        check(&decision(true, true), None);
        check(&decision(false, false), None);
        check(&json!({ "message": "Not Found" }), None);
    }

    #[test]
    fn only_a_status_of_200_is_a_good_answer() {
        assert_eq!(body_of(&json!({ "statusCode": 200, "body": "{}" })).as_deref(), Some("{}"));
        assert_eq!(body_of(&json!({ "statusCode": 422, "body": "{}" })), None);
        assert_eq!(body_of(&json!({ "errorType": "panic" })), None);
    }
}
