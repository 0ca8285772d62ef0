//! Policies: a partition of their own, with one item for each role.

use std::collections::HashMap;

use super::Table;
use crate::StoreError;
use crate::image::{Image, text};
use crate::keys::{self, PARTITION, SORT};
use crate::ports::{PolicyDocuments, PolicyRole, PutPolicy, ReadPolicies};

/// The attribute that holds the document.
const DOCUMENT: &str = "document";

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
