//! Sending a plan through the API: several customers at a time, those of one customer one after the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use engine::decision::Action;
use engine::entry::Feedback;
use engine::id::{AttemptId, CustomerId};
use engine::time::Instant;
use lab::simulate::LaterFeedback;
use lab::transaction::Transaction;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::traffic::api::{Api, Decision, IMPORT_MAX, Imported};
use crate::traffic::plan::{Job, Plan};
use crate::traffic::tally::Tally;

/// Jobs that may wait for one lane: enough to keep it busy, few enough to keep the lanes close in time.
const LANE_QUEUE: usize = 4;

/// How fast the live attempts come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// The next as soon as a lane is free.
    AsAnswered,
    /// This many a second, or fewer if the answers take longer.
    PerSecond(f64),
}

/// Plays plans. What customers are going to say later is kept from the past to the live part.
pub struct Player {
    tally: Arc<Tally>,
    /// Customers are dealt out to lanes; a lane does one thing after the other.
    lanes: Vec<Lane>,
}

/// One sequence of requests, and what its customers will say when their time has come.
struct Lane {
    api: Api,
    tally: Arc<Tally>,
    later: BinaryHeap<Reverse<Saying>>,
}

/// What a customer will say at a moment of the played time.
#[derive(Debug)]
struct Saying {
    due: Instant,
    customer: CustomerId,
    attempt: AttemptId,
    feedback: Feedback,
}

impl Player {
    /// A player with so many requests under way at a time (at least one).
    pub fn new(api: &Api, tally: &Arc<Tally>, concurrency: u16) -> Self {
        let lane = || Lane { api: api.clone(), tally: Arc::clone(tally), later: BinaryHeap::new() };
        Self { tally: Arc::clone(tally), lanes: (0..concurrency.max(1)).map(|_| lane()).collect() }
    }

    /// Imports the past of a plan, and notes what its customers will say about it.
    pub async fn import(&mut self, plan: &mut Plan) {
        let mut by_customer: BTreeMap<CustomerId, Vec<Job>> = BTreeMap::new();
        for job in std::mem::take(&mut plan.past) {
            by_customer.entry(job.attempt.customer_id.clone()).or_default().push(job);
        }
        let mut customers = by_customer.into_iter();
        self.in_lanes(Pace::AsAnswered, || customers.next().map(|(id, past)| (id, Task::Import(past)))).await;
    }

    /// Plays the live part of a plan.
    pub async fn live(&mut self, plan: &mut Plan, pace: Pace) {
        let live = &mut plan.live;
        self.in_lanes(pace, || live.next().map(|job| (job.attempt.customer_id.clone(), Task::Live(Box::new(job)))))
            .await;
    }

    /// Deals tasks out to the lanes by customer, and waits until all are done.
    async fn in_lanes(&mut self, pace: Pace, mut next: impl FnMut() -> Option<(CustomerId, Task)>) {
        let mut running = JoinSet::new();
        let mut queues = Vec::new();
        for (number, mut lane) in self.lanes.drain(..).enumerate() {
            let (queue, mut tasks) = mpsc::channel(LANE_QUEUE);
            queues.push(queue);
            running.spawn(async move {
                while let Some((customer, task)) = tasks.recv().await {
                    lane.play(&customer, task).await;
                }
                (number, lane)
            });
        }
        let mut ticks = match pace {
            Pace::AsAnswered => None,
            Pace::PerSecond(rate) => {
                let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                Some(ticks)
            }
        };
        while let Some((customer, task)) = next() {
            if let Some(ticks) = &mut ticks {
                ticks.tick().await;
            }
            if let Some(queue) = queues.get(lane_of(&customer, queues.len()))
                && queue.send((customer, task)).await.is_err()
            {
                self.tally.failed("a lane of the traffic ended early".to_owned());
            }
        }
        drop(queues);
        // In their old order: what customers will say later waits in the lane that they are dealt to.
        let mut lanes = running.join_all().await;
        lanes.sort_unstable_by_key(|(number, _)| *number);
        self.lanes = lanes.into_iter().map(|(_, lane)| lane).collect();
    }
}

enum Task {
    Import(Vec<Job>),
    Live(Box<Job>),
}

/// The lane of a customer. Any fixed choice will do, as long as it is the same in both parts of a plan.
fn lane_of(customer: &CustomerId, lanes: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    customer.hash(&mut hasher);
    hasher.finish() as usize % lanes.max(1)
}

impl Lane {
    async fn play(&mut self, customer: &CustomerId, task: Task) {
        match task {
            Task::Import(past) => self.import(customer, &past).await,
            Task::Live(job) => self.attempt(&job).await,
        }
    }

    async fn import(&mut self, customer: &CustomerId, past: &[Job]) {
        for batch in past.chunks(IMPORT_MAX) {
            let answer = self.api.import(customer, batch.iter().map(|job| &job.attempt)).await;
            let Some(answer) = self.tally.succeeded("import", answer) else { continue };
            match answer.json() {
                Ok(Imported { imported, duplicates }) => self.tally.imported(customer, imported, duplicates),
                Err(error) => self.tally.failed(format!("import: {error}")),
            }
            for job in batch {
                let id = AttemptId::derive(customer, &job.attempt.id, job.attempt.occurred_at.instant());
                self.say_later(&job.attempt, id, job.person.react_alone().feedback);
            }
        }
    }

    async fn attempt(&mut self, job: &Job) {
        let attempt = &job.attempt;
        self.say_what_is_due(attempt.occurred_at.instant()).await;

        let answer = self.api.score(attempt).await;
        let Some(answer) = self.tally.succeeded("score", answer) else { return };
        let (decision, id) = match answer.json::<Decision>() {
            Ok(decision) => match AttemptId::parse(&decision.attempt_id) {
                Ok(id) => (decision, id),
                Err(error) => return self.tally.failed(format!("score: {error}: {}", decision.attempt_id)),
            },
            Err(error) => return self.tally.failed(format!("score: {error}: {}", answer.excerpt())),
        };
        self.tally.scored(&attempt.customer_id, &decision, answer.elapsed);

        let action = decision.action().unwrap_or(Action::Allow);
        let reaction = job.person.react(action, decision.strategy());
        let answer = self.api.outcome(&attempt.customer_id, id, reaction.outcome).await;
        if self.tally.succeeded("outcome", answer).is_some() {
            self.tally.outcome(reaction.outcome);
        }
        self.say_later(attempt, id, reaction.feedback);
    }

    fn say_later(&mut self, about: &Transaction, attempt: AttemptId, later: Option<LaterFeedback>) {
        if let Some(LaterFeedback { feedback, after_ms }) = later {
            let due = about.occurred_at.instant().plus_ms(after_ms);
            self.later.push(Reverse(Saying { due, customer: about.customer_id.clone(), attempt, feedback }));
        }
    }

    /// Sends the feedback whose time has come. What would be said after the end of the plan is never said.
    async fn say_what_is_due(&mut self, now: Instant) {
        while self.later.peek().is_some_and(|Reverse(saying)| saying.due <= now) {
            let Some(Reverse(saying)) = self.later.pop() else { return };
            let answer = self.api.feedback(&saying.customer, saying.attempt, saying.feedback).await;
            if self.tally.succeeded("feedback", answer).is_some() {
                self.tally.feedback();
            }
        }
    }
}

impl Saying {
    fn order(&self) -> (Instant, AttemptId) {
        (self.due, self.attempt)
    }
}

impl PartialEq for Saying {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Saying {}

impl PartialOrd for Saying {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Saying {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}
