//! Which changes a profile has learned already, so that a change that is told twice is learned once.

use crate::entry::EventId;
use crate::time::{HOUR_MS, Instant};

/// How long a change is remembered at least, by the stream's own times: a DynamoDB stream keeps a record for 24 hours
/// (AWS, Change data capture for DynamoDB Streams), and the rest is margin.
pub const REMEMBERED_MS: i64 = 26 * HOUR_MS;

/// How many changes a generation holds at most. Without a limit, a customer with fifty thousand changes a day would outgrow
/// what DynamoDB takes as an item (400 KB), nothing of theirs could be learned any more, and their records would hold up
/// everybody else's. Two full generations take 160 KB. What is told again is at most one batch back, and ten thousand records
/// are the largest batch that Lambda delivers of a stream, so even then nothing is learned twice unless the whole stream is
/// read anew.
pub const GENERATION_MAX: usize = 10_000;

/// The changes learned in the last [`REMEMBERED_MS`] or longer, or the last [`GENERATION_MAX`] or more if there were too many,
/// in two generations: when the newer one is old enough or full, the older one is forgotten. Time is that of the stream's
/// records, never a clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    newer_since: Instant,
    newer: Vec<EventId>,
    older: Vec<EventId>,
}

impl Default for Applied {
    fn default() -> Self {
        Self { newer_since: Instant::EPOCH, newer: Vec::new(), older: Vec::new() }
    }
}

impl Applied {
    /// Remembers a change whose stream record was written at `told_at`; `false` if it was remembered already.
    pub fn insert(&mut self, event: EventId, told_at: Instant) -> bool {
        if self.newer.contains(&event) || self.older.contains(&event) {
            return false;
        }
        let age_ms = told_at.since_ms(self.newer_since);
        if age_ms >= REMEMBERED_MS || self.newer.len() >= GENERATION_MAX {
            self.older = if age_ms < 2 * REMEMBERED_MS { std::mem::take(&mut self.newer) } else { Vec::new() };
            self.newer.clear();
            self.newer_since = told_at.max(self.newer_since);
        }
        self.newer.push(event);
        true
    }

    pub(super) fn parts(&self) -> (Instant, &[EventId], &[EventId]) {
        (self.newer_since, &self.newer, &self.older)
    }

    pub(super) fn from_parts(newer_since: Instant, newer: Vec<EventId>, older: Vec<EventId>) -> Self {
        Self { newer_since, newer, older }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    #[test]
    fn a_change_is_remembered_as_long_as_the_stream_can_repeat_it() {
        let start = Instant::from_epoch_ms(1_700_000_000_000).unwrap();
        let mut applied = Applied::default();
        let told_at = |number: u64| start.plus_ms(number as i64 * HOUR_MS / 2);
        for number in 0..500 {
            assert!(applied.insert(EventId(number), told_at(number)));
            for repeated in number.saturating_sub(47)..=number {
                assert!(!applied.insert(EventId(repeated), told_at(repeated)), "{repeated} at {number}");
            }
        }
        let (_, newer, older) = applied.parts();
        assert!(newer.len() + older.len() <= 2 * 53, "forgets what the stream has forgotten");
    }

    #[test]
    fn however_many_changes_there_are_the_memory_is_bounded_and_the_latest_are_in_it() {
        let at = Instant::from_epoch_ms(1_700_000_000_000).unwrap();
        let mut applied = Applied::default();
        for number in 0..3 * GENERATION_MAX as u64 + 7 {
            assert!(applied.insert(EventId(number), at));
        }
        let latest = 3 * GENERATION_MAX as u64 + 6;
        assert!(!applied.insert(EventId(latest - GENERATION_MAX as u64), at.plus_ms(-HOUR_MS)));
        let (since, newer, older) = applied.parts();
        assert_eq!((since, newer.len(), older.len()), (at, 7, GENERATION_MAX));
        let profile = Profile { applied, ..Profile::default() };
        assert!(profile.encode().len() < 200 * 1024, "half of what an item may be, when both generations are full");
    }

    #[test]
    fn after_a_long_pause_nothing_old_is_kept() {
        let start = Instant::from_epoch_ms(1_700_000_000_000).unwrap();
        let mut applied = Applied::default();
        (0..10).for_each(|number| assert!(applied.insert(EventId(number), start)));
        assert!(applied.insert(EventId(99), start.plus_ms(100 * HOUR_MS)));
        assert_eq!(applied.parts(), (start.plus_ms(100 * HOUR_MS), &[EventId(99)][..], &[][..]));
    }
}
