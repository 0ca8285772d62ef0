//! One customer's story through the API: usual purchases, an odd one, a cooling-off, an override, a regret, and what was learned of it.

use customers::Customers;
use edge::clock::Clock;
use engine::time::{DAY_MS, HOUR_MS, Instant};
use serde_json::{Value, json};

use crate::world::{Answer, World, call, golden, now, with_body, with_path};

fn an_hour_later() -> Instant {
    now().plus_ms(HOUR_MS)
}

fn a_day_later() -> Instant {
    now().plus_ms(DAY_MS)
}

fn a_week_later() -> Instant {
    now().plus_ms(7 * DAY_MS)
}

/// An attempt at a time; what is not said is as usual for the customer.
fn attempt(key: &str, at: Instant, amount: &str, category: &str, merchant: &str) -> Value {
    with_body(
        golden("score"),
        &json!({
            "customer_id": "ada",
            "idempotency_key": key,
            "amount": { "value": amount, "currency": "EUR" },
            "category": category,
            "payment_method": "debit_card",
            "merchant_id": merchant,
            "occurred_at": at.to_string(),
        }),
    )
}

/// What is told of an attempt at one of its routes.
async fn tell(world: &World, clock: Clock, id: &str, route: &str, body: Value) -> Answer {
    let event = with_path(golden("customers-outcome"), &format!("/v1/customers/ada/attempts/{id}/{route}"));
    call(&Customers::new(world.table.clone(), clock), &with_body(event, &body)).await
}

async fn ask(world: &World, clock: Clock, id: &str) -> Value {
    let event = with_path(golden("customers-attempt"), &format!("/v1/customers/ada/attempts/{id}"));
    call(&Customers::new(world.table.clone(), clock), &event).await.ok()
}

async fn profile(world: &World) -> Value {
    call(&world.customers, &golden("customers-profile")).await.ok()["profile"].clone()
}

fn id(decision: &Value) -> &str {
    decision["attempt_id"].as_str().unwrap()
}

