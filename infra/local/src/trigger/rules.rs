//! The rules by which Lambda moves through a batch of stream records, as a state machine without I/O and without a clock.
//!
//! [`Delivery`] holds what is left of one batch as consecutive pieces; the first is delivered next. What the function
//! answers is read as a [`Verdict`], and [`Delivery::conclude`] makes of it the next state.
//!
//! Sources, in the Lambda developer guide:
//! - "Configuring partial batch response with DynamoDB and Lambda"
//!   (<https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>);
//! - "Retain discarded records for a DynamoDB event source in Lambda"
//!   (<https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>);
//! - "Lambda parameters for Amazon DynamoDB event source mappings"
//!   (<https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html>).
//!
//! Where the guide is silent, the reading that delivers less often is taken, so that what survives here survives there:
//! without bisecting, a retry counts whether or not the one before it made progress. How long Lambda waits between retries
//! is not documented; here the pause doubles from [`RETRY_PAUSE`] to [`RETRY_PAUSE_MAX`].

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use engine::time::Instant;
use serde_json::Value;

use crate::trigger::lambda::Reply;

/// The pause before the first retry; doubled for each one after it.
pub const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause before a retry.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(5);

/// What one invocation says of the records it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of them are applied.
    Applied,
    /// Those before this position are applied; it and all after it are to come again.
    FailedFrom(usize),
    /// None can be taken as applied.
    Failed,
}

/// Reads a function's answer, given the sequence numbers of the records it was invoked with, in order.
///
/// Without `ReportBatchItemFailures` a response of any kind is a success. With it, a complete success is an empty or null
/// `batchItemFailures`, an empty or a null response; a complete failure is a function error, or an `itemIdentifier` that is
/// empty, null, misnamed or not of this batch; and of several identifiers the lowest counts, since Lambda checkpoints there
/// and replays all that follows. All other results are a failure.
pub fn verdict(reply: &Reply, sequence_numbers: &[&str], report_item_failures: bool) -> Verdict {
    let response = match reply {
        Reply::Response(_) if !report_item_failures => return Verdict::Applied,
        Reply::Response(response) => response,
        Reply::FunctionError(_) => return Verdict::Failed,
    };
    let failures = match response {
        Value::Null => return Verdict::Applied,
        Value::Object(fields) => match fields.get("batchItemFailures") {
            None | Some(Value::Null) => return Verdict::Applied,
            Some(Value::Array(failures)) => failures,
            Some(_) => return Verdict::Failed,
        },
        _ => return Verdict::Failed,
    };
    let position = |failure: &Value| {
        let identifier = failure.get("itemIdentifier")?.as_str()?;
        sequence_numbers.iter().position(|number| *number == identifier)
    };
    let positions: Option<Vec<usize>> = failures.iter().map(position).collect();
    match positions.map(|positions| positions.into_iter().min()) {
        Some(None) => Verdict::Applied,
        Some(Some(lowest)) => Verdict::FailedFrom(lowest),
        None => Verdict::Failed,
    }
}

/// How a batch is delivered, and how stubbornly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How often what fails is tried again; `MaximumRetryAttempts`. `None`: until it is too old.
    pub retries_max: Option<u32>,
    /// Records older than this are not delivered any more; `MaximumRecordAgeInSeconds`.
    pub record_age_max: Duration,
    /// Whether what fails is halved first; `BisectBatchOnFunctionError`.
    pub bisect: bool,
    /// Whether a response may name the records that failed; `ReportBatchItemFailures`.
    pub report_item_failures: bool,
    /// Whether everything that was applied is delivered once more, as a stream that delivers at least once may do at any
    /// moment. No setting of AWS: its stream needs none to do so.
    pub twice: bool,
}

/// What is left to deliver of one batch.
#[derive(Debug)]
pub struct Delivery {
    /// When each record of the batch was made, in order.
    created: Vec<Instant>,
    pieces: VecDeque<Piece>,
    rules: Rules,
}

/// Consecutive records that are delivered together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    records: Range<usize>,
    /// How often these records have failed without being made fewer by bisecting.
    failures: u32,
    /// How often they were delivered since then.
    invocations: u32,
    /// Whether they have been applied, and come once more all the same.
    applied: bool,
    not_before: Instant,
}

/// What is to be done next with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Deliver the records at these positions; there is at least one.
    Deliver(Range<usize>),
    /// Nothing before this moment.
    Wait(Instant),
    /// These are not delivered any more. They go to the on-failure destination.
    Discard(Discarded),
    /// Every record is done with.
    Done,
}

/// Records that are given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// Their positions in the batch.
    pub records: Range<usize>,
    /// How often they were delivered, as far as it is known.
    pub invocations: u32,
    /// Why they are given up.
    pub condition: Condition,
}

