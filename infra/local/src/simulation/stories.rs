//! What happens to customers: attempts with what follows them, imports, settings, erasures; reviews of it all; and what callers were
//! told.

use std::sync::{Arc, Mutex, PoisonError};

use engine::id::CustomerId;
use engine::time::{DAY_MS, HOUR_MS, Instant, LocalInstant, MINUTE_MS};
use lambda_http::http::Method;
use serde_json::{Value, json};

use crate::simulation::callers::{Ask, Patience, Processes, Span};
use crate::simulation::dice::Dice;
use crate::simulation::time::{beginning, now, wait_ms};
use crate::simulation::{Scenario, Weather};

const CATEGORIES: [&str; 5] = ["groceries", "electronics", "travel", "clothing", "games"];
const PAYMENT_METHODS: [&str; 4] = ["debit_card", "credit_card", "bnpl", "wallet"];
const CURRENCIES: [&str; 2] = ["EUR", "USD"];
const OUTCOMES: [&str; 3] = ["proceeded", "cancelled", "abandoned"];
const OPINIONS: [&str; 2] = ["useful", "annoying"];
const ENDS: [&str; 4] = ["confirm", "cancel", "override", "bypass"];

/// After how long a cooling-off is ended at the latest, in milliseconds: some are ready by then, and some have expired.
const COOLING_OFF_MS_MAX: u64 = 6 * DAY_MS as u64;

/// Over how long the stories of a simulation begin, in milliseconds.
const SPAN_MS: u64 = 14 * DAY_MS as u64;

/// How close together the stories of a burst begin, in milliseconds.
const BURST_MS: u64 = 2_000;

/// How late a label comes at most, in milliseconds.
const LABEL_MS_MAX: u64 = 21 * DAY_MS as u64;

/// How old an attempt that is sent late, or a purchase that is imported, is at most, in milliseconds.
const LATE_MS_MAX: u64 = 20 * DAY_MS as u64;

/// How many purchases an import brings at most.
const IMPORT_MAX: u64 = 12;

/// Which customers there are, and when things happen to them.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    seed: u64,
    pub(crate) customers: Vec<CustomerId>,
    pub(crate) merchants: u64,
    bursts_ms: Vec<u64>,
    erasures: bool,
}

impl Plan {
    pub(crate) fn of(Scenario { seed, weather, .. }: Scenario) -> Self {
        let mut dice = Dice::of(seed, "plan", 0);
        let customers = (0..dice.number(1..6)).filter_map(|number| CustomerId::parse(&format!("c{number}")).ok());
        let customers = customers.collect();
        let bursts_ms = (0..dice.number(1..6)).map(|_| dice.number(0..SPAN_MS)).collect();
        let erasures = dice.chance(0.4) && weather == Weather::OfSeed;
        Self { seed, customers, merchants: dice.number(1..6), bursts_ms, erasures }
    }

    /// When a story begins, after the beginning, in milliseconds.
    fn begin_ms(&self, dice: &mut Dice) -> u64 {
        match dice.one_of(&self.bursts_ms) {
            Some(burst_ms) if dice.chance(0.8) => burst_ms + dice.number(0..BURST_MS),
            _ => dice.number(0..SPAN_MS),
        }
    }
}

/// What callers know of one entry: what an oracle holds the table to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Witness {
    pub(crate) customer: Option<CustomerId>,
    /// Known from the first answer on.
    pub(crate) attempt_id: Option<String>,
    /// When it was tried to have the entry written.
    pub(crate) tries: Vec<Span>,
    /// Every decision that was answered as recorded; null for an import.
    pub(crate) answers: Vec<(Span, Value)>,
    /// The outcome that was confirmed.
    pub(crate) outcome: Option<(Span, &'static str)>,
    /// What the customer said of the purchase, in order, and whether it was confirmed.
    pub(crate) feedback: Vec<(Span, Value, bool)>,
    /// What the customer said of the intervention, in order, and whether it was confirmed.
    pub(crate) opinions: Vec<(Span, &'static str, bool)>,
    /// How the cooling-off had ended, each time that it was answered.
    pub(crate) ends: Vec<(Span, String)>,
}

/// What callers know of a customer's settings.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) customer: CustomerId,
    /// From the first try until the last.
    pub(crate) span: Span,
    /// The body that was sent; no two are alike.
    pub(crate) body: Value,
    /// Whether it was confirmed.
    pub(crate) told: bool,
}

