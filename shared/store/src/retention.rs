//! How long each kind of item is kept. DynamoDB removes an item by itself within days of its time.
//!
//! Settings have no time: they hold what somebody asked for (to be kept from gambling, to be left alone), and to forget that in
//! silence would be worse than to keep it. They go when their customer is erased.

use engine::time::DAY_MS;

/// An entry, after it was recorded.
pub const ENTRY_MS: i64 = 400 * DAY_MS;

/// A profile, after the customer's last change.
pub const PROFILE_MS: i64 = 400 * DAY_MS;

/// A merchant's record and a roll-up, after they were last written.
pub const AGGREGATE_MS: i64 = 800 * DAY_MS;

/// The feed of a batch.
pub const FEED_MS: i64 = DAY_MS;

/// The trace of an erasure: longer than the stream can still tell of what was erased.
pub const ERASURE_MS: i64 = 7 * DAY_MS;
