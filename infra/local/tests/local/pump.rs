//! The trigger's rules, each on a stream in memory and by a clock that only the test moves: a day passes in a moment.
//!
//! What the rules are and where AWS states them stands in `trigger/rules.rs`, `trigger/shard.rs` and `trigger/filter.rs`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::time::Instant;
use http::StatusCode;
use local::trigger::on_failure::Message;
use local::trigger::rules::Rules;
use local::trigger::{
    Checkpoint, Clock, Filter, Handler, Pump, PumpState, Record, RecordSource, Reply, Settings, SourceError,
    Undelivered,
};
use serde_json::{Value, json};

const STREAM: &str = "arn:stream";

/// A day in the life of a stream: records by the second at which they are written, each a change of one item.
struct Memory {
    records: Vec<(i64, Record)>,
    now_ms: Arc<AtomicI64>,
    /// How many reads fail before one succeeds.
    refusals: u32,
}

/// The record of this number, written at this second.
fn record(number: usize, at_s: f64, item: &str) -> Record {
    let json = json!({
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": { "pk": { "S": item } },
            "SequenceNumber": (number + 100).to_string(),
            "ApproximateCreationDateTime": at_s,
        },
    });
    Record::new(json, STREAM).unwrap()
}

impl RecordSource for Memory {
    fn stream_arn(&self) -> &'static str {
        STREAM
    }

    fn shard_id(&self) -> &'static str {
        "shard-1"
    }

    async fn read(&mut self, after: Option<&str>, limit: usize) -> Result<Vec<Record>, SourceError> {
        if self.refusals > 0 {
            self.refusals -= 1;
            let (operation, status) = ("GetRecords", StatusCode::SERVICE_UNAVAILABLE);
            return Err(SourceError::Refused { operation, status, body: String::new() });
        }
        let now_ms = self.now_ms.load(Ordering::Relaxed);
        let written = self.records.iter().take_while(|(at_ms, _)| *at_ms <= now_ms).map(|(_, record)| record);
        let next = written.filter(|record| after.is_none_or(|after| record.sequence_number() > after));
        Ok(next.take(limit).cloned().collect())
    }
}

type Answer = dyn Fn(&Event) -> Result<Reply, Undelivered> + Send + Sync;

/// One invocation: its place among all, when it was, and the sequence numbers of its records without the hundred.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    number: usize,
    at_ms: i64,
    records: Vec<usize>,
}

struct Scripted {
    answer: Box<Answer>,
    now_ms: Arc<AtomicI64>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Handler for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn invoke(&self, event: &Value) -> Result<Reply, Undelivered> {
        let number_of =
            |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap().parse::<usize>().unwrap() - 100;
        let event = {
            let mut events = self.events.lock().unwrap();
            let records = event["Records"].as_array().unwrap().iter().map(number_of).collect();
            let event = Event { number: events.len(), at_ms: self.now_ms.load(Ordering::Relaxed), records };
            events.push(event.clone());
            event
        };
        (self.answer)(&event)
    }
}

/// A trigger with everything around it, and what it did until now.
struct Played {
    pump: Pump<Memory, Scripted>,
    now_ms: Arc<AtomicI64>,
    events: Arc<Mutex<Vec<Event>>>,
    messages: Vec<Message>,
}

impl Played {
    fn new(
        settings: Settings,
        records: Vec<Record>,
        checkpoint: Checkpoint,
        answer: impl Fn(&Event) -> Result<Reply, Undelivered> + Send + Sync + 'static,
    ) -> Self {
        let now_ms = Arc::new(AtomicI64::new(0));
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let records = records.into_iter().map(|it| (it.created_at().epoch_ms() as i64, it)).collect();
        let source = Memory { records, now_ms: Arc::clone(&now_ms), refusals: 0 };
        let handler = Scripted { answer: Box::new(answer), now_ms: Arc::clone(&now_ms), events: Arc::clone(&events) };
        let clock: Clock = {
            let now_ms = Arc::clone(&now_ms);
            Box::new(move || Instant::EPOCH.plus_ms(now_ms.load(Ordering::Relaxed)))
        };
        Self { pump: Pump::new(source, handler, settings, checkpoint, clock), now_ms, events, messages: Vec::new() }
    }

    /// Steps until a time.
    async fn until_s(mut self, seconds: f64) -> Self {
        let end_ms = (seconds * 1e3) as i64;
        while self.now_ms.load(Ordering::Relaxed) < end_ms {
            let step = self.pump.step().await.unwrap();
            self.messages.extend(step.discarded);
            let next_ms = step.next.epoch_ms() as i64;
            self.now_ms.fetch_max(next_ms, Ordering::Relaxed);
        }
        self
    }

    fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    fn batches(&self) -> Vec<Vec<usize>> {
        self.events().into_iter().map(|event| event.records).collect()
    }

