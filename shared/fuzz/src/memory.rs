//! A table in memory, behind the same ports as the real one: no network and no encoding between a target and the handlers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::entry::Entry;
use engine::id::{AttemptId, CustomerId, MerchantId};
use engine::merchant::MerchantRecord;
use engine::profile::Profile;
use engine::rollup::{Rollup, Rollups};
use engine::settings::Settings;
use engine::time::{Day, Instant};
use store::StoreError;
use store::ports::{
    CommitLesson, Customer, Decided, EXPORT_PAGE_ENTRIES, EntryChange, EraseCustomer, FEED_ENTRIES_MAX, Lesson,
    PolicyDocuments, Put, PutEntry, PutReview, PutSettings, RECENT_ENTRIES_MAX, ReadCustomer, ReadEntry, ReadFeed,
    ReadMerchant, ReadPolicies, ReadProfile, ReadRollups, ReadTimeline, TimelinePage, UpdateEntry, VersionedProfile,
    WriteFeed,
};

/// The table. A clone is the same table.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<State>>);

#[derive(Debug, Clone, Default)]
struct State {
    entries: BTreeMap<(CustomerId, AttemptId), Entry>,
    /// As bytes, as the real table holds them.
    profiles: BTreeMap<CustomerId, Stored>,
    settings: BTreeMap<CustomerId, Settings>,
    merchants: BTreeMap<MerchantId, MerchantRecord>,
    rollups: Rollups,
    feed: Vec<Decided>,
    review: Option<String>,
}

#[derive(Debug, Clone, Default)]
struct Stored {
    profile: Vec<u8>,
    version: u64,
    erased_at: Option<Instant>,
}

impl Memory {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes this table hold what another one holds.
    pub fn become_copy_of(&self, other: &Self) {
        let copy = other.state().clone();
        *self.state() = copy;
    }

    /// Puts a profile's bytes in the place of whatever there is.
    pub fn put_profile(&self, customer: &CustomerId, profile: Vec<u8>) {
        self.state().profiles.insert(customer.clone(), Stored { profile, version: 1, erased_at: None });
    }

    /// The profile of a customer, as it was last learned.
    ///
    /// # Errors
    /// If its bytes cannot be read, which no input may bring about.
    pub fn profile(&self, customer: &CustomerId) -> Result<VersionedProfile, StoreError> {
        let stored = self.state().profiles.get(customer).cloned().unwrap_or_default();
        let profile = if stored.profile.is_empty() { Profile::default() } else { Profile::decode(&stored.profile)? };
        Ok(VersionedProfile { profile, version: stored.version, erased_at: stored.erased_at })
    }

    /// Everybody of whom there is a profile.
    pub fn customers(&self) -> Vec<CustomerId> {
        self.state().profiles.keys().cloned().collect()
    }
}

impl ReadCustomer for Memory {
    async fn read_customer(&self, customer: &CustomerId, since: Instant) -> Result<Customer, StoreError> {
        let profile = self.profile(customer)?.profile;
        let state = self.state();
        let range = (customer.clone(), AttemptId::first_at(since))..;
        let entries = state.entries.range(range).take_while(|((owner, _), _)| owner == customer);
        let mut recent: Vec<Entry> = entries.map(|(_, entry)| entry.clone()).collect();
        recent.reverse();
        recent.truncate(RECENT_ENTRIES_MAX as usize);
        let settings = state.settings.get(customer).cloned().unwrap_or_default();
        Ok(Customer { profile: Ok(profile), settings, recent })
    }
}

impl ReadMerchant for Memory {
    async fn read_merchant(&self, merchant: &MerchantId) -> Result<MerchantRecord, StoreError> {
        Ok(self.state().merchants.get(merchant).cloned().unwrap_or_default())
    }
}

impl PutEntry for Memory {
    async fn put_entry(&self, entry: &Entry) -> Result<Put, StoreError> {
        let key = (entry.attempt.customer.clone(), entry.id);
        let mut state = self.state();
        if let Some(existing) = state.entries.get(&key) {
            return Ok(Put::Existing(Box::new(existing.clone())));
        }
        state.entries.insert(key, entry.clone());
        Ok(Put::Created)
    }
}

impl ReadEntry for Memory {
    async fn read_entry(&self, customer: &CustomerId, id: AttemptId) -> Result<Option<Entry>, StoreError> {
        Ok(self.state().entries.get(&(customer.clone(), id)).cloned())
    }
}

