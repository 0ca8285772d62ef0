//! Erasing a customer.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use engine::id::CustomerId;
use engine::time::Instant;

use super::Table;
use crate::image::{Image, Item, number, text};
use crate::keys::{self, PARTITION, SORT};
use crate::ports::EraseCustomer;
use crate::{StoreError, entry_item, profile_item, retention};

/// How many items `BatchWriteItem` takes at once.
const BATCH_WRITE_MAX: usize = 25;

/// How often what `BatchWriteItem` left undone is tried again.
const BATCH_WRITE_ATTEMPTS_MAX: usize = 8;

/// How often the trace is tried to be left when somebody learns of the customer at the same time.
const TRACE_ATTEMPTS_MAX: u32 = 20;

impl EraseCustomer for Table {
    async fn erase_customer(&self, customer: &CustomerId, now: Instant) -> Result<usize, StoreError> {
        let (mut erased, mut traced, mut attempts) = (0, false, 0);
        // Only when nothing else is left does the trace take the place of the profile, under the version that the profile
        // had then. So nothing that is there was learned before, and nothing that is gone can be learned afterwards: the
        // version refuses who looked before, and who looks later sees the trace and asks for each entry. As long as there
        // are entries, the profile keeps in mind which changes were learned, so that roll-ups do not count them twice.
        // What came in between, under an id that was still in mind, passed for learned: so it is looked once more.
        loop {
            let Held { version, keys } = self.held(customer).await?;
            if keys.is_empty() {
                if traced {
                    self.forget_in_feed(customer).await?;
                    return Ok(erased);
                }
                traced = self.leave_trace(customer, version, now).await?;
                attempts += u32::from(!traced);
                if attempts == TRACE_ATTEMPTS_MAX {
                    return Err(StoreError::Contended { attempts });
                }
                continue;
            }
            traced = false;
            for batch in keys.chunks(BATCH_WRITE_MAX) {
                self.delete_all(batch).await?;
            }
            erased += keys.iter().filter(|key| Image(key).sort_key().starts_with(keys::ENTRY_PREFIX)).count();
        }
    }
}

/// What there is of a customer.
struct Held {
    /// The profile's version; 0 if there is none.
    version: u64,
    /// The keys of everything but the profile: at least some, if there are any.
    keys: Vec<Item>,
}

impl Table {
    async fn held(&self, customer: &CustomerId) -> Result<Held, StoreError> {
        let answer = self
            .query_customer(customer)
            .key_condition_expression("#pk = :pk")
            .projection_expression("#pk, #sk, #version")
            .expression_attribute_names("#version", profile_item::VERSION)
            // The profile sorts after all entries and must be on the first page.
            .scan_index_forward(false)
            .send()
            .await
            .map_err(|error| StoreError::unavailable("Query", &error))?;
        let mut held = Held { version: 0, keys: Vec::new() };
        for item in answer.items() {
            if Image(item).sort_key() == keys::PROFILE {
                held.version = profile_item::version(&Image(item))?;
            } else {
                held.keys.push(item.clone());
            }
        }
        Ok(held)
    }

    /// Removes the profile and leaves the trace of the erasure in its place; `false` if it is no longer of this version.
    /// Without the version, a request that is carried out long after its sender gave up would remove what was learned since.
    async fn leave_trace(&self, customer: &CustomerId, version: u64, now: Instant) -> Result<bool, StoreError> {
        let later = entry_item::expires_at(now.plus_ms(retention::ERASURE_MS));
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PARTITION, text(keys::customer(customer)))
            .key(SORT, text(keys::PROFILE))
            .update_expression("SET #erased_at = :now, #expires_at = :later, #version = :next REMOVE #profile")
            .expression_attribute_names("#erased_at", profile_item::ERASED_AT)
            .expression_attribute_names("#expires_at", keys::EXPIRES_AT)
            .expression_attribute_names("#version", profile_item::VERSION)
            .expression_attribute_names("#profile", profile_item::BLOB)
            .expression_attribute_values(":now", number(now.epoch_ms()))
            .expression_attribute_values(":later", later)
            .expression_attribute_values(":next", number(version + 1));
        let request = if version == 0 {
            request.condition_expression("attribute_not_exists(#version)")
        } else {
            request.condition_expression("#version = :seen").expression_attribute_values(":seen", number(version))
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable("UpdateItem", &error)),
        }
    }

    async fn delete_all(&self, keys: &[Item]) -> Result<(), StoreError> {
        let delete = |key: &Item| {
            let request = DeleteRequest::builder().set_key(Some(key.clone())).build();
            request.map(|request| WriteRequest::builder().delete_request(request).build())
        };
        let requests = keys.iter().map(delete).collect::<Result<Vec<_>, _>>();
        let mut left = requests.map_err(|error| StoreError::unexpected("BatchWriteItem", &error))?;
        for _ in 0..BATCH_WRITE_ATTEMPTS_MAX {
            let answer = self.client.batch_write_item().request_items(&self.name, left).send().await;
            let answer = answer.map_err(|error| StoreError::unavailable("BatchWriteItem", &error))?;
            let unprocessed = answer.unprocessed_items.unwrap_or_default().remove(&self.name).unwrap_or_default();
            if unprocessed.is_empty() {
                return Ok(());
            }
            left = unprocessed;
        }
        Err(StoreError::unexpected("BatchWriteItem", &"items were left unprocessed after every attempt"))
    }
}
