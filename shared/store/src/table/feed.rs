//! The feed: names of the decisions that were learned of last, for whoever watches.
//!
//! One small item for each batch of the stream, in one of [`keys::FEED_SLOTS`] slots that are written over and over: what is
//! read and kept does not grow with traffic. An item only *names* entries. Who is erased is gone from it with their entries,
//! whatever it says, and their names are taken out as well.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use engine::entry::Entry;
use engine::id::{AttemptId, CustomerId};
use engine::time::Instant;

use super::Table;
use crate::image::{Image, Item, text};
use crate::keys::{self, PARTITION, SORT};
use crate::ports::{Decided, FEED_ENTRIES_MAX, ReadFeed, WriteFeed};
use crate::{StoreError, entry_item, retention};

/// The attribute that holds the names: `customer/attempt`, the newest first, with blanks between. Neither occurs in an id.
const DECISIONS: &str = "decisions";

/// How many decisions a batch names at most.
const DECISIONS_MAX: usize = 12;

/// How long the names may be together, in bytes: with its keys the item stays under a kilobyte, which is one write unit.
const DECISIONS_BYTES_MAX: usize = 960;

/// How often a customer's names are tried to be taken out of an item that is written over at the same time.
const FORGET_ATTEMPTS_MAX: u32 = 5;

impl WriteFeed for Table {
    async fn write_feed(&self, decided: &[Decided], at: Instant) -> Result<(), StoreError> {
        let item = HashMap::from([
            (PARTITION.to_owned(), text(keys::FEED)),
            (SORT.to_owned(), text(keys::feed_slot(at))),
            (keys::EXPIRES_AT.to_owned(), entry_item::expires_at(at.plus_ms(retention::FEED_MS))),
            (DECISIONS.to_owned(), text(names(decided))),
        ]);
        let answer = self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await;
        answer.map(drop).map_err(|error| StoreError::unavailable("PutItem", &error))
    }
}

impl ReadFeed for Table {
    async fn read_feed(&self) -> Result<Vec<Entry>, StoreError> {
        let mut slots = self.feed_slots(false).await?;
        slots.sort_by_key(|slot| std::cmp::Reverse(written(slot)));
        let mut keys = Vec::with_capacity(FEED_ENTRIES_MAX);
        for decided in slots.iter().flat_map(|slot| decided(&Image(slot))) {
            let key = Item::from([
                (PARTITION.to_owned(), text(keys::customer(&decided.customer))),
                (SORT.to_owned(), text(keys::entry(decided.attempt))),
            ]);
            // A record that was delivered twice may be named twice, which DynamoDB would refuse.
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.truncate(FEED_ENTRIES_MAX);
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let request = KeysAndAttributes::builder().set_keys(Some(keys)).build();
        let request = request.map_err(|error| StoreError::unexpected("BatchGetItem", &error))?;
        let answer = self.client.batch_get_item().request_items(&self.name, request).send().await;
        let answer = answer.map_err(|error| StoreError::unavailable("BatchGetItem", &error))?;
        // What was left unprocessed is missing from this look; the next one is seconds away.
        let items = answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default();
        let mut entries: Vec<Entry> = items.iter().filter_map(|item| entry_item::from_item(item).ok()).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.recorded_at, entry.id)));
        Ok(entries)
    }
}

impl Table {
    /// Takes a customer's names out of the feed.
    pub(super) async fn forget_in_feed(&self, customer: &CustomerId) -> Result<(), StoreError> {
        for _ in 0..FORGET_ATTEMPTS_MAX {
            let mut overtaken = false;
            for slot in self.feed_slots(true).await? {
                let image = Image(&slot);
                let all = decided(&image);
                let others: Vec<Decided> =
                    all.iter().filter(|decided| decided.customer != *customer).cloned().collect();
                if others.len() < all.len() {
                    overtaken |= !self.replace_names(&image, &others).await?;
                }
            }
            if !overtaken {
                return Ok(());
            }
        }
        Err(StoreError::Contended { attempts: FORGET_ATTEMPTS_MAX })
    }

