//! The line of the log that every request leaves: exactly one, whatever became of it.

use std::time::Duration;

use lambda_http::http::StatusCode;

use crate::problem::Problem;

/// How long each part of a decision took.
#[derive(Debug, Default, Clone, Copy)]
pub struct Timing {
    /// Reading the customer and the merchant.
    pub read: Duration,
    /// Comparing and deciding.
    pub engine: Duration,
    /// Recording the entry.
    pub write: Duration,
}

impl Timing {
    /// The same as a `Server-Timing` header.
    pub(crate) fn header(self) -> String {
        let Self { read, engine, write } = self;
        format!("read;dur={:.3}, engine;dur={:.3}, write;dur={:.3}", ms(read), ms(engine), ms(write))
    }
}

/// What the log tells of a decision: by what it was made, and how long that took. Nothing of whom it is about.
#[derive(Debug)]
pub struct DecisionTrace {
    /// The version of the model that scored.
    pub model: String,
    /// The version of the policy that decided.
    pub policy: String,
    /// How long it took.
    pub timing: Timing,
}

/// What became of a request.
#[derive(Debug)]
pub(crate) struct RequestLine<'a> {
    pub(crate) route: &'a str,
    pub(crate) status: StatusCode,
    pub(crate) duration: Duration,
    pub(crate) problem: Option<&'a Problem>,
    pub(crate) decision: Option<&'a DecisionTrace>,
}

impl RequestLine<'_> {
    /// Writes the line: as an error if the fault is Guardian's own.
    pub(crate) fn write(&self) {
        let Self { route, status, duration, problem, decision } = *self;
        let duration_ms = ms(duration);
        let code = problem.map(|problem| problem.code);
        let field = problem.and_then(Problem::field_for_log);
        let cause = problem.and_then(|problem| problem.internal.as_deref());
        let model = decision.map(|decision| decision.model.as_str());
        let policy = decision.map(|decision| decision.policy.as_str());
        let part_ms = |part: fn(Timing) -> Duration| decision.map(|decision| ms(part(decision.timing)));
        let read_ms = part_ms(|timing| timing.read);
        let engine_ms = part_ms(|timing| timing.engine);
        let write_ms = part_ms(|timing| timing.write);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    route,
                    status = status.as_u16(),
                    duration_ms,
                    code,
                    field,
                    cause,
                    model,
                    policy,
                    read_ms,
                    engine_ms,
                    write_ms,
                    "request"
                )
            };
        }
        if status.is_server_error() {
            line!(error);
        } else {
            line!(info);
        }
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