    fn state(&self) -> PumpState {
        self.pump.state().borrow().clone()
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// Settings with nothing in the way; each test says what it changes.
fn settings() -> Settings {
    Settings {
        batch_size: 100,
        batch_window: Duration::ZERO,
        parallelization_factor: 1,
        rules: Rules {
            retries_max: Some(2),
            record_age_max: Duration::from_hours(24),
            bisect: true,
            report_item_failures: true,
            twice: false,
        },
        filter: Filter::default(),
        keeps_discarded: true,
        function_timeout: Duration::from_mins(1),
        poll_pause: Duration::from_millis(250),
        trouble_pause: SECOND,
    }
}

/// One record each at these seconds, each of an item of its own.
fn at(seconds: &[f64]) -> Vec<Record> {
    seconds.iter().enumerate().map(|(number, at_s)| record(number, *at_s, &format!("item-{number}"))).collect()
}

fn forgetful() -> Checkpoint {
    Checkpoint::open(None, STREAM).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a scripted answer")]
fn success(_: &Event) -> Result<Reply, Undelivered> {
    Ok(Reply::Response(json!({"batchItemFailures": []})))
}

fn failed_at(record: usize) -> Reply {
    Reply::Response(json!({"batchItemFailures": [{"itemIdentifier": (record + 100).to_string()}]}))
}

#[tokio::test]
async fn a_batch_is_delivered_when_it_is_full_or_its_window_is_over() {
    type Case<'a> = (Settings, &'a [f64], &'a [(i64, &'a [usize])]);
    let window = |batch_size, seconds| Settings { batch_size, batch_window: SECOND * seconds, ..settings() };
    let cases: [Case<'_>; 4] = [
        // Without a window at once, as found by reading four times a second.
        (window(100, 0), &[0.0, 0.1, 0.6], &[(0, &[0]), (250, &[1]), (750, &[2])]),
        // The window begins with the last invocation's end, the first one with the trigger,
        (window(100, 2), &[0.5, 1.5, 2.5], &[(2000, &[0, 1]), (4000, &[2])]),
        // and if nothing came within it, with the first record.
        (window(100, 2), &[5.0, 6.0, 8.0], &[(7000, &[0, 1]), (9000, &[2])]),
        // A full batch does not wait. What is over waits for its own window.
        (window(2, 2), &[0.0, 0.0, 0.0, 0.0, 0.0], &[(0, &[0, 1]), (0, &[2, 3]), (2000, &[4])]),
    ];
    for (settings, seconds, expect) in cases {
        let played = Played::new(settings, at(seconds), forgetful(), success).until_s(20.0).await;
        let delivered: Vec<_> = played.events().into_iter().map(|event| (event.at_ms, event.records)).collect();
        let expect: Vec<_> = expect.iter().map(|(at_ms, records)| (*at_ms, records.to_vec())).collect();
        assert_eq!(delivered, expect, "{seconds:?}");
    }
}

#[tokio::test]
async fn an_event_weighs_six_megabytes_at_most() {
    let heavy = |number: usize| {
        let mut json = record(number, 0.0, &format!("item-{number}")).json().clone();
        json["dynamodb"]["NewImage"] = json!({ "text": { "S": "x".repeat(400_000) } });
        Record::new(json, STREAM).unwrap()
    };
    let settings = Settings { batch_window: SECOND * 300, ..settings() };
    let played = Played::new(settings, (0..20).map(heavy).collect(), forgetful(), success).until_s(10.0).await;
    assert_eq!(played.batches(), [(0..15).collect::<Vec<_>>()], "the other five wait for their window");
}

