//! A record of the stream, as the stream gives it and as the function gets it.

use engine::Hasher;
use engine::time::Instant;
use serde_json::{Value, json};

/// One change of one item.
///
/// `GetRecords` and the Lambda event describe it with the same fields; only the stream's ARN is added on the way. It is
/// kept as JSON, so that whatever the stream says reaches the function unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    json: Value,
    sequence_number: String,
    created_at: Instant,
    bytes: usize,
}

/// Why a stream record could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("a stream record without dynamodb.SequenceNumber or dynamodb.ApproximateCreationDateTime: {0}")]
pub struct RecordError(Value);

impl Record {
    /// Takes a record as `GetRecords` gives it.
    ///
    /// # Errors
    /// [`RecordError`] if it does not say its place in the stream, or when it was made.
    pub fn new(mut json: Value, stream_arn: &str) -> Result<Self, RecordError> {
        let sequence_number = json.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).map(str::to_owned);
        let (Some(sequence_number), Some(created_at)) = (sequence_number, created_at(&json)) else {
            return Err(RecordError(json));
        };
        if let Some(fields) = json.as_object_mut() {
            fields.insert("eventSourceARN".to_owned(), Value::from(stream_arn));
        }
        let bytes = json.to_string().len();
        Ok(Self { json, sequence_number, created_at, bytes })
    }

    /// Its place in the stream.
    pub fn sequence_number(&self) -> &str {
        &self.sequence_number
    }

    /// When the change was made, as finely as the stream says.
    pub fn created_at(&self) -> Instant {
        self.created_at
    }

    /// How much of an event's payload it takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A number made of the item's keys: changes of one item have the same.
    pub fn item_hash(&self) -> u64 {
        let keys = self.json.pointer("/dynamodb/Keys").map(Value::to_string);
        Hasher::new("item of a stream record").text(keys.as_deref().unwrap_or_default()).finish_u64()
    }

    /// The record as JSON.
    pub fn json(&self) -> &Value {
        &self.json
    }
}

/// Seconds since 1970 in the record, with or without a fraction.
fn created_at(json: &Value) -> Option<Instant> {
    let seconds = json.pointer("/dynamodb/ApproximateCreationDateTime")?.as_f64()?;
    Instant::from_epoch_ms((seconds * 1000.0) as i64).ok()
}

/// The event that a function gets for these records.
pub fn event<'a>(records: impl IntoIterator<Item = &'a Record>) -> Value {
    json!({ "Records": records.into_iter().map(Record::json).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(event_name: &str, sort_key: &str) -> Record {
        let json = json!({
            "eventName": event_name,
            "dynamodb": {
                "Keys": { "pk": { "S": "c#1" }, "sk": { "S": sort_key } },
                "SequenceNumber": "1",
                "ApproximateCreationDateTime": 1_700_000_000.25,
            },
        });
        Record::new(json, "arn:stream").unwrap()
    }

    #[test]
    fn a_record_gets_the_arn_and_keeps_the_rest() {
        let event = event(&[record("INSERT", "e#1")]);
        assert_eq!(event.pointer("/Records/0/eventSourceARN"), Some(&json!("arn:stream")));
        assert_eq!(event.pointer("/Records/0/dynamodb/Keys/sk/S"), Some(&json!("e#1")));
    }

    #[test]
    fn a_record_knows_its_place_its_time_and_its_item() {
        let one = record("INSERT", "e#1");
        assert_eq!((one.sequence_number(), one.created_at().epoch_ms()), ("1", 1_700_000_000_250));
        assert_eq!(one.bytes(), one.json().to_string().len());
        assert_eq!(one.item_hash(), record("MODIFY", "e#1").item_hash());
        assert_ne!(one.item_hash(), record("INSERT", "e#2").item_hash());
        for without in ["/dynamodb/SequenceNumber", "/dynamodb/ApproximateCreationDateTime"] {
            let mut json = one.json().clone();
            *json.pointer_mut(without).unwrap() = Value::Null;
            assert!(Record::new(json, "arn:stream").is_err(), "{without}");
        }
    }
}
