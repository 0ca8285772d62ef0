//! Where the records come from: a table's stream, read over the DynamoDB Streams API.
//!
//! Raw JSON over HTTP instead of an SDK: four operations, and what they say goes to the function as it is.

use std::future::Future;

use http::{HeaderName, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Answer, Client, ClientError};
use crate::trigger::record::{Record, RecordError};

/// How many records `GetRecords` gives at most.
pub const RECORDS_MAX: usize = 1000;

/// Where records are read from, in order.
pub trait RecordSource: Send {
    /// The stream's name, as records and checkpoints carry it.
    fn stream_arn(&self) -> &str;

    /// The shard that is read, as on-failure records carry it.
    fn shard_id(&self) -> &str;

    /// Reads up to `limit` records that follow the one with the sequence number `after`, or from the oldest there is.
    fn read(
        &mut self,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Record>, SourceError>> + Send;
}

/// Why the stream could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No answer, or one that is not JSON.
    #[error("reading the stream: {0}")]
    Client(#[from] ClientError),
    /// The service refused.
    #[error("reading the stream: {operation}: {status} {body}")]
    Refused {
        /// The operation.
        operation: &'static str,
        /// The HTTP status.
        status: StatusCode,
        /// What it said.
        body: String,
    },
    /// The table has no stream.
    #[error("the table {0} has no stream")]
    NoStream(String),
    /// The stream does not have exactly one shard, as every stream of the emulator has.
    #[error("the stream {stream_arn} has {shards} shards; this trigger reads one")]
    Shards {
        /// The stream.
        stream_arn: String,
        /// How many it has.
        shards: usize,
    },
    /// A record without what every record has.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The stream of a table.
pub struct StreamSource {
    client: Client,
    stream_arn: String,
    shard_id: String,
    /// The iterator that continues after the record with this sequence number (`None`: from the oldest).
    next: Option<(Option<String>, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListStreams {
    streams: Vec<StreamName>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamName {
    stream_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeStream {
    stream_description: StreamDescription,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamDescription {
    shards: Vec<Shard>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shard {
    shard_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetShardIterator {
    shard_iterator: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetRecords {
    records: Vec<Value>,
    next_shard_iterator: Option<String>,
}

impl StreamSource {
    /// The stream of the table of this name.
    ///
    /// # Errors
    /// [`SourceError`], also if the table has no stream or the stream several shards.
    pub async fn open(client: Client, table: &str) -> Result<Self, SourceError> {
        let list = "DynamoDBStreams_20120810.ListStreams";
        let ListStreams { streams } = call(&client, list, &json!({ "TableName": table })).await?;
        let Some(StreamName { stream_arn }) = streams.into_iter().last() else {
            return Err(SourceError::NoStream(table.to_owned()));
        };
        let describe = "DynamoDBStreams_20120810.DescribeStream";
        let description: DescribeStream = call(&client, describe, &json!({ "StreamArn": stream_arn })).await?;
        let shards = description.stream_description.shards;
        match <[Shard; 1]>::try_from(shards) {
            Ok([Shard { shard_id }]) => Ok(Self { client, stream_arn, shard_id, next: None }),
            Err(shards) => Err(SourceError::Shards { stream_arn, shards: shards.len() }),
        }
    }

    /// Reads the records from one sequence number to another, both included, as far as they are still there.
    ///
    /// # Errors
    /// [`SourceError`] if the stream cannot be read.
    pub async fn read_between(&self, first: &str, last: &str) -> Result<Vec<Record>, SourceError> {
        let mut between = Vec::new();
        let mut iterator = Some(self.iterator("AT_SEQUENCE_NUMBER", Some(first)).await?);
        while let Some(current) = iterator {
            let (records, next) = self.records(&current, RECORDS_MAX).await?;
            let is_end = records.is_empty();
            for record in records {
                if is_after(record.sequence_number(), last) {
                    return Ok(between);
                }
                between.push(record);
            }
            iterator = next.filter(|_| !is_end);
        }
        Ok(between)
    }

    async fn records(&self, iterator: &str, limit: usize) -> Result<(Vec<Record>, Option<String>), SourceError> {
        let request = json!({ "ShardIterator": iterator, "Limit": limit });
        let got: GetRecords = call(&self.client, "DynamoDBStreams_20120810.GetRecords", &request).await?;
        let records: Result<_, RecordError> =
            got.records.into_iter().map(|json| Record::new(json, &self.stream_arn)).collect();
        Ok((records?, got.next_shard_iterator))
    }

    async fn iterator(&self, kind: &str, sequence_number: Option<&str>) -> Result<String, SourceError> {
        let mut request = json!({ "StreamArn": self.stream_arn, "ShardId": self.shard_id, "ShardIteratorType": kind });
        if let (Some(number), Some(fields)) = (sequence_number, request.as_object_mut()) {
            fields.insert("SequenceNumber".to_owned(), number.into());
        }
        let target = "DynamoDBStreams_20120810.GetShardIterator";
        let GetShardIterator { shard_iterator } = call(&self.client, target, &request).await?;
        Ok(shard_iterator)
    }
}

impl RecordSource for StreamSource {
    fn stream_arn(&self) -> &str {
        &self.stream_arn
    }

    fn shard_id(&self) -> &str {
        &self.shard_id
    }

    async fn read(&mut self, after: Option<&str>, limit: usize) -> Result<Vec<Record>, SourceError> {
        // Taken, so that after an error (an iterator lives fifteen minutes in DynamoDB) a new one is asked for.
        let iterator = match self.next.take() {
            Some((position, iterator)) if position.as_deref() == after => iterator,
            _ if after.is_some() => self.iterator("AFTER_SEQUENCE_NUMBER", after).await?,
            _ => self.iterator("TRIM_HORIZON", None).await?,
        };
        let (records, next) = self.records(&iterator, limit).await?;
        let position = records.last().map(Record::sequence_number).or(after).map(str::to_owned);
        self.next = next.map(|iterator| (position, iterator));
        Ok(records)
    }
}

/// Whether a sequence number is the higher one: they are numbers of up to forty digits.
fn is_after(one: &str, other: &str) -> bool {
    (one.len(), one) > (other.len(), other)
}

/// Calls one operation of the streams.
async fn call<T: for<'de> Deserialize<'de>>(
    client: &Client,
    operation: &'static str,
    request: &Value,
) -> Result<T, SourceError> {
    let body = serde_json::to_vec(request).map_err(ClientError::Json)?;
    let answer = ask(client, operation, body).await?;
    if answer.status.is_success() {
        Ok(answer.json()?)
    } else {
        Err(SourceError::Refused { operation, status: answer.status, body: answer.excerpt() })
    }
}

/// Sends a request to an emulator. The signature is a dummy: local emulators ask for one and verify none.
pub(crate) async fn ask(client: &Client, operation: &'static str, body: Vec<u8>) -> Result<Answer, ClientError> {
    const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
    const DATE: HeaderName = HeaderName::from_static("x-amz-date");
    const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=local/20200101/local/dynamodb/aws4_request, \
        SignedHeaders=host;x-amz-date;x-amz-target, Signature=0";
    let headers = [
        (header::CONTENT_TYPE, "application/x-amz-json-1.0"),
        (header::AUTHORIZATION, SIGNATURE),
        (DATE, "20200101T000000Z"),
        (TARGET, operation),
    ];
    client.send(Method::POST, "/", &headers, body.into()).await
}
