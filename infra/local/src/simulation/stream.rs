//! The table's stream: every change of an entry, in shards that keep the order of each entry and of nothing else.

use std::sync::{Arc, Mutex, PoisonError};

use dynoxide::Database;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::encode_shard_iterator;
use dynoxide::streams::shard_id;
use engine::Hasher;
use serde_json::Value;
use store::stream::{Told, read};
use tokio::sync::Notify;

use crate::simulation::TABLE;
use crate::simulation::time::now;

/// What was written to the stream.
#[derive(Debug)]
pub(crate) struct Stream {
    shards: Vec<Shard>,
    position: Mutex<String>,
}

/// A part of the stream that is delivered by itself.
#[derive(Debug, Default)]
struct Shard {
    records: Mutex<Vec<Arc<Value>>>,
    arrived: Notify,
}

impl Stream {
    /// The stream of a table that was just made.
    pub(crate) fn new(shards: usize) -> Self {
        let shards = std::iter::repeat_with(Shard::default).take(shards.max(1)).collect();
        Self { shards, position: Mutex::new(encode_shard_iterator(TABLE, &shard_id(TABLE), 0)) }
    }

    pub(crate) fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Takes over what the emulator has just written to its stream: entries that were written, as the template's filter has
    /// it. The emulator gives them the time of this machine; here they get that of the simulation.
    pub(crate) fn pull(&self, database: &Database) {
        let mut position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        let request = GetRecordsRequest { shard_iterator: position.clone(), limit: None };
        // Before the table is made there is no stream.
        let Ok(response) = database.get_records(request) else { return };
        for record in response.records {
            let sort_key = record.dynamodb.keys.get("sk").map(|key| serde_json::to_string(key).unwrap_or_default());
            let is_entry = sort_key.as_ref().is_some_and(|key| key.contains(store::keys::ENTRY_PREFIX));
            if !is_entry || record.event_name == "REMOVE" {
                continue;
            }
            let hash = Hasher::new("shard").text(&sort_key.unwrap_or_default()).finish_u64();
            let shard = self.shards.get((hash % self.shards.len() as u64) as usize);
            if let (Some(shard), Ok(mut json)) = (shard, serde_json::to_value(record)) {
                if let Some(time) = json.pointer_mut("/dynamodb/ApproximateCreationDateTime") {
                    *time = (now().epoch_ms() / 1000).into();
                }
                shard.records.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(json));
                shard.arrived.notify_one();
            }
        }
        if let Some(next) = response.next_shard_iterator {
            *position = next;
        }
    }

    /// The records of a shard from a position on, at most `limit`.
    pub(crate) fn read(&self, shard: usize, from: usize, limit: usize) -> Vec<Arc<Value>> {
        let Some(shard) = self.shards.get(shard) else { return Vec::new() };
        let records = shard.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.iter().skip(from).take(limit).cloned().collect()
    }

    /// Waits until something may have arrived in a shard.
    pub(crate) async fn arrival(&self, shard: usize) {
        match self.shards.get(shard) {
            Some(shard) => shard.arrived.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Has everybody who waits look again.
    pub(crate) fn wake(&self) {
        self.shards.iter().for_each(|shard| shard.arrived.notify_one());
    }

    /// Every change that was ever told, and how many records cannot be read.
    pub(crate) fn everything_told(&self) -> (Vec<Told>, usize) {
        let (mut told, mut unreadable) = (Vec::new(), 0);
        for shard in &self.shards {
            for record in shard.records.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                match read(record) {
                    Ok(Some(change)) => told.push(change),
                    _ => unreadable += 1,
                }
            }
        }
        (told, unreadable)
    }
}
