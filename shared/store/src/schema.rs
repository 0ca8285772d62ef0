//! The table itself: made for the emulator and for tests (in an AWS account the template creates it), and looked at by who
//! must know which table a name means.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::primitives::DateTime;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, StreamSpecification,
    StreamViewType, TableDescription, TimeToLiveSpecification,
};

use crate::StoreError;
use crate::keys::{EXPIRES_AT, PARTITION, SORT};

/// Creates the table with its stream and its time-to-live, unless it is there.
///
/// # Errors
/// [`StoreError::Unavailable`] if the table can neither be created nor is there.
pub async fn create_table(client: &Client, name: &str) -> Result<(), StoreError> {
    if create_lasting_table(client, name).await? {
        let time_to_live = TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true).build();
        client
            .update_time_to_live()
            .table_name(name)
            .time_to_live_specification(
                time_to_live.map_err(|error| StoreError::unexpected("UpdateTimeToLive", &error))?,
            )
            .send()
            .await
            .map_err(|error| StoreError::unavailable("UpdateTimeToLive", &error))?;
    }
    Ok(())
}

/// Creates the table with its stream, unless it is there, and says whether it was not. Nothing in it expires: for what tells
/// a time of its own, which a time-to-live by the emulator's clock would cut short.
///
/// # Errors
/// [`StoreError::Unavailable`] if the table can neither be created nor is there.
pub async fn create_lasting_table(client: &Client, name: &str) -> Result<bool, StoreError> {
    let key = |name: &str, key_type| KeySchemaElement::builder().attribute_name(name).key_type(key_type).build();
    let attribute =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    let incomplete = |error: aws_sdk_dynamodb::error::BuildError| StoreError::unexpected("CreateTable", &error);
    let stream =
        StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages).build();
    let created = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key(PARTITION, KeyType::Hash).map_err(incomplete)?)
        .key_schema(key(SORT, KeyType::Range).map_err(incomplete)?)
        .attribute_definitions(attribute(PARTITION).map_err(incomplete)?)
        .attribute_definitions(attribute(SORT).map_err(incomplete)?)
        .stream_specification(stream.map_err(incomplete)?)
        .send()
        .await;
    match created {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => Ok(false),
        Err(error) => Err(StoreError::unavailable("CreateTable", &error)),
    }
}

/// What tells this table from every other one, also from one of the same name that was made later. Takes the IAM action
/// `dynamodb:DescribeTable`.
///
/// # Errors
/// [`StoreError::NoTable`], [`StoreError::OtherTable`] if it is not Guardian's, or whatever keeps it from being looked at.
pub async fn identify(client: &Client, name: &str) -> Result<String, StoreError> {
    let table = match client.describe_table().table_name(name).send().await {
        Ok(answer) => answer.table.unwrap_or_else(|| TableDescription::builder().build()),
        Err(error) if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) => {
            return Err(StoreError::NoTable { table: name.to_owned() });
        }
        Err(error) => return Err(StoreError::unavailable("DescribeTable", &error)),
    };
    let keys: Vec<&str> = table.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
    if keys != [PARTITION, SORT] {
        let (found, expected) = (keys.join(", "), [PARTITION, SORT].join(", "));
        return Err(StoreError::OtherTable { table: name.to_owned(), found, expected });
    }
    // An emulator without table ids still knows when it made the table.
    let made = || format!("{name} of {}", table.creation_date_time().map_or(0.0, DateTime::as_secs_f64));
    Ok(table.table_id().map_or_else(made, str::to_owned))
}
