//! The table's stream: learns from what happened to entries.
//!
//! Architecture Invariant: learning is exactly-once in effect. The stream delivers at least once, in batches that partly
//! fail. A lesson is one transaction: the profile under its version, the merchants' records, the roll-ups. The profile
//! remembers which changes it has learned for as long as the stream can repeat them, and all sums commute, so any number of
//! updaters, repetitions and orders give what one clean pass gives.
//!
//! Records are learned a customer at a time: one read and one write for each customer of a batch. Only in the week after an
//! erasure there is one more read for each entry: the stream may still tell of entries that are gone.
//!
//! What was decided in a batch is then named in the feed, for those who watch: one small write for each batch, which may fail.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant as Stopwatch, SystemTime};

use edge::clock::Clock;
use edge::metrics::BatchMetrics;
use engine::entry::Entry;
use engine::id::{AttemptId, CustomerId};
use engine::merchant::label_change;
use engine::profile::Change;
use engine::rollup::bins::duration_bin;
use engine::rollup::{Counters, Rollups, Segment};
use engine::time::Instant;
use futures_util::{StreamExt, TryFutureExt, TryStreamExt, stream};
use lambda_runtime::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::StoreError;
use store::ports::{Decided, Lesson};
use store::stream::{RecordError, Told, read, sequence_number};

/// How many customers are taught at the same time.
const CUSTOMERS_AT_ONCE: usize = 8;

/// How many entries are looked at at the same time after an erasure.
const ENTRIES_AT_ONCE: usize = 8;

/// How many changes go into one transaction: each touches at most a merchant's record and the two halves of a roll-up of its own
/// beside the profile, and DynamoDB takes a hundred items.
const CHANGES_AT_ONCE: usize = 33;

/// How often a lesson is tried when others write the same items.
const COMMIT_ATTEMPTS_MAX: u32 = 6;

/// How long to wait after the first conflict; twice as long after each further one.
const CONFLICT_WAIT: Duration = Duration::from_millis(10);

/// How long a batch waits for the feed at most: nobody should learn later because nobody could watch.
const FEED_PATIENCE: Duration = Duration::from_secs(1);

store::ports! {
    /// What learning may do to the table.
    pub trait Ports: ReadProfile + ReadEntry + CommitLesson + WriteFeed
}

/// A batch as Lambda delivers it. Records stay raw, so that one that cannot be read does not keep the others from being.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Batch {
    /// The records, in the order of the stream.
    pub records: Vec<Value>,
}

/// Which records to deliver again. Lambda goes back to the lowest of them.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Empty if everything was learned.
    pub batch_item_failures: Vec<ItemFailure>,
}

/// A record to deliver again.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// Its sequence number.
    pub item_identifier: String,
}

/// The function.
#[derive(Debug)]
pub struct ProfileUpdater<P> {
    ports: P,
    clock: Clock,
}

/// What one record tells, with its place in the batch.
#[derive(Debug)]
struct Event {
    position: usize,
    told: Told,
}

/// What became of one customer's events.
#[derive(Debug, Default)]
struct Taught {
    learned: u64,
    repeated: u64,
    ignored: u64,
    conflicts: u64,
    /// Places in the batch of what could not be learned.
    failed: Vec<usize>,
    /// The decisions that were learned of for the first time, each with the time of its record.
    decided: Vec<(Instant, Decided)>,
}

impl<P: Ports> ProfileUpdater<P> {
    /// A function that uses these ports, and this clock to say how late it learns.
    pub fn new(ports: P, clock: Clock) -> Self {
        Self { ports, clock }
    }

