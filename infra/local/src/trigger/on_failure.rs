//! Where records go that have failed too often: a file of JSON lines, in place of the mapping's `OnFailure` destination.
//!
//! A line has the shape that Lambda sends to such a destination
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>), with the event in `payload` as it is
//! for an S3 destination: enough to look into the failure and to deliver the record again.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use engine::time::Instant;
use serde_json::{Value, json};

use crate::trigger::lambda::Reply;
use crate::trigger::record::{self, Record};
use edge::clock;

/// The file's name in its folder.
const FILE_NAME: &str = "on-failure.jsonl";

/// The file that records are added to once they are given up.
#[derive(Debug)]
pub struct OnFailure {
    path: PathBuf,
}

/// Why a record could not be put aside.
#[derive(Debug, thiserror::Error)]
#[error("the on-failure file {path}: {source}")]
pub struct OnFailureError {
    path: PathBuf,
    source: io::Error,
}

/// A record that is given up, with what is known about it.
#[derive(Debug)]
pub struct Failure<'a> {
    /// The record.
    pub record: &'a Record,
    /// The stream it came from.
    pub stream_arn: &'a str,
    /// The shard.
    pub shard_id: &'a str,
    /// The function that could not take it.
    pub function: &'a str,
    /// How often it was delivered alone.
    pub deliveries: u32,
    /// What the function said last.
    pub reply: &'a Reply,
}

impl OnFailure {
    /// The file in this folder; made with the first record.
    pub fn new(folder: &Path) -> Self {
        Self { path: folder.join(FILE_NAME) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`OnFailureError`] if it could not be written. The trigger must not go on then: the record would be lost.
    pub fn add(&self, failure: &Failure<'_>) -> Result<(), OnFailureError> {
        let write = || {
            let mut line = serde_json::to_vec(&line(failure))?;
            line.push(b'\n');
            let mut file = File::options().create(true).append(true).open(&self.path)?;
            file.write_all(&line)?;
            file.sync_data()
        };
        write().map_err(|source| OnFailureError { path: self.path.clone(), source })
    }
}

fn line(failure: &Failure<'_>) -> Value {
    let record = failure.record;
    let arrival = record.created_at_s().and_then(|s| Instant::from_epoch_ms((s * 1000.0) as i64).ok());
    let arrival = arrival.map(|instant| instant.to_string());
    let (function_error, response) = match failure.reply {
        Reply::Response(response) => (Value::Null, response.clone()),
        Reply::FunctionError(message) => (Value::from("Unhandled"), Value::from(message.as_str())),
    };
    json!({
        "requestContext": {
            "functionArn": failure.function,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": failure.deliveries,
        },
        "responseContext": { "functionError": function_error, "response": response },
        "version": "1.0",
        "timestamp": clock::system().to_string(),
        "DDBStreamBatchInfo": {
            "shardId": failure.shard_id,
            "startSequenceNumber": record.sequence_number(),
            "endSequenceNumber": record.sequence_number(),
            "approximateArrivalOfFirstRecord": arrival,
            "approximateArrivalOfLastRecord": arrival,
            "batchSize": 1,
            "streamArn": failure.stream_arn,
        },
        "payload": record::event(std::slice::from_ref(record)),
    })
}
