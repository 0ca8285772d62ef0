//! The function at the other end: invoked through the Lambda `Invoke` API, as the watcher serves it.

use std::future::Future;

use http::StatusCode;
use serde_json::Value;

use crate::client::{Client, ClientError};

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

/// A function behind the watcher.
pub struct LambdaFunction {
    client: Client,
    name: String,
    path: String,
}

impl LambdaFunction {
    /// The function of this name at the watcher that the client is for.
    pub fn new(client: Client, name: &str) -> Self {
        let path = format!("/2015-03-31/functions/{name}/invocations");
        Self { client, name: name.to_owned(), path }
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
        let answer = match self.client.post(&self.path, event).await {
            Ok(answer) => answer,
            // It was invoked, and ended or got stuck.
            Err(error @ ClientError::TimedOut { .. }) => return Ok(Reply::FunctionError(error.to_string())),
            Err(error) => return Err(self.undelivered(error.to_string())),
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
