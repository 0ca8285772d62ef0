//! The check of the profiles finds what was not learned.

use std::collections::BTreeSet;

use engine::currency::Currency;
use engine::entry::{Attempt, Entry};
use engine::id::{AttemptId, Category, CustomerId, IdempotencyKey, PaymentMethod};
use engine::money::Amount;
use engine::time::LocalInstant;
use local::verify::verify;
use store::ports::PutEntry;

use crate::emulator::Table;

fn customer(name: &str) -> CustomerId {
    CustomerId::parse(name).unwrap()
}

fn imported(name: &str, key: &str) -> Entry {
    let occurred_at = LocalInstant::parse("2026-03-14T09:26:53+01:00").unwrap();
    let key = IdempotencyKey::parse(key).unwrap();
    let id = AttemptId::derive(&customer(name), &key, occurred_at.instant());
    let attempt = Attempt {
        customer: customer(name),
        amount: Amount::from_minor(1250, Currency::parse("EUR").unwrap()).unwrap(),
        category: Category::parse("groceries").unwrap(),
        payment_method: PaymentMethod::parse("debit_card").unwrap(),
        merchant: None,
        occurred_at,
    };
    Entry::imported(id, attempt, occurred_at.instant())
}

#[tokio::test]
async fn entries_that_no_profile_knows_of_are_a_mismatch() {
    let emulator = Table::start().await;
    let table = store::Table::new(emulator.client().clone(), emulator.name());
    for key in ["one", "two"] {
        table.put_entry(&imported("ada", key)).await.unwrap();
    }
    let customers = BTreeSet::from([customer("ada"), customer("nobody")]);
    let verification = verify(&table, &customers, |_| ()).await.unwrap();
    assert_eq!((verification.profiles, verification.entries), (2, 2));
    let [mismatch] = &verification.mismatches[..] else { panic!("{verification:?}") };
    assert!(mismatch.starts_with("ada: purchases"), "{mismatch}");
}