impl UpdateEntry for Memory {
    async fn update_entry(&self, entry: &Entry, change: EntryChange) -> Result<bool, StoreError> {
        let mut state = self.state();
        let stored = state.entries.get_mut(&(entry.attempt.customer.clone(), entry.id));
        let Some(stored) = stored.filter(|stored| stored.revision == entry.revision) else { return Ok(false) };
        *stored = change.applied_to(stored);
        Ok(true)
    }
}

impl ReadProfile for Memory {
    async fn read_profile(&self, customer: &CustomerId) -> Result<VersionedProfile, StoreError> {
        self.profile(customer)
    }
}

impl PutSettings for Memory {
    async fn put_settings(&self, customer: &CustomerId, settings: &Settings) -> Result<bool, StoreError> {
        let mut state = self.state();
        let before = state.settings.get(customer).map_or(0, |settings| settings.revision);
        let is_next = before == settings.revision.saturating_sub(1);
        if is_next {
            state.settings.insert(customer.clone(), settings.clone());
        }
        Ok(is_next)
    }
}

impl ReadPolicies for Memory {
    async fn read_policies(&self) -> Result<PolicyDocuments, StoreError> {
        Ok(PolicyDocuments { review: self.state().review.clone(), ..PolicyDocuments::default() })
    }
}

impl PutReview for Memory {
    async fn put_review(&self, document: &str, before: Option<&str>) -> Result<bool, StoreError> {
        let mut state = self.state();
        let is_next = state.review.as_deref() == before;
        if is_next {
            state.review = Some(document.to_owned());
        }
        Ok(is_next)
    }
}

impl ReadTimeline for Memory {
    async fn read_timeline(&self, customer: &CustomerId, after: Option<AttemptId>) -> Result<TimelinePage, StoreError> {
        let state = self.state();
        let entries = state.entries.iter().filter(|((owner, id), _)| owner == customer && Some(*id) > after);
        let entries: Vec<Entry> = entries.map(|(_, entry)| entry.clone()).take(EXPORT_PAGE_ENTRIES as usize).collect();
        Ok(TimelinePage { entries, more_after: None })
    }
}

impl EraseCustomer for Memory {
    async fn erase_customer(&self, customer: &CustomerId, now: Instant) -> Result<usize, StoreError> {
        let mut state = self.state();
        let before = state.entries.len();
        state.entries.retain(|(owner, _), _| owner != customer);
        state.settings.remove(customer);
        state.feed.retain(|decided| decided.customer != *customer);
        let version = state.profiles.get(customer).map_or(0, |stored| stored.version) + 1;
        state.profiles.insert(customer.clone(), Stored { profile: Vec::new(), version, erased_at: Some(now) });
        Ok(before - state.entries.len())
    }
}

impl CommitLesson for Memory {
    async fn commit_lesson(&self, customer: &CustomerId, lesson: &Lesson) -> Result<bool, StoreError> {
        let mut state = self.state();
        let stored = state.profiles.entry(customer.clone()).or_default();
        if stored.version != lesson.profile.version {
            return Ok(false);
        }
        stored.version += 1;
        stored.profile = lesson.profile.profile.encode();
        for (merchant, day, counts) in &lesson.merchants {
            state.merchants.entry(merchant.clone()).or_default().add(*day, *counts);
        }
        for Rollup { day, segment, counters } in &lesson.rollups {
            state.rollups.add(*day, *segment, counters);
        }
        Ok(true)
    }
}

impl ReadRollups for Memory {
    async fn read_rollups(&self, from: Day, to: Day) -> Result<Vec<Rollup>, StoreError> {
        let rollups = self.state().rollups.clone().into_vec();
        Ok(rollups.into_iter().filter(|rollup| (from..=to).contains(&rollup.day)).collect())
    }
}

impl WriteFeed for Memory {
    async fn write_feed(&self, decided: &[Decided], _at: Instant) -> Result<(), StoreError> {
        let mut state = self.state();
        let older = std::mem::take(&mut state.feed);
        state.feed = decided.iter().cloned().chain(older).take(FEED_ENTRIES_MAX).collect();
        Ok(())
    }
}

impl ReadFeed for Memory {
    async fn read_feed(&self) -> Result<Vec<Entry>, StoreError> {
        let state = self.state();
        let entry = |decided: &Decided| state.entries.get(&(decided.customer.clone(), decided.attempt)).cloned();
        Ok(state.feed.iter().filter_map(entry).collect())
    }
}
