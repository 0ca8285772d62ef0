//! Entries: written once, changed under their revision, read one by one or as a timeline.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use engine::entry::Entry;
use engine::id::{AttemptId, CustomerId};

use super::Table;
use crate::image::{number, text};
use crate::keys::{self, PARTITION, SORT};
use crate::ports::{
    EXPORT_PAGE_ENTRIES, EntryChange, Put, PutEntry, ReadEntry, ReadTimeline, TimelinePage, UpdateEntry,
};
use crate::{StoreError, entry_item};

impl PutEntry for Table {
    async fn put_entry(&self, entry: &Entry) -> Result<Put, StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(entry_item::to_item(entry)?))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PARTITION)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Put::Created),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                let PutItemError::ConditionalCheckFailedException(failed) = refused.err() else {
                    return Err(StoreError::unexpected("PutItem", &"a conditional check failed without saying so"));
                };
                let Some(item) = failed.item() else {
                    return Err(StoreError::unexpected("PutItem", &"a conditional check failed without the old item"));
                };
                entry_item::from_item(item).map(|existing| Put::Existing(Box::new(existing)))
            }
            Err(error) => Err(StoreError::unavailable("PutItem", &error)),
        }
    }
}

impl ReadEntry for Table {
    async fn read_entry(&self, customer: &CustomerId, id: AttemptId) -> Result<Option<Entry>, StoreError> {
        let item = self.get(keys::customer(customer), keys::entry(id), true).await?;
        item.as_ref().map(entry_item::from_item).transpose()
    }
}

impl UpdateEntry for Table {
    async fn update_entry(&self, entry: &Entry, change: EntryChange) -> Result<bool, StoreError> {
        let next = change.applied_to(entry);
        let mut request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PARTITION, text(keys::customer(&entry.attempt.customer)))
            .key(SORT, text(keys::entry(entry.id)))
            .condition_expression("#revision = :seen")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":seen", number(entry.revision))
            .expression_attribute_values(":next", number(next.revision));
        let mut set = "SET #revision = :next".to_owned();
        for (name, value) in entry_item::outcome_attributes(&next) {
            set.push_str(&format!(", #{name} = :{name}"));
            request = request
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        match request.update_expression(set).send().await {
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

impl ReadTimeline for Table {
    async fn read_timeline(&self, customer: &CustomerId, after: Option<AttemptId>) -> Result<TimelinePage, StoreError> {
        let from = after.map_or_else(|| keys::ENTRY_PREFIX.to_owned(), |id| keys::entry(id) + "!");
        let answer = self
            .query_customer(customer)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :until")
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":until", text(keys::AFTER_ENTRIES))
            .limit(EXPORT_PAGE_ENTRIES)
            .send()
            .await
            .map_err(|error| StoreError::unavailable("Query", &error))?;
        let entries = answer.items().iter().map(entry_item::from_item).collect::<Result<Vec<_>, _>>()?;
        let more_after = answer.last_evaluated_key().and_then(|_| entries.last()).map(|entry| entry.id);
        Ok(TimelinePage { entries, more_after })
    }
}
