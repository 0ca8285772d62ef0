//! What is held of a customer as a whole: profile, settings, and what a decision reads of both.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use engine::id::CustomerId;
use engine::profile::Profile;
use engine::settings::Settings;
use engine::time::Instant;

use super::Table;
use crate::image::{Image, number, text};
use crate::ports::{Customer, PutSettings, RECENT_ENTRIES_MAX, ReadCustomer, ReadProfile, VersionedProfile};
use crate::{StoreError, entry_item, keys, profile_item, settings_item};

impl ReadCustomer for Table {
    async fn read_customer(&self, customer: &CustomerId, since: Instant) -> Result<Customer, StoreError> {
        let answer = self
            .query_customer(customer)
            .key_condition_expression("#pk = :pk AND #sk >= :since")
            .expression_attribute_values(":since", text(keys::entries_from(since)))
            // Newest first, so that settings and profile come before any number of entries.
            .scan_index_forward(false)
            .limit(RECENT_ENTRIES_MAX + 2)
            .send()
            .await
            .map_err(|error| StoreError::unavailable("Query", &error))?;
        let mut read = Customer { profile: Ok(Profile::default()), settings: Settings::default(), recent: Vec::new() };
        for item in answer.items() {
            match Image(item).sort_key() {
                keys::PROFILE => read.profile = profile_item::decode(item).unwrap_or_else(|| Ok(Profile::default())),
                keys::SETTINGS => read.settings = settings_item::from_item(item)?,
                _ => match entry_item::from_item(item) {
                    Ok(entry) => read.recent.push(entry),
                    // One unreadable entry must not blind the decision to all the rest.
                    Err(error) => tracing::warn!(%error, "an entry of the last hour was left out"),
                },
            }
        }
        Ok(read)
    }
}

impl ReadProfile for Table {
    async fn read_profile(&self, customer: &CustomerId) -> Result<VersionedProfile, StoreError> {
        let item = self.get(keys::customer(customer), keys::PROFILE.to_owned(), true).await?;
        item.as_ref().map_or_else(|| Ok(VersionedProfile::default()), profile_item::from_item)
    }
}

impl PutSettings for Table {
    async fn put_settings(&self, customer: &CustomerId, settings: &Settings) -> Result<bool, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(settings_item::to_item(customer, settings)?))
            .expression_attribute_names("#revision", settings_item::REVISION);
        let before = settings.revision.saturating_sub(1);
        let request = if before == 0 {
            // Settings of before revisions were counted have none.
            request.condition_expression("attribute_not_exists(#revision)")
        } else {
            request.condition_expression("#revision = :before").expression_attribute_values(":before", number(before))
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable("PutItem", &error)),
        }
    }
}
