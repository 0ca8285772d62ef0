//! The trigger on a real stream: what it delivers, repeats, gives up, and continues with.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use local::client::Client;
use local::stack::TABLE_NAME;
use local::trigger::pump::drained;
use local::trigger::rules::Retries;
use local::trigger::{
    Checkpoint, Handler, OnFailure, Pump, PumpState, RecordSource, Reply, Settings, StreamSource, Undelivered,
};
use serde_json::{Value, json};

use crate::emulator::{Folder, Table};

type Answer = dyn Fn(&Event) -> Result<Reply, Undelivered> + Send + Sync;

/// A function of the test: answers each event with what `answer` says, and keeps the events.
struct Scripted {
    answer: Box<Answer>,
    events: Arc<Mutex<Vec<Event>>>,
}

/// One invocation, by its place among all, and its records.
#[derive(Debug, Clone)]
struct Event {
    number: usize,
    records: Vec<Value>,
}

impl Event {
    /// The sort keys of the records.
    fn keys(&self) -> Vec<&str> {
        self.records.iter().map(|record| record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap()).collect()
    }

    /// The answer that names the record of this sort key as failed, or success if it is not there.
    fn fail_at(&self, key: &str) -> Reply {
        let failed = self.records.iter().find(|record| record["dynamodb"]["Keys"]["sk"]["S"] == key);
        let failures = failed.map(|record| json!({"itemIdentifier": record["dynamodb"]["SequenceNumber"]}));
        Reply::Response(json!({"batchItemFailures": failures.into_iter().collect::<Vec<_>>()}))
    }
}

impl Handler for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn invoke(&self, event: &Value) -> Result<Reply, Undelivered> {
        let event = {
            let mut events = self.events.lock().unwrap();
            let event = Event { number: events.len(), records: event["Records"].as_array().unwrap().clone() };
            events.push(event.clone());
            event
        };
        (self.answer)(&event)
    }
}

/// Runs the trigger until the stream is drained. Gives what the function saw, and how the trigger stands.
async fn pump(
    table: &Table,
    folder: &Folder,
    answer: impl Fn(&Event) -> Result<Reply, Undelivered> + Send + Sync + 'static,
) -> (Vec<Event>, PumpState) {
    let source = StreamSource::open(Client::new(table.emulator.address()), TABLE_NAME).await.unwrap();
    let checkpoint = Checkpoint::open(Some(folder.path()), source.stream_arn()).unwrap();
    let events = Arc::default();
    let handler = Scripted { answer: Box::new(answer), events: Arc::clone(&events) };
    let settings = Settings {
        poll_pause: Duration::from_millis(5),
        trouble_pause: Duration::from_millis(5),
        retries: Retries { attempts_max: 2, pause: Duration::from_millis(1), pause_max: Duration::from_millis(2) },
        ..Settings::profile_updater()
    };
    let pump = Pump::new(source, handler, settings, checkpoint, OnFailure::new(folder.path()));
    let state = pump.state();
    tokio::select! {
        ended = pump.run() => panic!("{ended:?}"),
        all = tokio::time::timeout(Duration::from_secs(20), drained(state.clone())) => assert!(all.unwrap()),
    }
    let events: Vec<Event> = events.lock().unwrap().clone();
    (events, state.borrow().clone())
}

fn keys(events: &[Event]) -> Vec<Vec<&str>> {
    events.iter().map(Event::keys).collect()
}

