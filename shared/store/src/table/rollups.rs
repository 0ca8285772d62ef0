//! Roll-ups: one Query for each shard, however many days and attempts (and one more for each megabyte).

use aws_sdk_dynamodb::types::AttributeValue;
use engine::rollup::{Counters, Rollup, Rollups};
use engine::time::Day;

use super::Table;
use crate::StoreError;
use crate::counter_names;
use crate::image::{Image, Item, text};
use crate::keys::{self, PARTITION, SORT};
use crate::ports::ReadRollups;

impl ReadRollups for Table {
    async fn read_rollups(&self, from: Day, to: Day) -> Result<Vec<Rollup>, StoreError> {
        let shards = (0..keys::ROLLUP_SHARDS).map(|shard| self.read_rollup_shard(shard, from, to));
        let mut rollups = Rollups::default();
        for Rollup { day, segment, counters } in futures_util::future::try_join_all(shards).await?.into_iter().flatten()
        {
            rollups.add(day, segment, &counters);
        }
        Ok(rollups.into_vec())
    }
}

impl Table {
    async fn read_rollup_shard(&self, shard: u64, from: Day, to: Day) -> Result<Vec<Rollup>, StoreError> {
        let (first, last) = keys::rollups_between(from, to);
        let mut halves = Vec::new();
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
                .expression_attribute_values(":from", text(first.clone()))
                .expression_attribute_values(":to", text(last.clone()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::unavailable("Query", &error))?;
            halves.extend(answer.items().iter().filter_map(rollup));
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(halves);
            }
        }
    }
}

fn rollup(item: &Item) -> Option<Rollup> {
    let (day, segment) = keys::rollup_of(Image(item).sort_key())?;
    let mut counters = Counters::default();
    for (name, value) in item {
        if let (Some(name), Some(count)) = (counter_names::full(name), count(value)) {
            counters.add(name, count);
        }
    }
    Some(Rollup { day, segment, counters })
}

fn count(value: &AttributeValue) -> Option<i64> {
    value.as_n().ok()?.parse().ok()
}
