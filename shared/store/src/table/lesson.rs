//! Committing a lesson: the profile, the merchants' records and the roll-ups in one transaction, under the profile's version.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use engine::id::{CustomerId, MerchantId};
use engine::merchant::LabelCounts;
use engine::rollup::Rollup;
use engine::time::{Day, Instant};

use super::Table;
use super::merchant::{EXPLAINED, LABELLED, POSITIVE};
use crate::image::{number, text};
use crate::keys::{self, Half, PARTITION, SORT};
use crate::ports::{CommitLesson, Lesson, VersionedProfile};
use crate::{StoreError, counter_names, entry_item, profile_item, retention};

/// Which days of a merchant's record are removed when a label is added, counted back from the label's day: those that left
/// the window long ago.
const MERCHANT_DAYS_REMOVED: std::ops::Range<i32> = 60..75;

impl CommitLesson for Table {
    async fn commit_lesson(&self, customer: &CustomerId, lesson: &Lesson) -> Result<bool, StoreError> {
        let told_at = lesson.told_at.unwrap_or(Instant::EPOCH);
        let mut writes = vec![self.write_profile(customer, lesson, told_at)];
        writes.extend(by_merchant(&lesson.merchants).map(|(merchant, days)| self.add_labels(merchant, days, told_at)));
        let shard = keys::rollup_shard(customer);
        writes.extend(
            halves(&lesson.rollups).map(|(sort_key, counters)| self.add_counters(shard, sort_key, counters, told_at)),
        );
        let mut items = Vec::with_capacity(writes.len());
        for write in writes {
            let update = write.build().map_err(|error| StoreError::unexpected("TransactWriteItems", &error))?;
            items.push(TransactWriteItem::builder().update(update).build());
        }
        match self.client.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(is_conflict) => Ok(false),
            Err(error) => Err(StoreError::unavailable("TransactWriteItems", &error)),
        }
    }
}

/// Whether a transaction failed only because somebody else was faster.
fn is_conflict(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return false };
    let mut codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    codes.any(|code| code == "ConditionalCheckFailed" || code == "TransactionConflict")
}

fn by_merchant(
    labels: &[(MerchantId, Day, LabelCounts)],
) -> impl Iterator<Item = (&MerchantId, BTreeMap<Day, LabelCounts>)> {
    let mut merchants: BTreeMap<&MerchantId, BTreeMap<Day, LabelCounts>> = BTreeMap::new();
    for (merchant, day, counts) in labels {
        merchants.entry(merchant).or_default().entry(*day).or_default().add(*counts);
    }
    merchants.into_iter()
}

/// What is counted as what came of a decision.
const LATER: [&str; 12] = [
    "annoyed_again",
    "arm",
    "cooling_off",
    "feedback",
    "label",
    "labelled",
    "opinion",
    "outcome",
    "regret",
    "strategy",
    "trial",
    "withheld",
];

/// The items that roll-ups are written to, each with what is added to it.
fn halves(rollups: &[Rollup]) -> impl Iterator<Item = (String, Vec<(String, i64)>)> {
    let mut items: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for Rollup { day, segment, counters } in rollups {
        for (name, count) in counters.iter() {
            let kind = name.split_once('.').map_or(name, |(kind, _)| kind);
            let half = if LATER.contains(&kind) { Half::Later } else { Half::Decided };
            items
                .entry(keys::rollup_half(*day, *segment, half))
                .or_default()
                .push((counter_names::shortened(name), count));
        }
    }
    items.into_iter()
}

impl Table {
    fn update(&self, partition: String, sort: String) -> UpdateBuilder {
        Update::builder().table_name(&self.name).key(PARTITION, text(partition)).key(SORT, text(sort))
    }

    fn write_profile(&self, customer: &CustomerId, lesson: &Lesson, told_at: Instant) -> UpdateBuilder {
        let VersionedProfile { version: seen, erased_at, .. } = lesson.profile;
        let forgotten = erased_at.is_some_and(|at| told_at.since_ms(at) > retention::ERASURE_MS);
        let mut expression = "SET #profile = :profile, #version = :next, #expires_at = :later".to_owned();
        let mut update = self.update(keys::customer(customer), keys::PROFILE.to_owned());
        if forgotten {
            expression.push_str(" REMOVE #erased_at");
            update = update.expression_attribute_names("#erased_at", profile_item::ERASED_AT);
        }
        let update = update
            .update_expression(expression)
            .expression_attribute_names("#profile", profile_item::BLOB)
            .expression_attribute_names("#version", profile_item::VERSION)
            .expression_attribute_names("#expires_at", keys::EXPIRES_AT)
            .expression_attribute_values(":profile", profile_item::blob(&lesson.profile.profile))
            .expression_attribute_values(":next", number(seen + 1))
            .expression_attribute_values(":later", entry_item::expires_at(told_at.plus_ms(retention::PROFILE_MS)));
        if seen == 0 {
            update.condition_expression("attribute_not_exists(#version)")
        } else {
            update.condition_expression("#version = :seen").expression_attribute_values(":seen", number(seen))
        }
    }

    fn add_labels(&self, merchant: &MerchantId, days: BTreeMap<Day, LabelCounts>, told_at: Instant) -> UpdateBuilder {
        let latest = days.keys().next_back().copied().unwrap_or_default();
        let mut counters = Vec::new();
        for (day, counts) in days {
            counters.push((format!("{LABELLED} {day}"), counts.labelled));
            counters.push((format!("{POSITIVE} {day}"), counts.positive));
            counters.push((format!("{EXPLAINED} {day}"), counts.explained));
        }
        let old = MERCHANT_DAYS_REMOVED.map(|days| latest.plus_days(-days));
        let old = old.flat_map(|day| [LABELLED, POSITIVE, EXPLAINED].map(|kind| format!("{kind} {day}")));
        add(self.update(keys::merchant(merchant), keys::RECORD.to_owned()), counters, old.collect(), told_at)
    }

    fn add_counters(
        &self,
        shard: u64,
        sort_key: String,
        counters: Vec<(String, i64)>,
        told_at: Instant,
    ) -> UpdateBuilder {
        add(self.update(keys::rollup(shard), sort_key), counters, Vec::new(), told_at)
    }
}

/// Adds to numbers of an item, making it if need be, and removes attributes.
fn add(
    mut update: UpdateBuilder,
    counters: Vec<(String, i64)>,
    removed: Vec<String>,
    told_at: Instant,
) -> UpdateBuilder {
    let mut expression = "SET #expires_at = :later".to_owned();
    update = update
        .expression_attribute_names("#expires_at", keys::EXPIRES_AT)
        .expression_attribute_values(":later", entry_item::expires_at(told_at.plus_ms(retention::AGGREGATE_MS)));
    for (position, (name, count)) in counters.into_iter().filter(|(_, count)| *count != 0).enumerate() {
        expression.push_str(if position == 0 { " ADD " } else { ", " });
        expression.push_str(&format!("#a{position} :a{position}"));
        update = update
            .expression_attribute_names(format!("#a{position}"), name)
            .expression_attribute_values(format!(":a{position}"), number(count));
    }
    for (position, name) in removed.into_iter().enumerate() {
        expression.push_str(if position == 0 { " REMOVE " } else { ", " });
        expression.push_str(&format!("#r{position}"));
        update = update.expression_attribute_names(format!("#r{position}"), name);
    }
    update.update_expression(expression)
}
