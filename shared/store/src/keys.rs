//! Keys: where each item lies.

use engine::id::{AttemptId, CustomerId, MerchantId};
use engine::rollup::Segment;
use engine::time::Day;
use engine::{Hasher, time::Instant};

/// The partition key's attribute.
pub(crate) const PARTITION: &str = "pk";
/// The sort key's attribute.
pub(crate) const SORT: &str = "sk";
/// The attribute that DynamoDB's time-to-live reads, in epoch seconds.
pub(crate) const EXPIRES_AT: &str = "expires_at";

/// The sort key of a profile; sorts after every entry.
pub(crate) const PROFILE: &str = "p";
/// The sort key of settings; sorts after the profile.
pub(crate) const SETTINGS: &str = "s";
/// The sort key of a merchant's record.
pub(crate) const RECORD: &str = "r";

/// The partition of the policies; the template names it too, where a function may write nothing else.
pub const POLICIES: &str = "policies";

/// The partition of the feed; the template names it too.
pub const FEED: &str = "feed";

/// How many items the feed has: the batches of as many seconds, where there is one in each.
pub const FEED_SLOTS: u64 = 16;

/// What the sort key of every entry begins with; the stream's filter in the template names it too.
pub const ENTRY_PREFIX: &str = "e#";

/// Over how many partitions the roll-ups are spread, so that none is written by everyone at once.
pub const ROLLUP_SHARDS: u64 = 8;

pub(crate) fn customer(customer: &CustomerId) -> String {
    format!("c#{}", customer.as_str())
}

pub(crate) fn merchant(merchant: &MerchantId) -> String {
    format!("m#{}", merchant.as_str())
}

pub(crate) fn entry(id: AttemptId) -> String {
    format!("{ENTRY_PREFIX}{id}")
}

/// The sort key at which entries of `instant` begin.
pub(crate) fn entries_from(instant: Instant) -> String {
    entry(AttemptId::first_at(instant))
}

/// The sort key just after all entries.
pub(crate) const AFTER_ENTRIES: &str = "e$";

/// The shard of the roll-ups that counts this customer.
pub fn rollup_shard(customer: &CustomerId) -> u64 {
    Hasher::new("rollup").text(customer.as_str()).finish_u64() % ROLLUP_SHARDS
}

pub(crate) fn rollup(shard: u64) -> String {
    format!("d#{shard:02}")
}

/// The slot of the feed for a batch whose latest record is of this instant.
pub(crate) fn feed_slot(at: Instant) -> String {
    format!("{:02}", at.epoch_ms() / 1000 % FEED_SLOTS)
}

/// Which counters lie in an item: those of a decision, or those of what came of it. Apart, so that each writing pays for its own only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Half {
    /// What is settled when the decision is made.
    Decided,
    /// What customers did and said then, and what is counted beside it.
    Later,
}

impl Half {
    fn name(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Later => "later",
        }
    }
}

/// The sort key of one half of a roll-up.
pub(crate) fn rollup_half(day: Day, segment: Segment, half: Half) -> String {
    format!("{day}#{}#{}", segment.name(), half.name())
}

/// The day and the segment of a roll-up's sort key.
pub(crate) fn rollup_of(sort_key: &str) -> Option<(Day, Segment)> {
    let mut parts = sort_key.split('#');
    Some((Day::parse(parts.next()?).ok()?, Segment::from_name(parts.next()?)?))
}

/// The sort keys between which all roll-ups of these days lie.
pub(crate) fn rollups_between(from: Day, to: Day) -> (String, String) {
    (from.to_string(), format!("{to}#~"))
}
