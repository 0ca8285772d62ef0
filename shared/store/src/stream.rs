//! The table's stream: from a record of a Lambda event to the change of an entry that it tells.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::entry::Entry;
use engine::time::Instant;
use serde::Deserialize;
use serde_json::Value;

use crate::image::{Item, json_fault};
use crate::{StoreError, entry_item, keys};

/// What one stream record tells.
#[derive(Debug)]
pub struct Told {
    /// The entry before; `None` when it is new.
    pub before: Option<Entry>,
    /// The entry after.
    pub after: Entry,
    /// When the record was written, by DynamoDB's clock.
    pub at: Instant,
}

/// Why a record tells nothing.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not a DynamoDB stream record as Lambda delivers it.
    #[error("not a stream record: {0}")]
    NotARecord(String),
    /// The image cannot be read; it may be of a newer version.
    #[error(transparent)]
    Image(#[from] StoreError),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    dynamodb: StreamData,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamData {
    approximate_creation_date_time: f64,
    keys: serde_json::Map<String, Value>,
    new_image: Option<serde_json::Map<String, Value>>,
    old_image: Option<serde_json::Map<String, Value>>,
}

/// The sequence number of a record: what Lambda wants to hear of one that failed. `None` if it has none.
pub fn sequence_number(record: &Value) -> Option<&str> {
    record.pointer("/dynamodb/SequenceNumber")?.as_str()
}

/// Reads a record; `Ok(None)` for one that is about something else than an entry being written (a removal, or an item that
/// is no entry), which the template's filter keeps away.
///
/// # Errors
/// [`RecordError`] if it is no record or its images are not entries that this version can read.
pub fn read(record: &Value) -> Result<Option<Told>, RecordError> {
    let record = Record::deserialize(record).map_err(|error| RecordError::NotARecord(json_fault(&error)))?;
    let sort_key = record.dynamodb.keys.get(keys::SORT).and_then(|key| key.get("S")).and_then(Value::as_str);
    let sort_key = sort_key.ok_or_else(|| RecordError::NotARecord("its keys have no sort key".to_owned()))?;
    if !sort_key.starts_with(keys::ENTRY_PREFIX) || record.event_name == "REMOVE" {
        return Ok(None);
    }
    let image = |image: &serde_json::Map<String, Value>| entry_item::from_item(&item_of(sort_key, image)?);
    let missing = |what: &str| RecordError::NotARecord(format!("it has no {what}"));
    let after = record.dynamodb.new_image.as_ref().ok_or_else(|| missing("NewImage")).map(image)??;
    let before = match record.event_name.as_str() {
        "INSERT" => None,
        "MODIFY" => Some(record.dynamodb.old_image.as_ref().ok_or_else(|| missing("OldImage")).map(image)??),
        _ => return Err(RecordError::NotARecord("its eventName is unknown".to_owned())),
    };
    let entry_of = |entry: &Entry| (entry.id, entry.attempt.customer.clone());
    if before.as_ref().is_some_and(|before| entry_of(before) != entry_of(&after)) {
        return Err(RecordError::NotARecord("its images are of two entries".to_owned()));
    }
    let epoch_ms = record.dynamodb.approximate_creation_date_time * 1000.0;
    let at = Instant::from_epoch_ms(epoch_ms as i64).map_err(|error| RecordError::NotARecord(error.to_string()))?;
    Ok(Some(Told { before, after, at }))
}

/// An image in DynamoDB's JSON as the SDK's types. Entries hold strings and numbers only.
fn item_of(sort_key: &str, image: &serde_json::Map<String, Value>) -> Result<Item, StoreError> {
    let attribute = |(name, value): (&String, &Value)| {
        let value = match (value.get("S"), value.get("N")) {
            (Some(Value::String(text)), _) => AttributeValue::S(text.clone()),
            (_, Some(Value::String(number))) => AttributeValue::N(number.clone()),
            _ => {
                let what = format!("`{name}` is neither a string nor a number");
                return Err(StoreError::Damaged { sort_key: sort_key.to_owned(), what });
            }
        };
        Ok((name.clone(), value))
    };
    image.iter().map(attribute).collect()
}