#[tokio::test]
async fn what_the_filter_holds_back_is_not_delivered_and_not_read_again() {
    let filter = Filter::parse([r#"{"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "item-1"}]}}}}"#]).unwrap();
    let folder = crate::emulator::Folder::new("filtered");
    let open = || Checkpoint::open(Some(folder.path()), STREAM).unwrap();
    let settings = Settings { filter, ..settings() };
    let played = Played::new(settings, at(&[0.0; 15]), open(), success).until_s(1.0).await;
    assert_eq!(played.batches(), [vec![1, 10, 11, 12, 13, 14]]);
    assert_eq!(open().sequence_number(), Some("114"));
    let nothing = Settings { filter: Filter::parse([r#"{"eventName": ["REMOVE"]}"#]).unwrap(), ..self::settings() };
    let next = Played::new(nothing, at(&[0.0; 20]), open(), success).until_s(1.0).await;
    assert_eq!((next.batches().len(), open().sequence_number()), (0, Some("119")));
}

#[tokio::test]
async fn several_batches_at_once_keep_the_order_of_each_item() {
    let records: Vec<Record> = (0..400).map(|number| record(number, 0.0, &format!("item-{}", number % 23))).collect();
    for parallelization_factor in [1, 2, 10] {
        let settings = Settings { batch_size: 10, parallelization_factor, ..settings() };
        // Every third invocation fails somewhere.
        let answer = |event: &Event| {
            let failed = event.records[event.records.len() / 2];
            Ok(if event.number.is_multiple_of(3) { failed_at(failed) } else { Reply::Response(Value::Null) })
        };
        let played = Played::new(settings, records.clone(), forgetful(), answer).until_s(600.0).await;
        assert_eq!((played.state().applied, played.state().given_up), (400, 0));
        let mut at_once = BTreeMap::<i64, usize>::new();
        let mut seen = BTreeMap::<usize, usize>::new();
        for event in played.events() {
            *at_once.entry(event.at_ms).or_default() += 1;
            for number in event.records {
                let last = seen.insert(number % 23, number).unwrap_or(0);
                // A record may come again, but none is skipped: each is the next of its item, or an earlier one.
                assert!(number <= last + 23, "{number} after {last}");
            }
        }
        assert!(seen.iter().all(|(item, last)| last + 23 >= 400 && last % 23 == *item));
        assert!(parallelization_factor == 1 || at_once.values().any(|count| *count >= parallelization_factor));
    }
}

#[tokio::test]
async fn an_item_that_fails_holds_back_only_its_lane_and_the_checkpoint() {
    let folder = crate::emulator::Folder::new("lanes");
    let open = || Checkpoint::open(Some(folder.path()), STREAM).unwrap();
    let rules = Rules { retries_max: None, ..settings().rules };
    let settings = Settings { parallelization_factor: 10, rules, ..settings() };
    let fails = |event: &Event| {
        if event.records.contains(&3) { Ok(Reply::FunctionError("poison".to_owned())) } else { success(event) }
    };
    let played = Played::new(settings.clone(), at(&[0.0; 100]), open(), fails).until_s(60.0).await;
    let alone = played.events().last().unwrap().clone();
    assert_eq!(alone.records, [3]);
    assert!(played.state().applied >= 80, "{:?}", played.state());
    assert_eq!(open().sequence_number(), Some("102"), "all before the record that fails, whatever is done behind it");

    // So that a restart delivers again what was done behind it, and loses nothing.
    let next = Played::new(settings, at(&[0.0; 100]), open(), success).until_s(1.0).await;
    let mut again = next.batches().concat();
    again.sort_unstable();
    assert_eq!(again, (3..100).collect::<Vec<_>>());
    assert_eq!(open().sequence_number(), Some("199"));
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_batch_continues_at_the_record_that_failed() {
    let folder = crate::emulator::Folder::new("middle");
    let open = || Checkpoint::open(Some(folder.path()), STREAM).unwrap();
    let answer = |event: &Event| match event.number {
        0 => Ok(failed_at(2)),
        _ => Err(Undelivered { function: "scripted".to_owned(), reason: "crashed".to_owned() }),
    };
    let cut_off = Played::new(settings(), at(&[0.0; 5]), open(), answer).until_s(5.0).await;
    assert!(cut_off.state().trouble.unwrap().contains("crashed"));
    let next = Played::new(settings(), at(&[0.0; 5]), open(), success).until_s(1.0).await;
    assert_eq!(next.batches(), [vec![2, 3, 4]]);
}

#[tokio::test]
async fn what_fails_too_often_is_told_to_the_destination_as_aws_tells_it() {
    let rules = Rules { bisect: false, ..settings().rules };
    let failing = |reply: Reply| move |event: &Event| if event.number < 3 { Ok(reply.clone()) } else { success(event) };
    for (reply, function_error, first) in
        [(Reply::FunctionError("panic".to_owned()), Some("Unhandled"), 0), (failed_at(1), None, 1)]
    {
        let settings = Settings { rules, ..settings() };
        let played = Played::new(settings, at(&[0.5, 0.5, 0.5, 9.0]), forgetful(), failing(reply)).until_s(20.0).await;
        assert_eq!((played.state().applied, played.state().given_up), (1 + first as u64, 3 - first as u64));
        let [message] = &played.messages[..] else { panic!("{:?}", played.messages) };
        let mut response = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
        if let Some(error) = function_error {
            response["functionError"] = json!(error);
        }
        let expect = json!({
            "requestContext": {
                "requestId": message.request_context.request_id,
                "functionArn": "arn:aws:lambda:local:000000000000:function:scripted",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 3,
            },
            "responseContext": response,
            "version": "1.0",
            "timestamp": "1970-01-01T00:00:00.8Z",
            "DDBStreamBatchInfo": {
                "shardId": "shard-1",
                "startSequenceNumber": (100 + first).to_string(),
                "endSequenceNumber": "102",
                "approximateArrivalOfFirstRecord": "1970-01-01T00:00:00.5Z",
                "approximateArrivalOfLastRecord": "1970-01-01T00:00:00.5Z",
                "batchSize": 3 - first,
                "streamArn": STREAM,
            },
        });
        assert_eq!(serde_json::to_value(message).unwrap(), expect);
    }
}

#[tokio::test]
async fn records_that_are_too_old_are_given_up_without_a_delivery() {
    let rules = Rules { record_age_max: Duration::from_mins(1), retries_max: None, ..settings().rules };
    let settings = Settings { rules, ..settings() };
    // The function is gone for two minutes: that uses up no retry, but it makes records old.
    let answer = |event: &Event| match event.at_ms {
        ..120_000 => Err(Undelivered { function: "scripted".to_owned(), reason: "not up yet".to_owned() }),
        _ => success(event),
    };
    let played = Played::new(settings, at(&[0.0, 30.0, 100.0]), forgetful(), answer).until_s(200.0).await;
    let told: Vec<_> = played
        .messages
        .iter()
        .map(|it| (it.request_context.condition.as_str(), it.batch.start_sequence_number.as_str(), it.batch.batch_size))
        .collect();
    assert_eq!(told, [("RecordAgeExceeded", "100", 1), ("RecordAgeExceeded", "101", 1)]);
    assert!(played.messages.iter().all(|message| message.response_context.is_none()));
    assert_eq!((played.state().applied, played.state().given_up), (1, 2));
}

#[tokio::test]
async fn the_iterator_age_is_that_of_the_last_record_when_it_is_delivered() {
    // The stream cannot be read for ten seconds.
    let mut played = Played::new(settings(), at(&[0.0, 4.0]), forgetful(), success);
    let state = played.pump.state();
    played = played.until_s(0.1).await;
    assert_eq!((state.borrow().iterator_age_ms, state.borrow().applied), (0, 1));
    played.now_ms.store(10_000, Ordering::Relaxed);
    let step = played.pump.step().await.unwrap();
    assert_eq!((state.borrow().iterator_age_ms, state.borrow().iterator_age_ms_max), (6_000, 6_000));
    assert_eq!(step.next, Instant::EPOCH.plus_ms(10_000), "there may be more");
    played.pump.step().await.unwrap();
    assert_eq!((state.borrow().iterator_age_ms, state.borrow().iterator_age_ms_max), (0, 6_000));
    assert_eq!(state.borrow().empty_reads, 2);
}

#[tokio::test]
async fn on_demand_every_batch_comes_twice_and_counts_once() {
    let settings = Settings { batch_size: 2, ..settings() }.delivering_twice();
    let played = Played::new(settings, at(&[0.0; 3]), forgetful(), success).until_s(1.0).await;
    assert_eq!(played.batches(), [vec![0, 1], vec![0, 1], vec![2], vec![2]]);
    assert_eq!(played.state().applied, 3);
}

#[tokio::test]
async fn a_stream_that_cannot_be_read_is_trouble_and_is_read_again() {
    let mut played = Played::new(settings(), at(&[0.0]), forgetful(), success);
    // What this replaces is the source of a trigger that has not started.
    let refusing =
        Memory { records: vec![(0, record(0, 0.0, "item"))], now_ms: Arc::clone(&played.now_ms), refusals: 3 };
    let handler =
        Scripted { answer: Box::new(success), now_ms: Arc::clone(&played.now_ms), events: Arc::clone(&played.events) };
    let now_ms = Arc::clone(&played.now_ms);
    let clock: Clock = Box::new(move || Instant::EPOCH.plus_ms(now_ms.load(Ordering::Relaxed)));
    played.pump = Pump::new(refusing, handler, settings(), forgetful(), clock);
    let state = played.pump.state();
    let step = played.pump.step().await.unwrap();
    assert!(state.borrow().trouble.as_ref().unwrap().contains("503"));
    assert_eq!(step.next, Instant::EPOCH.plus_ms(1_000));
    let played = played.until_s(5.0).await;
    assert_eq!((played.events()[0].at_ms, state.borrow().trouble.clone()), (3_000, None));
}

#[tokio::test]
async fn a_day_of_a_stuck_stream_passes_in_a_moment_and_ends() {
    let rules = Rules { retries_max: None, bisect: false, ..settings().rules };
    let settings = Settings { rules, ..settings() };
    let answer = |event: &Event| match event.records[0] {
        0 => Ok(Reply::FunctionError("poison".to_owned())),
        _ => success(event),
    };
    // The defaults of AWS: one bad record holds up the shard for a day, and is then given up.
    let played = Played::new(settings, at(&[0.0, 3_600.0]), forgetful(), answer).until_s(100_000.0).await;
    assert_eq!((played.state().applied, played.state().given_up), (1, 1));
    assert!(played.state().iterator_age_ms_max > 22 * 3_600_000);
    assert!(played.events().len() > 17_000);
}