async fn put_entries(table: &Table, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        table.put(&format!("e#{number}"), "new").await;
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a scripted answer")]
fn success(_: &Event) -> Result<Reply, Undelivered> {
    Ok(Reply::Response(json!({"batchItemFailures": []})))
}

#[tokio::test]
async fn an_event_has_what_lambda_gives_it_and_removals_and_other_items_are_filtered_out() {
    let (table, folder) = (Table::start(None).await, Folder::new("shape"));
    table.put("e#1", "one").await;
    table.put("e#1", "two").await;
    table.put("p", "a profile").await;
    table.delete("e#1").await;
    let (events, state) = pump(&table, &folder, success).await;

    let records: Vec<&Value> = events.iter().flat_map(|event| &event.records).collect();
    let [insert, modify] = records[..] else { panic!("{records:?}") };
    assert_eq!(insert["eventName"], "INSERT");
    assert_eq!(insert["dynamodb"]["NewImage"]["v"]["S"], "one");
    assert_eq!(insert["dynamodb"].get("OldImage"), None);
    assert_eq!(modify["eventName"], "MODIFY");
    assert_eq!(modify["dynamodb"]["OldImage"]["v"]["S"], "one");
    assert_eq!(modify["dynamodb"]["NewImage"]["v"]["S"], "two");
    for record in [insert, modify] {
        assert_eq!(record["eventSource"], "aws:dynamodb");
        assert_eq!(record["dynamodb"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
        for field in ["eventID", "eventVersion", "awsRegion", "eventSourceARN"] {
            assert!(record[field].as_str().is_some_and(|text| !text.is_empty()), "{field} in {record}");
        }
        for field in ["ApproximateCreationDateTime", "SizeBytes"] {
            assert!(record["dynamodb"][field].as_f64().is_some_and(|number| number > 0.0), "{field} in {record}");
        }
        assert!(record["dynamodb"]["SequenceNumber"].is_string());
    }
    assert_ne!(insert["eventID"], modify["eventID"]);
    assert_eq!((state.applied, state.given_up, state.iterator_age_ms), (2, 0, 0));
}

#[tokio::test]
async fn a_partial_failure_is_replayed_from_the_failed_record_on() {
    let (table, folder) = (Table::start(None).await, Folder::new("partial"));
    put_entries(&table, 1..=5).await;
    let (events, state) = pump(&table, &folder, |event| match event.number {
        0 => Ok(event.fail_at("e#3")),
        _ => success(event),
    })
    .await;
    assert_eq!(keys(&events), [vec!["e#1", "e#2", "e#3", "e#4", "e#5"], vec!["e#3", "e#4", "e#5"]]);
    assert_eq!((state.applied, state.given_up), (5, 0));
}

#[tokio::test]
async fn a_poison_record_is_isolated_put_aside_and_passed() {
    let (table, folder) = (Table::start(None).await, Folder::new("poison"));
    put_entries(&table, 1..=4).await;
    let (events, state) = pump(&table, &folder, |event| Ok(event.fail_at("e#2"))).await;
    assert_eq!(
        keys(&events),
        [
            vec!["e#1", "e#2", "e#3", "e#4"],
            vec!["e#2", "e#3", "e#4"],
            vec!["e#2", "e#3"],
            vec!["e#2"],
            vec!["e#2"],
            vec!["e#2"],
            vec!["e#3"],
            vec!["e#4"],
        ]
    );
    assert_eq!((state.applied, state.given_up), (3, 1));

    let lines = std::fs::read_to_string(folder.path().join("on-failure.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(line["payload"]["Records"][0]["dynamodb"]["Keys"]["sk"]["S"], "e#2");
    assert_eq!(line["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(line["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(
        line["DDBStreamBatchInfo"]["startSequenceNumber"],
        line["payload"]["Records"][0]["dynamodb"]["SequenceNumber"]
    );
}

#[tokio::test]
async fn a_function_error_halves_the_batch() {
    let (table, folder) = (Table::start(None).await, Folder::new("error"));
    put_entries(&table, 1..=3).await;
    let (events, state) = pump(&table, &folder, |event| match event.number {
        0 | 1 => Ok(Reply::FunctionError("out of memory".to_owned())),
        _ => success(event),
    })
    .await;
    assert_eq!(keys(&events), [vec!["e#1", "e#2", "e#3"], vec!["e#1", "e#2"], vec!["e#1"], vec!["e#2"], vec!["e#3"]]);
    assert_eq!((state.applied, state.given_up), (3, 0));
}

#[tokio::test]
async fn a_function_that_is_not_reached_costs_no_retry() {
    let (table, folder) = (Table::start(None).await, Folder::new("unreached"));
    put_entries(&table, 1..=2).await;
    let (events, state) = pump(&table, &folder, |event| match event.number {
        0..10 => Err(Undelivered { function: "scripted".to_owned(), reason: "not up yet".to_owned() }),
        _ => success(event),
    })
    .await;
    assert_eq!(events.len(), 11);
    assert!(events.iter().all(|event| event.keys() == ["e#1", "e#2"]));
    assert_eq!((state.applied, state.given_up, state.trouble), (2, 0, None));
}

#[tokio::test]
async fn a_restart_continues_after_the_checkpoint() {
    let (table, folder) = (Table::start(None).await, Folder::new("restart"));
    put_entries(&table, 1..=2).await;
    pump(&table, &folder, success).await;
    put_entries(&table, 3..=4).await;
    let (events, _) = pump(&table, &folder, success).await;
    assert_eq!(keys(&events).concat(), ["e#3", "e#4"]);

    // The checkpoint of a table that is no more says nothing about the next.
    let next = Table::start(None).await;
    next.put("e#9", "new").await;
    let (events, _) = pump(&next, &folder, success).await;
    assert_eq!(keys(&events).concat(), ["e#9"]);
}

#[tokio::test]
async fn a_crash_in_the_middle_of_a_batch_loses_nothing() {
    let (table, folder) = (Table::start(None).await, Folder::new("crash"));
    put_entries(&table, 1..=5).await;
    let source = StreamSource::open(Client::new(table.emulator.address()), TABLE_NAME).await.unwrap();
    let checkpoint = Checkpoint::open(Some(folder.path()), source.stream_arn()).unwrap();
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let handler = Scripted {
        // The first two are applied, the third never stops failing.
        answer: Box::new(|event| match event.number {
            0 => Ok(event.fail_at("e#3")),
            _ => Err(Undelivered { function: "scripted".to_owned(), reason: "crashed".to_owned() }),
        }),
        events: Arc::clone(&events),
    };
    let pump_cut_off =
        Pump::new(source, handler, Settings::profile_updater(), checkpoint, OnFailure::new(folder.path()));
    let mut state = pump_cut_off.state();
    tokio::select! {
        ended = pump_cut_off.run() => panic!("{ended:?}"),
        _ = state.wait_for(|state| state.trouble.is_some()) => (),
    }
    let (events, state) = pump(&table, &folder, success).await;
    assert_eq!(keys(&events).concat(), ["e#3", "e#4", "e#5"]);
    assert_eq!(state.applied, 3);
}

#[tokio::test]
async fn more_than_a_batch_is_delivered_once_and_in_order() {
    let (table, folder) = (Table::start(None).await, Folder::new("many"));
    for number in 0..250 {
        table.put(&format!("e#{number}"), "new").await;
    }
    let (events, state) = pump(&table, &folder, success).await;
    let expected: Vec<String> = (0..250).map(|number| format!("e#{number}")).collect();
    assert_eq!(keys(&events).concat(), expected);
    assert!(events.iter().all(|event| event.records.len() <= 100));
    assert_eq!(state.applied, 250);
}

#[tokio::test]
async fn a_stream_that_is_gone_is_trouble_not_an_end() {
    let (table, folder) = (Table::start(None).await, Folder::new("gone"));
    let source = StreamSource::open(Client::new(table.emulator.address()), TABLE_NAME).await.unwrap();
    let checkpoint = Checkpoint::open(Some(folder.path()), source.stream_arn()).unwrap();
    let handler = Scripted { answer: Box::new(success), events: Arc::default() };
    table.client.delete_table().table_name(TABLE_NAME).send().await.unwrap();
    let pump = Pump::new(source, handler, Settings::profile_updater(), checkpoint, OnFailure::new(folder.path()));
    let mut state = pump.state();
    tokio::select! {
        ended = pump.run() => panic!("{ended:?}"),
        changed = state.wait_for(|state| state.trouble.is_some()) => {
            assert!(changed.unwrap().trouble.as_ref().unwrap().contains("ResourceNotFoundException"));
        }
    }
}
