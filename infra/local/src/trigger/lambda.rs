//! The function at the other end: invoked through the Lambda `Invoke` API, as the watcher serves it.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::client::Client;
use crate::processes::Endings;

/// Something that takes a stream event and says what became of it.
pub trait Handler: Send {
    /// Its name, as on-failure records carry it.
    fn name(&self) -> &str;

    /// Invokes it with one event and waits for the answer.
    fn invoke(&self, event: &Value) -> impl Future<Output = Result<Reply, Undelivered>> + Send;
}

/// What a function answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// It returned this.
    Response(Value),
    /// It returned an error, panicked, ended or ran out of time; what was said about it.
    FunctionError(String),
}

impl fmt::Display for Reply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(response) => write!(out, "it answered {response}"),
            Self::FunctionError(message) => write!(out, "{message}"),
        }
    }
}

/// The function was not reached. Unlike an error of the function this says nothing about the records, and uses up none of
/// their retries.
#[derive(Debug, thiserror::Error)]
#[error("the function {function} was not reached: {reason}")]
pub struct Undelivered {
    /// Its name.
    pub function: String,
    /// What stood in the way.
    pub reason: String,
}

/// How many invocations of a function are handed to the watcher at once. It keeps a hundred waiting for each function; with one more it
/// waits for room while it holds the lock that the function needs to make room, and never answers anybody again
/// (cargo-lambda 1.9.2, `RequestCache::upsert`).
const HANDED_OVER_MAX: usize = 64;

/// Where the Lambda API invokes a function.
pub(crate) fn invocations(function: &str) -> String {
    format!("/2015-03-31/functions/{function}/invocations")
}

/// A function behind the watcher.
pub struct LambdaFunction {
    client: Client,
    name: String,
    path: String,
    timeout: Duration,
    endings: Option<Endings>,
    room: Semaphore,
}

impl LambdaFunction {
    /// The function of this name, with this timeout, at the watcher that the client is for.
    pub fn new(client: Client, name: &str, timeout: Duration) -> Self {
        let path = invocations(name);
        // The function's own timeout takes the place of the client's.
        let room = Semaphore::new(HANDED_OVER_MAX);
        Self { client: client.without_timeout(), name: name.to_owned(), path, timeout, endings: None, room }
    }

    /// The same, whose process is known to have ended when this tells so. The watcher waits for the answer of such a process,
    /// where Lambda says at once what became of it.
    #[must_use]
    pub fn with_endings(self, endings: Endings) -> Self {
        Self { endings: Some(endings), ..self }
    }

    /// Returns when its process has ended, with what Lambda says then.
    async fn ended(&self) -> String {
        if let Some(mut endings) = self.endings.clone() {
            endings.mark_unchanged();
            if endings.changed().await.is_ok() {
                let how = endings.borrow().clone().unwrap_or_default();
                return format!("Runtime exited with error: {how}");
            }
        }
        std::future::pending().await
    }

    fn undelivered(&self, reason: String) -> Undelivered {
        Undelivered { function: self.name.clone(), reason }
    }
}

impl Handler for LambdaFunction {
    fn name(&self) -> &str {
        &self.name
    }

    async fn invoke(&self, event: &Value) -> Result<Reply, Undelivered> {
        // Fails only where it was closed, which nobody does. Waiting here is not the function's time.
        let _room = self.room.acquire().await;
        let answer = tokio::select! {
            answer = tokio::time::timeout(self.timeout, self.client.post(&self.path, event)) => answer,
            message = self.ended() => return Ok(Reply::FunctionError(message)),
        };
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.undelivered(error.to_string())),
            // It was invoked, and ended or got stuck. Said as Lambda says it.
            Err(_) => {
                let message = format!("Task timed out after {:.2} seconds", self.timeout.as_secs_f64());
                return Ok(Reply::FunctionError(message));
            }
        };
        match answer.status {
            status if status.is_success() && answer.body.is_empty() => Ok(Reply::Response(Value::Null)),
            status if status.is_success() => Ok(match answer.json() {
                Ok(response) => Reply::Response(response),
                Err(error) => Reply::FunctionError(error.to_string()),
            }),
            // Unknown to the watcher, or throttled.
            status @ (StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS) => {
                Err(self.undelivered(format!("{status} {}", answer.excerpt())))
            }
            _ => Ok(Reply::FunctionError(answer.excerpt())),
        }
    }
}