/// Why records are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// They failed too often.
    RetryAttemptsExhausted,
    /// They are too old.
    RecordAgeExceeded,
}

impl Condition {
    /// Its name in the messages of AWS.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Self::RecordAgeExceeded => "RecordAgeExceeded",
        }
    }
}

impl Delivery {
    /// The delivery of a batch of records that were made at these times.
    pub fn new(created: Vec<Instant>, rules: Rules) -> Self {
        let whole = Piece {
            records: 0..created.len(),
            failures: 0,
            invocations: 0,
            applied: false,
            not_before: Instant::EPOCH,
        };
        let pieces = if created.is_empty() { VecDeque::new() } else { VecDeque::from([whole]) };
        Self { created, pieces, rules }
    }

    /// How many records, from the first, are done with: applied or given up.
    pub fn done(&self) -> usize {
        self.pieces.front().map_or(self.created.len(), |piece| piece.records.start)
    }

    /// From when on there is something to be done; `None` when every record is done with.
    pub fn due_at(&self) -> Option<Instant> {
        self.pieces.front().map(|piece| piece.not_before)
    }

    /// What is to be done next. Records that are too old are taken off the batch by being returned.
    pub fn turn(&mut self, now: Instant) -> Turn {
        let age_max_ms = self.rules.record_age_max.as_millis() as i64;
        let Some(piece) = self.pieces.front_mut() else { return Turn::Done };
        let Range { start, end } = piece.records;
        let created = self.created.get(piece.records.clone()).unwrap_or_default();
        let expired = created.iter().take_while(|created| now.since_ms(**created) > age_max_ms).count();
        // What was applied already is not lost by being too old to come once more.
        if expired > 0 && !piece.applied {
            let invocations = piece.invocations;
            piece.records.start += expired;
            if piece.records.is_empty() {
                self.pieces.pop_front();
            }
            let records = start..start + expired;
            return Turn::Discard(Discarded { records, invocations, condition: Condition::RecordAgeExceeded });
        }
        if now < piece.not_before { Turn::Wait(piece.not_before) } else { Turn::Deliver(start..end) }
    }

    /// Puts off what is to be delivered next: the function was not reached, which says nothing of the records and uses up
    /// none of their retries.
    pub fn postpone(&mut self, until: Instant) {
        if let Some(piece) = self.pieces.front_mut() {
            piece.not_before = until;
        }
    }

