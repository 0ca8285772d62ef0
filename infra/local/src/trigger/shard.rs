//! One shard of the stream on its way through the trigger, without I/O and without a clock.
//!
//! Records are dealt out to as many lanes as batches may be under way at once. All changes of one item go to one lane, and a
//! lane delivers one batch after the other: "Lambda still ensures in-order processing at the item (partition and sort key)
//! level" (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>). The checkpoint is one for the whole shard, before
//! the first record that is not done with: after a restart, what other lanes had done behind it comes again.
//!
//! A batch is delivered when it is full, when its payload is, or when its window is over
//! (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>). "The next batching window begins as
//! soon as the previous function invocation completes"; one in which nothing came begins with the first record.

use std::collections::VecDeque;
use std::ops::Range;

use engine::time::Instant;
use serde_json::Value;

use crate::trigger::lambda::Reply;
use crate::trigger::mapping::Settings;
use crate::trigger::record::{self, Record};
use crate::trigger::rules::{Delivery, Discarded, Turn, Verdict, verdict};
use crate::trigger::source::RECORDS_MAX;

/// How many records are held at most. With several lanes, one that is stuck holds back the checkpoint, and with it all that
/// the others do meanwhile.
const HELD_MAX: usize = 10_000;

/// What an event may weigh: 6 MB, the limit of a synchronous invocation.
const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;

/// Everything that was read and is not behind the checkpoint.
#[derive(Debug)]
pub(crate) struct Shard {
    settings: Settings,
    /// In the order of the stream.
    held: VecDeque<Held>,
    /// The number of the first record held; numbers are given out as records come.
    first: u64,
    lanes: Vec<Lane>,
}

#[derive(Debug)]
struct Held {
    sequence_number: String,
    done: bool,
}

#[derive(Debug)]
struct Placed {
    number: u64,
    record: Record,
}

#[derive(Debug)]
struct Lane {
    /// What is not in a batch yet.
    waiting: VecDeque<Placed>,
    waiting_since: Instant,
    batch: Vec<Placed>,
    delivery: Delivery,
    /// How many records of the batch the shard knows to be done with.
    settled: usize,
    /// What was answered last about this batch.
    reply: Option<Reply>,
    /// When the last invocation completed.
    completed: Instant,
}

/// An invocation that is due.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) lane: usize,
    pub(crate) event: Value,
    pub(crate) records: Vec<Record>,
}

/// What an answer led to.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) verdict: Verdict,
    /// How many records are done with now because they were applied.
    pub(crate) applied: usize,
    pub(crate) loss: Option<Loss>,
}

/// Records that are given up, with what was said of them last.
#[derive(Debug)]
pub(crate) struct Loss {
    pub(crate) records: Vec<Record>,
    pub(crate) discarded: Discarded,
    pub(crate) reply: Option<Reply>,
}

impl Shard {
    /// An empty shard at a time.
    pub(crate) fn new(settings: Settings, now: Instant) -> Self {
        let lane = || Lane {
            waiting: VecDeque::new(),
            waiting_since: now,
            batch: Vec::new(),
            delivery: Delivery::new(Vec::new(), settings.rules),
            settled: 0,
            reply: None,
            completed: now,
        };
        let lanes = (0..settings.parallelization_factor.max(1)).map(|_| lane()).collect();
        Self { settings, held: VecDeque::new(), first: 0, lanes }
    }

    /// How many records to read: none while every lane has its next batch, or too much is held.
    pub(crate) fn wanted(&self) -> usize {
        let has_room = self.lanes.iter().any(|lane| lane.waiting.len() < self.settings.batch_size);
        if has_room { RECORDS_MAX.min(HELD_MAX.saturating_sub(self.held.len())) } else { 0 }
    }

    /// Takes what was read. What the filter holds back is done with at once.
    pub(crate) fn take(&mut self, records: Vec<Record>, now: Instant) {
        for record in records {
            let number = self.first + self.held.len() as u64;
            let done = !self.settings.filter.lets_through(&record);
            self.held.push_back(Held { sequence_number: record.sequence_number().to_owned(), done });
            let lane = record.item_hash() % self.lanes.len() as u64;
            if let (false, Some(lane)) = (done, self.lanes.get_mut(lane as usize)) {
                if lane.waiting.is_empty() {
                    lane.waiting_since = now;
                }
                lane.waiting.push_back(Placed { number, record });
            }
        }
    }

