//! A table of a size: entries of many customers, and what is the same at every size: days and merchants with all that they
//! can hold, and one customer with a long history.

use std::time::{Duration, Instant as Stopwatch};

use aws_sdk_dynamodb::types::{StreamSpecification, StreamViewType};
use engine::entry::Entry;
use engine::id::MerchantId;
use engine::merchant::LabelCounts;
use engine::profile::Change;
use engine::rollup::{Rollup, Rollups};
use engine::time::{DAY_MS, Day, HOUR_MS, Instant, LocalInstant, MINUTE_MS};
use profile_updater::{Batch, ProfileUpdater, Response};
use serde_json::{Value, json};
use store::Table;
use store::keys::ROLLUP_SHARDS;
use store::ports::{CommitLesson, Lesson, PutEntry};

use crate::costs::CostsError;
use crate::costs::meter::Meter;
use crate::costs::sample::{Sampler, Which, customer_id};
use crate::emulator::Emulator;

/// Over how many days entries are spread, and a report is asked for.
pub(crate) const DAYS: u64 = 90;

/// How many customers a batch of changes is of, and how many changes of each it holds.
pub(crate) const BATCH_CUSTOMERS: u64 = 10;
/// See [`BATCH_CUSTOMERS`].
pub(crate) const BATCH_CHANGES_EACH: u64 = 10;

/// One entry in so many was scored; the others were imported.
const SCORED_EVERY: u64 = 10;

/// How many entries one customer has, unless there are fewer.
const ENTRIES_EACH_MAX: u64 = 100;

/// How many attempts a shard of a day's roll-up counts, before those that fill the table: enough for every counter there is.
const ATTEMPTS_OF_A_FULL_DAY: u64 = 2_000;

/// The days of a merchant's record that it keeps while labels arrive.
const DAYS_OF_A_MERCHANT: i32 = 60;

/// The merchant whose record holds all that it can.
pub(crate) const BUSY_MERCHANT: &str = "merchant-busy";

/// The customer with a long history. Customers who fill the table have lower numbers.
pub(crate) const OLD_CUSTOMER: u64 = 9_000_000;

/// Customers from whom nothing is measured; they only lend their names to the shards of the roll-ups.
const LENDERS: u64 = 8_000_000;

/// How many purchases the old customer has made at least: one a day for two years.
const HISTORY_MIN: u64 = 730;

/// How many roll-ups, of two items each, are written at once.
const ROLLUPS_OF_A_LESSON: usize = 45;

/// How long ago the old customer's last purchase was; the one before it was longer than that before it. Longer than changes
/// are kept in mind.
const QUIET_MS: i64 = 30 * HOUR_MS;

/// When everything is measured.
pub(crate) fn now() -> Instant {
    LocalInstant::parse("2026-03-14T10:00:00Z").map_or(Instant::EPOCH, LocalInstant::instant)
}

/// A table under a meter.
pub(crate) struct Filled {
    pub(crate) meter: std::sync::Arc<Meter>,
    pub(crate) client: aws_sdk_dynamodb::Client,
    pub(crate) name: String,
    pub(crate) table: Table,
    pub(crate) updater: ProfileUpdater<Table>,
    /// What serves the stream, if the table is in this process.
    emulator: Option<Emulator>,
}

/// How long filling took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Effort {
    /// Making and writing entries.
    pub(crate) write: Duration,
    /// The updater learning from them.
    pub(crate) learn: Duration,
    /// Changes that it learned in that time.
    pub(crate) changes: u64,
}

impl Filled {
    /// A table of this name, empty.
    pub(crate) async fn new(
        meter: std::sync::Arc<Meter>,
        name: &str,
        emulator: Option<Emulator>,
    ) -> Result<Self, CostsError> {
        let client = meter.client();
        store::schema::create_lasting_table(&client, name).await?;
        let table = Table::new(client.clone(), name);
        let updater = ProfileUpdater::new(table.clone(), now);
        Ok(Self { meter, client, name: name.to_owned(), table, updater, emulator })
    }