    /// Takes the verdict on what was delivered, and returns what is given up because of it.
    ///
    /// - Applied: the piece is done with.
    /// - Failed from a later record on: what is before it is done with. "The batch is bisected at the returned sequence
    ///   number, and Lambda retries only the remaining records."
    /// - Failed as a whole, or from its first record on: with bisecting the piece is halved, which uses up no retry, until
    ///   the record at fault is alone.
    /// - What is not bisected is retried after a pause, and at last given up as a whole.
    pub fn conclude(&mut self, verdict: Verdict, now: Instant) -> Option<Discarded> {
        let mut piece = self.pieces.pop_front()?;
        let Range { start, end } = piece.records;
        let length = end - start;
        piece.invocations += 1;
        let applied = match verdict {
            Verdict::Applied if self.rules.twice && !piece.applied => {
                self.pieces.push_front(Piece { applied: true, ..piece });
                return None;
            }
            Verdict::Applied => return None,
            Verdict::FailedFrom(position) => position.min(length - 1),
            Verdict::Failed => 0,
        };
        // A bisected piece starts afresh.
        let part =
            |records: Range<usize>| Piece { records, failures: 0, invocations: 0, applied: false, not_before: now };
        if self.rules.bisect && applied > 0 {
            self.pieces.push_front(part(start + applied..end));
        } else if self.rules.bisect && length > 1 {
            let middle = start + length.div_ceil(2);
            self.pieces.push_front(part(middle..end));
            self.pieces.push_front(part(start..middle));
        } else if self.rules.retries_max.is_none_or(|max| piece.failures < max) {
            let factor = 2_u32.saturating_pow(piece.failures);
            let pause = RETRY_PAUSE.saturating_mul(factor).min(RETRY_PAUSE_MAX);
            self.pieces.push_front(Piece {
                records: start + applied..end,
                failures: piece.failures.saturating_add(1),
                not_before: now.plus_ms(pause.as_millis() as i64),
                ..piece
            });
        } else {
            return Some(Discarded {
                records: start + applied..end,
                invocations: piece.invocations,
                condition: Condition::RetryAttemptsExhausted,
            });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A batch with the sequence numbers 10, 20, 30 gets this answer.
    #[track_caller]
    fn check_verdict(response: &Value, expect: Verdict) {
        let reply = Reply::Response(response.clone());
        assert_eq!(verdict(&reply, &["10", "20", "30"], true), expect, "{response}");
        assert_eq!(verdict(&reply, &["10", "20", "30"], false), Verdict::Applied, "{response} is not looked at");
    }

    #[test]
    fn success_is_no_failure_named() {
        check_verdict(&json!({"batchItemFailures": []}), Verdict::Applied);
        check_verdict(&json!({"batchItemFailures": null}), Verdict::Applied);
        check_verdict(&json!({}), Verdict::Applied);
        check_verdict(&json!(null), Verdict::Applied);
    }

    #[test]
    fn the_lowest_identifier_counts() {
        check_verdict(&json!({"batchItemFailures": [{"itemIdentifier": "20"}]}), Verdict::FailedFrom(1));
        check_verdict(
            &json!({"batchItemFailures": [{"itemIdentifier": "30"}, {"itemIdentifier": "10"}]}),
            Verdict::FailedFrom(0),
        );
    }

    #[test]
    fn a_bad_identifier_fails_the_whole_batch() {
        for failure in [
            json!({"itemIdentifier": ""}),
            json!({"itemIdentifier": null}),
            json!({"itemIdentifier": "99"}),
            json!({"itemIdentifier": 20}),
            json!({"itemId": "20"}),
            json!("20"),
        ] {
            check_verdict(&json!({"batchItemFailures": [{"itemIdentifier": "30"}, failure]}), Verdict::Failed);
        }
        check_verdict(&json!({"batchItemFailures": "20"}), Verdict::Failed);
        check_verdict(&json!("done"), Verdict::Failed);
        for report_item_failures in [true, false] {
            let error = Reply::FunctionError("panic".to_owned());
            assert_eq!(verdict(&error, &["10"], report_item_failures), Verdict::Failed);
        }
    }

    const RULES: Rules = Rules {
        retries_max: Some(2),
        record_age_max: Duration::from_hours(1),
        bisect: true,
        report_item_failures: true,
        twice: false,
    };

    const NO_BISECT: Rules = Rules { bisect: false, ..RULES };

    /// Delivers a batch of `records`, made at the beginning of time, each delivery as soon as it is due. `steps` are the
    /// deliveries with the verdict on each and how many records are done with after it; `discarded` is what is given up.
    #[track_caller]
    fn check(
        rules: Rules,
        records: usize,
        steps: &[(Range<usize>, Verdict, usize)],
        discarded: &[(Range<usize>, u32)],
    ) {
        let mut delivery = Delivery::new(vec![Instant::EPOCH; records], rules);
        let mut now = Instant::EPOCH;
        let mut given_up = Vec::new();
        for (records, verdict, done) in steps {
            let mut turn = delivery.turn(now);
            if let Turn::Wait(until) = turn {
                now = until;
                turn = delivery.turn(now);
            }
            assert_eq!(turn, Turn::Deliver(records.clone()));
            let discarded = delivery.conclude(*verdict, now);
            assert!(discarded.iter().all(|it| it.condition == Condition::RetryAttemptsExhausted));
            given_up.extend(discarded.map(|it| (it.records, it.invocations)));
            assert_eq!(delivery.done(), *done, "after {records:?}: {verdict:?}");
        }
        assert_eq!(delivery.turn(now), Turn::Done);
        assert_eq!(given_up, discarded);
    }

    #[test]
    fn an_applied_batch_is_done() {
        check(RULES, 0, &[], &[]);
        check(RULES, 3, &[(0..3, Verdict::Applied, 3)], &[]);
    }

    #[test]
    fn a_partial_failure_replays_from_the_failed_record_on() {
        for rules in [RULES, NO_BISECT] {
            check(
                rules,
                5,
                &[(0..5, Verdict::FailedFrom(2), 2), (2..5, Verdict::FailedFrom(2), 4), (4..5, Verdict::Applied, 5)],
                &[],
            );
        }
    }

    #[test]
    fn a_failed_batch_is_halved_until_the_record_is_alone_then_retried_then_given_up() {
        check(
            RULES,
            5,
            &[
                (0..5, Verdict::Failed, 0),
                (0..3, Verdict::Applied, 3),
                (3..5, Verdict::FailedFrom(0), 3),
                (3..4, Verdict::Failed, 3),
                (3..4, Verdict::FailedFrom(0), 3),
                (3..4, Verdict::Failed, 4),
                (4..5, Verdict::Applied, 5),
            ],
            &[(3..4, 3)],
        );
    }

    #[test]
    fn halving_uses_up_no_retry() {
        check(
            RULES,
            2,
            &[
                (0..2, Verdict::Failed, 0),
                (0..1, Verdict::Failed, 0),
                (0..1, Verdict::Applied, 1),
                (1..2, Verdict::Failed, 1),
                (1..2, Verdict::Failed, 1),
                (1..2, Verdict::Failed, 2),
            ],
            &[(1..2, 3)],
        );
    }

    #[test]
    fn without_halving_the_whole_batch_is_retried_and_given_up() {
        let (failed, from_second) = (Verdict::Failed, Verdict::FailedFrom(1));
        check(NO_BISECT, 3, &[(0..3, failed, 0), (0..3, failed, 0), (0..3, failed, 3)], &[(0..3, 3)]);
        // Only what failed is given up, and every retry counts.
        check(NO_BISECT, 4, &[(0..4, from_second, 1), (1..4, from_second, 2), (2..4, from_second, 4)], &[(3..4, 3)]);
        let never = Rules { retries_max: Some(0), ..NO_BISECT };
        check(never, 2, &[(0..2, failed, 2)], &[(0..2, 1)]);
    }

    #[test]
    fn without_a_maximum_only_age_ends_the_retries() {
        let rules = Rules { retries_max: None, ..NO_BISECT };
        let mut delivery = Delivery::new(vec![Instant::EPOCH; 2], rules);
        let mut now = Instant::EPOCH;
        let mut invocations = 0;
        let discarded = loop {
            match delivery.turn(now) {
                Turn::Deliver(_) => {
                    invocations += 1;
                    assert_eq!(delivery.conclude(Verdict::Failed, now), None);
                }
                Turn::Wait(until) => now = until,
                Turn::Discard(discarded) => break discarded,
                Turn::Done => panic!("given up"),
            }
        };
        assert!(invocations > 500);
        assert_eq!(discarded, Discarded { records: 0..2, invocations, condition: Condition::RecordAgeExceeded });
        assert_eq!((delivery.turn(now), delivery.done()), (Turn::Done, 2));
    }

    #[test]
    fn records_that_are_too_old_are_not_delivered() {
        let at = |minutes: i64| Instant::EPOCH.plus_ms(minutes * 60_000);
        for (minutes, expect) in [
            (60, Turn::Deliver(0..3)),
            (61, Turn::Discard(Discarded { records: 0..1, invocations: 0, condition: Condition::RecordAgeExceeded })),
            (99, Turn::Discard(Discarded { records: 0..3, invocations: 0, condition: Condition::RecordAgeExceeded })),
        ] {
            let mut delivery = Delivery::new(vec![at(0), at(10), at(20)], RULES);
            assert_eq!(delivery.turn(at(minutes)), expect, "after {minutes} minutes");
            if minutes == 61 {
                assert_eq!((delivery.done(), delivery.turn(at(minutes))), (1, Turn::Deliver(1..3)));
            }
        }
    }

    #[test]
    fn only_retries_pause_and_longer_each_time() {
        let rules = Rules { retries_max: Some(8), ..RULES };
        let mut delivery = Delivery::new(vec![Instant::EPOCH; 2], rules);
        let (mut now, mut pauses) = (Instant::EPOCH, Vec::new());
        loop {
            match delivery.turn(now) {
                Turn::Deliver(records) => {
                    delivery.conclude(if records.contains(&0) { Verdict::Failed } else { Verdict::Applied }, now);
                }
                Turn::Wait(until) => {
                    pauses.push(until.since_ms(now));
                    now = until;
                }
                Turn::Discard(_) | Turn::Done => break,
            }
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn a_function_that_is_not_reached_costs_no_retry() {
        let mut delivery = Delivery::new(vec![Instant::EPOCH], Rules { retries_max: Some(0), ..RULES });
        for second in 0..100 {
            let (now, later) = (Instant::EPOCH.plus_ms(second * 1000), Instant::EPOCH.plus_ms(second * 1000 + 1000));
            assert_eq!(delivery.turn(now), Turn::Deliver(0..1));
            delivery.postpone(later);
            assert_eq!(delivery.turn(now), Turn::Wait(later));
        }
    }

    #[test]
    fn on_demand_everything_is_delivered_twice() {
        let rules = Rules { twice: true, ..RULES };
        check(rules, 2, &[(0..2, Verdict::Applied, 0), (0..2, Verdict::Applied, 2)], &[]);
        check(
            rules,
            3,
            &[
                (0..3, Verdict::FailedFrom(1), 1),
                (1..3, Verdict::Applied, 1),
                (1..3, Verdict::FailedFrom(1), 2),
                (2..3, Verdict::Applied, 2),
                (2..3, Verdict::Applied, 3),
            ],
            &[],
        );
    }
}
