//! Whatever comes from outside, bent: requests, stream records, stored items. The cases are drawn by proptest from a fixed seed,
//! so that a run is repeated by running it; `shared/fuzz` looks for new ones.

mod items;
mod mutation;
mod records;
mod requests;
mod round_trips;

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use crate::world::{Answer, World};

/// The longest problem a caller may get, in bytes: whatever they send, little of it comes back.
const PROBLEM_BYTES_MAX: usize = 1024;

/// How many cases each property is tried with.
const CASES: u32 = 256;

/// Tries a property of one world with many inputs, in a fixed order.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a call reads better with its closures in place")]
fn try_all<S: Strategy>(
    strategy: &S,
    prepare: impl AsyncFn() -> World,
    property: impl AsyncFn(&World, S::Value) -> Result<(), TestCaseError>,
) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) };
    let rng = prop::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(prepare());
    let result = runner.run(strategy, |input| runtime.block_on(property(&world, input)));
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Whether an answer is one that a caller may get: a good one, or a problem that says what and where.
fn check_answer(answer: &Answer) -> Result<(), TestCaseError> {
    if answer.status == 200 {
        prop_assert!(answer.content_type == "application/json" || answer.content_type.starts_with("text/html"));
        return Ok(());
    }
    prop_assert!((400..500).contains(&answer.status), "{answer:?}");
    if answer.content_type.starts_with("text/html") {
        // Who asks for a page is told on one.
        prop_assert!(answer.text.starts_with("<!DOCTYPE html>"), "{answer:?}");
        return Ok(());
    }
    check_problem(answer)
}

fn check_problem(answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert_eq!(&answer.content_type, "application/problem+json");
    prop_assert!(answer.text.len() <= PROBLEM_BYTES_MAX, "{} bytes: {:?}", answer.text.len(), answer);
    prop_assert!(!answer.text.chars().any(char::is_control), "{answer:?}");
    let problem = answer.json();
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let is_stable = |code: &str| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    prop_assert!(!text("code").is_empty() && is_stable(&text("code")), "{answer:?}");
    prop_assert!(!text("detail").is_empty() && !text("request_id").is_empty(), "{answer:?}");
    let says_where = problem["field"].is_string() && !text("expected").is_empty();
    prop_assert_eq!(answer.status == 400, says_where, "{:?}", answer);
    Ok(())
}

/// Whether a decision's numbers are what they are said to be.
fn check_decision(answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert_eq!(answer.status, 200, "{:?}", answer);
    let decision = answer.json();
    let is_within = |value: &serde_json::Value, range: std::ops::RangeInclusive<f64>| {
        value.as_f64().is_some_and(|number| range.contains(&number))
    };
    prop_assert!(is_within(&decision["risk_score"], 0.0..=1.0), "{decision:#}");
    prop_assert!(is_within(&decision["p_value"], 0.0..=1.0), "{decision:#}");
    let deviations = decision["deviations"].as_object().unwrap();
    prop_assert!(deviations.values().all(|nats| is_within(nats, 0.0..=f64::MAX)), "{decision:#}");
    let reasons = decision["reasons"].as_array().unwrap();
    let is_finite = |reason: &serde_json::Value| is_within(&reason["contribution"], f64::MIN..=f64::MAX);
    prop_assert!(!reasons.is_empty() && reasons.iter().all(is_finite), "{decision:#}");
    Ok(())
}
