//! The loop that moves records from the stream to the function, and never past one that is not done with.
//!
//! [`Pump::step`] does what is due and says when to come again; it sleeps nowhere, reads no clock but the one it was given,
//! and makes its invocations in the order of the lanes. So a test drives it through a day in a moment, and
//! [`Pump::run`] drives the very same steps in real time.

use std::convert::Infallible;
use std::time::Duration;

use engine::time::Instant;
use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::trigger::checkpoint::{Checkpoint, CheckpointError};
use crate::trigger::lambda::{Handler, Reply};
use crate::trigger::log::Log;
use crate::trigger::mapping::Settings;
use crate::trigger::on_failure::{Message, OnFailure, OnFailureError};
use crate::trigger::record::Record;
use crate::trigger::rules::Verdict;
use crate::trigger::shard::{Due, Loss, Shard};
use crate::trigger::source::RecordSource;

/// How much of what the function said goes into the log.
const EXCERPT_CHARACTERS: usize = 200;

/// How the trigger stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PumpState {
    /// Records that the function has taken.
    pub applied: u64,
    /// Records that were given up.
    pub given_up: u64,
    /// Batches that the function has answered.
    pub batches: u64,
    /// The age of the last record of the last batch, when it was delivered, in milliseconds; 0 when the stream is drained.
    /// Lambda's metric `IteratorAge` (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>).
    pub iterator_age_ms: u64,
    /// The highest it ever was.
    pub iterator_age_ms_max: u64,
    /// How often the stream was read and found empty, with nothing left to deliver.
    pub empty_reads: u64,
    /// What stands in the way just now.
    pub trouble: Option<String>,
}

/// What one step did.
#[derive(Debug)]
pub struct Step {
    /// What was given up in it, as the on-failure destination is told.
    pub discarded: Vec<Message>,
    /// When there is something to do again; not later than it is now if there is already.
    pub next: Instant,
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

/// A source of the current time that a test can hold. Unlike `edge`'s it may know more than a function does.
pub type Clock = Box<dyn Fn() -> Instant + Send + Sync>;

/// The trigger of one function on one stream.
pub struct Pump<S, H> {
    source: S,
    handler: H,
    settings: Settings,
    shard: Shard,
    checkpoint: Checkpoint,
    /// The last record that was read.
    position: Option<String>,
    next_read: Instant,
    on_failure: Option<OnFailure>,
    log: Log,
    clock: Clock,
    state: watch::Sender<PumpState>,
}

impl<S: RecordSource, H: Handler> Pump<S, H> {
    /// A trigger that continues after the checkpoint, by this clock.
    pub fn new(source: S, handler: H, settings: Settings, checkpoint: Checkpoint, clock: Clock) -> Self {
        let (state, _) = watch::channel(PumpState::default());
        Self {
            shard: Shard::new(settings.clone(), clock()),
            position: checkpoint.sequence_number().map(str::to_owned),
            next_read: clock(),
            on_failure: None,
            log: Log::default(),
            source,
            handler,
            settings,
            checkpoint,
            clock,
            state,
        }
    }

    /// The same, keeping what it gives up in this queue.
    #[must_use]
    pub fn with_on_failure(self, on_failure: OnFailure) -> Self {
        Self { on_failure: Some(on_failure), ..self }
    }

    /// The same, writing down what it does.
    #[must_use]
    pub fn with_log(self, log: Log) -> Self {
        Self { log, ..self }
    }

    /// How the trigger stands, now and later.
    pub fn state(&self) -> watch::Receiver<PumpState> {
        self.state.subscribe()
    }

    /// Runs in real time until it is dropped. It can be dropped at any moment: what was not checkpointed is delivered again.
    ///
    /// # Errors
    /// [`PumpError`] when it cannot go on without losing records.
    pub async fn run(mut self) -> Result<Infallible, PumpError> {
        loop {
            let Step { next, .. } = self.step().await?;
            let pause_ms = next.since_ms((self.clock)());
            // Gives way even when there is no pause: a handler that answers at once would keep everything else from running.
            sleep(Duration::from_millis(pause_ms.max(0) as u64)).await;
        }
    }