/// What callers know of an erasure: when it was first asked for, and when it was confirmed.
pub(crate) type Erasure = (CustomerId, Span);

/// What all callers know.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    witnesses: Mutex<Vec<Witness>>,
    erasures: Mutex<Vec<Erasure>>,
    wishes: Mutex<Vec<Wish>>,
    /// What reviews that were confirmed had stopped, as they answered it.
    stopped: Mutex<Vec<Value>>,
}

impl Ledger {
    pub(crate) fn witnesses(&self) -> Vec<Witness> {
        self.witnesses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn erasures(&self) -> Vec<Erasure> {
        self.erasures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn wishes(&self) -> Vec<Wish> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn stopped(&self) -> Vec<Value> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn witness(&self, witness: Witness) {
        self.witnesses.lock().unwrap_or_else(PoisonError::into_inner).push(witness);
    }
}

/// The stage on which stories are played.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) plan: Arc<Plan>,
    pub(crate) processes: Arc<Processes>,
    pub(crate) ledger: Arc<Ledger>,
}

impl Stage {
    /// Plays one story, from its own moment on.
    pub(crate) async fn play(self, number: u64) {
        let mut dice = Dice::of(self.plan.seed, "story", number);
        wait_ms(self.plan.begin_ms(&mut dice)).await;
        let customer = dice.number(0..self.plan.customers.len() as u64);
        let Some(customer) = self.plan.customers.get(customer as usize).cloned() else { return };
        match dice.number(0..100) {
            0..66 => self.attempt(customer, number, dice).await,
            66..78 => self.import(customer, number, dice).await,
            78..81 => self.look(&customer, dice).await,
            81..89 => self.settings(customer, number, dice).await,
            89..94 => self.review(dice).await,
            _ if self.plan.erasures => self.erase(customer, dice).await,
            _ => self.look(&customer, dice).await,
        }
    }

    /// An attempt: sent by one or several at once, maybe late, maybe again much later; then what the customer did and said.
    async fn attempt(self, customer: CustomerId, number: u64, mut dice: Dice) {
        let occurred_at = if dice.chance(0.2) { past(&mut dice) } else { now() };
        let mut body = self.purchase(number, 0, occurred_at, &mut dice);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("customer_id".to_owned(), customer.as_str().into());
        }
        let ask = Ask { method: Method::POST, path: "/v1/attempts".to_owned(), body };
        let witness = Arc::new(Mutex::new(Witness { customer: Some(customer.clone()), ..Witness::default() }));
        let senders = if dice.chance(0.3) { dice.number(2..5) } else { 1 };
        let mut sending = Vec::new();
        for sender in 0..senders {
            let (stage, ask, witness) = (self.clone(), ask.clone(), Arc::clone(&witness));
            let dice = Dice::of(self.plan.seed, "sender", number * 10 + sender);
            sending.push(tokio::spawn(async move { stage.send_attempt(&ask, &witness, dice).await }));
        }
        for sent in sending {
            if sent.await.is_err() {
                self.processes.report("a caller panicked".to_owned());
            }
        }
        let id = lock(&witness).attempt_id.clone();
        if let Some(id) = id {
            self.follow_up(&customer, &id, &witness, &mut dice).await;
            if dice.chance(0.3) {
                wait_ms(dice.log_number(1_000, 5 * DAY_MS as u64)).await;
                self.send_attempt(&ask, &witness, dice).await;
            }
        }
        let witness = lock(&witness).clone();
        self.ledger.witness(witness);
    }

