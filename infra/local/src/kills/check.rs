//! What must be true when everything is learned: what callers were promised is in the table, and profiles, merchants' records
//! and roll-ups are what one clean pass over its entries gives.

use std::collections::{BTreeMap, BTreeSet};

use edge::clock;
use engine::entry::{Entry, Outcome};
use engine::id::{AttemptId, CustomerId, IdempotencyKey};
use engine::time::{Day, LocalInstant};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use store::{StoreError, Table};

use crate::traffic::{Testimony, Told};
use crate::verify::counts::{self, Counts, count};
use crate::verify::{answer_of, compare, feedback_body};

/// How many customers are read at the same time.
const CUSTOMERS_AT_ONCE: usize = 4;

/// How many days of a merchant's record are never removed as too old.
const MERCHANT_DAYS_KEPT: i32 = 59;

/// What the check found.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) promises: Promises,
    /// Entries in the table.
    pub(super) entries: u64,
    /// Profiles that were compared with the fold over their entries.
    pub(super) profiles: u64,
    /// Numbers of roll-ups and merchants' records that were compared with the sum over all entries.
    pub(super) counts: u64,
    /// What must not be, in words.
    pub(super) differences: Vec<String>,
}

/// How much was promised.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Promises {
    /// Decisions that were answered as recorded, each once.
    pub(super) decisions: u64,
    /// Further answers about these.
    pub(super) retries: u64,
    /// Outcomes that were taken.
    pub(super) outcomes: u64,
    /// Feedback that was taken.
    pub(super) feedback: u64,
    /// Purchases that were imported.
    pub(super) purchases: u64,
}

impl Promises {
    pub(super) fn add(&mut self, other: Self) {
        self.decisions += other.decisions;
        self.retries += other.retries;
        self.outcomes += other.outcomes;
        self.feedback += other.feedback;
        self.purchases += other.purchases;
    }
}

/// What callers were promised about one entry; the last word counts.
#[derive(Debug, Default)]
struct Promised<'a> {
    decisions: Vec<&'a Value>,
    outcome: Option<&'a Value>,
    feedback: Option<&'a Value>,
}

/// Compares the table with itself and with what callers were told.
pub(super) async fn check(
    table: &Table,
    customers: &BTreeSet<CustomerId>,
    testimony: &Testimony,
) -> Result<Checked, StoreError> {
    let mut checked = Checked::default();
    let mut entries = BTreeMap::new();
    let mut profiles = stream::iter(customers).map(|customer| compare(table, customer)).buffered(CUSTOMERS_AT_ONCE);
    while let Some((of_customer, difference)) = profiles.try_next().await? {
        checked.profiles += 1;
        checked.differences.extend(difference.map(|difference| match of_customer.first() {
            Some(entry) => format!("profile of {}: {difference}", entry.attempt.customer.as_str()),
            None => difference,
        }));
        entries.extend(of_customer.into_iter().map(|entry| (entry.id, entry)));
    }
    checked.entries = entries.len() as u64;
    checked.compare_counts(table, &entries).await?;
    checked.compare_promises(testimony, &entries);
    Ok(checked)
}

impl Checked {
    async fn compare_counts(&mut self, table: &Table, entries: &BTreeMap<AttemptId, Entry>) -> Result<(), StoreError> {
        let days = || entries.keys().map(|id| id.occurred_at().day());
        let (Some(first), Some(last)) = (days().min(), days().max()) else { return Ok(()) };
        let merchants: BTreeSet<_> = entries.values().filter_map(|entry| entry.attempt.merchant.clone()).collect();
        let stored = counts::stored(table, first, last, merchants).await?;
        let mut expected = Counts::new();
        for (key, number) in entries.values().flat_map(counts::of_entry) {
            *expected.entry(key).or_default() += number;
        }
        let kept_from = clock::system().day().plus_days(-MERCHANT_DAYS_KEPT);
        let is_kept = |(what, day, _): &&(String, Day, String)| what == counts::ROLLUP || *day >= kept_from;
        let keys: BTreeSet<_> = stored.keys().chain(expected.keys()).filter(is_kept).collect();
        for key in keys {
            self.counts += 1;
            let (stored, expected) = (count(&stored, key), count(&expected, key));
            if stored != expected {
                let (what, day, counter) = key;
                self.differences.push(format!("{what}, {day}, {counter}: {stored} instead of {expected}"));
            }
        }
        Ok(())
    }