    /// The invocations that are due, at most one of each lane, and the records that are too old for any.
    pub(crate) fn due(&mut self, now: Instant) -> (Vec<Due>, Vec<Loss>) {
        let (mut due, mut losses) = (Vec::new(), Vec::new());
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            loop {
                let turn = lane.delivery.turn(now);
                lane.settle(&mut self.held, self.first);
                match turn {
                    Turn::Done if lane.waiting.is_empty() || now < lane.batch_due(&self.settings) => break,
                    Turn::Done => lane.begin_batch(&self.settings),
                    Turn::Discard(discarded) => losses.push(lane.loss(discarded)),
                    Turn::Wait(_) => break,
                    Turn::Deliver(range) => {
                        let records = lane.records(&range);
                        due.push(Due { lane: number, event: record::event(&records), records });
                        break;
                    }
                }
            }
        }
        (due, losses)
    }

    /// Takes the answer to an invocation that was due.
    pub(crate) fn answered(&mut self, due: &Due, reply: Reply, now: Instant) -> Answered {
        let numbers: Vec<&str> = due.records.iter().map(Record::sequence_number).collect();
        let verdict = verdict(&reply, &numbers, self.settings.rules.report_item_failures);
        let mut answered = Answered { verdict, applied: 0, loss: None };
        if let Some(lane) = self.lanes.get_mut(due.lane) {
            lane.completed = now;
            lane.reply = Some(reply);
            answered.loss = lane.delivery.conclude(verdict, now).map(|discarded| lane.loss(discarded));
            let lost = answered.loss.as_ref().map_or(0, |loss| loss.records.len());
            answered.applied = lane.settle(&mut self.held, self.first) - lost;
        }
        answered
    }

    /// The function was not reached for an invocation that was due.
    pub(crate) fn undelivered(&mut self, due: &Due, now: Instant) {
        let until = now.plus_ms(self.settings.trouble_pause.as_millis() as i64);
        if let Some(lane) = self.lanes.get_mut(due.lane) {
            lane.delivery.postpone(until);
        }
    }

    /// Lets go of what is done with, from the first record to the first that is not. Gives the sequence number of the last,
    /// where the checkpoint then belongs.
    pub(crate) fn release(&mut self) -> Option<String> {
        let mut last = None;
        while self.held.front().is_some_and(|held| held.done) {
            last = self.held.pop_front().map(|held| held.sequence_number);
            self.first += 1;
        }
        last
    }

    /// Whether everything that was read is done with.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// When a lane has something to do next, if nothing more comes.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let next = |lane: &Lane| match lane.delivery.due_at() {
            None if lane.waiting.is_empty() => None,
            None => Some(lane.batch_due(&self.settings)),
            due_at => due_at,
        };
        self.lanes.iter().filter_map(next).min()
    }
}

impl Lane {
    /// When what waits is delivered: at once if it fills a batch, otherwise at the end of the window.
    fn batch_due(&self, settings: &Settings) -> Instant {
        let window_ms = settings.batch_window.as_millis() as i64;
        let end_of_running = self.completed.plus_ms(window_ms);
        if self.fills(settings) {
            self.waiting_since
        } else if self.waiting_since <= end_of_running {
            end_of_running
        } else {
            self.waiting_since.plus_ms(window_ms)
        }
    }

    fn fills(&self, settings: &Settings) -> bool {
        let count = self.fitting(settings);
        count == settings.batch_size || count < self.waiting.len()
    }

    /// How many of those that wait fit into one batch; at least one.
    fn fitting(&self, settings: &Settings) -> usize {
        let mut bytes = 0;
        let fits = |placed: &&Placed| {
            bytes += placed.record.bytes() + 1;
            bytes <= PAYLOAD_BYTES_MAX
        };
        self.waiting.iter().take(settings.batch_size).take_while(fits).count().max(1)
    }

    fn begin_batch(&mut self, settings: &Settings) {
        let count = self.fitting(settings).min(self.waiting.len());
        self.batch = self.waiting.drain(..count).collect();
        let created = self.batch.iter().map(|placed| placed.record.created_at()).collect();
        self.delivery = Delivery::new(created, settings.rules);
        self.settled = 0;
        self.reply = None;
    }

    /// Marks what has been done with of the batch since this was last called, and says how many records that are.
    fn settle(&mut self, held: &mut VecDeque<Held>, first: u64) -> usize {
        let done = self.delivery.done();
        let newly = self.batch.get(self.settled..done).unwrap_or_default();
        for placed in newly {
            if let Some(held) = held.get_mut((placed.number - first) as usize) {
                held.done = true;
            }
        }
        let count = newly.len();
        self.settled = done;
        count
    }

    fn records(&self, range: &Range<usize>) -> Vec<Record> {
        self.batch.get(range.clone()).unwrap_or_default().iter().map(|placed| placed.record.clone()).collect()
    }

    fn loss(&self, discarded: Discarded) -> Loss {
        let reply = self.reply.clone().filter(|_| discarded.invocations > 0);
        Loss { records: self.records(&discarded.records), discarded, reply }
    }
}
