//! The trigger on a real stream: what it delivers, repeats, gives up, and continues with.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge::clock;
use local::trigger::pump::drained;
use local::trigger::redrive::{Redriven, redrive};
use local::trigger::rules::Rules;
use local::trigger::{
    Checkpoint, Handler, LambdaFunction, Log, OnFailure, Pump, PumpState, RecordSource, Reply, Settings, Undelivered,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
    let source = table.stream().await;
    let checkpoint = Checkpoint::open(Some(folder.path()), source.stream_arn()).unwrap();
    let events = Arc::default();
    let handler = Scripted { answer: Box::new(answer), events: Arc::clone(&events) };
    let pump = Pump::new(source, handler, settings(), checkpoint, Box::new(clock::system))
        .with_on_failure(OnFailure::new(folder.path()));
    let state = pump.state();
    tokio::select! {
        ended = pump.run() => panic!("{ended:?}"),
        all = tokio::time::timeout(Duration::from_secs(20), drained(state.clone())) => assert!(all.unwrap()),
    }
    let events: Vec<Event> = events.lock().unwrap().clone();
    (events, state.borrow().clone())
}

/// The settings of the template, for somebody who waits.
fn settings() -> Settings {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let settings = Settings::of_workspace(&workspace, "profile-updater").unwrap().in_a_hurry();
    Settings { rules: Rules { retries_max: Some(2), ..settings.rules }, ..settings }
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
    let (table, folder) = (Table::start().await, Folder::new("shape"));
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
async fn a_poison_record_is_isolated_put_aside_and_passed() {
    let (table, folder) = (Table::start().await, Folder::new("poison"));
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

    let messages = OnFailure::new(folder.path()).messages().unwrap();
    let [message] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!(message.request_context.condition, "RetryAttemptsExhausted");
    assert_eq!(message.request_context.approximate_invoke_count, 3);
    assert_eq!(message.batch.start_sequence_number, events[1].records[0]["dynamodb"]["SequenceNumber"]);
}

/// Plays back the queue. Gives what the function saw, and what became of each message.
async fn play_back(
    table: &Table,
    queue: &OnFailure,
    answer: impl Fn(&Event) -> Result<Reply, Undelivered> + Send + Sync + 'static,
) -> (Vec<Event>, Vec<Redriven>) {
    let mut source = table.stream().await;
    let events = Arc::default();
    let handler = Scripted { answer: Box::new(answer), events: Arc::clone(&events) };
    let mut told = Vec::new();
    let tell = |_: &_, redriven: &Redriven| told.push(redriven.clone());
    let _ = redrive(queue, &mut source, &handler, &settings(), tell).await;
    let events = events.lock().unwrap().clone();
    (events, told)
}

#[tokio::test]
async fn what_was_given_up_is_played_back_from_the_stream_until_it_is_taken() {
    let (table, folder) = (Table::start().await, Folder::new("redrive"));
    put_entries(&table, 1..=4).await;
    let poison = |event: &Event| match event.keys()[..] {
        ["e#2"] => Ok(event.fail_at("e#2")),
        ["e#4"] => Ok(event.fail_at("e#4")),
        _ => Ok(Reply::FunctionError("one of these".to_owned())),
    };
    let (_, state) = pump(&table, &folder, poison).await;
    assert_eq!(state.given_up, 4, "alone, the other two fail as well");
    // Writes that the filter holds back lie between the records, and after them.
    table.put("p", "a profile").await;
    let queue = OnFailure::new(folder.path());

    // Nothing is lost while the function is not there.
    let gone = |_: &Event| Err(Undelivered { function: "scripted".to_owned(), reason: "not up".to_owned() });
    let (_, told) = play_back(&table, &queue, gone).await;
    assert_eq!((told.len(), queue.messages().unwrap().len()), (0, 4));

    // What fails again stays, and only that.
    let (events, told) = play_back(&table, &queue, |event| Ok(event.fail_at("e#2"))).await;
    assert_eq!(keys(&events), [["e#1"], ["e#2"], ["e#3"], ["e#4"]]);
    let [Redriven::Taken(1), Redriven::Kept(reason), Redriven::Taken(1), Redriven::Taken(1)] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(reason.contains("failed again"), "{reason}");

    let (events, told) = play_back(&table, &queue, success).await;
    assert_eq!((keys(&events), told), (vec![vec!["e#2"]], vec![Redriven::Taken(1)]));
    assert_eq!(queue.messages().unwrap(), []);
}

#[tokio::test]
async fn a_message_whose_records_are_gone_is_kept_and_says_so() {
    let (table, folder) = (Table::start().await, Folder::new("redrive-gone"));
    put_entries(&table, 1..=1).await;
    pump(&table, &folder, |_| Ok(Reply::FunctionError("no".to_owned()))).await;
    let queue = OnFailure::new(folder.path());
    let mut message = queue.messages().unwrap().remove(0);
    queue.clear().unwrap();
    message.batch.batch_size = 2;
    queue.add(&message).unwrap();
    let (events, told) = play_back(&table, &queue, success).await;
    assert_eq!((events.len(), told), (0, vec![Redriven::Kept("the stream has 1 of its 2 records left".to_owned())]));

    let other = Table::start().await;
    let (events, told) = play_back(&other, &queue, success).await;
    assert_eq!((events.len(), queue.messages().unwrap().len()), (0, 1));
    assert!(
        matches!(&told[..], [Redriven::Kept(reason)] if reason.contains("not the one that is running")),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_log_has_a_line_for_each_invocation() {
    let (table, folder) = (Table::start().await, Folder::new("log"));
    put_entries(&table, 1..=2).await;
    let source = table.stream().await;
    let checkpoint = Checkpoint::open(None, source.stream_arn()).unwrap();
    let answer = |event: &Event| if event.number == 0 { Ok(event.fail_at("e#2")) } else { success(event) };
    let handler = Scripted { answer: Box::new(answer), events: Arc::default() };
    let pump = Pump::new(source, handler, settings(), checkpoint, Box::new(clock::system))
        .with_log(Log::in_folder(folder.path()).unwrap());
    let state = pump.state();
    tokio::select! {
        ended = pump.run() => panic!("{ended:?}"),
        all = drained(state) => assert!(all),
    }
    let log = std::fs::read_to_string(folder.path().join("stream-trigger.log")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<_> = lines.iter().map(|line| (line["records"].as_u64(), line["outcome"].as_str())).collect();
    assert_eq!(outcomes, [(Some(2), Some("failed from record 1 of the batch on")), (Some(1), Some("applied"))]);
    assert!(lines.iter().all(|line| line["iterator_age_ms"].is_u64()));
}

#[tokio::test]
async fn a_restart_continues_after_the_checkpoint() {
    let (table, folder) = (Table::start().await, Folder::new("restart"));
    put_entries(&table, 1..=2).await;
    pump(&table, &folder, success).await;
    put_entries(&table, 3..=4).await;
    let (events, _) = pump(&table, &folder, success).await;
    assert_eq!(keys(&events).concat(), ["e#3", "e#4"]);

    // The checkpoint of a table that is no more says nothing about the next.
    let next = Table::start().await;
    next.put("e#9", "new").await;
    let (events, _) = pump(&next, &folder, success).await;
    assert_eq!(keys(&events).concat(), ["e#9"]);
}

#[tokio::test]
async fn more_than_a_batch_is_delivered_once_and_in_order() {
    let (table, folder) = (Table::start().await, Folder::new("many"));
    for number in 0..250 {
        table.put(&format!("e#{number}"), "new").await;
    }
    let (events, state) = pump(&table, &folder, success).await;
    let expected: Vec<String> = (0..250).map(|number| format!("e#{number}")).collect();
    assert_eq!(keys(&events).concat(), expected);
    assert!(events.iter().all(|event| event.records.len() <= 100));
    assert_eq!(state.applied, 250);
}

/// Runs the trigger on a stream that was taken away after it was opened, until it says what troubles it.
async fn trouble(table: &mut Table, folder: &Folder, take_away: impl AsyncFnOnce(&mut Table)) -> String {
    let source = table.stream().await;
    let checkpoint = Checkpoint::open(Some(folder.path()), source.stream_arn()).unwrap();
    let handler = Scripted { answer: Box::new(success), events: Arc::default() };
    take_away(table).await;
    let pump = Pump::new(source, handler, settings(), checkpoint, Box::new(clock::system));
    let mut state = pump.state();
    tokio::select! {
        ended = pump.run() => panic!("{ended:?}"),
        changed = state.wait_for(|state| state.trouble.is_some()) => changed.unwrap().trouble.clone().unwrap(),
    }
}

#[tokio::test]
async fn a_stream_that_is_gone_or_cannot_be_reached_is_trouble_not_an_end() {
    let folder = Folder::new("gone");
    // The embedded emulator only: in DynamoDB, and in Amazon's own, the stream of a deleted table can be read for a day.
    let said = trouble(&mut Table::embedded().await, &folder, async |table| {
        table.client().delete_table().table_name(table.name()).send().await.unwrap();
    })
    .await;
    assert!(said.contains("ResourceNotFoundException"), "{said}");
    let said = trouble(&mut Table::start().await, &folder, async |table| table.dynamodb.lose()).await;
    assert!(said.contains("reading the stream: POST http://127.0.0.1:"), "{said}");
}

#[tokio::test]
async fn a_function_whose_process_ends_has_failed_and_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (ended, endings) = tokio::sync::watch::channel(Some("an end of before".to_owned()));
    // For a day: what is told must come from the end of the process.
    let function = LambdaFunction::new(
        local::client::Client::new(listener.local_addr().unwrap()),
        "updater",
        Duration::from_hours(24),
    );
    let function = function.with_endings(endings);
    let event = json!({});
    let ending = async {
        let (_invocation, _) = listener.accept().await.unwrap();
        ended.send_replace(Some("signal: 9 (SIGKILL)".to_owned()));
        std::future::pending::<()>().await;
    };
    let reply = tokio::select! {
        reply = function.invoke(&event) => reply.unwrap(),
        () = ending => unreachable!(),
    };
    assert_eq!(reply, Reply::FunctionError("Runtime exited with error: signal: 9 (SIGKILL)".to_owned()));
}

#[tokio::test]
async fn the_watcher_is_never_handed_more_than_it_can_keep() {
    /// More than the watcher keeps waiting for one function.
    const INVOCATIONS: usize = 300;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = local::client::Client::new(listener.local_addr().unwrap());
    let function = LambdaFunction::new(client, "score", Duration::from_hours(1));
    let under_way = Arc::new(Mutex::new((0, 0)));
    let counted = Arc::clone(&under_way);
    // Each request comes whole, and each connection holds one at a time.
    let watcher = tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                while connection.read(&mut request).await.is_ok_and(|bytes| bytes > 0) {
                    {
                        let (now, most) = &mut *counted.lock().unwrap();
                        *now += 1;
                        *most = usize::max(*now, *most);
                    }
                    // Time for others to come, if they may.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    counted.lock().unwrap().0 -= 1;
                    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
                }
            });
        }
    });
    let event = json!({});
    let replies = futures_util::future::join_all((0..INVOCATIONS).map(|_| function.invoke(&event))).await;
    watcher.abort();
    assert!(replies.iter().all(|reply| matches!(reply, Ok(Reply::Response(_)))));
    let (_, most) = *under_way.lock().unwrap();
    assert!((2..=100).contains(&most), "{most} at once");
}
