//! The way to the table with a meter in it: what went over it, and what DynamoDB would charge for that.
//!
//! Below the store and the SDK, so that nothing of the product knows of it: each request is made to ask for
//! `ReturnConsumedCapacity`, and what the answer says is added up.

use std::net::SocketAddr;
use std::ops::{Add, Sub};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use serde::Serialize;
use serde_json::{Value, json};

use crate::client::Client;
use crate::in_process::{self, Exchange, Reply};
use crate::trigger::source;

/// How many items `BatchWriteItem` takes at once.
const BATCH_WRITE_MAX: usize = 25;

/// Where the table is.
#[derive(Clone)]
pub(crate) enum Place {
    /// In this process.
    Here(Database),
    /// Behind an address.
    At(Box<Client>),
}

/// What something cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Requests to the table.
    pub requests: u64,
    /// Read units (of 4 KB, strongly consistent).
    pub read_units: f64,
    /// Write units (of 1 KB).
    pub write_units: f64,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            read_units: self.read_units + other.read_units,
            write_units: self.write_units + other.write_units,
        }
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            read_units: self.read_units - before.read_units,
            write_units: self.write_units - before.write_units,
        }
    }
}

/// The meter.
pub(crate) struct Meter {
    place: Place,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cost: Cost,
    /// Requests whose answer did not say what they cost.
    unmetered: Vec<String>,
    /// The size of the item that was put or got last.
    item_bytes: usize,
    /// Items that were put and are not written yet, if puts are gathered.
    gathered: Option<Vec<Value>>,
}

impl Meter {
    pub(crate) fn new(place: Place) -> Arc<Self> {
        Arc::new(Self { place, state: Mutex::default() })
    }

    /// A client of the SDK whose requests go through the meter.
    pub(crate) fn client(self: &Arc<Self>) -> aws_sdk_dynamodb::Client {
        in_process::client(self)
    }

    /// What all went over the wire until now cost, and the requests that did not say what they cost.
    pub(crate) fn read(&self) -> (Cost, Vec<String>) {
        self.with(|state| (state.cost, state.unmetered.clone()))
    }

    /// The size of the item that was put or got last, as DynamoDB counts it.
    pub(crate) fn item_bytes(&self) -> usize {
        self.with(|state| state.item_bytes)
    }

    /// From now on, items that are put are gathered.
    pub(crate) fn gather(&self) {
        self.with(|state| state.gathered = Some(Vec::new()));
    }

    /// Writes what was gathered, many at once, and gives it.
    pub(crate) async fn write_gathered(&self, table: &str) -> Result<Vec<Value>, String> {
        let items = self.with(|state| state.gathered.take()).unwrap_or_default();
        for items in items.chunks(BATCH_WRITE_MAX) {
            let puts: Vec<Value> = items.iter().map(|item| json!({ "PutRequest": { "Item": item } })).collect();
            let request = json!({ "RequestItems": { table: puts } }).to_string();
            let reply = self.place.ask("BatchWriteItem", &request).await?;
            let done: Value = serde_json::from_str(&reply.body).unwrap_or_default();
            let all =
                done.get("UnprocessedItems").is_none_or(|left| left.as_object().is_none_or(serde_json::Map::is_empty));
            if reply.status != 200 || !all {
                return Err(reply.body);
            }
        }
        Ok(items)
    }

