//! The review: what is counted of all customers stops variants that annoy and moves what is believed, an hour later and through
//! every function's handler.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::decision::Strategy;
use engine::id::CustomerId;
use engine::review::Review;
use engine::rollup::{Counters, Rollup, Segment};
use serde_json::{Value, json};
use store::Table;
use store::ports::{CommitLesson, Lesson, PolicyRole, PutPolicy, PutReview, ReadPolicies, ReadProfile};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::world::{Answer, PATIENT, World, call, golden, now, score_over, with_body, with_fields, with_path};

/// Everybody is nudged at everything, in an experiment of two arms that is judged from four interventions on.
fn policy(experiment: &str, strategies: Value) -> String {
    let mut policy = json!({
        "version": "reviewed",
        "alpha": 1,
        "restraint": { "trivial_below": 0, "gap_minutes": 0 },
        "ladder": { "warn_from": 2, "cool_off_from": 2, "block_from": 2 },
        "strategies": { "hold_out_share": 0, "floor": 0.01, "nudge": ["plain_information", "reflection", "alternatives"] },
        "experiments": [{
            "id": experiment, "minimum_sample": 4, "annoyed_max": 0.05,
            "arms": [
                { "name": "control", "share": 0.5 },
                { "name": "variant", "share": 0.5, "change": { "alpha_multiple": 0.9 } },
            ],
        }],
    });
    if let Value::Object(more) = strategies {
        more.into_iter().for_each(|(name, value)| policy["strategies"][name] = value);
    }
    policy.to_string()
}

impl World {
    async fn publish(&self, policy: &str) {
        self.table.put_policy(PolicyRole::Live, Some(policy)).await.unwrap();
    }

    /// Makes a review, as the schedule does.
    async fn review(&self) -> Answer {
        call(&self.report, &golden("metrics-report-review")).await
    }

    /// The names of the variants that the review in the table has stopped.
    async fn stopped(&self) -> Vec<String> {
        let document = self.table.read_policies().await.unwrap().review.unwrap();
        let stopped = Review::from_json(document.as_bytes()).unwrap().stopped;
        stopped.into_iter().map(|stopped| format!("{}:{}", stopped.experiment, stopped.arm)).collect()
    }

    /// Starts a process that scores and knows nothing yet.
    fn restart_score(&mut self) {
        self.score = score_over(&self.table).with_budgets(PATIENT);
    }

    /// What is decided on a first attempt of that customer.
    async fn attempt(&self, customer: &str, key: &str) -> Value {
        let fields = json!({ "customer_id": customer, "idempotency_key": key });
        call(&self.score, &with_fields(golden("score"), fields)).await.ok()
    }

    /// Adds to the roll-up of today.
    async fn count(&self, counts: &[(&str, i64)]) {
        let mut counters = Counters::default();
        counts.iter().for_each(|(name, count)| counters.add(*name, *count));
        let customer = CustomerId::parse("counted").unwrap();
        let profile = self.table.read_profile(&customer).await.unwrap();
        let rollups = vec![Rollup { day: now().day(), segment: Segment::Known, counters }];
        let lesson = Lesson { profile, rollups, ..Lesson::default() };
        assert!(self.table.commit_lesson(&customer, &lesson).await.unwrap());
    }
}

fn arm(decision: &Value) -> &str {
    decision["intervention"]["arm"].as_str().unwrap()
}

/// One customer is interrupted and says that it annoys.
async fn annoy(world: &mut World, customer: &str) {
    let decision = world.attempt(customer, "annoyed").await;
    let path = format!("/v1/customers/{customer}/attempts/{}/feedback", decision["attempt_id"].as_str().unwrap());
    let event = with_path(golden("customers-feedback"), &path);
    call(&world.customers, &with_body(event, &json!({ "feedback": "annoying" }))).await.ok();
    world.learn().await;
}

