//! The embedded emulator beside Amazon's own: the same requests, answer by answer and record by record.
//!
//! Everything else rests on the embedded one. What it does otherwise is named here, or it is a difference that nobody knew.

use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, DeleteRequest, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update, WriteRequest,
};
use local::client::Client;
use local::trigger::{RecordSource as _, StreamSource};
use serde_json::{Value, json};

use crate::dynamodb::{DynamoDb, elsewhere};

type Item = HashMap<String, AttributeValue>;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: &str) -> AttributeValue {
    AttributeValue::N(number.to_owned())
}

fn key(partition: &str, sort: &str) -> Item {
    [("pk", partition), ("sk", sort)].map(|(name, value)| (name.to_owned(), text(value))).into()
}

fn item(partition: &str, sort: &str, attributes: &[(&str, AttributeValue)]) -> Item {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    key(partition, sort).into_iter().chain(attributes).collect()
}

/// What the error says that the store reads: its code.
fn refusal(error: &impl aws_sdk_dynamodb::error::ProvideErrorMetadata) -> String {
    error.code().unwrap_or("no code").to_owned()
}

/// Does everything that the store does to a table, of each kind at least one that is refused. Gives what was answered.
async fn play(dynamodb: &DynamoDb) -> Vec<String> {
    let (client, table) = (&dynamodb.client, dynamodb.table_name.as_str());
    let mut told = conditions(client, table).await;
    told.extend(transactions(client, table).await);
    told.extend(pages_and_removals(client, table).await);
    told
}

/// Writes with conditions.
async fn conditions(client: &aws_sdk_dynamodb::Client, table: &str) -> Vec<String> {
    let mut told = Vec::new();
    let every_type = [
        ("text", text("ünïcode \u{1f980} \"quoted\"\n")),
        ("small", number("-0.000000000000000000000000000000000000012345")),
        ("large", number("12345678901234567890123456789012345678")),
        ("zeros", number("007.1000")),
        ("exponent", number("1.5E3")),
        ("flag", AttributeValue::Bool(true)),
        ("blob", AttributeValue::B(Blob::new([0, 1, 254, 255]))),
    ];
    let create = |attributes: &[(&str, AttributeValue)]| {
        let put = client.put_item().table_name(table).set_item(Some(item("c#1", "e#1", attributes)));
        put.condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", "pk")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    };
    told.push(format!("{:?}", create(&every_type).send().await.map(drop).map_err(|error| refusal(&error))));
    let again = create(&[("text", text("another"))]).send().await.unwrap_err().into_service_error();
    told.push(refusal(&again));
    if let PutItemError::ConditionalCheckFailedException(failed) = again {
        told.push(sorted(failed.item().unwrap()));
    }

    // Under a revision: made, changed, refused, and accepted without changing anything.
    for (seen, next) in [(None, "1"), (Some("1"), "2"), (Some("1"), "3"), (Some("2"), "2")] {
        let update = client.update_item().table_name(table).set_key(Some(key("c#1", "e#1")));
        let update =
            update.update_expression("SET #revision = :next").expression_attribute_names("#revision", "revision");
        let update = update.expression_attribute_values(":next", number(next));
        let update = match seen {
            None => update,
            Some(seen) => {
                update.condition_expression("#revision = :seen").expression_attribute_values(":seen", number(seen))
            }
        };
        told.push(format!("{:?}", update.send().await.map(drop).map_err(|error| refusal(&error))));
    }
    // The same item once more, as it is: no change, no record.
    let same = item("c#1", "s", &[("flag", AttributeValue::Bool(false))]);
    for _ in 0..2 {
        client.put_item().table_name(table).set_item(Some(same.clone())).send().await.unwrap();
    }

    told
}

/// Transactions: one that is carried out, with items that are new, one of which a part is refused, one on what is there.
async fn transactions(client: &aws_sdk_dynamodb::Client, table: &str) -> Vec<String> {
    let mut told = Vec::new();
    for version in ["0", "0", "1"] {
        let profile = Update::builder().table_name(table).set_key(Some(key("c#1", "p")));
        let profile =
            profile.update_expression("SET #version = :next").expression_attribute_names("#version", "version");
        let profile = match version {
            "0" => profile.condition_expression("attribute_not_exists(#version)"),
            seen => profile.condition_expression("#version = :seen").expression_attribute_values(":seen", number(seen)),
        };
        let profile = profile
            .expression_attribute_values(":next", number(if version == "0" { "1" } else { "2" }))
            .build()
            .unwrap();
        let counters = Update::builder().table_name(table).set_key(Some(key("d#1", "2026-03-14")));
        let counters = counters.update_expression("SET #later = :one ADD #a :one, #b :two REMOVE #old");
        let counters =
            counters.expression_attribute_names("#later", "expires_at").expression_attribute_names("#old", "old");
        let counters =
            counters.expression_attribute_names("#a", "labelled 2026-03-14").expression_attribute_names("#b", "b");
        let counters =
            counters.expression_attribute_values(":one", number("1")).expression_attribute_values(":two", number("-2"));
        let other = Put::builder().table_name(table).set_item(Some(item("c#2", "p", &[("version", number(version))])));
        let writes = client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(profile).build())
            .transact_items(TransactWriteItem::builder().update(counters.build().unwrap()).build())
            .transact_items(TransactWriteItem::builder().put(other.build().unwrap()).build());
        let answer = writes.send().await.map(drop).map_err(aws_sdk_dynamodb::error::SdkError::into_service_error);
        told.push(match answer {
            Err(TransactWriteItemsError::TransactionCanceledException(why)) => {
                let codes = why.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None").to_owned());
                codes.collect::<Vec<_>>().join(", ")
            }
            other => format!("{other:?}"),
        });
    }

    told
}