    /// Learns from a batch, and names the records that could not be learned from.
    ///
    /// # Errors
    /// If a record that failed has no sequence number to name it by: then Lambda must repeat the whole batch.
    pub async fn learn(&self, batch: Batch) -> Result<Response, Error> {
        let started = Stopwatch::now();
        let mut metrics = empty_metrics(batch.records.len());
        let (mut failed, mut decided) = (Vec::new(), Vec::new());
        let mut customers: BTreeMap<CustomerId, Vec<Event>> = BTreeMap::new();
        for (position, record) in batch.records.iter().enumerate() {
            match read(record) {
                Ok(Some(told)) => {
                    metrics.age = age(told.at, (self.clock)());
                    let customer = told.after.attempt.customer.clone();
                    customers.entry(customer).or_default().push(Event { position, told });
                }
                Ok(None) => metrics.ignored += 1,
                Err(error) => {
                    report_poison(record, &error);
                    metrics.poison += 1;
                    failed.push(position);
                }
            }
        }
        let lessons = customers.into_iter().map(|(customer, events)| self.teach(customer, events));
        let taught: Vec<Taught> = stream::iter(lessons).buffer_unordered(CUSTOMERS_AT_ONCE).collect().await;
        for customer in taught {
            metrics.learned += customer.learned;
            metrics.repeated += customer.repeated;
            metrics.ignored += customer.ignored;
            metrics.conflicts += customer.conflicts;
            failed.extend(customer.failed);
            decided.extend(customer.decided);
        }
        self.tell_feed(decided).await;
        failed.sort_unstable();
        metrics.failed = failed.len() as u64;
        metrics.duration = started.elapsed();
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        tracing::info!(
            records = metrics.records,
            learned = metrics.learned,
            repeated = metrics.repeated,
            ignored = metrics.ignored,
            poison = metrics.poison,
            failed = metrics.failed,
            conflicts = metrics.conflicts,
            age_ms = ms(metrics.age),
            duration_ms = ms(metrics.duration),
            "batch"
        );
        metrics.emit();
        response(&batch.records, &failed)
    }

    /// Names what was decided in the feed. Whatever goes wrong there is logged, and nothing else comes of it.
    async fn tell_feed(&self, mut decided: Vec<(Instant, Decided)>) {
        let Some(at) = decided.iter().map(|(told_at, _)| *told_at).max() else { return };
        decided.sort_by_key(|(told_at, decided)| std::cmp::Reverse((*told_at, decided.attempt)));
        let decided: Vec<Decided> = decided.into_iter().map(|(_, decided)| decided).collect();
        match tokio::time::timeout(FEED_PATIENCE, self.ports.write_feed(&decided, at)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(cause = %error, "the feed was not written"),
            Err(error) => tracing::warn!(cause = %error, "the feed was not written in time"),
        }
    }

    /// Teaches one customer's profile everything in `events`.
    async fn teach(&self, customer: CustomerId, mut events: Vec<Event>) -> Taught {
        let mut taught = Taught::default();
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(CHANGES_AT_ONCE));
            if let Err(error) = self.teach_some(&customer, &events, &mut taught).await {
                tracing::error!(cause = %error, changes = events.len(), "changes were not learned");
                taught.failed.extend(events.iter().chain(&rest).map(|event| event.position));
                return taught;
            }
            events = rest;
        }
        taught
    }

    /// One transaction, tried again when somebody else was faster.
    async fn teach_some(&self, customer: &CustomerId, events: &[Event], taught: &mut Taught) -> Result<(), StoreError> {
        for attempt in 0..COMMIT_ATTEMPTS_MAX {
            let profile = self.ports.read_profile(customer).await?;
            let gone = if profile.erased_at.is_some() { self.gone(customer, events).await? } else { BTreeSet::new() };
            let mut lesson = Lesson { profile, ..Lesson::default() };
            let counts = prepare(&mut lesson, events, &gone, (self.clock)());
            if counts.learned == 0 || self.ports.commit_lesson(customer, &lesson).await? {
                taught.learned += counts.learned;
                taught.repeated += counts.repeated;
                taught.ignored += counts.ignored;
                taught.decided.extend(counts.decided);
                return Ok(());
            }
            taught.conflicts += 1;
            tokio::time::sleep(CONFLICT_WAIT * 2_u32.pow(attempt)).await;
        }
        Err(StoreError::Contended { attempts: COMMIT_ATTEMPTS_MAX })
    }

    /// Places in the batch of what tells of entries that were erased: they are gone, or others have been written since under
    /// the same id. This is asked after the profile was read, and an erasure ends by changing the profile's version when it
    /// has removed the last entry: whatever is removed after the answer, the lesson fails or is removed as well. No clock
    /// could tell as surely what came before an erasure and what after it.
    async fn gone(&self, customer: &CustomerId, events: &[Event]) -> Result<BTreeSet<usize>, StoreError> {
        let entries: BTreeSet<AttemptId> = events.iter().map(|event| event.told.after.id).collect();
        let reads = entries.into_iter().map(|id| self.ports.read_entry(customer, id).map_ok(move |entry| (id, entry)));
        let reads: Vec<_> = reads.collect();
        let entries: BTreeMap<AttemptId, Option<Entry>> =
            stream::iter(reads).buffer_unordered(ENTRIES_AT_ONCE).try_collect().await?;
        let is_there = |told: &Entry| {
            let entry = entries.get(&told.id).and_then(Option::as_ref);
            entry.is_some_and(|entry| (entry.recorded_at, &entry.origin) == (told.recorded_at, &told.origin))
        };
        Ok(events.iter().filter(|event| !is_there(&event.told.after)).map(|event| event.position).collect())
    }
}

