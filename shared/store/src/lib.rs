//! The only crate that knows DynamoDB: one table, what its items look like, and the ports through which functions use it.
//!
//! Architecture Invariant: no attribute, key or expression of DynamoDB is named outside this crate.
//!
//! Architecture Invariant: ports mirror permissions. Each trait in [`mod@ports`] is one thing a function may do to the table and
//! names the IAM actions it needs; a function's bounds are its permissions, and a test compares them with the template.
//!
//! | item | partition key | sort key |
//! |---|---|---|
//! | an entry of the timeline | `c#` customer | `e#` ULID |
//! | the profile | `c#` customer | `p` |
//! | the settings | `c#` customer | `s` |
//! | a merchant's record | `m#` merchant | `r` |
//! | the feed of a batch, one of [`keys::FEED_SLOTS`] | `feed` | slot |
//! | a policy, or the review beside them | `policies` | `live`, `shadow`, `review` |
//! | a day's roll-up, one of [`keys::ROLLUP_SHARDS`] | `d#` shard | day |
//!
//! Entries sort by time and before `p` and `s`, so that one Query reads settings, profile and the last hour's entries.

pub mod client;
mod counter_names;
mod entry_item;
mod error;
mod image;
pub mod keys;
pub mod ports;
mod profile_item;
pub mod retention;
pub mod schema;
mod settings_item;
pub mod stream;
mod table;

pub use error::{StoreError, with_causes};
pub use table::Table;