    /// Does everything that is due: reads once, and invokes the function once for each lane that is ready, these at the same
    /// time. Returns when all of them have answered.
    ///
    /// # Errors
    /// [`PumpError`] when it cannot go on without losing records.
    pub async fn step(&mut self) -> Result<Step, PumpError> {
        self.read().await;
        let now = (self.clock)();
        let (due, losses) = self.shard.due(now);
        let mut discarded = Vec::new();
        for loss in losses {
            discarded.push(self.give_up(&loss)?);
        }
        self.note_age(&due, now);
        let answers = join_all(due.iter().map(|due| self.handler.invoke(&due.event))).await;
        for (due, answer) in due.iter().zip(answers) {
            let now = (self.clock)();
            match answer {
                Err(undelivered) => {
                    self.log.write(now, &due.records, &undelivered.to_string());
                    self.shard.undelivered(due, now);
                    self.report_trouble(undelivered.to_string());
                }
                Ok(reply) => {
                    let outcome = Outcome::of(&reply);
                    let answered = self.shard.answered(due, reply, now);
                    self.log.write(now, &due.records, &outcome.with(answered.verdict));
                    self.state.send_modify(|state| {
                        state.applied += answered.applied as u64;
                        state.batches += 1;
                        state.trouble = None;
                    });
                    if let Some(loss) = answered.loss {
                        discarded.push(self.give_up(&loss)?);
                    }
                }
            }
        }
        if let Some(sequence_number) = self.shard.release() {
            self.checkpoint.advance(&sequence_number)?;
        }
        Ok(Step { discarded, next: self.next_step() })
    }

    /// Reads, if it is time to and there is room.
    async fn read(&mut self) {
        let wanted = self.shard.wanted();
        if wanted == 0 || (self.clock)() < self.next_read {
            return;
        }
        let read = self.source.read(self.position.as_deref(), wanted).await;
        let now = (self.clock)();
        let pause = match &read {
            Ok(records) if records.is_empty() => self.settings.poll_pause,
            Ok(_) => Duration::ZERO,
            Err(_) => self.settings.trouble_pause,
        };
        self.next_read = now.plus_ms(pause.as_millis() as i64);
        match read {
            Ok(records) => {
                if let Some(last) = records.last() {
                    self.position = Some(last.sequence_number().to_owned());
                } else if self.shard.is_empty() {
                    self.state.send_modify(|state| {
                        state.empty_reads += 1;
                        state.iterator_age_ms = 0;
                        state.trouble = None;
                    });
                }
                self.shard.take(records, now);
            }
            Err(error) => self.report_trouble(error.to_string()),
        }
    }

    fn next_step(&self) -> Instant {
        let read = (self.shard.wanted() > 0).then_some(self.next_read);
        let next = [read, self.shard.next_due()].into_iter().flatten().min();
        next.unwrap_or_else(|| (self.clock)().plus_ms(self.settings.poll_pause.as_millis() as i64))
    }

    fn give_up(&mut self, loss: &Loss) -> Result<Message, PumpError> {
        let now = (self.clock)();
        let message = Message::new(loss, self.handler.name(), self.source.stream_arn(), self.source.shard_id(), now);
        if let Some(on_failure) = &self.on_failure {
            on_failure.add(&message)?;
        }
        self.log.write(now, &loss.records, &format!("given up: {}", loss.discarded.condition.as_str()));
        self.state.send_modify(|state| state.given_up += loss.records.len() as u64);
        Ok(message)
    }

    fn note_age(&self, due: &[Due], now: Instant) {
        let last = due.iter().filter_map(|due| due.records.last()).map(Record::created_at).min();
        if let Some(created_at) = last {
            let age_ms = now.since_ms(created_at).max(0) as u64;
            self.state.send_modify(|state| {
                state.iterator_age_ms = age_ms;
                state.iterator_age_ms_max = state.iterator_age_ms_max.max(age_ms);
            });
        }
    }

    fn report_trouble(&self, trouble: String) {
        self.state.send_modify(|state| state.trouble = Some(trouble));
    }
}

/// What a reply was, for the log.
struct Outcome(Option<String>);

impl Outcome {
    fn of(reply: &Reply) -> Self {
        match reply {
            Reply::Response(_) => Self(None),
            Reply::FunctionError(message) => Self(Some(message.chars().take(EXCERPT_CHARACTERS).collect())),
        }
    }

    fn with(self, verdict: Verdict) -> String {
        match (verdict, self.0) {
            (Verdict::Applied, _) => "applied".to_owned(),
            (Verdict::FailedFrom(position), _) => format!("failed from record {position} of the batch on"),
            (Verdict::Failed, Some(message)) => format!("failed: {message}"),
            (Verdict::Failed, None) => "failed: the response names no record of the batch".to_owned(),
        }
    }
}

/// Waits until the stream is drained: until a read that began after this call found nothing, with nothing left to deliver.
///
/// Returns `false` if the trigger ended before that.
pub async fn drained(mut state: watch::Receiver<PumpState>) -> bool {
    // The first empty read after this moment may have begun before it; the second did not.
    let enough = state.borrow().empty_reads + 2;
    state.wait_for(|state| state.empty_reads >= enough).await.is_ok()
}