/// Adds to a lesson what the profile has not learned yet, at `now`.
fn prepare(lesson: &mut Lesson, events: &[Event], gone: &BTreeSet<usize>, now: Instant) -> Taught {
    let mut counts = Taught::default();
    let mut rollups = Rollups::default();
    for Event { position, told } in events {
        if gone.contains(position) {
            counts.ignored += 1;
            continue;
        }
        let change = Change { before: told.before.as_ref(), after: &told.after };
        if !lesson.profile.profile.learn_once(change, told.at) {
            counts.repeated += 1;
            continue;
        }
        counts.learned += 1;
        lesson.told_at = lesson.told_at.max(Some(told.at));
        if told.before.is_none() && told.after.decision().is_some() {
            let customer = told.after.attempt.customer.clone();
            counts.decided.push((told.at, Decided { customer, attempt: told.after.id }));
        }
        let day = told.after.attempt.occurred_at.instant().day();
        if let (Some(merchant), Some(labels)) = (&told.after.attempt.merchant, label_change(change)) {
            lesson.merchants.push((merchant.clone(), day, labels));
        }
        rollups.add_change(change);
        if told.before.is_none() {
            let mut lag = Counters::default();
            lag.add(format!("lag.{:02}", duration_bin(age(told.at, now))), 1);
            rollups.add(day, Segment::of(&told.after), &lag);
        }
    }
    lesson.rollups = rollups.into_vec();
    counts
}

fn report_poison(record: &Value, error: &RecordError) {
    let event_id = record.get("eventID").and_then(Value::as_str).unwrap_or_default();
    let sequence_number = sequence_number(record).unwrap_or_default();
    tracing::error!(event_id, sequence_number, cause = %error, "a poison record was handed back");
}

fn response(records: &[Value], failed: &[usize]) -> Result<Response, Error> {
    let mut batch_item_failures = Vec::with_capacity(failed.len());
    for record in failed.iter().filter_map(|position| records.get(*position)) {
        let number = sequence_number(record).ok_or("a record that failed has no sequence number")?;
        batch_item_failures.push(ItemFailure { item_identifier: number.to_owned() });
    }
    Ok(Response { batch_item_failures })
}

fn empty_metrics(records: usize) -> BatchMetrics {
    BatchMetrics {
        timestamp: SystemTime::now(),
        function: "profile-updater",
        records: records as u64,
        learned: 0,
        repeated: 0,
        ignored: 0,
        poison: 0,
        failed: 0,
        conflicts: 0,
        age: Duration::ZERO,
        duration: Duration::ZERO,
    }
}

fn age(told_at: Instant, now: Instant) -> Duration {
    Duration::from_millis(now.since_ms(told_at).max(0) as u64)
}
