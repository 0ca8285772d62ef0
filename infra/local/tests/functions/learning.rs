//! Learning: exactly once in effect, whatever the stream does, and nothing lost to a record that cannot be read.

use engine::currency::Currency;
use engine::entry::{Attempt, Entry, Feedback};
use engine::id::{AttemptId, Category, IdempotencyKey, MerchantId, PaymentMethod};
use engine::money::Amount;
use engine::time::LocalInstant;
use local::verify::verify;
use profile_updater::{Batch, Response};
use serde_json::{Value, json};
use store::ports::{EntryChange, Put, PutEntry, ReadMerchant, ReadProfile, UpdateEntry};

use crate::world::{World, ada, call, golden, now, with_body, with_fields};

/// What the stored profile differs in from the fold over the customer's entries.
pub(crate) async fn difference(world: &World) -> Option<String> {
    let verification = verify(&world.table, &[ada()].into(), |_| ()).await.unwrap();
    verification.mismatches.into_iter().next()
}

/// Imports, attempts, outcomes and feedback of every kind.
pub(crate) async fn eventful(world: &World) {
    call(&world.customers, &golden("customers-purchases")).await.ok();
    for (number, (outcome, feedback)) in [
        ("proceeded", json!({ "feedback": "not_me" })),
        ("cancelled", json!({ "feedback": "normal_for_me" })),
        ("proceeded", json!({ "feedback": "regret", "regret": 9 })),
        ("abandoned", json!({ "feedback": "regret", "regret": 1 })),
    ]
    .into_iter()
    .enumerate()
    {
        let fields = json!({ "idempotency_key": format!("order-{number}"), "occurred_at": format!("2026-03-14T0{number}:26:53Z") });
        let decision = call(&world.score, &with_fields(golden("score"), fields)).await.ok();
        let path =
            |what: &str| format!("/v1/customers/ada/attempts/{}/{what}", decision["attempt_id"].as_str().unwrap());
        let tell = |event: &str, what: &str, body: &Value| {
            crate::world::with_path(with_body(golden(event), body), &path(what))
        };
        call(&world.customers, &tell("customers-outcome", "outcome", &json!({ "outcome": outcome }))).await.ok();
        call(&world.customers, &tell("customers-feedback", "feedback", &feedback)).await.ok();
    }
}

#[tokio::test]
async fn one_pass_teaches_profile_merchant_and_rollups() {
    let mut world = World::new().await;
    eventful(&world).await;
    assert_eq!(world.learn().await, Response::default());
    assert_eq!(difference(&world).await, None);
    let profile = world.table.read_profile(&ada()).await.unwrap().profile;
    assert_eq!(profile.purchases(), 14);
    let merchant = MerchantId::parse("gadget-shop").unwrap();
    let labels = world.table.read_merchant(&merchant).await.unwrap().recent(now().day());
    assert_eq!(
        (labels.labelled, labels.positive),
        (2, 2),
        "only purchases count, and both that went ahead are positive"
    );
    let rollups = world.rollups().await;
    let sum = |name: &str| rollups.iter().map(|rollup| rollup.counters.get(name)).sum::<i64>();
    assert_eq!((sum("imported"), sum("attempts"), sum("feedback.regret"), sum("regret.sum")), (12, 4, 2, 10));
}

#[tokio::test]
async fn a_label_that_is_imported_with_its_purchase_teaches_as_feedback_does() {
    let mut world = World::new().await;
    let labels = [Some(Feedback::NotMe), Some(Feedback::NormalForMe), None];
    let entries = labels.into_iter().enumerate().map(|(number, feedback)| {
        let occurred_at = LocalInstant::parse(&format!("2026-03-1{number}T09:26:53Z")).unwrap();
        let key = IdempotencyKey::parse(&format!("tx-{number}")).unwrap();
        let attempt = Attempt {
            customer: ada(),
            amount: Amount::from_minor(1250, Currency::parse("EUR").unwrap()).unwrap(),
            category: Category::parse(&format!("category-{number}")).unwrap(),
            payment_method: PaymentMethod::parse("debit_card").unwrap(),
            merchant: Some(MerchantId::parse("shop").unwrap()),
            occurred_at,
        };
        Entry { feedback, ..Entry::imported(AttemptId::derive(&ada(), &key, occurred_at.instant()), attempt, now()) }
    });
    let entries: Vec<Entry> = entries.collect();
    for entry in &entries {
        assert_eq!(world.table.put_entry(entry).await.unwrap(), Put::Created);
    }
    assert_eq!(world.learn().await, Response::default());
    assert_eq!(difference(&world).await, None);
    let profile = world.table.read_profile(&ada()).await.unwrap().profile;
    assert_eq!(profile.purchases(), 3);
    assert_eq!((profile.feedback().not_me, profile.feedback().normal_for_me), (1, 1));
    let labels = world.table.read_merchant(&MerchantId::parse("shop").unwrap()).await.unwrap().recent(now().day());
    assert_eq!((labels.labelled, labels.positive), (2, 1));

    // The same as if the feedback had come by itself, after the purchase.
    let mut later = World::new().await;
    for entry in &entries {
        let silent = Entry { feedback: None, ..entry.clone() };
        later.table.put_entry(&silent).await.unwrap();
        if let Some(feedback) = entry.feedback {
            assert!(later.table.update_entry(&silent, EntryChange::Feedback(feedback)).await.unwrap());
        }
    }
    assert_eq!(later.learn().await, Response::default());
    let same = later.table.read_profile(&ada()).await.unwrap().profile;
    assert_eq!((same.purchases(), same.feedback()), (profile.purchases(), profile.feedback()));
    let same = later.table.read_merchant(&MerchantId::parse("shop").unwrap()).await.unwrap().recent(now().day());
    assert_eq!(same, labels);
}

