//! Reviews: what is stopped, what stays so, what is believed, and what decisions make of it.

use engine::decision::{Decision, Strategy};
use engine::id::CustomerId;
use engine::policy::{ARMS_MAX, EXPERIMENTS_MAX, Policy};
use engine::profile::StrategyCounts;
use engine::review::{BELIEF_DAYS, Counted, EXPERIMENT_DAYS, Review, ReviewError, Stopped};
use engine::rollup::{Counters, Rollup, Segment};
use engine::time::{DAY_MS, Day, HOUR_MS, Instant};

use crate::fixture::{Case, attempt, next_noon};

/// Two experiments; the second is stopped by its operator.
const EXPERIMENTS: &str = r#"{"version": "v", "alpha": 1, "strategies": {"hold_out_share": 0}, "experiments": [
    {"id": "x", "minimum_sample": 50, "annoyed_max": 0.2, "arms": [
        {"name": "control", "share": 0.5},
        {"name": "a", "share": 0.25, "change": {"alpha_multiple": 0.5, "strategies": ["alternatives"]}},
        {"name": "b", "share": 0.25, "change": {"alpha_multiple": 0.5}}]},
    {"id": "off", "state": "stopped", "minimum_sample": 1, "arms": [
        {"name": "control", "share": 0.5}, {"name": "a", "share": 0.5}]}]}"#;

fn policy(document: &str) -> Policy {
    Policy::from_json(document.as_bytes()).unwrap()
}

fn now() -> Instant {
    next_noon()
}

fn counted(counts: &[(&str, i64)]) -> Counters {
    let mut counters = Counters::default();
    counts.iter().for_each(|(name, count)| counters.add(*name, *count));
    counters
}

/// The interventions and annoyances of one arm of today.
fn arm(name: &str, interventions: i64, annoying: i64) -> (Day, Counters) {
    let (all, annoyed) = (format!("arm.{name}.interventions"), format!("arm.{name}.annoying"));
    (now().day(), counted(&[(&all, interventions), (&annoyed, annoying)]))
}

/// A review of these days.
fn review_of(document: &str, earlier: Option<&Review>, days: &[(Day, Counters)], at: Instant) -> Review {
    let mut counted = Counted::default();
    for ((day, counters), segment) in days.iter().zip(Segment::ALL.into_iter().cycle()) {
        counted.add(&Rollup { day: *day, segment, counters: counters.clone() }, at.day());
    }
    Review::of(&policy(document), earlier, &counted, at)
}

/// The arms that a review of these days stops.
#[track_caller]
fn check(days: &[(Day, Counters)], expect: &[&str]) {
    let review = review_of(EXPERIMENTS, None, days, now());
    let stopped: Vec<_> = review.stopped.iter().map(|it| format!("{}.{}", it.experiment, it.arm)).collect();
    assert_eq!(stopped, expect);
    assert_eq!(review.stopped_now().count(), expect.len());
}

#[test]
fn a_variant_is_stopped_when_it_is_shown_to_annoy_more_than_it_may() {
    check(&[], &[]);
    check(&[arm("x.a", 50, 30)], &["x.a"]);
    check(&[arm("x.a", 49, 30)], &[]);
    check(&[arm("x.a", 50, 11)], &[]);
    check(&[arm("x.a", 10_000, 2000), arm("x.b", 10_000, 2300)], &["x.b"]);
    // From several days.
    let yesterday = |(day, counters): (Day, Counters)| (day.plus_days(-1), counters);
    check(&[yesterday(arm("x.a", 25, 15)), arm("x.a", 25, 15)], &["x.a"]);
    // Neither the control, nor what the operator stopped, nor what is in no experiment; nor what was damaged.
    check(&[arm("x.control", 500, 500), arm("off.a", 500, 500), arm("y.a", 500, 500)], &[]);
    check(&[arm("x.a", -5, 500), arm("x.b", i64::MIN, i64::MAX)], &[]);
}

#[test]
fn what_is_stopped_stays_so_while_the_policy_has_it() {
    let bad = [arm("x.a", 50, 30)];
    let first = review_of(EXPERIMENTS, None, &bad, now());
    let why = Stopped {
        experiment: "x".to_owned(),
        arm: "a".to_owned(),
        at: now(),
        interventions: 50,
        annoying: 30,
        annoyed_max: 0.2,
    };
    assert_eq!(first.stopped, std::slice::from_ref(&why));
    let good = [arm("x.a", 5000, 31)];
    let later = now().plus_ms(HOUR_MS);
    let second = review_of(EXPERIMENTS, Some(&first), &good, later);
    assert_eq!((second.stopped.as_slice(), second.stopped_now().count()), ([why].as_slice(), 0));
    // Without the experiment, or under another id, nothing is.
    for document in [r#"{"version": "w"}"#.to_owned(), EXPERIMENTS.replace(r#""x""#, r#""z""#)] {
        assert_eq!(review_of(&document, Some(&first), &good, later).stopped, []);
    }
}