    async fn send_attempt(&self, ask: &Ask, witness: &Mutex<Witness>, mut dice: Dice) {
        let recorded = |status: u16, body: Value| match status {
            200 if body.get("recorded") == Some(&json!(true)) => Some(body),
            200 | 503 => None,
            // Nothing else is a right answer to an attempt that is sent as it was.
            _ => {
                self.processes.report(format!("an attempt was answered {status} {body}"));
                None
            }
        };
        let tried = |span| lock(witness).tries.push(span);
        if let Some((span, decision)) = self.processes.insist(ask, Patience::Some, &mut dice, tried, recorded).await {
            let mut witness = lock(witness);
            witness.attempt_id = decision.get("attempt_id").and_then(Value::as_str).map(str::to_owned);
            witness.answers.push((span, decision));
        }
    }

    /// The end of a cooling-off, the outcome, and weeks later the label.
    async fn follow_up(&self, customer: &CustomerId, id: &str, witness: &Mutex<Witness>, dice: &mut Dice) {
        let path = |what: &str| format!("/v1/customers/{}/attempts/{id}/{what}", customer.as_str());
        let intervention = lock(witness).answers.last().and_then(|(_, decision)| decision.get("intervention").cloned());
        let is_interrupted = intervention.as_ref().is_some_and(|shown| !shown.is_null());
        let waits =
            intervention.as_ref().and_then(|shown| shown.get("wait_until")).is_some_and(|until| !until.is_null());
        if waits && dice.chance(0.8) {
            let is_waited_for = dice.chance(0.4);
            let from_ms = if is_waited_for { DAY_MS } else { MINUTE_MS } as u64;
            wait_ms(dice.log_number(from_ms, COOLING_OFF_MS_MAX)).await;
            let mut other = dice.clone();
            // Two callers may end it at the same time, each in another way.
            let ends_at_once = dice.chance(0.3);
            other.number(0..ENDS.len() as u64);
            let ending = async {
                if ends_at_once {
                    self.end_cooling_off(path("cooling-off"), witness, &mut other).await;
                }
            };
            tokio::join!(self.end_cooling_off(path("cooling-off"), witness, dice), ending);
        }
        if dice.chance(0.85) {
            wait_ms(dice.log_number(100, HOUR_MS as u64)).await;
            let mut other = dice.clone();
            // Two callers may change the same entry at the same time.
            let speaks_at_once = dice.chance(0.3);
            let saying = async {
                if speaks_at_once {
                    self.say(path("feedback"), witness, &mut other).await;
                }
            };
            tokio::join!(self.tell_outcome(path("outcome"), witness, dice), saying);
        }
        for _ in 0..dice.number(0..3) {
            wait_ms(dice.log_number(MINUTE_MS as u64, LABEL_MS_MAX)).await;
            if is_interrupted && dice.chance(0.5) {
                self.opine(path("feedback"), witness, dice).await;
            } else {
                self.say(path("feedback"), witness, dice).await;
            }
        }
    }

    /// Ends a cooling-off in some way, which may be refused: because it is too early, too late, or because it ended otherwise.
    async fn end_cooling_off(&self, path: String, witness: &Mutex<Witness>, dice: &mut Dice) {
        let action = dice.one_of(&ENDS).unwrap_or_default();
        let reason = (action == "override").then_some("It cannot wait.");
        let ask = Ask { method: Method::POST, path, body: json!({ "action": action, "reason": reason }) };
        let answered = |status: u16, body: Value| {
            let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
            match (status, text("code").as_deref()) {
                (200, _) => Some(text("state")),
                (409, Some("STILL_COOLING_OFF" | "COOLING_OFF_EXPIRED" | "COOLING_OFF_ENDED")) => Some(None),
                _ => None,
            }
        };
        if let Some((span, Some(state))) = self.processes.insist(&ask, Patience::Some, dice, |_| (), answered).await {
            lock(witness).ends.push((span, state));
        }
    }

    /// Says what the customer thinks of having been interrupted.
    async fn opine(&self, path: String, witness: &Mutex<Witness>, dice: &mut Dice) {
        let opinion = dice.one_of(&OPINIONS).unwrap_or_default();
        let ask = Ask { method: Method::POST, path, body: json!({ "feedback": opinion }) };
        let (span, told) = self.tell(&ask, dice).await;
        lock(witness).opinions.push((span, opinion, told));
    }