#[tokio::test]
async fn repeated_split_and_reordered_batches_change_nothing() {
    let mut clean = World::new().await;
    eventful(&clean).await;
    clean.learn().await;
    let expected = clean.rollups().await;

    let mut world = World::new().await;
    eventful(&world).await;
    let mut records = world.told().await;
    let reversed: Vec<Value> = records.iter().rev().cloned().collect();
    for chunk in reversed.chunks(3) {
        assert_eq!(world.updater.learn(Batch { records: chunk.to_vec() }).await.unwrap(), Response::default());
    }
    records.extend(records.clone());
    assert_eq!(world.updater.learn(Batch { records }).await.unwrap(), Response::default());
    assert_eq!(difference(&world).await, None);
    assert_eq!(world.rollups().await, expected);
}

#[tokio::test]
async fn two_updaters_on_one_customer_lose_nothing() {
    let mut world = World::new().await;
    eventful(&world).await;
    let records = world.told().await;
    let half = records.len() / 2;
    let (first, second) = tokio::join!(
        world.updater.learn(Batch { records: records[..half + 3].to_vec() }),
        world.updater.learn(Batch { records: records[half - 3..].to_vec() }),
    );
    assert_eq!((first.unwrap(), second.unwrap()), (Response::default(), Response::default()));
    assert_eq!(difference(&world).await, None);
}

#[tokio::test]
async fn a_poison_record_is_named_and_the_rest_applied() {
    let world = World::new().await;
    let batch: Batch = serde_json::from_value(golden("profile-updater")).unwrap();
    let poison = batch.records.iter().find(|record| record["eventID"] == "golden-poison").unwrap();
    let number = poison["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned();
    let response = world.updater.learn(batch).await.unwrap();
    let failed: Vec<&str> =
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    assert_eq!(failed, [number]);
    let profile = world.table.read_profile(&ada()).await.unwrap().profile;
    assert_eq!((profile.purchases(), profile.feedback().regretted), (2, 1), "one import, one attempt that went ahead");
}

#[tokio::test]
async fn an_empty_batch_is_a_success_and_what_is_no_batch_is_an_error() {
    let world = World::new().await;
    assert_eq!(world.updater.learn(Batch { records: Vec::new() }).await.unwrap(), Response::default());
    let nonsense =
        vec![json!({ "dynamodb": { "SequenceNumber": "7" } }), json!({ "dynamodb": { "SequenceNumber": "8" } })];
    let response = world.updater.learn(Batch { records: nonsense }).await.unwrap();
    assert_eq!(response.batch_item_failures.len(), 2);
    assert!(world.updater.learn(Batch { records: vec![json!(null)] }).await.is_err(), "nothing to name it by");
    assert!(serde_json::from_value::<Batch>(json!({ "records": [] })).is_err());
}

/// A purchase every day at one of 40 merchants in 16 categories, paid in six ways.
fn varied_purchase(day: i64) -> Value {
    let at = now().plus_ms((day - 730) * engine::time::DAY_MS + day % 24 * engine::time::HOUR_MS);
    json!({
        "idempotency_key": format!("day-{day}"),
        "amount": { "value": format!("{}.{:02}", 5 + day * 37 % 200, day % 100), "currency": "EUR" },
        "category": format!("category_{:02}", day % 16),
        "payment_method": format!("method_{}", day % 6),
        "merchant_id": format!("merchant-{}", day * 7 % 40),
        "occurred_at": at.to_string(),
    })
}

#[tokio::test]
async fn two_years_of_daily_purchases_stay_one_item_under_a_kilobyte() {
    let mut world = World::new().await;
    // Learned a week at a time: the memory of what the stream can repeat is then as large as it ever is for such a customer.
    for week in 0..104 {
        let purchases: Vec<Value> = (week * 7..week * 7 + 7).map(varied_purchase).collect();
        call(&world.customers, &with_body(golden("customers-purchases"), &json!({ "purchases": purchases })))
            .await
            .ok();
        let mut records = world.told().await;
        for (record, day) in records.iter_mut().zip(week * 7..) {
            let told_at = now().plus_ms((day - 730) * engine::time::DAY_MS);
            record["dynamodb"]["ApproximateCreationDateTime"] = json!(told_at.epoch_ms() / 1000);
        }
        assert_eq!(world.updater.learn(Batch { records }).await.unwrap(), Response::default());
    }
    assert_eq!(difference(&world).await, None);
    let key = |name: &str| aws_sdk_dynamodb::types::AttributeValue::S(name.to_owned());
    let request = world.dynamodb.client.get_item().table_name(&world.dynamodb.table_name);
    let request = request.key("pk", key("c#ada")).key("sk", key("p"));
    let item = request.send().await.unwrap().item.unwrap();
    let bytes: usize = item.iter().map(|(name, value)| name.len() + bytes_of(value)).sum();
    println!("the profile's item has {bytes} bytes");
    assert!(bytes < 1024, "{bytes}");
}

/// What DynamoDB counts for a value (Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats").
fn bytes_of(value: &aws_sdk_dynamodb::types::AttributeValue) -> usize {
    use aws_sdk_dynamodb::types::AttributeValue::{B, N, S};
    match value {
        S(text) => text.len(),
        N(number) => number.len().div_ceil(2) + 1,
        B(blob) => blob.as_ref().len(),
        other => panic!("a profile has no {other:?}"),
    }
}

#[tokio::test]
async fn when_the_table_is_gone_everything_is_handed_back() {
    let mut world = World::new().await;
    eventful(&world).await;
    let records = world.told().await;
    world.lose_table();
    let count = records.len();
    let response = world.updater.learn(Batch { records }).await.unwrap();
    assert_eq!(response.batch_item_failures.len(), count);
}
