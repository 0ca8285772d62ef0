//! What is sent: histories and attempts made of numbers, the same for the same numbers. They occurred in the year before the bench.

use std::cell::Cell;
use std::ops::Range;

use engine::id::{AttemptId, CustomerId, IdError, IdempotencyKey};
use engine::time::{DAY_MS, HOUR_MS, Instant, MINUTE_MS};
use serde_json::{Value, json};

use crate::bench::BenchError;

/// How many customers take turns.
pub(super) const CUSTOMERS: u32 = 20;

/// How many purchases of the past each of them has.
pub(super) const PURCHASES: u32 = 60;

/// How long ago the first attempt occurred; the past lies before it, one purchase a day.
const BEGIN_MS: i64 = 300 * DAY_MS;

/// The time between two attempts of a customer, so that the last hour holds what it usually holds.
const APART_MS: i64 = 45 * MINUTE_MS;

/// How many merchants there are.
const MERCHANTS: u32 = 7;

/// How long ago the crowd comes. A day with nothing else in it.
const CROWD_MS: i64 = 2 * HOUR_MS;

/// Makes what is sent, and deals out the numbers of attempts, each once.
#[derive(Debug)]
pub(super) struct Samples {
    now: Instant,
    next: Cell<u32>,
}

impl Samples {
    /// For a bench at this time.
    pub(super) fn new(now: Instant) -> Self {
        Self { now, next: Cell::new(0) }
    }

    /// So many numbers of attempts that were not dealt out before.
    pub(super) fn take(&self, count: u32) -> Range<u32> {
        let first = self.next.get();
        self.next.set(first + count);
        first..first + count
    }

    /// The import of a customer's past: two months of groceries.
    pub(super) fn history(&self) -> Value {
        let at = |number: u32| self.now.plus_ms(-BEGIN_MS - i64::from(PURCHASES - number) * DAY_MS);
        let purchases: Vec<Value> =
            (0..PURCHASES).map(|number| purchase(&format!("past-{number}"), number, at(number))).collect();
        json!({ "purchases": purchases })
    }

    /// The attempt of a number, by the customer whose turn it is.
    pub(super) fn attempt(&self, number: u32) -> Value {
        let at = self.now.plus_ms(i64::from(number / CUSTOMERS) * APART_MS - BEGIN_MS);
        attempt(&customer(number % CUSTOMERS), number, at)
    }

    /// The only attempt of a customer of the crowd.
    pub(super) fn attempt_in_crowd(&self, number: u32) -> Value {
        attempt(&name_in_crowd(number), number, self.crowd_at())
    }

    /// A customer of the crowd, with the id that their attempt must get.
    pub(super) fn in_crowd(&self, number: u32) -> Result<(CustomerId, AttemptId), BenchError> {
        let is_none = |error: IdError| BenchError::Sample(error.to_string());
        let customer = CustomerId::parse(&name_in_crowd(number)).map_err(is_none)?;
        let key = IdempotencyKey::parse(&key(number)).map_err(is_none)?;
        let id = AttemptId::derive(&customer, &key, self.crowd_at());
        Ok((customer, id))
    }

    /// Everyone at the same moment.
    fn crowd_at(&self) -> Instant {
        self.now.plus_ms(-CROWD_MS)
    }
}

/// The name of a customer who takes turns.
pub(super) fn customer(number: u32) -> String {
    format!("bench-{number}")
}

fn name_in_crowd(number: u32) -> String {
    format!("crowd-{number}")
}

fn key(number: u32) -> String {
    format!("attempt-{number}")
}

fn attempt(customer: &str, number: u32, at: Instant) -> Value {
    let mut attempt = purchase(&key(number), number, at);
    if let Some(fields) = attempt.as_object_mut() {
        fields.insert("customer_id".to_owned(), customer.into());
    }
    attempt
}

fn purchase(key: &str, number: u32, at: Instant) -> Value {
    json!({
        "idempotency_key": key,
        "amount": { "value": format!("{}.{:02}", 20 + number * 7 % 40, number % 100), "currency": "EUR" },
        "category": if number.is_multiple_of(3) { "dining" } else { "groceries" },
        "payment_method": "debit_card",
        "merchant_id": format!("shop-{}", number % MERCHANTS),
        "occurred_at": at.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use edge::json::Object;
    use edge::wire::read_attempt;

    use super::*;

    /// How many different attempts these bodies are, all of which must be taken.
    fn different(now: Instant, bodies: impl Iterator<Item = Value>) -> usize {
        let id = |body: Value| read_attempt(Object::parse(body.to_string().as_bytes()).unwrap(), now).unwrap().id;
        bodies.map(id).collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn every_attempt_is_one_of_its_own_and_lies_in_the_past() {
        let now = Instant::EPOCH.plus_ms(20_000 * DAY_MS);
        let samples = Samples::new(now);
        let numbers = samples.take(3).chain(samples.take(150_000));
        assert_eq!(different(now, numbers.map(|number| samples.attempt(number))), 150_003);
        assert_eq!(different(now, (0..10_000).map(|number| samples.attempt_in_crowd(number))), 10_000);
    }

    #[test]
    fn the_id_of_a_crowds_attempt_is_known_beforehand() {
        let samples = Samples::new(Instant::EPOCH.plus_ms(20_000 * DAY_MS));
        let body = samples.attempt_in_crowd(7).to_string();
        let read = read_attempt(Object::parse(body.as_bytes()).unwrap(), samples.now).unwrap();
        assert_eq!((read.attempt.customer, read.id), samples.in_crowd(7).unwrap());
    }
}
