//! The loop that moves records from the stream to the function, and never past one that is not done with.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::trigger::checkpoint::{Checkpoint, CheckpointError};
use crate::trigger::lambda::Handler;
use crate::trigger::on_failure::{Failure, OnFailure, OnFailureError};
use crate::trigger::record::{self, Filter, Record};
use crate::trigger::rules::{Delivery, Retries, verdict};
use crate::trigger::source::RecordSource;
use edge::clock;

/// The settings of the event source mapping.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many records are read at once; `BatchSize`.
    pub batch_size: usize,
    /// How long a batch that is not full waits for more; `MaximumBatchingWindowInSeconds`, but finer.
    pub batch_window: Duration,
    /// How long to wait after finding nothing.
    pub poll_pause: Duration,
    /// How long to wait after the stream or the function could not be reached.
    pub trouble_pause: Duration,
    /// How stubbornly a failing record is retried.
    pub retries: Retries,
    /// Which records are delivered.
    pub filter: Filter,
}

impl Settings {
    /// The settings of the profile updater's mapping, but in a hurry: someone is watching.
    pub fn profile_updater() -> Self {
        Self {
            batch_size: 100,
            batch_window: Duration::from_millis(20),
            poll_pause: Duration::from_millis(50),
            trouble_pause: Duration::from_secs(1),
            retries: Retries { attempts_max: 5, pause: Duration::from_millis(100), pause_max: Duration::from_secs(5) },
            filter: Filter::timeline_entries(),
        }
    }
}

/// How the trigger stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PumpState {
    /// Records that the function has taken.
    pub applied: u64,
    /// Records that failed too often and stand in the on-failure file.
    pub given_up: u64,
    /// The age of the last record taken, when it was taken, in milliseconds; 0 when the stream is drained.
    pub iterator_age_ms: u64,
    /// How often the stream was read and found empty.
    pub empty_reads: u64,
    /// What stands in the way just now.
    pub trouble: Option<String>,
}

/// Why the trigger had to stop: going on would lose records.
#[derive(Debug, thiserror::Error)]
pub enum PumpError {
    /// The checkpoint could not be kept.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A record that was given up could not be put aside.
    #[error(transparent)]
    OnFailure(#[from] OnFailureError),
}

/// The trigger of one function on one stream.
pub struct Pump<S, H> {
    source: S,
    handler: H,
    settings: Settings,
    checkpoint: Checkpoint,
    on_failure: OnFailure,
    state: watch::Sender<PumpState>,
}

impl<S: RecordSource, H: Handler> Pump<S, H> {
    /// A trigger that continues after the checkpoint.
    pub fn new(source: S, handler: H, settings: Settings, checkpoint: Checkpoint, on_failure: OnFailure) -> Self {
        let (state, _) = watch::channel(PumpState::default());
        Self { source, handler, settings, checkpoint, on_failure, state }
    }

    /// How the trigger stands, now and later.
    pub fn state(&self) -> watch::Receiver<PumpState> {
        self.state.subscribe()
    }

    /// Runs until it is dropped. It can be dropped at any moment: what was not checkpointed is delivered again.
    ///
    /// # Errors
    /// [`PumpError`] when it cannot go on without losing records.
    pub async fn run(mut self) -> Result<Infallible, PumpError> {
        loop {
            let batch = self.next_batch().await;
            self.deliver(&batch).await?;
        }
    }

    /// Reads the next batch, waiting for as long as there is none.
    async fn next_batch(&mut self) -> Vec<Record> {
        let mut batch: Vec<Record> = Vec::new();
        loop {
            let after = batch.last().map(Record::sequence_number).or(self.checkpoint.sequence_number());
            let wanted = self.settings.batch_size - batch.len();
            let window_is_over = !batch.is_empty();
            let found = match self.source.read(after, wanted).await {
                Ok(records) => records,
                Err(error) => {
                    self.report_trouble(error.to_string());
                    sleep(self.settings.trouble_pause).await;
                    continue;
                }
            };
            let nothing = found.is_empty();
            batch.extend(found);
            if batch.len() >= self.settings.batch_size || window_is_over {
                return batch;
            }
            if nothing {
                self.state.send_modify(|state| {
                    *state = PumpState {
                        empty_reads: state.empty_reads + 1,
                        iterator_age_ms: 0,
                        trouble: None,
                        ..state.clone()
                    }
                });
                sleep(self.settings.poll_pause).await;
            } else {
                sleep(self.settings.batch_window).await;
            }
        }
    }

    /// Delivers one batch until every record in it is done with.
    async fn deliver(&mut self, batch: &[Record]) -> Result<(), PumpError> {
        let records: Vec<Record> = batch.iter().filter(|it| self.settings.filter.lets_through(it)).cloned().collect();
        let mut delivery = Delivery::new(records.len(), self.settings.retries);
        let mut done = 0;
        while let Some(due) = delivery.due() {
            sleep(due.pause).await;
            let piece = records.get(due.records.clone()).unwrap_or_default();
            let reply = match self.handler.invoke(&record::event(piece)).await {
                Ok(reply) => reply,
                Err(undelivered) => {
                    self.report_trouble(undelivered.to_string());
                    sleep(self.settings.trouble_pause).await;
                    continue;
                }
            };
            let numbers: Vec<&str> = piece.iter().map(Record::sequence_number).collect();
            let settled = delivery.conclude(verdict(&reply, &numbers));
            if let Some((record, given_up)) =
                settled.given_up.as_ref().and_then(|it| Some((records.get(it.position)?, it)))
            {
                self.on_failure.add(&Failure {
                    record,
                    stream_arn: self.source.stream_arn(),
                    shard_id: self.source.shard_id(),
                    function: self.handler.name(),
                    deliveries: given_up.deliveries,
                    reply: &reply,
                })?;
            }
            let newly_done = records.get(done..settled.checkpoint).unwrap_or_default();
            if let Some(last) = newly_done.last() {
                self.checkpoint.advance(last.sequence_number())?;
                self.report_progress(last, newly_done.len() as u64, settled.given_up.is_some());
            }
            done = settled.checkpoint;
        }
        // What the filter held back is done with as well.
        match batch.last() {
            Some(last) => Ok(self.checkpoint.advance(last.sequence_number())?),
            None => Ok(()),
        }
    }

    fn report_progress(&self, last: &Record, records: u64, given_up: bool) {
        let created_at_ms = last.created_at_s().unwrap_or_default() * 1000.0;
        let iterator_age_ms = (clock::system().epoch_ms() as f64 - created_at_ms).max(0.0) as u64;
        self.state.send_modify(|state| {
            state.applied += records - u64::from(given_up);
            state.given_up += u64::from(given_up);
            state.iterator_age_ms = iterator_age_ms;
            state.trouble = None;
        });
    }

    fn report_trouble(&self, trouble: String) {
        self.state.send_modify(|state| state.trouble = Some(trouble));
    }
}

/// Waits until the stream is drained: until a read that began after this call found nothing.
///
/// Returns `false` if the trigger ended before that.
pub async fn drained(mut state: watch::Receiver<PumpState>) -> bool {
    // The first empty read after this moment may have begun before it; the second did not.
    let enough = state.borrow().empty_reads + 2;
    state.wait_for(|state| state.empty_reads >= enough).await.is_ok()
}