/// Four customers of the control and five of the variant.
async fn customers(world: &World) -> (Vec<String>, Vec<String>) {
    let (mut control, mut variant) = (Vec::new(), Vec::new());
    for number in 0.. {
        let customer = format!("c{number}");
        match arm(&world.attempt(&customer, "first").await) {
            "tone:control" => control.push(customer),
            "tone:variant" => variant.push(customer),
            other => panic!("{other}"),
        }
        if control.len() >= 4 && variant.len() >= 5 {
            return (control, variant);
        }
    }
    unreachable!("there are customers enough")
}

#[tokio::test]
async fn a_variant_that_annoys_is_stopped_after_the_minimum_sample_and_the_control_never() {
    let mut world = World::new().await;
    // Who falls where, found out in a table of its own, so that nothing is counted yet.
    let elsewhere = World::new().await;
    elsewhere.publish(&policy("tone", json!({}))).await;
    let (control, variant) = customers(&elsewhere).await;
    world.publish(&policy("tone", json!({}))).await;
    for (number, (control, variant)) in control.iter().zip(&variant).enumerate() {
        annoy(&mut world, control).await;
        annoy(&mut world, variant).await;
        world.review().await.ok();
        assert_eq!(world.stopped().await.len(), usize::from(number == 3), "after {} interventions", number + 1);
    }
    let review = world.review().await.ok();
    let expected = json!([{ "experiment": "tone", "arm": "variant", "at": now().to_string(), "interventions": 4, "annoying": 4,
        "annoyed_max": 0.05 }]);
    assert_eq!(review["stopped"], expected);

    // A process that was there before goes by it a minute later, and says so.
    let decided = |decision: &Value| (arm(decision).to_owned(), decision["versions"]["review"].clone());
    let at = json!(now().to_string());
    assert_eq!(decided(&world.attempt(&variant[4], "soon").await), ("tone:variant".to_owned(), Value::Null));
    a_minute_passes().await;
    let later = world.attempt(&variant[4], "later").await;
    assert_eq!(decided(&later), ("only".to_owned(), at.clone()));
    assert_eq!(later["alarm_rate"]["alpha"], 1.0, "as without the experiment");
    assert_eq!(decided(&world.attempt(&control[0], "later").await), ("tone:control".to_owned(), at.clone()));
    // What was decided stays recorded as it was answered.
    assert_eq!(decided(&world.attempt(&variant[4], "soon").await), ("tone:variant".to_owned(), Value::Null));
    assert_eq!(decided(&world.attempt(&variant[4], "later").await), ("only".to_owned(), at));

    // It stays stopped, whatever is counted afterwards; under another id it is another experiment.
    world.count(&[("arm.tone.variant.interventions", 10_000)]).await;
    assert_eq!(world.review().await.ok()["stopped"], expected);
    world.publish(&policy("tone-again", json!({}))).await;
    world.review().await.ok();
    assert!(world.stopped().await.is_empty());
    world.restart_score();
    assert!(arm(&world.attempt(&variant[0], "again").await).starts_with("tone-again:"));
}

/// The process' clock, which tells how old what it knows is, goes on by a minute; nothing that is under way times out by it.
async fn a_minute_passes() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

/// How often each strategy is chosen for forty newcomers.
async fn chosen(world: &World, strategy: Strategy) -> u32 {
    let mut chosen = 0;
    for number in 0..40 {
        let decision = world.attempt(&format!("n{number}"), "choice").await;
        chosen += u32::from(decision["intervention"]["strategy"] == strategy.name());
    }
    chosen
}