    fn note(&self, operation: &str, reply: &Reply) {
        let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let units = units(&answer);
        self.with(|state| {
            state.cost.requests += 1;
            if let Some(item) = answer.get("Item") {
                state.item_bytes = item_bytes(item);
            }
            match units {
                Some(units) if matches!(operation, "BatchGetItem" | "GetItem" | "Query") => {
                    state.cost.read_units += units;
                }
                Some(units) => state.cost.write_units += units,
                None if is_charged(operation) => state.unmetered.push(format!("{operation}: {}", reply.body)),
                None => {}
            }
        });
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Exchange for Meter {
    async fn exchange(self: Arc<Self>, operation: String, body: String) -> Result<Reply, ConnectorError> {
        let mut request: Value = serde_json::from_str(&body).unwrap_or_default();
        if operation == "PutItem"
            && let Some(item) = request.get_mut("Item").map(Value::take)
        {
            let kept = self.with(|state| {
                state.item_bytes = item_bytes(&item);
                let Some(gathered) = &mut state.gathered else { return Some(item) };
                gathered.push(item);
                None
            });
            let Some(item) = kept else { return Ok(Reply { status: 200, body: "{}".to_owned() }) };
            if let Some(slot) = request.get_mut("Item") {
                *slot = item;
            }
        }
        if let Some(fields) = request.as_object_mut().filter(|_| is_charged(&operation)) {
            fields.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
            // With each transaction the embedded emulator goes through all tokens of the last ten minutes.
            fields.remove("ClientRequestToken");
        }
        let unreachable = |reason: String| ConnectorError::io(std::io::Error::other(reason).into());
        let reply = self.place.ask(&operation, &request.to_string()).await.map_err(unreachable)?;
        self.note(&operation, &reply);
        Ok(reply)
    }
}

impl Place {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self::At(Box::new(Client::new(address)))
    }

    async fn ask(&self, operation: &str, body: &str) -> Result<Reply, String> {
        match self {
            Self::Here(database) => Ok(in_process::apply(database, operation, body)),
            Self::At(client) => {
                let target = target(operation).ok_or_else(|| format!("nobody here knows {operation}"))?;
                let answer = source::ask(client, target, body.as_bytes().to_vec()).await;
                let answer = answer.map_err(|error| error.to_string())?;
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                Ok(Reply { status: answer.status.as_u16(), body })
            }
        }
    }
}

fn target(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "CreateTable" => "DynamoDB_20120810.CreateTable",
        "GetItem" => "DynamoDB_20120810.GetItem",
        "Query" => "DynamoDB_20120810.Query",
        "PutItem" => "DynamoDB_20120810.PutItem",
        "UpdateItem" => "DynamoDB_20120810.UpdateItem",
        "BatchGetItem" => "DynamoDB_20120810.BatchGetItem",
        "BatchWriteItem" => "DynamoDB_20120810.BatchWriteItem",
        "TransactWriteItems" => "DynamoDB_20120810.TransactWriteItems",
        _ => return None,
    })
}

/// Whether DynamoDB charges units for an operation.
fn is_charged(operation: &str) -> bool {
    !matches!(operation, "CreateTable" | "UpdateTable")
}

/// The units that an answer names: of one table, or of several in a batch or transaction.
fn units(answer: &Value) -> Option<f64> {
    let of = |capacity: &Value| capacity.get("CapacityUnits").and_then(Value::as_f64);
    match answer.get("ConsumedCapacity")? {
        Value::Array(tables) => tables.iter().map(of).sum(),
        capacity => of(capacity),
    }
}

/// What an item of texts, numbers, flags and bytes weighs (Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats").
fn item_bytes(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes.map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Value) -> usize {
    let text = |kind: &str| value.get(kind).and_then(Value::as_str);
    match (text("S"), text("N"), text("B")) {
        (Some(text), ..) => text.len(),
        // "approximately (length of attribute name) + (1 byte per two significant digits) + (1 byte)"
        (_, Some(number), _) => {
            let digits = number.bytes().filter(u8::is_ascii_digit).count();
            digits.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
        }
        (.., Some(base64)) => base64.trim_end_matches('=').len() * 3 / 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_weighs_what_the_developer_guide_says() {
        let item = json!({ "pk": { "S": "c#ada" }, "n": { "N": "-1234" }, "b": { "B": "AAH+/w==" }, "flag": { "BOOL": true } });
        assert_eq!(item_bytes(&item), (2 + 5) + (1 + 2 + 1 + 1) + (1 + 4) + (4 + 1));
    }

    #[test]
    fn units_of_one_table_or_several_are_added_up() {
        let one = json!({ "ConsumedCapacity": { "TableName": "t", "CapacityUnits": 0.5 } });
        let several = json!({ "ConsumedCapacity": [{ "CapacityUnits": 4.0 }, { "CapacityUnits": 2.0 }] });
        assert_eq!((units(&one), units(&several), units(&json!({}))), (Some(0.5), Some(6.0), None));
    }
}
