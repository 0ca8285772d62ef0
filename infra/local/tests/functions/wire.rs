//! The functions while the wire to the table is broken: one fault changes nothing, faults without end are said in time, and
//! what was done although nobody was told of it is not done twice.

use std::time::Instant;

use edge::http::ANSWER_BUDGET;
use edge::{Call, Handler, Problem};
use engine::id::CustomerId;
use engine::message::Templates;
use engine::policy::{Policy, WhenBlind};
use engine::score::Models;
use futures_util::future::join_all;
use profile_updater::{Batch, Response};
use score::Score;
use serde_json::{Value, json};
use store::Table;
use store::ports::ReadTimeline;

use crate::learning::{difference, eventful};
use crate::proxy::Fault;
use crate::world::{Answer, World, ada, call, golden, now, timeout_of, with_fields};

/// Everything that `customers` answers, in an order in which nothing takes away what the next one needs.
const OF_CUSTOMERS: [&str; 7] = ["purchases", "outcome", "feedback", "settings", "profile", "export", "erase"];

/// Every operation of the table that functions use.
const OPERATIONS: [&str; 6] = ["GetItem", "Query", "PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems"];

/// The golden attempt under another key, at a merchant that no process has in mind.
fn attempt(key: &str) -> Value {
    with_fields(golden("score"), json!({ "idempotency_key": key, "merchant_id": format!("shop-of-{key}") }))
}

/// How many entries a customer has.
async fn entries(world: &World, customer: &CustomerId) -> usize {
    world.table.read_timeline(customer, None).await.unwrap().entries.len()
}

/// What the function that scores answers, which must be before Lambda ends it.
async fn answer(score: &Score<Table>, event: &Value) -> Value {
    let started = Instant::now();
    let answer = call(score, event).await.ok();
    assert!(started.elapsed() < timeout_of("score"), "{:?}", started.elapsed());
    answer
}

/// The decision without what is said of its being recorded.
fn decision(answer: &Value) -> Value {
    let mut decision = answer.clone();
    decision.as_object_mut().unwrap().remove("recorded");
    decision
}

/// What an answer says of how it came about.
fn said(answer: &Value) -> Value {
    json!({ "degraded": answer["degraded"], "missing": answer["missing"], "recorded": answer["recorded"] })
}

/// Scores attempts, each after the wire was spoilt, until one is answered as expected. One is enough for the first to be;
/// only on a machine that is too slow for the budgets, the next may be luckier.
async fn answered_as(score: &Score<Table>, key: &str, spoil: impl Fn(), expect: &Value) -> (Value, Value) {
    let mut unexpected = Vec::new();
    for number in 0..5 {
        let key = format!("{key}-{number}");
        let event = with_fields(attempt(&key), json!({ "customer_id": key }));
        spoil();
        let answer = answer(score, &event).await;
        if said(&answer) == *expect {
            return (event, answer);
        }
        unexpected.push(said(&answer));
    }
    panic!("{key}: {unexpected:?} instead of {expect}");
}

#[test]
fn every_budget_ends_before_lambda_ends_the_function() {
    for function in ["score", "customers", "metrics-report"] {
        assert!(ANSWER_BUDGET < timeout_of(function), "{function}");
        assert!(edge::start::PATIENCE.operation < ANSWER_BUDGET, "{function}");
    }
    assert!(score::READ_BUDGET + score::WRITE_BUDGET < ANSWER_BUDGET);
    assert!(score::PATIENCE.operation <= score::WRITE_BUDGET);
    assert!(2 * edge::start::PATIENCE.operation < timeout_of("profile-updater"), "a lesson is a read and a write");
}

/// A handler whose table never answers.
struct Waiting;

impl Handler for Waiting {
    const FUNCTION: &'static str = "waiting";

    type Endpoint = ();

    const ROUTES: &'static [(edge::Route, ())] =
        &[(edge::Route::for_anybody("GET /v1/customers/{customer_id}/profile"), ())];

    async fn handle(&self, (): (), _: Call<'_>) -> Result<edge::Answer, Problem> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_too_long_says_so_in_time() {
    let answer = call(&Waiting, &golden("customers-profile")).await;
    assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (503, "TABLE_UNAVAILABLE"));
}

