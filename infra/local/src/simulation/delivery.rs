//! How the stream reaches the updaters: at least once, in batches of any size, again from an earlier place, to processes that
//! die, and to two at a time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use profile_updater::{Batch, Ports, ProfileUpdater, Response};
use serde_json::Value;
use store::stream::sequence_number;
use tokio::time::timeout;

use crate::simulation::dice::Dice;
use crate::simulation::faults::Faults;
use crate::simulation::stream::Stream;
use crate::simulation::time::{now, wait_ms};
use crate::simulation::{Scenario, Weather};

/// The largest batch: of one customer, it fits one transaction.
const BATCH_MAX: u64 = 45;

/// How many records a shard goes back at most when it is begun again from an earlier checkpoint.
const REWIND_MAX: u64 = 20;

/// How old a record may be when it is told again, in milliseconds: DynamoDB keeps a stream for 24 hours.
const RETENTION_MS: u64 = 24 * 60 * 60 * 1000;

/// How long a shard may stand still, in milliseconds: below the retention, so that nothing is lost to age.
const STALL_MS_MAX: u64 = 12 * 60 * 60 * 1000;

/// How long a batch that failed waits at most before it is delivered again, in milliseconds; twice as long after each further
/// failure, up to so many times.
const AGAIN_AFTER_MS: u64 = 100;
const BACKOFF_DOUBLINGS_MAX: u32 = 8;

/// How long the event source mapping waits for a process at most before it delivers the batch to another.
const OVERRUN_MS_MAX: u64 = 2_000;

/// The event source mapping of one simulation.
pub(crate) struct Delivery<P> {
    updater: Arc<ProfileUpdater<P>>,
    stream: Arc<Stream>,
    faults: Arc<Faults>,
    /// How often, for this seed, something other than a plain delivery happens.
    mischief: f64,
    /// Whether everything that will ever be written has been written.
    complete: AtomicBool,
    delivered: AtomicU64,
    /// The sum over all batches of the customers in them.
    customers: AtomicU64,
}

/// What became of one batch, as the event source mapping sees it.
enum Outcome {
    /// Everything up to this place of the batch is done with.
    Done(usize),
    /// Nobody knows.
    Unknown,
}

impl<P: Ports> Delivery<P> {
    pub(crate) fn new(
        Scenario { seed, weather, .. }: Scenario,
        updater: ProfileUpdater<P>,
        stream: Arc<Stream>,
        faults: Arc<Faults>,
    ) -> Arc<Self> {
        let mischief = match weather {
            Weather::Calm => 0.0,
            Weather::OfSeed => Dice::of(seed, "mischief", 0).one_of(&[0.0, 0.03, 0.1]).unwrap_or_default(),
        };
        Arc::new(Self {
            updater: Arc::new(updater),
            stream,
            faults,
            mischief,
            complete: AtomicBool::new(false),
            delivered: AtomicU64::new(0),
            customers: AtomicU64::new(0),
        })
    }

    /// Says that nothing more will be written: shards end when they have delivered everything.
    pub(crate) fn complete(&self) {
        self.complete.store(true, Ordering::Relaxed);
        self.stream.wake();
    }

    /// How many records were delivered, each as often as it was, and the sum over all batches of the customers in them.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.delivered.load(Ordering::Relaxed), self.customers.load(Ordering::Relaxed))
    }

    /// Delivers one shard until everything in it is learned.
    pub(crate) async fn run(self: Arc<Self>, seed: u64, shard: usize) {
        let mut dice = Dice::of(seed, "delivery", shard as u64);
        let (mut cursor, mut failures) = (0, 0);
        loop {
            let complete = self.complete.load(Ordering::Relaxed);
            let batch = self.stream.read(shard, cursor, dice.number(1..BATCH_MAX + 1) as usize);
            if batch.is_empty() {
                if complete {
                    return;
                }
                self.stream.arrival(shard).await;
                wait_ms(dice.log_number(1, 500)).await;
                continue;
            }
            if !complete && dice.chance(self.mischief / 20.0) {
                self.faults.count("shard stalled");
                wait_ms(dice.log_number(1_000, STALL_MS_MAX)).await;
            }
            match self.deliver(&batch, &mut dice).await {
                Outcome::Done(records) if records > 0 => (cursor, failures) = (cursor + records, 0),
                _ => {
                    wait_ms(dice.log_number(10, AGAIN_AFTER_MS << failures)).await;
                    failures = (failures + 1).min(BACKOFF_DOUBLINGS_MAX);
                }
            }
            if !complete && dice.chance(self.mischief) {
                cursor = self.rewind(shard, cursor, &mut dice);
            }
        }
    }

    /// An earlier place of the shard that the stream still has.
    fn rewind(&self, shard: usize, cursor: usize, dice: &mut Dice) -> usize {
        let back = dice.number(1..REWIND_MAX + 1) as usize;
        let from = cursor.saturating_sub(back);
        let records = self.stream.read(shard, from, cursor - from);
        let now_ms = now().epoch_ms();
        let kept = records.iter().rev().take_while(|it| created_at_ms(it) + RETENTION_MS > now_ms).count();
        if kept > 0 {
            self.faults.count("checkpoint lost");
        }
        cursor - kept
    }

    async fn deliver(&self, batch: &[Arc<Value>], dice: &mut Dice) -> Outcome {
        let records: Vec<Value> = batch.iter().map(|record| (**record).clone()).collect();
        self.delivered.fetch_add(records.len() as u64, Ordering::Relaxed);
        let customers: BTreeSet<_> =
            records.iter().filter_map(|it| it.pointer("/dynamodb/Keys/pk/S")?.as_str()).collect();
        self.customers.fetch_add(customers.len() as u64, Ordering::Relaxed);
        let updater = Arc::clone(&self.updater);
        if let Some(death_ms) = self.faults.death_ms() {
            let learning = updater.learn(Batch { records });
            return match timeout(Duration::from_millis(death_ms), learning).await {
                Ok(response) => outcome(batch, response.ok()),
                Err(_) => Outcome::Unknown,
            };
        }
        if dice.chance(self.mischief) && !self.complete.load(Ordering::Relaxed) {
            // The process goes on, while another one gets the same records.
            self.faults.count("two updaters at once");
            let learning = tokio::spawn(async move { updater.learn(Batch { records }).await.ok() });
            let patience = Duration::from_millis(dice.log_number(1, OVERRUN_MS_MAX));
            return match timeout(patience, learning).await {
                Ok(response) => outcome(batch, response.ok().flatten()),
                Err(_) => Outcome::Unknown,
            };
        }
        let response = updater.learn(Batch { records }).await.ok();
        if self.faults.loses_answer() { Outcome::Unknown } else { outcome(batch, response) }
    }
}

/// Lambda goes back to the lowest record that failed; an answer that cannot be read fails the whole batch.
fn outcome(batch: &[Arc<Value>], response: Option<Response>) -> Outcome {
    let Some(response) = response else { return Outcome::Unknown };
    let failed = |record: &Value| {
        let number = sequence_number(record);
        response.batch_item_failures.iter().any(|failure| Some(failure.item_identifier.as_str()) == number)
    };
    Outcome::Done(batch.iter().position(|record| failed(record)).unwrap_or(batch.len()))
}

fn created_at_ms(record: &Value) -> u64 {
    let seconds = record.pointer("/dynamodb/ApproximateCreationDateTime").and_then(Value::as_f64);
    (seconds.unwrap_or_default() * 1e3) as u64
}