    fn compare_promises(&mut self, testimony: &Testimony, entries: &BTreeMap<AttemptId, Entry>) {
        if testimony.given_up > 0 {
            self.differences.push(format!("{} requests were never answered", testimony.given_up));
        }
        let mut promised: BTreeMap<AttemptId, Promised<'_>> = BTreeMap::new();
        for told in &testimony.told {
            if self.note(told, &mut promised).is_none() {
                self.differences.push(format!("an answer that cannot be understood: {} {}", told.path, told.answered));
            }
        }
        for (id, promised) in promised {
            let differences = match entries.get(&id) {
                Some(entry) => promised.differences(entry),
                None => vec!["it was promised, and is not there".to_owned()],
            };
            self.differences.extend(differences.into_iter().map(|difference| format!("{id}: {difference}")));
        }
    }

    /// Notes what an answer promises, under the entry that it is about.
    fn note<'a>(&mut self, told: &'a Told, promised: &mut BTreeMap<AttemptId, Promised<'a>>) -> Option<()> {
        let path: Vec<&str> = told.path.split('/').collect();
        match path.as_slice() {
            [_, _, "attempts"] => {
                let id = AttemptId::parse(told.answered.get("attempt_id")?.as_str()?).ok()?;
                let promised = promised.entry(id).or_default();
                let promises = &mut self.promises;
                let count = if promised.decisions.is_empty() { &mut promises.decisions } else { &mut promises.retries };
                *count += 1;
                promised.decisions.push(&told.answered);
            }
            [_, _, _, _, "attempts", id, "outcome"] => {
                promised.entry(AttemptId::parse(id).ok()?).or_default().outcome = Some(&told.asked);
                self.promises.outcomes += 1;
            }
            [_, _, _, _, "attempts", id, "feedback"] => {
                promised.entry(AttemptId::parse(id).ok()?).or_default().feedback = Some(&told.asked);
                self.promises.feedback += 1;
            }
            [_, _, _, customer, "purchases"] => {
                let customer = CustomerId::parse(customer).ok()?;
                for purchase in told.asked.get("purchases")?.as_array()? {
                    let key = IdempotencyKey::parse(purchase.get("idempotency_key")?.as_str()?).ok()?;
                    let occurred_at = LocalInstant::parse(purchase.get("occurred_at")?.as_str()?).ok()?;
                    promised.entry(AttemptId::derive(&customer, &key, occurred_at.instant())).or_default();
                    self.promises.purchases += 1;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

impl Promised<'_> {
    /// How the entry differs from what was promised about it.
    fn differences(&self, entry: &Entry) -> Vec<String> {
        let mut differences = Vec::new();
        let recorded = answer_of(entry);
        if self.decisions.iter().any(|answered| Some(*answered) != recorded.as_ref()) {
            differences.push("a decision was answered that is not the one recorded".to_owned());
        }
        let outcome = self.outcome.and_then(|asked| asked.get("outcome")).and_then(Value::as_str);
        if outcome.is_some() && entry.outcome.map(Outcome::name) != outcome {
            differences.push(format!("the outcome {outcome:?} was confirmed, and is {:?}", entry.outcome));
        }
        if self.feedback.is_some() && entry.feedback.map(feedback_body).as_ref() != self.feedback {
            differences.push(format!("the feedback {:?} was confirmed, and is {:?}", self.feedback, entry.feedback));
        }
        differences
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use engine::currency::Currency;
    use engine::entry::Attempt;
    use engine::id::{Category, MerchantId, PaymentMethod};
    use engine::money::Amount;
    use profile_updater::{Batch, ProfileUpdater};
    use serde_json::json;
    use store::ports::PutEntry;

    use super::*;
    use crate::client::Client;
    use crate::emulator::{Emulator, open};
    use crate::stack::{TABLE_NAME, table_client};
    use crate::trigger::{RecordSource, StreamSource};

    /// A table with one imported purchase, which was learned or not.
    async fn world(learned: bool) -> (Emulator, Table, Entry) {
        let emulator = Emulator::start(TcpListener::bind("127.0.0.1:0").unwrap(), open(None).unwrap()).unwrap();
        let client = table_client(emulator.address());
        store::schema::create_table(&client, TABLE_NAME).await.unwrap();
        let table = Table::new(client, TABLE_NAME);
        let entry = purchase();
        table.put_entry(&entry).await.unwrap();
        if learned {
            let mut source = StreamSource::open(Client::new(emulator.address()), TABLE_NAME).await.unwrap();
            let records = source.read(None, 100).await.unwrap().iter().map(|record| record.json().clone()).collect();
            ProfileUpdater::new(table.clone(), clock::system).learn(Batch { records }).await.unwrap();
        }
        (emulator, table, entry)
    }

    fn purchase() -> Entry {
        let customer = CustomerId::parse("ada").unwrap();
        let occurred_at = LocalInstant::parse("2026-03-14T09:26:53+01:00").unwrap();
        let key = IdempotencyKey::parse("one").unwrap();
        let attempt = Attempt {
            customer: customer.clone(),
            amount: Amount::from_minor(1250, Currency::parse("EUR").unwrap()).unwrap(),
            category: Category::parse("groceries").unwrap(),
            payment_method: PaymentMethod::parse("debit_card").unwrap(),
            merchant: Some(MerchantId::parse("shop").unwrap()),
            occurred_at,
        };
        let id = AttemptId::derive(&customer, &key, occurred_at.instant());
        Entry::imported(id, attempt, occurred_at.instant())
    }

    fn told(path: &str, asked: Value, answered: Value) -> Testimony {
        Testimony { told: vec![Told { path: path.to_owned(), asked, answered }], ..Testimony::default() }
    }

    /// The differences that are found after callers were told this.
    async fn differences(learned: bool, testimony: Testimony) -> Vec<String> {
        let (_emulator, table, entry) = world(learned).await;
        let checked = check(&table, &[entry.attempt.customer].into(), &testimony).await.unwrap();
        assert_eq!((checked.entries, checked.profiles), (1, 1));
        checked.differences
    }

    #[track_caller]
    fn assert_one(differences: &[String], expect: &str) {
        assert!(matches!(differences, [one] if one.contains(expect)), "{differences:?}");
    }

    #[tokio::test]
    async fn what_was_learned_and_kept_is_no_difference() {
        let purchases = json!([{ "idempotency_key": "one", "occurred_at": "2026-03-14T09:26:53+01:00" }]);
        let testimony =
            told("/v1/customers/ada/purchases", json!({ "purchases": purchases }), json!({ "imported": 1 }));
        assert_eq!(differences(true, testimony).await, [""; 0]);
    }

    #[tokio::test]
    async fn what_was_not_learned_is_found_in_the_profile_and_in_the_counts() {
        let differences = differences(false, Testimony::default()).await;
        assert!(differences[0].starts_with("profile of ada: purchases"), "{differences:?}");
        assert!(
            differences[1..].contains(&"roll-up, 2026-03-14, imported: 0 instead of 1".to_owned()),
            "{differences:?}"
        );
    }

    #[tokio::test]
    async fn a_promise_that_was_not_kept_is_found() {
        let missing = json!([{ "idempotency_key": "two", "occurred_at": "2026-03-14T09:26:53+01:00" }]);
        let testimony = told("/v1/customers/ada/purchases", json!({ "purchases": missing }), json!({}));
        assert_one(&differences(true, testimony).await, "it was promised, and is not there");

        let id = purchase().id.to_string();
        let testimony = told("/v1/attempts", json!({}), json!({ "attempt_id": id, "action": "allow" }));
        assert_one(&differences(true, testimony).await, "a decision was answered that is not the one recorded");

        let path = |what: &str| format!("/v1/customers/ada/attempts/{id}/{what}");
        let testimony = told(&path("outcome"), json!({ "outcome": "cancelled" }), json!({}));
        assert_one(&differences(true, testimony).await, "the outcome Some(\"cancelled\") was confirmed");
        let testimony = told(&path("feedback"), json!({ "feedback": "not_me" }), json!({}));
        assert_one(&differences(true, testimony).await, "was confirmed, and is None");

        let testimony = Testimony { given_up: 2, ..Testimony::default() };
        assert_one(&differences(true, testimony).await, "2 requests were never answered");
        let testimony = told("/v1/else", json!({}), json!({}));
        assert_one(&differences(true, testimony).await, "cannot be understood");
    }
}