fn codes(decision: &Value) -> Vec<&str> {
    decision["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn one_customers_story() {
    // Groceries for 20 to 50 euros, a hundred days long: usual, and let through.
    let mut world = World::new().await.with_history(100).await;
    let usual = call(&world.score, &attempt("usual", now(), "34.50", "groceries", "shop-1")).await.ok();
    assert_eq!((usual["action"].as_str(), &usual["intervention"]), (Some("allow"), &Value::Null));

    // She asks to be kept from gambling, and tells herself why.
    let wish = json!({ "blocked_categories": [{ "category": "gambling", "note": "It was fun for an hour." }] });
    call(&world.customers, &with_body(golden("customers-settings"), &wish)).await.ok();

    // The odd one: she is asked to wait, in her own words.
    let odd = call(&world.score, &attempt("odd", now(), "400.00", "gambling", "casino")).await.ok();
    assert_eq!(odd["action"], "cool_off", "{odd:#}");
    assert!(
        codes(&odd).contains(&"CATEGORY_BLOCKED_BY_CUSTOMER") && codes(&odd).contains(&"AMOUNT_UNUSUAL"),
        "{odd:#}"
    );
    let message = odd["intervention"]["message"]["body"].as_str().unwrap();
    assert!(message.contains("It was fun for an hour."), "{message}");
    let waiting = ask(&world, now, id(&odd)).await["cooling_off"].clone();
    assert_eq!((waiting["state"].as_str(), waiting["may_proceed"].as_bool()), (Some("waiting"), Some(false)));

    // An hour later it cannot be confirmed; it can be overridden, but not without a reason; and only once.
    let confirm = tell(&world, an_hour_later, id(&odd), "cooling-off", json!({ "action": "confirm" })).await;
    assert_eq!((confirm.status, confirm.json()["code"].as_str()), (409, Some("STILL_COOLING_OFF")));
    let silent = tell(&world, an_hour_later, id(&odd), "cooling-off", json!({ "action": "override" })).await;
    assert_eq!((silent.status, silent.json()["field"].as_str()), (400, Some("reason")));
    let why = json!({ "action": "override", "reason": "It is my birthday." });
    for _ in 0..2 {
        let over = tell(&world, an_hour_later, id(&odd), "cooling-off", why.clone()).await.ok();
        assert_eq!((over["state"].as_str(), over["reason"].as_str()), (Some("overridden"), Some("It is my birthday.")));
    }
    let changed = tell(&world, an_hour_later, id(&odd), "cooling-off", json!({ "action": "cancel" })).await;
    assert_eq!((changed.status, changed.json()["code"].as_str()), (409, Some("COOLING_OFF_ENDED")));
    tell(&world, an_hour_later, id(&odd), "outcome", json!({ "outcome": "proceeded" })).await.ok();
    world.learn().await;
    let because = profile(&world).await["alarm_rate"]["because"].clone();
    assert_eq!(because["cooling_offs_overridden"], 1);

    // A week later she regrets it: the alarm was right, and she will be asked more readily.
    tell(&world, a_week_later, id(&odd), "feedback", json!({ "feedback": "regret", "regret": 9 })).await.ok();
    world.learn().await;
    let learned = profile(&world).await;
    let because = &learned["alarm_rate"]["because"];
    assert_eq!((&because["alarms_right"], &because["cooling_offs_overridden"]), (&json!(1), &json!(0)));
    assert!(learned["alarm_rate"]["multiple"].as_f64().unwrap() > 1.3);
    let delay = json!([{ "strategy": "delay", "helped": 0, "not_helped": 1 }]);
    assert_eq!(learned["strategies"], delay);
    assert_eq!(learned["month"][0], json!({ "category": null, "spent": learned["month"][0]["spent"] }));
}

#[tokio::test]
async fn what_is_called_normal_is_quieter_the_next_time() {
    let mut world = World::new().await.with_history(100).await;
    let earlier = now().plus_ms(-2 * DAY_MS);
    let first = call(&world.score, &attempt("first", earlier, "650.00", "furniture", "home-store")).await.ok();
    assert!(first["should_intervene"].as_bool().unwrap(), "{first:#}");
    tell(&world, now, id(&first), "outcome", json!({ "outcome": "proceeded" })).await.ok();
    tell(&world, now, id(&first), "feedback", json!({ "feedback": "normal_for_me" })).await.ok();
    tell(&world, now, id(&first), "feedback", json!({ "feedback": "annoying" })).await.ok();
    world.learn().await;
    // The same again: the customer is as usual now.
    let again = call(&world.score, &attempt("again", now(), "640.00", "furniture", "home-store")).await.ok();
    assert_eq!((again["action"].as_str(), &again["withheld"]), (Some("allow"), &Value::Null), "{again:#}");
    let risk = |decision: &Value| decision["risk_score"].as_f64().unwrap();
    assert!(risk(&again) < 0.8 * risk(&first), "{} {}", risk(&again), risk(&first));
    let multiple = |decision: &Value| decision["alarm_rate"]["multiple"].as_f64().unwrap();
    assert!((multiple(&first) - 1.0).abs() < 1e-12 && (multiple(&again) - 0.75).abs() < 1e-12);
}

#[tokio::test]
async fn a_cooling_off_tells_the_truth_when_asked() {
    let mut world = World::new().await.with_history(20).await;
    let wish = json!({ "blocked_categories": [{ "category": "gambling" }] });
    call(&world.customers, &with_body(golden("customers-settings"), &wish)).await.ok();
    let decision = call(&world.score, &attempt("odd", now(), "40.00", "gambling", "casino")).await.ok();
    let id = id(&decision);
    let state = |answer: Value| answer["cooling_off"]["state"].as_str().unwrap().to_owned();
    assert_eq!(state(ask(&world, now, id).await), "waiting");
    assert_eq!(state(ask(&world, a_day_later, id).await), "ready");
    assert_eq!(state(ask(&world, a_week_later, id).await), "expired");
    for action in ["confirm", "cancel", "bypass"] {
        let late = tell(&world, a_week_later, id, "cooling-off", json!({ "action": action })).await;
        assert_eq!((late.status, late.json()["code"].as_str()), (409, Some("COOLING_OFF_EXPIRED")));
    }
    let confirmed = tell(&world, a_day_later, id, "cooling-off", json!({ "action": "confirm" })).await.ok();
    assert_eq!((confirmed["state"].as_str(), confirmed["may_proceed"].as_bool()), (Some("confirmed"), Some(true)));
    assert_eq!(state(ask(&world, a_week_later, id).await), "confirmed");

    // What was never asked to wait has nothing to end, and nobody was interrupted in it.
    let usual = call(&world.score, &attempt("usual", now(), "25.00", "groceries", "shop-1")).await.ok();
    let usual = usual["attempt_id"].as_str().unwrap();
    let none = tell(&world, now, usual, "cooling-off", json!({ "action": "confirm" })).await;
    assert_eq!((none.status, none.json()["code"].as_str()), (409, Some("NO_COOLING_OFF")));
    let none = tell(&world, now, usual, "feedback", json!({ "feedback": "annoying" })).await;
    assert_eq!((none.status, none.json()["code"].as_str()), (409, Some("NO_INTERVENTION")));
    assert_eq!(ask(&world, now, usual).await["cooling_off"], Value::Null);
    world.learn().await;
}

#[tokio::test]
async fn an_outcome_ends_a_cooling_off_that_nobody_ended() {
    let world = World::new().await.with_history(20).await;
    let wish = json!({ "blocked_categories": [{ "category": "gambling" }] });
    call(&world.customers, &with_body(golden("customers-settings"), &wish)).await.ok();
    let cases: [(Clock, &str, &str); 5] = [
        (an_hour_later, "proceeded", "overridden"),
        (an_hour_later, "cancelled", "cancelled"),
        (a_day_later, "proceeded", "confirmed"),
        (an_hour_later, "postponed", "waiting"),
        (a_week_later, "proceeded", "expired"),
    ];
    for (clock, outcome, expect) in cases {
        let key = format!("{outcome}-{expect}");
        let decision = call(&world.score, &attempt(&key, now(), "40.00", "gambling", "casino")).await.ok();
        tell(&world, clock, id(&decision), "outcome", json!({ "outcome": outcome })).await.ok();
        let told = ask(&world, clock, id(&decision)).await;
        assert_eq!((told["outcome"].as_str(), told["cooling_off"]["state"].as_str()), (Some(outcome), Some(expect)));
    }
}

#[tokio::test]
async fn a_blocked_category_stays_blocked_for_a_day_after_it_was_taken_back() {
    let world = World::new().await.with_history(20).await;
    let put = async |clock: Clock, wish: Value| {
        call(&Customers::new(world.table.clone(), clock), &with_body(golden("customers-settings"), &wish)).await.ok()
    };
    put(now, json!({ "blocked_categories": [{ "category": "gambling" }] })).await;
    let released = put(an_hour_later, json!({})).await;
    assert_eq!(released["blocked_categories"][0]["released_at"], an_hour_later().plus_ms(DAY_MS).to_string());
    // Opting out of everything is no way around it either.
    put(an_hour_later, json!({ "opted_out": true })).await;
    let decision = call(&world.score, &attempt("soon", now(), "40.00", "gambling", "casino")).await.ok();
    assert_eq!(decision["action"], "cool_off", "{decision:#}");
    let gone = put(a_week_later, json!({})).await;
    assert_eq!(gone["blocked_categories"], json!([]));
}