    /// Fills it with so many entries, beside what is the same at every size.
    pub(crate) async fn fill(
        &self,
        entries: u64,
        sampler: &Sampler,
        progress: impl Fn(u64),
    ) -> Result<Effort, CostsError> {
        self.without_stream(true).await?;
        self.full_days(sampler).await?;
        let mut effort = Effort::default();
        let each = (entries / BATCH_CUSTOMERS).clamp(1, ENTRIES_EACH_MAX);
        let customers = entries / each;
        for first in (0..customers).step_by(BATCH_CUSTOMERS as usize) {
            for from in (0..each).step_by(BATCH_CHANGES_EACH as usize) {
                let entry_numbers = from..each.min(from + BATCH_CHANGES_EACH);
                let batch = (first..customers.min(first + BATCH_CUSTOMERS))
                    .flat_map(|customer| entry_numbers.clone().map(move |entry| (customer, entry)))
                    .map(|(customer, entry)| {
                        let at = now().plus_ms(-before_ms(customer, entry, each));
                        let which = Which { customer, entry, at };
                        let is_scored = (customer + entry).is_multiple_of(SCORED_EVERY);
                        if is_scored { sampler.scored(which) } else { sampler.imported(which) }
                    });
                self.learn(batch, &mut effort).await?;
            }
            progress((first + BATCH_CUSTOMERS).min(customers) * each);
        }
        self.history((entries / 10).max(HISTORY_MIN), sampler).await?;
        self.without_stream(false).await?;
        Ok(effort)
    }

    /// Two years of purchases of one customer, until a few days ago.
    async fn history(&self, purchases: u64, sampler: &Sampler) -> Result<(), CostsError> {
        let (first_ms, last_ms) = (730 * DAY_MS as u64, 3 * DAY_MS as u64);
        let mut numbers = 0..purchases;
        loop {
            let batch = numbers.by_ref().take((BATCH_CUSTOMERS * BATCH_CHANGES_EACH) as usize).map(|entry| {
                let before_ms = first_ms - entry * (first_ms - last_ms) / purchases;
                sampler.scored(Which { customer: OLD_CUSTOMER, entry, at: now().plus_ms(-(before_ms as i64)) })
            });
            if self.learn(batch, &mut Effort::default()).await? == 0 {
                break;
            }
        }
        // Each change is kept in mind for a day, however many they were: what is measured is a long history, not a busy day.
        let quiet = Which { customer: OLD_CUSTOMER, entry: purchases, at: now().plus_ms(-QUIET_MS) };
        self.learn(std::iter::once(sampler.scored(quiet)), &mut Effort::default()).await.map(drop)
    }

    /// Writes entries and has the updater learn from them, as the stream would bring them. Gives how many they were.
    async fn learn(
        &self,
        entries: impl Iterator<Item = Result<Entry, CostsError>>,
        effort: &mut Effort,
    ) -> Result<usize, CostsError> {
        let started = Stopwatch::now();
        self.meter.gather();
        let mut times = Vec::new();
        for entry in entries {
            let entry = entry?;
            self.table.put_entry(&entry).await?;
            times.push(entry.recorded_at);
        }
        let images = self.meter.write_gathered(&self.name).await.map_err(CostsError::Fill)?;
        let records: Vec<Value> = images.iter().zip(times).map(|(image, at)| insert(image, at)).collect();
        let count = records.len();
        effort.write += started.elapsed();
        let started = Stopwatch::now();
        let response = self.updater.learn(Batch { records }).await.map_err(CostsError::sample)?;
        effort.learn += started.elapsed();
        effort.changes += count as u64;
        if response == Response::default() { Ok(count) } else { Err(CostsError::NotLearned) }
    }

