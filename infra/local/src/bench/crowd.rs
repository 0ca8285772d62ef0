//! A crowd: thousands of different customers at once, each with one attempt, none of whom may be lost.
//!
//! Every answer must be a recorded decision that lacks nothing. When everything is learned, the table must hold exactly one entry
//! of each customer, under the id that was answered, and a profile that is the fold over it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use engine::id::{AttemptId, CustomerId};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use store::StoreError;
use store::ports::{ReadProfile, ReadTimeline};

use crate::bench::caller::{Caller, Way};
use crate::bench::{Bench, BenchError, Latency, Work};
use crate::stack::{SCORER, UPDATER};
use crate::verify::compare;

/// How many requests are under way at once at most: each has a socket on either end, and a process may not have many thousand.
const UNDER_WAY_MAX: usize = 1_000;

/// How long one may wait in the queue of the only process that scores. API Gateway would not: there it need not wait.
const PATIENCE: Duration = Duration::from_mins(5);

/// How many customers are checked at the same time.
const CHECKED_AT_ONCE: usize = 4;

/// How many differences are named.
const DIFFERENCES_SHOWN: usize = 5;

/// What came of a crowd.
#[derive(Debug, Clone, Serialize)]
pub struct Crowd {
    /// Different customers, each with one attempt.
    pub customers: u32,
    /// Requests under way at once.
    pub under_way: usize,
    /// Attempts that were not answered by a recorded decision that lacks nothing.
    pub failed: usize,
    /// The first of them.
    pub first_failure: Option<String>,
    /// Decisions a second, while the updater learns from them on the same machine.
    pub per_second: f64,
    /// How long answers took, with waiting for the one process.
    #[serde(flatten)]
    pub latency: Latency,
    /// Seconds from the first request until everything was learned.
    pub learned_s: f64,
    /// Batches in which the stream brought what was to be learned.
    pub batches: u64,
    /// Changes that the trigger gave up.
    pub given_up: u64,
    /// What the table says.
    #[serde(flatten)]
    pub checked: Checked,
}

/// What the table says of customers who were promised one entry each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Entries in the table.
    pub entries: u64,
    /// Entries that were promised and are not there.
    pub lost: u64,
    /// Entries that nobody was promised.
    pub surplus: u64,
    /// Profiles that are not the fold over the customer's entries.
    pub profile_mismatches: u64,
    /// The first of all these, in words.
    pub differences: Vec<String>,
}

impl Crowd {
    /// Whether every answer was good, and nothing is lost, made up or not learned.
    pub fn is_clean(&self) -> bool {
        let Checked { lost, surplus, profile_mismatches, .. } = self.checked;
        self.failed == 0 && self.given_up + lost + surplus + profile_mismatches == 0
    }
}

impl Bench<'_> {
    /// Everybody comes at once. Gives what came of it, and the work of scoring and of learning.
    pub(super) async fn crowd(&self, customers: u32) -> Result<(Crowd, Vec<Work>), BenchError> {
        let under_way = UNDER_WAY_MAX.min(customers as usize);
        self.console.line(&format!("{customers} customers at once, {under_way} requests under way"));
        let before = [SCORER, UPDATER].map(|function| self.processes.usage(function));
        let state_before = self.stack.trigger_state().borrow().clone();
        let caller = &self.caller.patient(PATIENCE);
        let started = Instant::now();
        let asking = |number| async move { (number, self.ask_one(caller, number).await) };
        let answers: Vec<_> = stream::iter(0..customers).map(asking).buffer_unordered(under_way).collect().await;
        let answered = started.elapsed();
        self.learned().await?;
        let learned_s = started.elapsed().as_secs_f64();
        let state = self.stack.trigger_state().borrow().clone();
        let batches = state.batches - state_before.batches;

        let (mut good, mut promised, mut first_failure) = (Vec::new(), BTreeMap::new(), None);
        for (number, answer) in answers {
            let (customer, id) = self.samples.in_crowd(number)?;
            match answer {
                Ok(elapsed) => {
                    good.push(elapsed);
                    promised.insert(customer, Some(id));
                }
                Err(error) => {
                    first_failure = first_failure.or_else(|| Some(error.to_string()));
                    promised.insert(customer, None);
                }
            }
        }
        self.console.line("reading what the table holds of them");
        let crowd = Crowd {
            customers,
            under_way,
            failed: customers as usize - good.len(),
            first_failure,
            per_second: good.len() as f64 / answered.as_secs_f64(),
            latency: Latency::of(good),
            learned_s,
            batches,
            given_up: state.given_up - state_before.given_up,
            checked: check(&self.stack.table, &promised).await?,
        };
        let [scorer, updater] = before;
        let learning = |of, count| self.processes.usage(UPDATER).work(updater, UPDATER, of, count);
        let work = vec![
            self.processes.usage(SCORER).work(scorer, SCORER, "decision in the crowd", u64::from(customers)),
            learning("change", state.applied - state_before.applied),
            learning("batch", batches),
        ];
        Ok((crowd, work))
    }

    /// Has the attempt of one customer answered, under the id that it must have.
    async fn ask_one(&self, caller: &Caller, number: u32) -> Result<Duration, BenchError> {
        let asked = caller.ask(Way::Route, &self.samples.attempt_in_crowd(number)).await?;
        let (_, id) = self.samples.in_crowd(number)?;
        if asked.attempt_id == id.to_string() {
            return Ok(asked.elapsed);
        }
        Err(BenchError::Sample(format!("{id} was answered as {}", asked.attempt_id)))
    }
}

/// Compares the table with what these customers were promised: one entry of this id each, or nothing that one could rely on.
///
/// # Errors
/// [`StoreError`] if the table cannot be read.
pub async fn check(
    table: &(impl ReadTimeline + ReadProfile + Sync),
    promised: &BTreeMap<CustomerId, Option<AttemptId>>,
) -> Result<Checked, StoreError> {
    let compared = stream::iter(promised)
        .map(|(customer, id)| async move { compare(table, customer).await.map(|found| (customer, id, found)) });
    let mut compared = compared.buffered(CHECKED_AT_ONCE);
    let mut checked = Checked::default();
    while let Some((customer, id, (entries, difference))) = compared.try_next().await? {
        checked.entries += entries.len() as u64;
        let customer = customer.as_str();
        if let Some(id) = id {
            let found = entries.iter().filter(|entry| entry.id == *id && entry.decision().is_some()).count() as u64;
            checked.note(u64::from(found == 0), |checked| &mut checked.lost, || format!("{customer}: {id} is lost"));
            let surplus = entries.len() as u64 - found;
            checked.note(
                surplus,
                |checked| &mut checked.surplus,
                || format!("{customer}: {surplus} more than promised"),
            );
        }
        let mismatch = difference.unwrap_or_default();
        let mismatches = u64::from(!mismatch.is_empty());
        checked.note(mismatches, |checked| &mut checked.profile_mismatches, || format!("{customer}: {mismatch}"));
    }
    Ok(checked)
}

impl Checked {
    fn note(&mut self, count: u64, counter: impl FnOnce(&mut Self) -> &mut u64, words: impl FnOnce() -> String) {
        *counter(self) += count;
        if count > 0 && self.differences.len() < DIFFERENCES_SHOWN {
            self.differences.push(words());
        }
    }
}