#[tokio::test]
async fn one_fault_changes_no_decision_and_makes_none_twice() {
    let (world, proxy) = World::behind_proxy().await;
    let undisturbed = json!({ "degraded": false, "missing": [], "recorded": true });
    for fault in Fault::ALL.into_iter().chain([Fault::Slow]) {
        for operation in ["Query", "GetItem", "PutItem"] {
            let key = format!("{fault:?}-{operation}");
            let spoil = || proxy.once(fault, &[operation]);
            let (event, first) = answered_as(&world.score, &key, spoil, &undisturbed).await;
            assert!(proxy.heal() > 0, "{key}");
            assert_eq!(answer(&world.score, &event).await, first, "{key}: a retry");
            let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
            let customer = CustomerId::parse(body["customer_id"].as_str().unwrap()).unwrap();
            assert_eq!(entries(&world, &customer).await, 1, "{key}");
        }
    }
}

#[tokio::test]
async fn without_the_customer_the_population_stands_in_and_the_policy_says_how() {
    let (world, proxy) = World::behind_proxy().await;
    let blind = async |when_blind| {
        let policy = Policy { when_blind, ..Policy::default() };
        let table = Table::new(proxy.client(&score::PATIENCE).await, &world.dynamodb.table_name);
        Score::new(table, policy, Models::compiled_in().unwrap(), Templates::compiled_in().unwrap(), now)
    };
    let (open, closed) = (blind(WhenBlind::FailOpen).await, blind(WhenBlind::FailClosed).await);
    for fault in Fault::ALL {
        for (operations, missing, when_closed) in [
            (&["Query"][..], json!(["customer"]), "warn"),
            (&["GetItem"], json!(["merchant"]), "allow"),
            (&["Query", "GetItem"], json!(["customer", "merchant"]), "warn"),
        ] {
            let expect = json!({ "degraded": true, "missing": missing, "recorded": true });
            let check = async |score: &Score<Table>, policy: &str, action: &str| {
                let key = format!("{fault:?}-{}-{policy}", operations.concat());
                let (_, answer) = answered_as(score, &key, || proxy.always(fault, operations), &expect).await;
                assert_eq!(answer["action"], action, "{key}");
                assert_eq!(answer["profile"], json!({ "purchases": 0, "learning": true }), "{key}");
            };
            tokio::join!(check(&open, "open", "allow"), check(&closed, "closed", when_closed));
            assert!(proxy.heal() > 0);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_answered_all_the_same_and_once_a_retry_is_recorded_there_is_one() {
    let (world, proxy) = World::behind_proxy().await;
    for (number, fault) in Fault::ALL.into_iter().enumerate() {
        let event = attempt(&format!("{fault:?}"));
        proxy.always(fault, &["PutItem"]);
        let unrecorded = answer(&world.score, &event).await;
        assert!(proxy.heal() > 0);
        assert_eq!(unrecorded["recorded"], json!(false), "{fault:?}");
        // Nobody was told, but it may be there.
        assert_eq!(entries(&world, &ada()).await, number + usize::from(fault.is_after_the_effect()), "{fault:?}");
        let recorded = answer(&world.score, &event).await;
        assert_eq!(recorded["recorded"], json!(true), "{fault:?}");
        if fault.is_after_the_effect() {
            assert_eq!(decision(&recorded), decision(&unrecorded), "{fault:?}");
        }
        assert_eq!(entries(&world, &ada()).await, number + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn the_same_attempt_from_fifty_processes_whose_first_tries_all_fail_is_one_entry_and_one_answer() {
    let (world, proxy) = World::behind_proxy().await;
    let (models, event) = (Models::compiled_in().unwrap(), golden("score"));
    proxy.first_tries(&Fault::ALL);
    let process = async || {
        let table = Table::new(proxy.client(&score::PATIENCE).await, &world.dynamodb.table_name);
        let process = Score::new(table, Policy::default(), models.clone(), Templates::compiled_in().unwrap(), now);
        // A slow machine may not be in time: whoever is told so asks again.
        loop {
            let answer = call(&process, &event).await.ok();
            if answer["recorded"] == json!(true) {
                return answer;
            }
        }
    };
    let answers = join_all((0..50).map(|_| process())).await;
    assert!(proxy.heal() >= 150, "Query, GetItem and PutItem of each of them");
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(entries(&world, &ada()).await, 1);
}

/// Everything about a customer's attempt in turn. Each is told what to do to the wire before.
async fn ask_customers(world: &World, mut before: impl FnMut()) -> Vec<(&'static str, Answer)> {
    let mut answers = Vec::new();
    for event in OF_CUSTOMERS {
        before();
        let started = Instant::now();
        answers.push((event, call(&world.customers, &golden(&format!("customers-{event}"))).await));
        assert!(started.elapsed() < timeout_of("customers"), "{event}: {:?}", started.elapsed());
    }
    answers
}

#[tokio::test]
async fn one_fault_of_each_operation_is_not_noticed_by_whoever_tells_of_a_customer() {
    for fault in Fault::ALL {
        let (world, proxy) = World::behind_proxy().await;
        call(&world.score, &golden("score")).await.ok();
        let mut faults = 0;
        let answers = ask_customers(&world, || {
            faults += proxy.heal();
            proxy.once(fault, &OPERATIONS);
        })
        .await;
        assert!(faults + proxy.heal() >= OF_CUSTOMERS.len(), "{fault:?}");
        for (event, answer) in answers {
            assert_eq!(answer.status, 200, "{fault:?} {event}: {}", answer.text);
        }
        assert_eq!(entries(&world, &ada()).await, 0, "{fault:?}: erased in the end");
    }
}

#[tokio::test]
async fn faults_without_end_are_a_problem_that_says_to_try_again() {
    let checks = Fault::ALL.map(|fault| async move {
        let (world, proxy) = World::behind_proxy().await;
        call(&world.score, &golden("score")).await.ok();
        proxy.always(fault, &[]);
        let mut answers = ask_customers(&world, || ()).await;
        let started = Instant::now();
        answers.push(("report", call(&world.report, &golden("metrics-report")).await));
        assert!(started.elapsed() < timeout_of("metrics-report"), "{:?}", started.elapsed());
        for (event, answer) in answers {
            assert_eq!(answer.content_type, "application/problem+json", "{fault:?} {event}");
            let told = (answer.status, answer.json()["code"].as_str().unwrap().to_owned());
            assert_eq!(told, (503, "TABLE_UNAVAILABLE".to_owned()), "{fault:?} {event}: {}", answer.text);
        }
    });
    join_all(checks).await;
}

/// What a batch is answered, which must be before Lambda ends the function.
async fn learn(world: &World, records: &[Value]) -> Response {
    let started = Instant::now();
    let response = world.updater.learn(Batch { records: records.to_vec() }).await.unwrap();
    assert!(started.elapsed() < timeout_of("profile-updater"), "{:?}", started.elapsed());
    response
}

#[tokio::test]
async fn the_updater_ends_where_one_clean_pass_ends() {
    let mut clean = World::new().await;
    eventful(&clean).await;
    clean.learn().await;
    let expected = clean.rollups().await;

    let check = async |fault: Fault, operation: &'static str, for_ever: bool| {
        let (mut world, proxy) = World::behind_proxy().await;
        eventful(&world).await;
        let records = world.told().await;
        if for_ever {
            proxy.always(fault, &[operation]);
            let response = learn(&world, &records).await;
            assert!(proxy.heal() > 0, "{fault:?} {operation}");
            assert_eq!(response.batch_item_failures.len(), records.len(), "{fault:?} {operation}: all handed back");
        } else {
            proxy.once(fault, &[operation]);
        }
        assert_eq!(learn(&world, &records).await, Response::default(), "{fault:?} {operation}");
        assert_eq!(proxy.heal(), usize::from(!for_ever), "{fault:?} {operation}");
        assert_eq!(difference(&world).await, None, "{fault:?} {operation}");
        assert_eq!(world.rollups().await, expected, "{fault:?} {operation}");
    };
    for fault in Fault::ALL {
        for operation in ["GetItem", "TransactWriteItems"] {
            tokio::join!(check(fault, operation, false), check(fault, operation, true));
        }
    }
}