#[tokio::test]
async fn what_helped_everybody_is_chosen_more_unless_the_policy_keeps_to_itself() {
    let world = World::new().await;
    world.publish(&policy("tone", json!({}))).await;
    world
        .count(&[
            ("strategy.reflection.helped", 700),
            ("strategy.reflection.not_helped", 300),
            ("strategy.alternatives.helped", 100),
            ("strategy.alternatives.not_helped", 900),
            ("strategy.plain_information.helped", 100),
            ("strategy.plain_information.not_helped", 900),
        ])
        .await;
    assert!(chosen(&world, Strategy::Reflection).await < 30);
    let review = world.review().await.ok();
    assert_eq!(review["strategies"]["reflection"], json!({ "helped": 700, "not_helped": 300 }));
    // The same newcomers where the review is known from the beginning.
    for (strategies, expect) in [(json!({}), 37..=40), (json!({ "priors_from": "policy" }), 0..=29)] {
        let world = World::new().await;
        world.publish(&policy("tone", strategies)).await;
        assert!(world.table.put_review(&review.to_string(), None).await.unwrap());
        let chosen = chosen(&world, Strategy::Reflection).await;
        assert!(expect.contains(&chosen), "{chosen} of 40, expected are {expect:?}");
    }
}

/// The review in the table.
async fn review_in(table: &Table) -> Option<Value> {
    let document = table.read_policies().await.unwrap().review;
    document.map(|document| serde_json::from_str(&document).unwrap_or(Value::String(document)))
}

#[tokio::test]
async fn a_review_that_cannot_be_read_degrades_nothing_and_the_next_one_heals_it() {
    for damaged in ["", "{", r#"{"format": 1}"#] {
        let mut world = World::new().await;
        put_damaged(&world, damaged).await;
        let log = Log::default();
        let _logged = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).set_default();
        let decision = call(&world.score, &golden("score")).await.ok();
        assert!(log.text().contains("the review in the table cannot be used"), "{}", log.text());
        assert_eq!(
            (&decision["degraded"], &decision["versions"]["review"]),
            (&json!(false), &Value::Null),
            "{damaged}"
        );
        let review = world.review().await.ok();
        assert_eq!(review_in(&world.table).await, Some(review));
        world.restart_score();
        let next = with_fields(golden("score"), json!({ "idempotency_key": "next" }));
        assert_eq!(call(&world.score, &next).await.ok()["versions"]["review"], now().to_string());
    }
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Puts an item in the place of the review, without a document if that is empty.
async fn put_damaged(world: &World, document: &str) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let request = world.dynamodb.client.put_item().table_name(&world.dynamodb.table_name);
    let request = request.item("pk", AttributeValue::S("policies".to_owned()));
    let request = request.item("sk", AttributeValue::S("review".to_owned()));
    let document = AttributeValue::S(document.to_owned());
    let request = if document == AttributeValue::S(String::new()) {
        request.item("document", AttributeValue::Bool(true))
    } else {
        request.item("document", document)
    };
    request.send().await.unwrap();
}

#[tokio::test]
async fn a_review_is_not_made_over_what_is_not_understood() {
    let newer = r#"{"format": 99, "all": "different"}"#;
    let world = World::new().await;
    assert!(world.table.put_review(newer, None).await.unwrap());
    let refused = world.review().await;
    assert_eq!((refused.status, refused.json()["code"].as_str().unwrap()), (409, "NEWER_FORMAT"));
    assert_eq!(review_in(&world.table).await, serde_json::from_str(newer).unwrap());
    assert_eq!(call(&world.score, &golden("score")).await.ok()["degraded"], false);

    // Under a policy that cannot be used nobody knows which experiments there are: what is stopped must stay so.
    let world = World::new().await;
    let review = world.review().await.ok();
    world.publish("{}").await;
    let refused = world.review().await;
    assert_eq!((refused.status, refused.json()["code"].as_str().unwrap()), (409, "POLICY_UNUSABLE"));
    assert_eq!(review_in(&world.table).await, Some(review));
}

#[tokio::test]
async fn of_two_reviews_at_once_one_stands() {
    let world = World::new().await;
    assert!(world.table.put_review("first", None).await.unwrap());
    assert!(!world.table.put_review("second", None).await.unwrap());
    assert!(!world.table.put_review("second", Some("another")).await.unwrap());
    assert!(world.table.put_review("second", Some("first")).await.unwrap());
    assert_eq!(review_in(&world.table).await, Some(json!("second")));
}
