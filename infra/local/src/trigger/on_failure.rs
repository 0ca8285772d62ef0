//! Where records go that are given up: a queue in a file, in place of the mapping's `OnFailure` destination.
//!
//! A message has the shape that Lambda sends to SQS and SNS
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>): where the records lie in the stream, not
//! the records. Each is a line of JSON. `cargo local redrive` takes them from the queue ([`crate::trigger::redrive`]).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use engine::time::Instant;
use serde::{Deserialize, Serialize};

use crate::trigger::lambda::Reply;
use crate::trigger::shard::Loss;

/// The file's name in its folder.
const FILE_NAME: &str = "on-failure.jsonl";

/// What is locked while the file changes: the file itself is replaced.
const LOCK_NAME: &str = "on-failure.lock";

/// What is said of records that are given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// About the invocations.
    pub request_context: RequestContext,
    /// About the last answer; `None` if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_context: Option<ResponseContext>,
    /// Of this format: `1.0`.
    pub version: String,
    /// When the records were given up, in RFC 3339.
    pub timestamp: String,
    /// Where the records are.
    #[serde(rename = "DDBStreamBatchInfo")]
    pub batch: BatchInfo,
}

/// About the invocations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// Tells this message from every other.
    pub request_id: String,
    /// The function that could not take the records.
    pub function_arn: String,
    /// Why they were given up: `RetryAttemptsExhausted` or `RecordAgeExceeded`.
    pub condition: String,
    /// How often they were delivered, about.
    pub approximate_invoke_count: u32,
}

/// About the last answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseContext {
    /// That of the Lambda API, not of the function: 200.
    pub status_code: u16,
    /// Which version of the function it was.
    pub executed_version: String,
    /// `Unhandled` if the function returned no response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_error: Option<String>,
}

/// Where records are in a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchInfo {
    /// The shard.
    pub shard_id: String,
    /// The first record.
    pub start_sequence_number: String,
    /// The last record.
    pub end_sequence_number: String,
    /// When the first was written, in RFC 3339.
    pub approximate_arrival_of_first_record: String,
    /// When the last was written, in RFC 3339.
    pub approximate_arrival_of_last_record: String,
    /// How many records there are. Between the first and the last there may be others, which the filter held back or which
    /// were in another batch.
    pub batch_size: usize,
    /// The stream.
    pub stream_arn: String,
}

impl Message {
    pub(crate) fn new(loss: &Loss, function: &str, stream_arn: &str, shard_id: &str, now: Instant) -> Self {
        let of_last = |text: fn(&crate::trigger::Record) -> String| loss.records.last().map(text).unwrap_or_default();
        let of_first = |text: fn(&crate::trigger::Record) -> String| loss.records.first().map(text).unwrap_or_default();
        let (start, end) = (of_first(|it| it.sequence_number().into()), of_last(|it| it.sequence_number().into()));
        let response_context = loss.reply.as_ref().map(|reply| ResponseContext {
            status_code: 200,
            executed_version: "$LATEST".to_owned(),
            function_error: matches!(reply, Reply::FunctionError(_)).then(|| "Unhandled".to_owned()),
        });
        Self {
            request_context: RequestContext {
                request_id: format!("{start}-{end}-{}", now.epoch_ms()),
                function_arn: format!("arn:aws:lambda:local:000000000000:function:{function}"),
                condition: loss.discarded.condition.as_str().to_owned(),
                approximate_invoke_count: loss.discarded.invocations,
            },
            response_context,
            version: "1.0".to_owned(),
            timestamp: now.to_string(),
            batch: BatchInfo {
                shard_id: shard_id.to_owned(),
                start_sequence_number: start,
                end_sequence_number: end,
                approximate_arrival_of_first_record: of_first(|it| it.created_at().to_string()),
                approximate_arrival_of_last_record: of_last(|it| it.created_at().to_string()),
                batch_size: loss.records.len(),
                stream_arn: stream_arn.to_owned(),
            },
        }
    }
}

/// The queue of what is given up. The trigger may add to it while somebody takes from it.
#[derive(Debug)]
pub struct OnFailure {
    folder: PathBuf,
    path: PathBuf,
}

/// Why the queue could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the on-failure queue {path}: {source}")]
pub struct OnFailureError {
    path: PathBuf,
    source: io::Error,
}

impl OnFailure {
    /// The queue in this folder; its file is made with the first message.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), path: folder.join(FILE_NAME) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a message.
    ///
    /// # Errors
    /// [`OnFailureError`] if it could not be written. The trigger must not go on then: the records would be lost.
    pub fn add(&self, message: &Message) -> Result<(), OnFailureError> {
        self.locked(|| {
            let mut line = serde_json::to_vec(message)?;
            line.push(b'\n');
            let mut file = File::options().create(true).append(true).open(&self.path)?;
            file.write_all(&line)?;
            file.sync_data()
        })
    }

    /// The messages, the oldest first.
    ///
    /// # Errors
    /// [`OnFailureError`] if the file cannot be read, or a line of it is no message.
    pub fn messages(&self) -> Result<Vec<Message>, OnFailureError> {
        self.locked(|| self.lines()?.iter().map(|line| Ok(serde_json::from_str(line)?)).collect())
    }

    /// Takes a message away, by its request id.
    ///
    /// # Errors
    /// [`OnFailureError`] if the file cannot be read or written. It is then as it was.
    pub fn remove(&self, message: &Message) -> Result<(), OnFailureError> {
        self.locked(|| {
            let mut kept = String::new();
            for line in self.lines()? {
                let other: Message = serde_json::from_str(&line)?;
                if other.request_context.request_id != message.request_context.request_id {
                    kept += &line;
                    kept.push('\n');
                }
            }
            let aside = self.path.with_extension("new");
            fs::write(&aside, kept)?;
            fs::rename(&aside, &self.path)
        })
    }

    /// Takes everything away: what the messages point to is gone.
    ///
    /// # Errors
    /// [`OnFailureError`] if the file cannot be removed.
    pub fn clear(&self) -> Result<(), OnFailureError> {
        self.locked(|| match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
    }

    fn lines(&self) -> io::Result<Vec<String>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Does something while nobody else changes the queue. The lock goes with the file that holds it.
    fn locked<T>(&self, work: impl FnOnce() -> io::Result<T>) -> Result<T, OnFailureError> {
        let lock = || {
            let lock = File::options().create(true).append(true).open(self.folder.join(LOCK_NAME))?;
            lock.lock()?;
            let done = work();
            drop(lock);
            done
        };
        lock().map_err(|source| OnFailureError { path: self.path.clone(), source })
    }
}