    /// Days with every counter that there is, in every shard, and a merchant with labels on every day of its window.
    async fn full_days(&self, sampler: &Sampler) -> Result<(), CostsError> {
        let mut full_day = Rollups::default();
        for number in 0..ATTEMPTS_OF_A_FULL_DAY {
            let which = Which { customer: number, entry: number * 13, at: now() };
            full_day.add_change(Change { before: None, after: &sampler.scored(which)? });
        }
        let imported = sampler.imported(Which { customer: 0, entry: 0, at: now() })?;
        full_day.add_change(Change { before: None, after: &imported });
        let full_day = full_day.into_vec();
        let merchant = MerchantId::parse(BUSY_MERCHANT).map_err(CostsError::sample)?;
        let day = |days_ago: i32| -> Day { now().day().plus_days(-days_ago) };
        let labels = LabelCounts { labelled: 40, positive: 12, explained: 11 };
        let merchants: Vec<_> = (0..DAYS_OF_A_MERCHANT).map(|days| (merchant.clone(), day(days), labels)).collect();
        let every_day = (0..DAYS as i32)
            .flat_map(|days| full_day.iter().map(move |rollup| Rollup { day: day(days), ..rollup.clone() }));
        let every_day: Vec<Rollup> = every_day.collect();
        // Each lesson is of a customer of its own; each shard gets the same lessons.
        let lessons: Vec<&[Rollup]> = every_day.chunks(ROLLUPS_OF_A_LESSON).collect();
        let mut lenders = LENDERS..;
        for shard in 0..ROLLUP_SHARDS {
            for (position, rollups) in lessons.iter().enumerate() {
                let customers = lenders.by_ref().map(customer_id);
                let mut of_shard = customers
                    .filter(|customer| customer.as_ref().map_or(true, |id| store::keys::rollup_shard(id) == shard));
                let Some(customer) = of_shard.next().transpose()? else { return Ok(()) };
                let merchants = if (shard, position) == (0, 0) { merchants.clone() } else { Vec::new() };
                let lesson = Lesson { merchants, rollups: rollups.to_vec(), told_at: Some(now()), ..Lesson::default() };
                self.table.commit_lesson(&customer, &lesson).await?;
            }
        }
        Ok(())
    }

    /// Turns the stream off and on again, where the table is in this process: nobody reads it while the table is filled.
    async fn without_stream(&self, off: bool) -> Result<(), CostsError> {
        if self.emulator.is_none() {
            return Ok(());
        }
        let stream = StreamSpecification::builder().stream_enabled(!off);
        let stream = if off { stream } else { stream.stream_view_type(StreamViewType::NewAndOldImages) };
        let stream = stream.build().map_err(CostsError::sample)?;
        let update = self.client.update_table().table_name(&self.name).stream_specification(stream);
        update.send().await.map(drop).map_err(|error| CostsError::Fill(store::with_causes(&error)))
    }
}

/// How long ago an entry of those that fill the table occurred: a batch is of one day, the batches of a customer lie as far
/// apart as [`DAYS`] allow.
fn before_ms(customer: u64, entry: u64, each: u64) -> i64 {
    let (batch, within) = (entry / BATCH_CHANGES_EACH, entry % BATCH_CHANGES_EACH);
    let day = batch * BATCH_CHANGES_EACH * DAYS / each;
    (day * DAY_MS as u64 + within * MINUTE_MS as u64 + customer % 10_000 + 1) as i64
}

/// The stream record of an entry that was written.
fn insert(image: &Value, at: Instant) -> Value {
    let key = |name: &str| image.get(name).cloned().unwrap_or_default();
    json!({
        "eventName": "INSERT",
        "dynamodb": {
            "ApproximateCreationDateTime": at.epoch_ms() / 1000,
            "Keys": { "pk": key("pk"), "sk": key("sk") },
            "SequenceNumber": "1",
            "NewImage": image,
        },
    })
}
