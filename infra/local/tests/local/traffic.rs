//! What the traffic sends, in which order, seen by an API that only writes it down.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use engine::currency::Currency;
use engine::id::{AttemptId, Category, CustomerId, IdempotencyKey, PaymentMethod};
use engine::money::Amount;
use engine::time::{DAY_MS, Instant as Moment, LocalInstant};
use lab::transaction::Transaction;
use local::client::Client;
use local::traffic::{Api, Counts, Job, Pace, Person, Plan, Player, Tally};
use serde_json::{Value, json};

use crate::http_server::{Answering, serve};

/// One request: its path and its body.
type Request = (String, Value);

/// An API that answers every request as if all were well, but refuses attempts of `refused`, and remembers everything.
struct Recorder {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen(Mutex<Vec<Request>>);

impl Answering for Seen {
    async fn answer(&self, path: &str, body: Value) -> (String, String) {
        let (status, answer) = answer(path, &body);
        self.0.lock().unwrap().push((path.to_owned(), body));
        (status.to_owned(), answer.to_string())
    }
}

impl Recorder {
    async fn start() -> Self {
        let seen = Arc::default();
        Self { address: serve(Arc::clone(&seen)).await, seen }
    }

    /// The requests of one customer, each by what it is and the idempotency key or the attempt that it is about.
    fn of(&self, customer: &str) -> Vec<String> {
        let name = |(path, body): &Request| {
            let about = |body: &Value| body["idempotency_key"].as_str().unwrap().to_owned();
            let parts: Vec<&str> = path.split('/').collect();
            match parts[..] {
                [_, _, "attempts"] if body["customer_id"] == customer => Some(format!("score {}", about(body))),
                [_, _, _, of, "purchases"] if of == customer => {
                    Some(format!("import {}", body["purchases"].as_array().unwrap().len()))
                }
                [_, _, _, of, "attempts", _, what] if of == customer => Some(what.to_owned()),
                _ => None,
            }
        };
        self.seen.0.lock().unwrap().iter().filter_map(name).collect()
    }
}

fn answer(path: &str, body: &Value) -> (&'static str, Value) {
    match path {
        "/v1/attempts" if body["customer_id"] == "refused" => ("422 Unprocessable Content", json!({"code": "NO"})),
        "/v1/attempts" => {
            let customer = CustomerId::parse(body["customer_id"].as_str().unwrap()).unwrap();
            let key = IdempotencyKey::parse(body["idempotency_key"].as_str().unwrap()).unwrap();
            let at = LocalInstant::parse(body["occurred_at"].as_str().unwrap()).unwrap();
            let id = AttemptId::derive(&customer, &key, at.instant()).to_string();
            ("200 OK", json!({"attempt_id": id, "action": "allow", "intervention": null, "degraded": false}))
        }
        _ if path.ends_with("/purchases") => {
            ("200 OK", json!({"imported": body["purchases"].as_array().unwrap().len(), "duplicates": 0}))
        }
        _ => ("200 OK", json!({})),
    }
}

/// A purchase of a recorded history, so many days after its beginning.
fn job(customer: &str, day: i64, disowned: bool) -> Job {
    let at = Moment::from_epoch_ms(1_700_000_000_000).unwrap().plus_ms(day * DAY_MS);
    let attempt = Transaction {
        id: IdempotencyKey::parse(&format!("day-{day}")).unwrap(),
        customer_id: CustomerId::parse(customer).unwrap(),
        merchant_id: None,
        category: Category::parse("unknown").unwrap(),
        payment_method: PaymentMethod::parse("unknown").unwrap(),
        amount: Amount::from_minor(1250, Currency::parse("EUR").unwrap()).unwrap(),
        occurred_at: LocalInstant::new(at, 60).unwrap(),
        label: Some(disowned),
    };
    Job { attempt, person: Person::Recorded { disowned } }
}

/// Plays these jobs, three requests at a time.
async fn play(api: &Recorder, past: Vec<Job>, live: Vec<Job>) -> Counts {
    let tally = Arc::new(Tally::new(Instant::now()));
    let api = Api::new(Client::new(api.address));
    let live_count = Some(live.len() as u64);
    let mut plan = Plan { description: String::new(), past, live: Box::new(live.into_iter()), live_count };
    let mut player = Player::new(&api, &tally, 3);
    player.import(&mut plan).await;
    player.live(&mut plan, Pace::AsAnswered).await;
    tally.counts()
}

#[tokio::test]
async fn the_past_is_imported_by_the_hundred_and_the_rest_is_scored_and_told() {
    let api = Recorder::start().await;
    let past = (0..120).map(|day| job("ada", day, false)).chain([job("bob", 5, false)]).collect();
    let live = vec![job("ada", 120, false), job("bob", 121, false), job("ada", 122, false)];
    let counts = play(&api, past, live).await;
    assert_eq!(api.of("ada"), ["import 100", "import 20", "score day-120", "outcome", "score day-122", "outcome"]);
    assert_eq!(api.of("bob"), ["import 1", "score day-121", "outcome"]);
    assert_eq!((counts.imported, counts.scored, counts.not_2xx, counts.customers.len()), (121, 3, 0, 2));
    assert_eq!(counts.outcomes["proceeded"], 3);
    assert_eq!(counts.latencies.count(), 3);
}

#[tokio::test]
async fn a_label_is_told_only_a_week_later_on_the_clock_of_the_data() {
    let api = Recorder::start().await;
    let past = vec![job("ada", 0, true)];
    let live = [(6, false), (7, true), (13, false), (14, false)];
    let counts = play(&api, past, live.map(|(day, disowned)| job("ada", day, disowned)).to_vec()).await;
    assert_eq!(
        api.of("ada"),
        [
            "import 1",
            "score day-6",
            "outcome",
            // That of day 0 is known from day 7 on, that of day 7 from day 14 on.
            "feedback",
            "score day-7",
            "outcome",
            "score day-13",
            "outcome",
            "feedback",
            "score day-14",
            "outcome",
        ]
    );
    assert_eq!(counts.feedback, 2);
}

#[tokio::test]
async fn many_customers_at_a_time_keep_each_ones_order() {
    let api = Recorder::start().await;
    let names: Vec<String> = (0..20).map(|number| format!("c{number}")).collect();
    let live = (0..15).flat_map(|day| names.iter().map(move |name| job(name, day, false))).collect();
    let counts = play(&api, Vec::new(), live).await;
    assert_eq!(counts.scored, 300);
    let in_order: Vec<String> = (0..15).flat_map(|day| [format!("score day-{day}"), "outcome".to_owned()]).collect();
    for name in &names {
        assert_eq!(api.of(name), in_order, "{name}");
    }
}

#[tokio::test]
async fn what_is_refused_is_counted_with_the_first_answer_and_the_rest_goes_on() {
    let api = Recorder::start().await;
    let live = vec![job("refused", 1, false), job("ada", 2, false), job("refused", 3, false)];
    let counts = play(&api, Vec::new(), live).await;
    assert_eq!((counts.scored, counts.not_2xx), (1, 2));
    assert_eq!(counts.first_not_2xx.as_deref(), Some(r#"score: 422 Unprocessable Entity {"code":"NO"}"#));
    assert_eq!(api.of("refused"), ["score day-1", "score day-3"]);
}
