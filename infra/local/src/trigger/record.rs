//! A record of the stream, as the stream gives it and as the function gets it.

use serde_json::{Value, json};

/// One change of one item.
///
/// `GetRecords` and the Lambda event describe it with the same fields; only the stream's ARN is added on the way. It is
/// kept as JSON, so that whatever the stream says reaches the function unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    json: Value,
    sequence_number: String,
}

/// Why a stream record could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("a stream record without a dynamodb.SequenceNumber: {0}")]
pub struct RecordError(Value);

impl Record {
    /// Takes a record as `GetRecords` gives it.
    ///
    /// # Errors
    /// [`RecordError`] if it has no sequence number.
    pub fn new(mut json: Value, stream_arn: &str) -> Result<Self, RecordError> {
        let Some(sequence_number) = json.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).map(str::to_owned)
        else {
            return Err(RecordError(json));
        };
        if let Some(fields) = json.as_object_mut() {
            fields.insert("eventSourceARN".to_owned(), Value::from(stream_arn));
        }
        Ok(Self { json, sequence_number })
    }

    /// Its place in the stream.
    pub fn sequence_number(&self) -> &str {
        &self.sequence_number
    }

    /// When the change was made, in seconds since 1970, as finely as the stream says.
    pub fn created_at_s(&self) -> Option<f64> {
        self.json.pointer("/dynamodb/ApproximateCreationDateTime")?.as_f64()
    }

    /// The record as JSON.
    pub fn json(&self) -> &Value {
        &self.json
    }
}

/// The event that a function gets for these records.
pub fn event(records: &[Record]) -> Value {
    json!({ "Records": records.iter().map(Record::json).collect::<Vec<_>>() })
}

/// Which records are delivered: a pattern as in `FilterCriteria` of an event source mapping.
///
/// The part of AWS's language that is understood: an object asks for all of its fields, an array for any of its
/// alternatives, an alternative is a string or `{"prefix": "…"}`.
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>)
#[derive(Debug, Clone)]
pub struct Filter(Value);

impl Filter {
    /// A filter of this pattern.
    pub fn new(pattern: Value) -> Self {
        Self(pattern)
    }

    /// The filter of the profile updater, the same as in the template: entries of the timeline that were written. Its own
    /// writes to profiles, merchants and daily metrics have other keys; without the filter it would be invoked for what
    /// it did, for ever.
    pub fn timeline_entries() -> Self {
        Self::new(json!({
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": { "Keys": { "sk": { "S": [{ "prefix": "e#" }] } } },
        }))
    }

    /// The pattern.
    pub fn into_pattern(self) -> Value {
        self.0
    }

    /// Whether a record is delivered.
    pub fn lets_through(&self, record: &Record) -> bool {
        matches(&self.0, Some(record.json()))
    }
}

fn matches(pattern: &Value, found: Option<&Value>) -> bool {
    match pattern {
        Value::Object(fields) => {
            fields.iter().all(|(name, pattern)| matches(pattern, found.and_then(|it| it.get(name))))
        }
        Value::Array(alternatives) => {
            let text = found.and_then(Value::as_str);
            alternatives.iter().any(|alternative| match alternative.get("prefix").and_then(Value::as_str) {
                Some(prefix) => text.is_some_and(|text| text.starts_with(prefix)),
                None => text.is_some() && alternative.as_str() == text,
            })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(event_name: &str, sort_key: &str) -> Record {
        let json = json!({
            "eventName": event_name,
            "dynamodb": { "Keys": { "pk": { "S": "c#1" }, "sk": { "S": sort_key } }, "SequenceNumber": "1" },
        });
        Record::new(json, "arn:stream").unwrap()
    }

    #[track_caller]
    fn check(event_name: &str, sort_key: &str, expect: bool) {
        let record = record(event_name, sort_key);
        assert_eq!(Filter::timeline_entries().lets_through(&record), expect, "{event_name} {sort_key}");
    }

    #[test]
    fn only_written_timeline_entries_are_delivered() {
        check("INSERT", "e#01J", true);
        check("MODIFY", "e#01J", true);
        check("REMOVE", "e#01J", false);
        check("MODIFY", "profile", false);
        check("INSERT", "e", false);
        check("INSERT", "", false);
    }

    #[test]
    fn a_filter_asks_for_fields_that_are_there() {
        let number = Record::new(json!({"dynamodb": {"Keys": {"sk": {"N": "5"}}, "SequenceNumber": "1"}}), "").unwrap();
        assert!(!Filter::timeline_entries().lets_through(&number));
        assert!(Filter::new(json!({})).lets_through(&number));
    }

    #[test]
    fn a_record_gets_the_arn_and_keeps_the_rest() {
        let event = event(&[record("INSERT", "e#1")]);
        assert_eq!(event.pointer("/Records/0/eventSourceARN"), Some(&json!("arn:stream")));
        assert_eq!(event.pointer("/Records/0/dynamodb/Keys/sk/S"), Some(&json!("e#1")));
        assert!(Record::new(json!({"eventName": "INSERT"}), "").is_err());
    }
}