    async fn feed_slots(&self, consistent: bool) -> Result<Vec<Item>, StoreError> {
        let request = self.client.query().table_name(&self.name).consistent_read(consistent);
        let answer = request
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_values(":pk", text(keys::FEED))
            .send()
            .await;
        Ok(answer.map_err(|error| StoreError::unavailable("Query", &error))?.items.unwrap_or_default())
    }

    /// Puts other names into an item, if it still holds those it was seen with; `false` if it does not.
    async fn replace_names(&self, seen: &Image<'_>, others: &[Decided]) -> Result<bool, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PARTITION, text(keys::FEED))
            .key(SORT, text(seen.sort_key()))
            .update_expression("SET #decisions = :others")
            .condition_expression("#decisions = :seen")
            .expression_attribute_names("#decisions", DECISIONS)
            .expression_attribute_values(":others", text(names(others)))
            .expression_attribute_values(":seen", text(seen.text(DECISIONS)?))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable("UpdateItem", &error)),
        }
    }
}

/// When an item was written, as its time-to-live tells.
fn written(slot: &Item) -> u64 {
    let expires_at = slot.get(keys::EXPIRES_AT).and_then(|value| AttributeValue::as_n(value).ok());
    expires_at.and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}

/// As many names as an item takes.
fn names(decided: &[Decided]) -> String {
    let mut names = String::new();
    for Decided { customer, attempt } in decided.iter().take(DECISIONS_MAX) {
        let name = format!("{}/{attempt}", customer.as_str());
        if names.len() + 1 + name.len() > DECISIONS_BYTES_MAX {
            break;
        }
        if !names.is_empty() {
            names.push(' ');
        }
        names.push_str(&name);
    }
    names
}

/// What an item names; what cannot be read is left out.
fn decided(slot: &Image<'_>) -> Vec<Decided> {
    let names = slot.optional_text(DECISIONS).ok().flatten().unwrap_or_default();
    let read = |name: &str| {
        let (customer, attempt) = name.split_once('/')?;
        Some(Decided { customer: CustomerId::parse(customer).ok()?, attempt: AttemptId::parse(attempt).ok()? })
    };
    names.split(' ').filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use engine::id::{ID_LENGTH_MAX, IdempotencyKey};

    use super::*;

    fn decided_of(customer: &str, number: u32) -> Decided {
        let customer = CustomerId::parse(customer).unwrap();
        let key = IdempotencyKey::parse(&number.to_string()).unwrap();
        let attempt = AttemptId::derive(&customer, &key, Instant::EPOCH);
        Decided { customer, attempt }
    }

    #[track_caller]
    fn check(customer: &str, count: u32, expect: usize) {
        let all: Vec<Decided> = (0..count).map(|number| decided_of(customer, number)).collect();
        let names = names(&all);
        let bytes = PARTITION.len() + keys::FEED.len() + SORT.len() + 2 + keys::EXPIRES_AT.len() + 7 + DECISIONS.len();
        assert!(bytes + names.len() <= 1024, "one write unit");
        let item = Item::from([(DECISIONS.to_owned(), text(names))]);
        assert_eq!(decided(&Image(&item)), all[..expect]);
    }

    #[test]
    fn an_item_names_the_newest_and_stays_under_a_kilobyte() {
        check("ada", 0, 0);
        check("ada", 3, 3);
        check("ada", 100, DECISIONS_MAX);
        check(&"x".repeat(ID_LENGTH_MAX), 100, 10);
    }

    #[test]
    fn what_is_not_a_name_is_left_out() {
        let one = decided_of("ada", 1);
        let names = format!("x ada/ {}/{} /{} ada/01 ", one.customer.as_str(), one.attempt, one.attempt);
        assert_eq!(decided(&Image(&Item::from([(DECISIONS.to_owned(), text(names))]))), [one]);
    }

    #[test]
    fn a_slot_is_a_second_of_sixteen() {
        let slots: std::collections::BTreeSet<String> =
            (0..40).map(|second| keys::feed_slot(Instant::EPOCH.plus_ms(second * 1000))).collect();
        assert_eq!(slots.len() as u64, keys::FEED_SLOTS);
    }
}
