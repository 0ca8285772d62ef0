//! DynamoDB without a network: the SDK's requests answered by the emulator in the same thread, with faults on the way.
//!
//! Faults are put in here, below the store, rather than around its ports: so its reading of DynamoDB's errors is tried as
//! well, and what goes wrong goes wrong between the requests of one port, too, of which an erasure makes many.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use engine::Hasher;
use serde_json::{Value, json};

use crate::in_process::{self, Exchange, Reply};
use crate::simulation::faults::{Fate, Fault, Faults};
use crate::simulation::stream::Stream;
use crate::simulation::time::{now, wait_ms};

/// The way to the table.
pub(crate) struct Wire {
    database: Database,
    faults: Arc<Faults>,
    stream: Arc<Stream>,
    seen: Mutex<Seen>,
}

/// What went over the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Requests by operation; reads of profiles under a name of their own.
    pub(crate) requests: BTreeMap<String, u64>,
    /// A hash of all requests, in order, with their times and answers: two runs that agree in it did the same.
    pub(crate) trace: u64,
}

impl Wire {
    pub(crate) fn new(database: Database, faults: Arc<Faults>, stream: Arc<Stream>) -> Arc<Self> {
        Arc::new(Self { database, faults, stream, seen: Mutex::new(Seen::default()) })
    }

    /// A client of the SDK whose requests go this way. It does not try again by itself: how long it would wait is drawn from
    /// a source that no seed governs. That a request is sent twice is one of the faults instead.
    pub(crate) fn client(self: &Arc<Self>) -> aws_sdk_dynamodb::Client {
        in_process::client(self)
    }

    /// What went over the wire until now.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does what a request asks.
    fn apply(&self, operation: &str, body: &str) -> Reply {
        let reply = in_process::apply(&self.database, operation, body);
        // Nothing else writes entries. (A removal tells nothing.)
        if matches!(operation, "PutItem" | "UpdateItem") {
            self.stream.pull(&self.database);
        }
        self.note(operation, body, &reply);
        reply
    }

    /// Does half of a batch of writes, and says so.
    fn apply_in_part(&self, operation: &str, body: &str) -> Reply {
        let Ok(mut request) = serde_json::from_str::<Value>(body) else { return self.apply(operation, body) };
        let mut left = serde_json::Map::new();
        for (table, writes) in request.get_mut("RequestItems").and_then(Value::as_object_mut).into_iter().flatten() {
            if let Some(writes) = writes.as_array_mut().filter(|writes| writes.len() > 1) {
                left.insert(table.clone(), Value::Array(writes.split_off(writes.len() / 2)));
            }
        }
        let Reply { status, .. } = self.apply(operation, &request.to_string());
        Reply { status, body: json!({ "UnprocessedItems": left }).to_string() }
    }

    fn note(&self, operation: &str, body: &str, reply: &Reply) {
        let is_profile = operation == "GetItem" && body.contains(r#""sk":{"S":"p"}"#);
        let name = if is_profile { "GetItem (profile)" } else { operation };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.requests.entry(name.to_owned()).or_default() += 1;
        // Of the bodies only the length: the order of attributes in them is that of a hash map.
        let trace = Hasher::new("trace").number(seen.trace).number(now().epoch_ms()).text(operation);
        let trace = trace.number(body.len() as u64).number(u64::from(reply.status)).number(reply.body.len() as u64);
        seen.trace = trace.finish_u64();
    }
}

impl Exchange for Wire {
    async fn exchange(self: Arc<Self>, operation: String, body: String) -> Result<Reply, ConnectorError> {
        // Every conditional write of the store has its condition in the request; a transaction always has one.
        let conditional = operation == "TransactWriteItems" || body.contains("\"ConditionExpression\"");
        let Fate { fault, there_ms, back_ms } = self.faults.fate(&operation, conditional);
        if fault == Some(Fault::TimeoutLate) {
            tokio::spawn(async move {
                wait_ms(there_ms).await;
                self.apply(&operation, &body);
            });
            return Err(timeout());
        }
        wait_ms(there_ms).await;
        match fault {
            Some(Fault::Throttled) => Ok(refusal("ProvisionedThroughputExceededException", "too many requests")),
            Some(Fault::ErrorBefore) => Ok(server_error()),
            Some(Fault::TimeoutBefore) => Err(timeout()),
            Some(Fault::ResetBefore) => Err(reset()),
            Some(Fault::Conflict) => Ok(conflict(&operation, &body)),
            Some(Fault::Unprocessed) => Ok(self.apply_in_part(&operation, &body)),
            Some(Fault::Repeated) => {
                self.apply(&operation, &body);
                wait_ms(back_ms).await;
                Ok(self.apply(&operation, &body))
            }
            _ => {
                let reply = self.apply(&operation, &body);
                wait_ms(back_ms).await;
                match fault {
                    Some(Fault::ErrorAfter) => Ok(server_error()),
                    Some(Fault::TimeoutAfter) => Err(timeout()),
                    Some(Fault::ResetAfter) => Err(reset()),
                    _ => Ok(reply),
                }
            }
        }
    }
}

fn refusal(code: &str, message: &str) -> Reply {
    let body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message });
    Reply { status: 400, body: body.to_string() }
}

fn server_error() -> Reply {
    Reply { status: 500, ..refusal("InternalServerError", "an internal error") }
}

fn timeout() -> ConnectorError {
    ConnectorError::timeout(io::Error::from(io::ErrorKind::TimedOut).into())
}

fn reset() -> ConnectorError {
    ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into())
}

/// What DynamoDB says when a transaction is under way on the same item.
fn conflict(operation: &str, body: &str) -> Reply {
    if operation != "TransactWriteItems" {
        return refusal("TransactionConflictException", "Transaction is ongoing for the item");
    }
    let request: Value = serde_json::from_str(body).unwrap_or_default();
    let items = request.get("TransactItems").and_then(Value::as_array).map_or(1, Vec::len);
    // The profile comes first. What is in the way may be at any of the other items.
    let reason = |position| if position + 1 == items { "TransactionConflict" } else { "None" };
    let reasons: Vec<Value> = (0..items).map(|position| json!({ "Code": reason(position) })).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    let body = json!({ "__type": kind, "Message": "Transaction cancelled", "CancellationReasons": reasons });
    Reply { status: 400, body: body.to_string() }
}
