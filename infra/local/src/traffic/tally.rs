//! Counting what happened while the traffic was played.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::entry::Outcome;
use engine::id::CustomerId;

use crate::client::{Answer, ClientError};
use crate::traffic::api::Decision;
use crate::traffic::latency::Latencies;

/// What happened until now.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Purchases of the past that the API took, new or there already.
    pub imported: u64,
    /// Those of them that were there already.
    pub duplicates: u64,
    /// Attempts that got a decision.
    pub scored: u64,
    /// Decisions that were made with something missing.
    pub degraded: u64,
    /// Decisions by action.
    pub actions: BTreeMap<String, u64>,
    /// What the customers did, by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// What the customers said.
    pub feedback: u64,
    /// Requests that did not end in 2xx.
    pub not_2xx: u64,
    /// The first of them, with its answer.
    pub first_not_2xx: Option<String>,
    /// From the start of the program to the first decision.
    pub first_attempt: Option<Duration>,
    /// How long the scoring requests took that got a decision.
    pub latencies: Latencies,
    /// Every customer there was.
    pub customers: BTreeSet<CustomerId>,
}

/// The counts, shared by all who send.
#[derive(Debug)]
pub struct Tally {
    started: Instant,
    counts: Mutex<Counts>,
}

impl Tally {
    /// Nothing has happened yet; the program was started then.
    pub fn new(started: Instant) -> Self {
        Self { started, counts: Mutex::default() }
    }

    /// Reads the counts.
    pub fn read<T>(&self, read: impl FnOnce(&Counts) -> T) -> T {
        read(&self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A copy of the counts.
    pub fn counts(&self) -> Counts {
        self.read(Counts::clone)
    }

    /// Counts the result of a request and gives its answer if that is a 2xx.
    pub fn succeeded(&self, request: &str, answer: Result<Answer, ClientError>) -> Option<Answer> {
        let failure = match answer {
            Ok(answer) if answer.status.is_success() => return Some(answer),
            Ok(answer) => format!("{request}: {} {}", answer.status, answer.excerpt()),
            Err(error) => format!("{request}: {error}"),
        };
        self.failed(failure);
        None
    }

    /// Counts a request that failed.
    pub fn failed(&self, failure: String) {
        self.count(|counts| {
            counts.not_2xx += 1;
            counts.first_not_2xx.get_or_insert(failure);
        });
    }

    /// Counts an import.
    pub fn imported(&self, customer: &CustomerId, imported: u64, duplicates: u64) {
        self.count(|counts| {
            counts.imported += imported + duplicates;
            counts.duplicates += duplicates;
            counts.customers.insert(customer.clone());
        });
    }

    /// Counts a decision.
    pub fn scored(&self, customer: &CustomerId, decision: &Decision, latency: Duration) {
        let since_start = self.started.elapsed();
        self.count(|counts| {
            counts.scored += 1;
            counts.degraded += u64::from(decision.degraded);
            *counts.actions.entry(decision.action.clone()).or_default() += 1;
            counts.first_attempt.get_or_insert(since_start);
            counts.latencies.add(latency);
            counts.customers.insert(customer.clone());
        });
    }

    /// Counts what a customer did.
    pub fn outcome(&self, outcome: Outcome) {
        self.count(|counts| *counts.outcomes.entry(outcome.name()).or_default() += 1);
    }

    /// Counts what a customer said.
    pub fn feedback(&self) {
        self.count(|counts| counts.feedback += 1);
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