    /// Tells something until it is confirmed or the caller gives up, and says which.
    async fn tell(&self, ask: &Ask, dice: &mut Dice) -> (Span, bool) {
        let from_ms = now().epoch_ms();
        let told = self.processes.insist(ask, Patience::Some, dice, |_| (), confirmed).await;
        (told.map_or(Span { from_ms, until_ms: now().epoch_ms() }, |(span, ())| span), told.is_some())
    }

    async fn tell_outcome(&self, path: String, witness: &Mutex<Witness>, dice: &mut Dice) {
        let outcome = dice.one_of(&OUTCOMES).unwrap_or_default();
        let steps = if dice.chance(0.2) { vec!["postponed", outcome] } else { vec![outcome] };
        for outcome in steps {
            let ask = Ask { method: Method::POST, path: path.clone(), body: json!({ "outcome": outcome }) };
            match self.processes.insist(&ask, Patience::Some, dice, |_| (), confirmed).await {
                Some((span, ())) => lock(witness).outcome = Some((span, outcome)),
                // What was postponed and never confirmed may still have been; the next one would tell nothing.
                None => return,
            }
        }
    }

    async fn say(&self, path: String, witness: &Mutex<Witness>, dice: &mut Dice) {
        let said = match dice.number(0..4) {
            0 => json!({ "feedback": "not_me" }),
            1 => json!({ "feedback": "normal_for_me" }),
            _ => json!({ "feedback": "regret", "regret": dice.number(1..11) }),
        };
        let ask = Ask { method: Method::POST, path, body: said.clone() };
        let (span, told) = self.tell(&ask, dice).await;
        lock(witness).feedback.push((span, said, told));
    }

    /// Purchases of the past, and of some of them what the customer says.
    async fn import(self, customer: CustomerId, number: u64, mut dice: Dice) {
        let count = dice.number(1..IMPORT_MAX);
        let purchases: Vec<Value> = (0..count)
            .map(|position| {
                let occurred_at = past(&mut dice);
                self.purchase(number, position, occurred_at, &mut dice)
            })
            .collect();
        let ids: Vec<Option<String>> = purchases.iter().map(|purchase| id_of(&customer, purchase)).collect();
        let path = format!("/v1/customers/{}/purchases", customer.as_str());
        let ask = Ask { method: Method::POST, path, body: json!({ "purchases": purchases }) };
        let mut tries = Vec::new();
        let told = self.processes.insist(&ask, Patience::Some, &mut dice, |span| tries.push(span), confirmed).await;
        for attempt_id in ids {
            let witness = Witness {
                customer: Some(customer.clone()),
                attempt_id: attempt_id.clone(),
                tries: tries.clone(),
                answers: told.iter().map(|(span, ())| (*span, Value::Null)).collect(),
                ..Witness::default()
            };
            let witness = Mutex::new(witness);
            if let (Some(_), Some(id), true) = (&told, &attempt_id, dice.chance(0.3)) {
                wait_ms(dice.log_number(MINUTE_MS as u64, 2 * DAY_MS as u64)).await;
                self.say(format!("/v1/customers/{}/attempts/{id}/feedback", customer.as_str()), &witness, &mut dice)
                    .await;
            }
            self.ledger.witness(lock(&witness).clone());
        }
    }

    async fn erase(self, customer: CustomerId, mut dice: Dice) {
        let ask =
            Ask { method: Method::DELETE, path: format!("/v1/customers/{}", customer.as_str()), body: Value::Null };
        let from_ms = now().epoch_ms();
        if self.processes.insist(&ask, Patience::Endless, &mut dice, |_| (), confirmed).await.is_some() {
            let span = Span { from_ms, until_ms: now().epoch_ms() };
            self.ledger.erasures.lock().unwrap_or_else(PoisonError::into_inner).push((customer, span));
        }
    }

    async fn look(self, customer: &CustomerId, mut dice: Dice) {
        let what = if dice.chance(0.5) { "profile" } else { "export" };
        let path = format!("/v1/customers/{}/{what}", customer.as_str());
        let ask = Ask { method: Method::GET, path, body: Value::Null };
        let _ = self.processes.insist(&ask, Patience::Some, &mut dice, |_| (), confirmed).await;
    }