#[test]
fn what_helps_is_counted_of_a_quarter_of_a_year_and_experiments_of_all_that_is_kept() {
    let today = now().day();
    let helped = |days_ago: i32| (today.plus_days(-days_ago), counted(&[("strategy.reflection.helped", 1)]));
    let days = [helped(0), helped(BELIEF_DAYS - 1), helped(BELIEF_DAYS), helped(EXPERIMENT_DAYS)];
    let review = review_of(EXPERIMENTS, None, &days, now());
    let sums = review.strategies.iter().map(|sums| (sums.helped, sums.not_helped)).filter(|sums| *sums != (0, 0));
    assert_eq!(sums.collect::<Vec<_>>(), [(2, 0)]);
    assert_eq!((review.from, review.to), (today.plus_days(1 - BELIEF_DAYS), today));
    assert_eq!(Review::first_day(&policy(EXPERIMENTS), today), today.plus_days(1 - EXPERIMENT_DAYS));
    assert_eq!(Review::first_day(&policy(r#"{"version": "v"}"#), today), today.plus_days(1 - BELIEF_DAYS));
}

fn review() -> Review {
    let mut days = vec![arm("x.a", 50, 30)];
    days.push((now().day(), counted(&[("strategy.reflection.helped", 900), ("strategy.delay.not_helped", 7)])));
    review_of(EXPERIMENTS, None, &days, now())
}

#[test]
fn a_review_is_read_as_it_was_written() {
    let written = review().to_json().unwrap();
    assert_eq!(Review::from_json(written.as_bytes()), Ok(review()));
    let damaged = |document: &str| Review::from_json(document.as_bytes()).unwrap_err().to_string();
    for (document, expect) in [
        (String::new(), "the review is damaged: EOF"),
        ("{}".to_owned(), "missing field `format`"),
        (written.replace("\"made_at\"", "\"made\""), "unknown field `made`"),
        (written.replace("reflection", "prayer"), "there is no strategy `prayer`"),
        (written.replace("\"helped\":900", "\"helped\":-1"), "invalid value"),
        (written.replace("Z\"", "\""), "an instant is RFC 3339"),
        (" ".repeat(100_001), "100001 bytes, expected at most 100000"),
    ] {
        let error = damaged(&document);
        assert!(error.contains(expect), "{error}");
    }
    let newer = Review::from_json(br#"{"format": 2, "anything": true}"#);
    assert_eq!(newer, Err(ReviewError::Newer { found: 2 }));
}

#[test]
fn the_largest_review_can_be_read() {
    let name = "n".repeat(64);
    let stopped = Stopped {
        experiment: name.clone(),
        arm: name,
        at: now(),
        interventions: u32::MAX,
        annoying: u32::MAX,
        annoyed_max: 1.0 / 3.0,
    };
    let largest = Review { stopped: vec![stopped; EXPERIMENTS_MAX * (ARMS_MAX - 1)], ..review() };
    assert_eq!(Review::from_json(largest.to_json().unwrap().as_bytes()), Ok(largest));
}

fn decide(policy: &Policy, customer: u32) -> Decision {
    let mut attempt = attempt(2000, "groceries", "debit_card", "shop1", next_noon().plus_ms(DAY_MS));
    attempt.customer = CustomerId::parse(&format!("c{customer}")).unwrap();
    Case { policy: policy.clone(), seed: customer.into(), ..Case::default() }.decide(&attempt)
}

#[test]
fn customers_of_a_stopped_variant_are_decided_on_as_without_the_experiment() {
    let running = policy(EXPERIMENTS);
    let reviewed = running.reviewed(&Review { strategies: Default::default(), ..review() });
    let without = Policy { experiments: Vec::new(), reviewed_at: Some(now()), ..running.clone() };
    let (mut stopped, mut going_on) = (0, 0);
    for customer in 0..60 {
        let before = decide(&running, customer);
        let after = decide(&reviewed, customer);
        if before.exposures.first().is_some_and(|exposure| exposure.arm == "a") {
            stopped += 1;
            assert_eq!(after, decide(&without, customer));
            assert_eq!((after.exposures.len(), after.review), (0, Some(now())));
        } else {
            going_on += 1;
            assert_eq!(after, Decision { review: Some(now()), ..before });
        }
    }
    assert!(stopped > 5 && going_on > 30, "{stopped} {going_on}");
}

#[test]
fn what_was_counted_moves_the_choice_and_nothing_else() {
    let one = |strategies: &str| policy(&format!(r#"{{"version": "v", "alpha": 1, "strategies": {{{strategies}}}}}"#));
    let chosen = |policy: &Policy| {
        let decisions = (0..100).map(|customer| decide(policy, customer).intervention.unwrap());
        decisions.filter(|shown| shown.strategy == Strategy::Reflection).count()
    };
    let fields =
        r#""hold_out_share": 0, "nudge": ["reflection", "plain_information"], "warn": ["reflection", "delay"]"#;
    let mut review = review();
    review.strategies = Strategy::ALL.map(|strategy| {
        let helped = if strategy == Strategy::Reflection { 500 } else { 5 };
        StrategyCounts { helped, not_helped: 500 }
    });
    let (free, fixed) = (one(fields), one(&format!(r#"{fields}, "priors_from": "policy""#)));
    assert!((30..70).contains(&chosen(&free)), "{}", chosen(&free));
    assert!(chosen(&free.reviewed(&review)) > 85, "{}", chosen(&free.reviewed(&review)));
    assert_eq!(chosen(&fixed.reviewed(&review)), chosen(&fixed));
}