/// Many items of several customers, then pages of one of them, oldest first and newest first, and their removal.
async fn pages_and_removals(client: &aws_sdk_dynamodb::Client, table: &str) -> Vec<String> {
    let mut told = Vec::new();
    for number in 0..60 {
        let entry = item(&format!("c#{}", number % 3), &format!("e#{number:03}"), &[("v", text(&"x".repeat(500)))]);
        client.put_item().table_name(table).set_item(Some(entry)).send().await.unwrap();
    }
    for forward in [true, false] {
        let mut start = None;
        loop {
            let query = client.query().table_name(table).consistent_read(true).scan_index_forward(forward).limit(7);
            let query = query.key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to");
            let query = query.expression_attribute_names("#pk", "pk").expression_attribute_names("#sk", "sk");
            let query =
                query.expression_attribute_values(":pk", text("c#1")).expression_attribute_values(":from", text("e#"));
            let query = query.expression_attribute_values(":to", text("e$")).projection_expression("#pk, #sk, small");
            let page = query.set_exclusive_start_key(start).send().await.unwrap();
            told.push(page.items().iter().map(sorted).collect());
            start = page.last_evaluated_key;
            told.push(start.as_ref().map_or_else(String::new, sorted));
            if start.is_none() {
                break;
            }
        }
    }
    let delete = |sort: &str| {
        let request = DeleteRequest::builder().set_key(Some(key("c#1", sort))).build().unwrap();
        WriteRequest::builder().delete_request(request).build()
    };
    // One of them is not there: no change, no record.
    let deletes = ["e#1", "e#001", "e#004", "nothing", "s"].map(delete).to_vec();
    let left = client.batch_write_item().request_items(table, deletes).send().await.unwrap().unprocessed_items;
    told.push(format!("{}", left.unwrap_or_default().len()));
    client.delete_item().table_name(table).set_key(Some(key("c#1", "e#007"))).send().await.unwrap();
    told
}

fn sorted(item: &Item) -> String {
    format!("{:?}", item.iter().collect::<BTreeMap<_, _>>())
}

/// Every record of the stream, read a few at a time, without what differs from run to run. Checks what must hold anywhere:
/// numbers rise, each record is of a moment, and what is read by its number is the same.
async fn records(dynamodb: &DynamoDb) -> Vec<Value> {
    let client = Client::new(dynamodb.address());
    let mut source = StreamSource::open(client, &dynamodb.table_name).await.unwrap();
    let (mut read, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = source.read(after.as_deref(), 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.sequence_number().to_owned());
        read.extend(page);
    }
    let numbers: Vec<u128> = read.iter().map(|record| record.sequence_number().parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    let first_again = source.read_between(read[3].sequence_number(), read[9].sequence_number()).await.unwrap();
    assert_eq!(first_again, read[3..=9], "read by number they are the same");
    let normal = |record: &local::trigger::Record| {
        let mut json = record.json().clone();
        for field in ["eventID", "eventVersion", "eventSourceARN", "awsRegion"] {
            let value = json.as_object_mut().unwrap().remove(field);
            assert!(value.as_ref().and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{field}: {value:?}");
        }
        let data = json["dynamodb"].as_object_mut().unwrap();
        data.remove("SequenceNumber");
        // The embedded emulator counts the bytes of the JSON, Amazon's those of the item. Nothing here reads it.
        assert!(data.remove("SizeBytes").is_some_and(|bytes| bytes.as_u64().unwrap() > 0));
        assert!(data.remove("ApproximateCreationDateTime").is_some_and(|seconds| seconds.as_f64().unwrap() > 1.7e9));
        json
    };
    read.iter().map(normal).collect()
}

fn changes_nothing(record: &Value) -> bool {
    record["dynamodb"]["OldImage"] == record["dynamodb"]["NewImage"]
}

#[tokio::test]
#[ignore = "needs Amazon's DynamoDB Local: cargo local dynamodb-local -- cargo test -p local --test local -- --ignored differential"]
async fn both_emulators_answer_alike_and_tell_the_same_story() {
    assert!(elsewhere().is_some(), "run it with `cargo local dynamodb-local`");
    let amazons = DynamoDb::start().await;
    let embedded = DynamoDb::embedded(TcpListener::bind("127.0.0.1:0").unwrap()).await;
    let (expected, answered) = (play(&amazons).await, play(&embedded).await);
    assert_eq!(answered.len(), expected.len());
    for (answered, expected) in answered.iter().zip(&expected) {
        assert_eq!(answered, expected, "the embedded emulator answers otherwise");
    }

    let (expected, mut told) = (records(&amazons).await, records(&embedded).await);
    // "If you perform a PutItem or UpdateItem operation that does not change any data in an item, DynamoDB Streams does not
    // write a stream record for that operation." The embedded emulator does; who learns once does not mind.
    let before = told.len();
    told.retain(|record| !changes_nothing(record));
    assert_eq!((before - told.len(), expected.iter().filter(|record| changes_nothing(record)).count()), (2, 0));
    // One by one first: the first that differs says more than two long lists.
    for (position, (told, expected)) in told.iter().zip(&expected).enumerate() {
        assert_eq!(told, expected, "record {position} of the embedded emulator is another");
    }
    assert_eq!(told.len(), expected.len());
    let names = |name: &str| told.iter().filter(|record| record["eventName"] == json!(name)).count();
    assert!(names("INSERT") > 60 && names("MODIFY") >= 2 && names("REMOVE") == 5, "every kind occurs");
}