    /// A few wishes of one customer, of which the last one holds.
    async fn settings(self, customer: CustomerId, number: u64, mut dice: Dice) {
        for wish in 0..dice.number(1..4) {
            let blocked = dice.one_of(&CATEGORIES).filter(|_| dice.chance(0.4));
            let body = json!({
                "sensitivity": dice.one_of(&["low", "normal", "high"]),
                "opted_out": dice.chance(0.1),
                "blocked_categories": blocked.map(|category| json!({ "category": category })).into_iter().collect::<Vec<_>>(),
                // Tells it from every other wish.
                "goals": [{
                    "name": format!("wish {number}-{wish}"), "target": { "value": "100.00", "currency": "EUR" }, "saved": "0",
                }],
            });
            let path = format!("/v1/customers/{}/settings", customer.as_str());
            let ask = Ask { method: Method::PUT, path, body: body.clone() };
            let from_ms = now().epoch_ms();
            let (span, told) = self.tell(&ask, &mut dice).await;
            let span = Span { from_ms, ..span };
            let wish = Wish { customer: customer.clone(), span, body, told };
            self.ledger.wishes.lock().unwrap_or_else(PoisonError::into_inner).push(wish);
            wait_ms(dice.log_number(10, HOUR_MS as u64)).await;
        }
    }

    /// The operator's schedule has reviews made, each after some time.
    async fn review(self, mut dice: Dice) {
        for _ in 0..dice.number(1..5) {
            self.review_once(&mut dice).await;
            wait_ms(dice.log_number(HOUR_MS as u64, LABEL_MS_MAX)).await;
        }
    }

    async fn review_once(&self, dice: &mut Dice) {
        let ask = Ask { method: Method::POST, path: "/v1/review".to_owned(), body: Value::Null };
        let stopped =
            |status: u16, body: Value| (status == 200).then(|| body.get("stopped").cloned().unwrap_or_default());
        if let Some((_, stopped)) = self.processes.insist(&ask, Patience::Some, dice, |_| (), stopped).await {
            let stopped = stopped.as_array().cloned().unwrap_or_default();
            self.ledger.stopped.lock().unwrap_or_else(PoisonError::into_inner).extend(stopped);
        }
    }

    fn purchase(&self, story: u64, position: u64, occurred_at: Instant, dice: &mut Dice) -> Value {
        let cents = dice.log_number(100, 500_000);
        let mut purchase = json!({
            "idempotency_key": format!("s{story}-{position}"),
            "amount": {
                "value": format!("{}.{:02}", cents / 100, cents % 100),
                "currency": dice.one_of(&CURRENCIES),
            },
            "category": dice.one_of(&CATEGORIES),
            "payment_method": dice.one_of(&PAYMENT_METHODS),
            "occurred_at": occurred_at.to_string(),
        });
        if dice.chance(0.9)
            && let Some(fields) = purchase.as_object_mut()
        {
            let merchant = dice.number(0..self.plan.merchants);
            fields.insert("merchant_id".to_owned(), format!("m{merchant}").into());
        }
        purchase
    }
}

/// A moment of the past.
fn past(dice: &mut Dice) -> Instant {
    now().plus_ms(-(dice.log_number(MINUTE_MS as u64, LATE_MS_MAX) as i64))
}

/// The earliest moment that anything in a simulation is about.
pub(crate) fn earliest() -> Instant {
    beginning().plus_ms(-(LATE_MS_MAX as i64))
}

/// The id that Guardian gives a purchase.
fn id_of(customer: &CustomerId, purchase: &Value) -> Option<String> {
    let key = engine::id::IdempotencyKey::parse(purchase.get("idempotency_key")?.as_str()?).ok()?;
    let occurred_at = LocalInstant::parse(purchase.get("occurred_at")?.as_str()?).ok()?;
    Some(engine::id::AttemptId::derive(customer, &key, occurred_at.instant()).to_string())
}

/// Takes 200 as a confirmation.
fn confirmed(status: u16, _: Value) -> Option<()> {
    (status == 200).then_some(())
}

fn lock(witness: &Mutex<Witness>) -> std::sync::MutexGuard<'_, Witness> {
    witness.lock().unwrap_or_else(PoisonError::into_inner)
}
