//! Roll-ups: one Query for each shard, however many days and attempts.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use engine::rollup::Counters;
use engine::time::Day;

use super::Table;
use crate::StoreError;
use crate::image::{Image, Item, text};
use crate::keys::{self, PARTITION, SORT};
use crate::ports::ReadRollups;

impl ReadRollups for Table {
    async fn read_rollups(&self, from: Day, to: Day) -> Result<Vec<(Day, Counters)>, StoreError> {
        let shards = (0..keys::ROLLUP_SHARDS).map(|shard| self.read_rollup_shard(shard, from, to));
        let mut days: BTreeMap<Day, Counters> = BTreeMap::new();
        for (day, counters) in futures_util::future::try_join_all(shards).await?.into_iter().flatten() {
            days.entry(day).or_default().merge(&counters);
        }
        Ok(days.into_iter().collect())
    }
}

impl Table {
    async fn read_rollup_shard(&self, shard: u64, from: Day, to: Day) -> Result<Vec<(Day, Counters)>, StoreError> {
        let mut days = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
                .expression_attribute_names("#pk", PARTITION)
                .expression_attribute_names("#sk", SORT)
                .expression_attribute_values(":pk", text(keys::rollup(shard)))
                .expression_attribute_values(":from", text(keys::day(from)))
                .expression_attribute_values(":to", text(keys::day(to)))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::unavailable("Query", &error))?;
            days.extend(answer.items().iter().filter_map(rollup));
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(days);
            }
        }
    }
}

fn rollup(item: &Item) -> Option<(Day, Counters)> {
    let day = Day::parse(Image(item).sort_key()).ok()?;
    let mut counters = Counters::default();
    for (name, value) in item.iter().filter(|(name, _)| *name != keys::EXPIRES_AT) {
        if let Some(count) = count(value) {
            counters.add(name, count);
        }
    }
    Some((day, counters))
}

fn count(value: &AttributeValue) -> Option<i64> {
    value.as_n().ok()?.parse().ok()
}
