//! Roll-ups: sums that do not depend on order, and what they stand for.

use std::time::Duration;

use engine::decision::{Action, Decision, Withheld, WithheldFor};
use engine::entry::{Entry, Feedback, Opinion, Outcome};
use engine::id::{AttemptId, IdempotencyKey};
use engine::measured::{Answers, LastDecision, Measured};
use engine::profile::{Change, Profile};
use engine::rollup::{Counters, ESTABLISHED_FROM, Rollups, Segment};
use engine::signal::{Known, Signals};
use engine::time::{DAY_MS, Instant};

use crate::fixture::{Case, attempt, purchase, start};

fn scored(decision: Decision, at: Instant) -> Entry {
    let attempt = attempt(5_000, "toys", "wallet", "m", at);
    let id = AttemptId::derive(&attempt.customer, &IdempotencyKey::parse("k").unwrap(), at);
    Entry::scored(id, attempt, decision, at)
}

fn some_decision() -> Decision {
    Case::default().decide(&attempt(5_000, "toys", "wallet", "m", start()))
}

/// For how many months of one customer their attempts stand, who buys every so many days, after a year of it.
fn customer_months(every_days: i64, days: i64) -> f64 {
    let (mut profile, mut sum) = (Profile::default(), 0.0);
    for number in 0..(365 + days) / every_days {
        let at = start().plus_ms(number * every_days * DAY_MS + number * 7_919 % 5 * 3_600_000);
        let attempt = attempt(2_000, "groceries", "debit", "m", at);
        if number * every_days >= 365 {
            let known = Known { profile: &profile, recent: &[], merchant: None };
            let decision = Decision { purchases_a_day: Signals::of(&attempt, known).velocity.a_day, ..some_decision() };
            sum += Counters::of_entry(&scored(decision, at)).get("customer_months") as f64 / 1000.0;
        }
        profile.learn(Change { before: None, after: &purchase(attempt) });
    }
    sum
}

#[test]
fn attempts_stand_for_the_months_of_their_customers() {
    for every_days in [1, 3, 10] {
        let found = customer_months(every_days, 180);
        let expect = 180.0 / 30.4375;
        assert!((found / expect - 1.0).abs() < 0.15, "one purchase in {every_days} days: {found} of {expect} months");
    }
}

#[test]
fn a_change_moves_the_sum_by_the_difference_and_every_order_ends_alike() {
    let first = scored(some_decision(), start());
    let bought = Entry { outcome: Some(Outcome::Proceeded), revision: 2, ..first.clone() };
    let disowned = Entry { feedback: Some(Feedback::NotMe), revision: 3, ..bought.clone() };
    let annoyed = Entry { opinion: Some(Opinion::Annoying), revision: 4, ..disowned.clone() };
    let states = [first, bought, disowned, annoyed];
    let changes: Vec<_> =
        (0..4).map(|state| Change { before: (state > 0).then(|| &states[state - 1]), after: &states[state] }).collect();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let mut rollups = Rollups::default();
        order.into_iter().for_each(|place| rollups.add_change(changes[place]));
        let found = rollups.into_vec();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].counters, Counters::of_entry(&states[3]), "{order:?}");
        assert_eq!((found[0].day, found[0].segment), (start().day(), Segment::Established));
    }
}

#[test]
fn segments_follow_from_what_was_known_when_it_was_decided() {
    let of = |learning, purchases| Segment::of(&scored(Decision { learning, purchases, ..some_decision() }, start()));
    assert_eq!(of(true, 3), Segment::New);
    assert_eq!(of(false, ESTABLISHED_FROM - 1), Segment::Known);
    assert_eq!(of(false, ESTABLISHED_FROM), Segment::Established);
    assert_eq!(Segment::of(&purchase(attempt(1, "a", "b", "c", start()))), Segment::Past);
}

#[test]
fn the_hold_out_counts_what_was_spent_once_that_is_known() {
    let withheld = Some(Withheld { action: Action::Warn, why: WithheldFor::HoldOut, propensity: 0.1 });
    let held_out = scored(Decision { withheld, intervention: None, ..some_decision() }, start());
    let count = |entry: &Entry, what: &str| Counters::of_entry(entry).get(&format!("trial.held_out.EUR.{what}"));
    assert_eq!(count(&held_out, "known"), 0);
    let bought = Entry { outcome: Some(Outcome::Proceeded), ..held_out.clone() };
    assert_eq!((count(&bought, "known"), count(&bought, "spent"), count(&bought, "spent_squared")), (1, 50, 2_500));
    assert_eq!(count(&bought, "regretted"), 0);
    let disowned = Entry { feedback: Some(Feedback::NotMe), ..bought };
    assert_eq!((count(&disowned, "regretted"), count(&disowned, "regretted_squared")), (50, 2_500));
    let cancelled = Entry { outcome: Some(Outcome::Cancelled), ..held_out };
    assert_eq!((count(&cancelled, "known"), count(&cancelled, "spent")), (1, 0));
}

#[test]
fn what_a_process_measured_is_counted_with_the_entry() {
    let last = LastDecision { write: Duration::from_millis(3), whole: Duration::from_millis(5) };
    let answers = Answers { recorded: 1, refused: 4, ..Answers::default() };
    let measured =
        Measured { read: Duration::from_millis(2), engine: Duration::from_micros(17), last: Some(last), answers };
    let counters = Counters::of_entry(&Entry { measured: Some(measured), ..scored(some_decision(), start()) });
    for part in ["read", "engine", "write", "whole"] {
        assert_eq!(counters.under(&format!("took.{part}")).map(|(_, count)| count).sum::<i64>(), 1, "{part}");
    }
    let answers: Vec<_> = counters.under("answers").collect();
    assert_eq!(answers, [("recorded", 1), ("refused", 4)]);
}
