//! Policies: a partition of their own, with one item for each role, and one for the review that lies beside them.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;

use super::Table;
use crate::StoreError;
use crate::image::{Image, text};
use crate::keys::{self, PARTITION, SORT};
use crate::ports::{PolicyDocuments, PolicyRole, PutPolicy, PutReview, ReadPolicies};

/// The attribute that holds the document.
const DOCUMENT: &str = "document";

/// The sort key of the review.
const REVIEW: &str = "review";

fn sort_key(role: PolicyRole) -> &'static str {
    match role {
        PolicyRole::Live => "live",
        PolicyRole::Shadow => "shadow",
    }
}

impl ReadPolicies for Table {
    async fn read_policies(&self) -> Result<PolicyDocuments, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_values(":pk", text(keys::POLICIES))
            .send()
            .await
            .map_err(|error| StoreError::unavailable("Query", &error))?;
        let mut documents = PolicyDocuments::default();
        for item in answer.items() {
            let image = Image(item);
            let document = || image.text(DOCUMENT).map(|document| Some(document.to_owned()));
            match image.sort_key() {
                key if key == sort_key(PolicyRole::Live) => documents.live = document()?,
                key if key == sort_key(PolicyRole::Shadow) => documents.shadow = document()?,
                // An item without a document is read as an empty one, which is no review: that must not cost the policies beside it.
                REVIEW => documents.review = Some(image.text(DOCUMENT).unwrap_or_default().to_owned()),
                _ => {}
            }
        }
        Ok(documents)
    }
}

impl PutPolicy for Table {
    async fn put_policy(&self, role: PolicyRole, document: Option<&str>) -> Result<(), StoreError> {
        let key =
            HashMap::from([(PARTITION.to_owned(), text(keys::POLICIES)), (SORT.to_owned(), text(sort_key(role)))]);
        if let Some(document) = document {
            let mut item = key;
            item.insert(DOCUMENT.to_owned(), text(document));
            let answer = self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await;
            return answer.map(drop).map_err(|error| StoreError::unavailable("PutItem", &error));
        }
        let answer = self.client.delete_item().table_name(&self.name).set_key(Some(key)).send().await;
        answer.map(drop).map_err(|error| StoreError::unavailable("DeleteItem", &error))
    }
}

impl PutReview for Table {
    async fn put_review(&self, document: &str, before: Option<&str>) -> Result<bool, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .item(PARTITION, text(keys::POLICIES))
            .item(SORT, text(REVIEW))
            .item(DOCUMENT, text(document));
        let request = match before {
            None => request
                .condition_expression("attribute_not_exists(#document)")
                .expression_attribute_names("#document", DOCUMENT),
            // It could not be read, so that nothing is lost.
            Some("") => request,
            Some(before) => request
                .condition_expression("#document = :before")
                .expression_attribute_names("#document", DOCUMENT)
                .expression_attribute_values(":before", text(before)),
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
