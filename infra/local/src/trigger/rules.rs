//! The rules by which Lambda moves through a batch of stream records, as a state machine without I/O.
//!
//! [`Delivery`] holds what is left of one batch as consecutive pieces; the first is delivered next. What the function
//! answers is read as a [`Verdict`], and [`Delivery::conclude`] makes of it the next state.
//!
//! Sources: the Lambda developer guide, "Configuring partial batch response with DynamoDB and Lambda"
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>) and "How Lambda processes
//! records from stream and queue-based event sources" / "Error handling"
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>).

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use serde_json::Value;

use crate::trigger::lambda::Reply;

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
/// A complete success is an empty or null `batchItemFailures`, an empty or a null response. A complete failure is a
/// function error, or an `itemIdentifier` that is empty, null, misnamed or not of this batch. Of several identifiers the
/// lowest counts, since Lambda checkpoints there and replays all that follows.
pub fn verdict(reply: &Reply, sequence_numbers: &[&str]) -> Verdict {
    let response = match reply {
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

/// How stubborn the delivery is.
#[derive(Debug, Clone, Copy)]
pub struct Retries {
    /// How often a record that fails alone is tried again; `MaximumRetryAttempts` of the mapping.
    pub attempts_max: u32,
    /// The pause before the first of these retries; doubled for each one after it.
    pub pause: Duration,
    /// The longest pause.
    pub pause_max: Duration,
}

/// What is left to deliver of one batch.
#[derive(Debug)]
pub struct Delivery {
    pieces: VecDeque<Piece>,
    retries: Retries,
}

/// Consecutive records that are delivered together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    records: Range<usize>,
    /// How often these very records have failed as a piece that could not be made smaller.
    failures: u32,
}

/// One invocation that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The positions in the batch of the records to deliver; never empty.
    pub records: Range<usize>,
    /// How long to wait before.
    pub pause: Duration,
}

/// What one verdict settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// All records before this position are done with: applied or given up.
    pub checkpoint: usize,
    /// A record that has failed too often. It goes to the on-failure destination and is not delivered again.
    pub given_up: Option<GivenUp>,
}

/// A record that has failed too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Its position in the batch.
    pub position: usize,
    /// How often it was delivered alone.
    pub deliveries: u32,
}

impl Delivery {
    /// The delivery of a batch of so many records.
    pub fn new(records: usize, retries: Retries) -> Self {
        let whole = Piece { records: 0..records, failures: 0 };
        Self { pieces: Some(whole).into_iter().filter(|piece| !piece.records.is_empty()).collect(), retries }
    }

    /// The invocation that is due; `None` when the batch is done with.
    pub fn due(&self) -> Option<Due> {
        let piece = self.pieces.front()?;
        let pause = match piece.failures.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => {
                let factor = 2_u32.saturating_pow(doublings);
                self.retries.pause.saturating_mul(factor).min(self.retries.pause_max)
            }
        };
        Some(Due { records: piece.records.clone(), pause })
    }

    /// Takes the verdict on the invocation that was due.
    ///
    /// - Applied: the piece is done with.
    /// - Failed from a later record on: the batch is cut there, and only what follows comes again ("the batch is bisected
    ///   at the returned sequence number, and Lambda retries only the remaining records").
    /// - Failed as a whole, or from its first record on: the piece is halved, which uses up no retry
    ///   (`BisectBatchOnFunctionError`), until the record at fault is alone; alone it is retried, and at last given up.
    ///
    /// Without a due invocation this does nothing.
    pub fn conclude(&mut self, verdict: Verdict) -> Settled {
        let Some(Piece { records: Range { start, end }, failures }) = self.pieces.pop_front() else {
            return Settled { checkpoint: 0, given_up: None };
        };
        let settled = |checkpoint| Settled { checkpoint, given_up: None };
        let applied = match verdict {
            Verdict::Applied => return settled(end),
            Verdict::FailedFrom(position) => position.min(end - start - 1),
            Verdict::Failed => 0,
        };
        let length = end - start;
        if applied > 0 {
            self.push(start + applied..end, 0);
            settled(start + applied)
        } else if length > 1 {
            let middle = start + length.div_ceil(2);
            self.push(middle..end, 0);
            self.push(start..middle, 0);
            settled(start)
        } else if failures < self.retries.attempts_max {
            self.push(start..end, failures + 1);
            settled(start)
        } else {
            Settled { checkpoint: end, given_up: Some(GivenUp { position: start, deliveries: failures + 1 }) }
        }
    }

    fn push(&mut self, records: Range<usize>, failures: u32) {
        self.pieces.push_front(Piece { records, failures });
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
        assert_eq!(verdict(&reply, &["10", "20", "30"]), expect, "{response}");
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
        assert_eq!(verdict(&Reply::FunctionError("panic".to_owned()), &["10"]), Verdict::Failed);
    }

    const RETRIES: Retries =
        Retries { attempts_max: 2, pause: Duration::from_millis(100), pause_max: Duration::from_millis(150) };

    /// Delivers a batch of `records`; `steps` are the deliveries that are due with the verdict on each and the
    /// checkpoint after it.
    #[track_caller]
    fn check_delivery(records: usize, steps: &[(Range<usize>, Verdict, usize)], given_up: &[usize]) {
        let mut delivery = Delivery::new(records, RETRIES);
        let mut gave_up = Vec::new();
        for (records, verdict, checkpoint) in steps {
            assert_eq!(delivery.due().map(|due| due.records), Some(records.clone()));
            let settled = delivery.conclude(*verdict);
            assert_eq!(settled.checkpoint, *checkpoint, "after {records:?}: {verdict:?}");
            gave_up.extend(settled.given_up.map(|given_up| given_up.position));
        }
        assert_eq!(delivery.due(), None);
        assert_eq!(gave_up, given_up);
    }

    #[test]
    fn an_applied_batch_is_done() {
        check_delivery(0, &[], &[]);
        check_delivery(3, &[(0..3, Verdict::Applied, 3)], &[]);
    }

    #[test]
    fn a_partial_failure_replays_from_the_failed_record_on() {
        check_delivery(
            5,
            &[(0..5, Verdict::FailedFrom(2), 2), (2..5, Verdict::FailedFrom(2), 4), (4..5, Verdict::Applied, 5)],
            &[],
        );
    }

    #[test]
    fn a_failed_batch_is_halved_until_the_record_is_alone_then_retried_then_given_up() {
        check_delivery(
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
            &[3],
        );
    }

    #[test]
    fn halving_uses_up_no_retry_and_progress_starts_afresh() {
        check_delivery(
            2,
            &[
                (0..2, Verdict::Failed, 0),
                (0..1, Verdict::Failed, 0),
                (0..1, Verdict::Applied, 1),
                (1..2, Verdict::Failed, 1),
                (1..2, Verdict::Failed, 1),
                (1..2, Verdict::Failed, 2),
            ],
            &[1],
        );
    }

    #[test]
    fn only_retries_of_a_lone_record_pause_longer_each_time() {
        let mut delivery = Delivery::new(2, RETRIES);
        let mut pauses = Vec::new();
        while let Some(due) = delivery.due() {
            pauses.push(due.pause.as_millis());
            delivery.conclude(if due.records.contains(&0) { Verdict::Failed } else { Verdict::Applied });
        }
        assert_eq!(pauses, [0, 0, 100, 150, 0]);
    }
}
