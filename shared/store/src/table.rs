//! The ports on a real table.

mod customer;
mod entries;
mod erasure;
mod feed;
mod lesson;
mod merchant;
mod policies;
mod rollups;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use engine::id::CustomerId;

use crate::StoreError;
use crate::image::{Item, text};
use crate::keys::{self, PARTITION, SORT};

/// The table, through the SDK. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The table of this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Makes one cheap request whose answer does not matter, so that the connection stands before the first attempt comes.
    pub async fn warm(&self) -> Result<(), StoreError> {
        self.get("warm".to_owned(), keys::RECORD.to_owned(), false).await.map(drop)
    }

    /// Reads one item by its key.
    async fn get(&self, partition: String, sort: String, consistent: bool) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).consistent_read(consistent);
        let answer = request.key(PARTITION, text(partition)).key(SORT, text(sort)).send().await;
        Ok(answer.map_err(|error| StoreError::unavailable("GetItem", &error))?.item)
    }

    /// A strongly consistent Query of the customer's item collection.
    fn query_customer(&self, customer: &CustomerId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_names("#sk", SORT)
            .expression_attribute_values(":pk", text(keys::customer(customer)))
    }
}
