//! Erasing a customer.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use engine::id::CustomerId;
use engine::time::Instant;

use super::Table;
use crate::image::{Image, Item, number, text};
use crate::keys::{self, PARTITION, SORT};
use crate::ports::EraseCustomer;
use crate::{StoreError, entry_item, profile_item};

/// How many items `BatchWriteItem` takes at once.
const BATCH_WRITE_MAX: usize = 25;

/// How often what `BatchWriteItem` left undone is tried again.
const BATCH_WRITE_ATTEMPTS_MAX: usize = 8;

impl EraseCustomer for Table {
    async fn erase_customer(&self, customer: &CustomerId, now: Instant) -> Result<usize, StoreError> {
        // First the trace, so that what is learned meanwhile is refused by the profile's version.
        self.client
            .update_item()
            .table_name(&self.name)
            .key(PARTITION, text(keys::customer(customer)))
            .key(SORT, text(keys::PROFILE))
            .update_expression("SET #erased_at = :now, #expires_at = :later ADD #version :one REMOVE #profile")
            .expression_attribute_names("#erased_at", profile_item::ERASED_AT)
            .expression_attribute_names("#expires_at", keys::EXPIRES_AT)
            .expression_attribute_names("#version", profile_item::VERSION)
            .expression_attribute_names("#profile", profile_item::BLOB)
            .expression_attribute_values(":now", number(now.epoch_ms()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(
                ":later",
                entry_item::expires_at(now.plus_ms(profile_item::ERASURE_REMEMBERED_MS)),
            )
            .send()
            .await
            .map_err(|error| StoreError::unavailable("UpdateItem", &error))?;
        let mut erased = 0;
        loop {
            let answer = self
                .query_customer(customer)
                .key_condition_expression("#pk = :pk")
                .projection_expression("#pk, #sk")
                .send()
                .await
                .map_err(|error| StoreError::unavailable("Query", &error))?;
            let keys: Vec<Item> =
                answer.items().iter().filter(|item| Image(item).sort_key() != keys::PROFILE).cloned().collect();
            if keys.is_empty() {
                return Ok(erased);
            }
            erased += keys.iter().filter(|key| Image(key).sort_key().starts_with(keys::ENTRY_PREFIX)).count();
            for batch in keys.chunks(BATCH_WRITE_MAX) {
                self.delete_all(batch).await?;
            }
        }
    }
}

impl Table {
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
