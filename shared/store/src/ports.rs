//! Ports: what functions may do to the table, one trait for each thing, with the IAM actions that it takes.
//!
//! A function asks for exactly the ports it needs (see [`ports!`](macro@crate::ports)); the template grants exactly their actions.

use std::future::Future;

use engine::cooling_off::Ended;
use engine::entry::{Entry, Feedback, Opinion, Outcome};
use engine::id::{AttemptId, CustomerId, MerchantId};
use engine::merchant::{LabelCounts, MerchantRecord};
use engine::profile::{CodecError, Profile};
use engine::rollup::Rollup;
use engine::settings::Settings;
use engine::time::{Day, Instant};

use crate::StoreError;
pub use crate::profile_item::VersionedProfile;

/// How many of the latest entries of the last hour a decision reads at most.
pub const RECENT_ENTRIES_MAX: i32 = 100;

/// How many entries an export returns at once.
pub const EXPORT_PAGE_ENTRIES: i32 = 500;

/// Everything about a customer that one decision needs.
#[derive(Debug)]
pub struct Customer {
    /// The profile, or why it cannot be read.
    pub profile: Result<Profile, CodecError>,
    /// The settings; the default for someone who never said anything.
    pub settings: Settings,
    /// The entries of the last hour, newest first, at most [`RECENT_ENTRIES_MAX`].
    pub recent: Vec<Entry>,
}

/// Reads what a decision needs of a customer, in one strongly consistent request.
pub trait ReadCustomer {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:Query"];
    /// The profile, the settings and the entries since `since`.
    fn read_customer(
        &self,
        customer: &CustomerId,
        since: Instant,
    ) -> impl Future<Output = Result<Customer, StoreError>> + Send;
}

/// Reads a merchant's record.
pub trait ReadMerchant {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem"];
    /// The record; an empty one if nothing is known.
    fn read_merchant(&self, merchant: &MerchantId) -> impl Future<Output = Result<MerchantRecord, StoreError>> + Send;
}

/// What became of an entry that was to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Put {
    /// It is new.
    Created,
    /// There was one of that id, and it stays.
    Existing(Box<Entry>),
}

/// Writes an entry once.
pub trait PutEntry {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:PutItem"];
    /// Writes the entry unless there is one of its id.
    fn put_entry(&self, entry: &Entry) -> impl Future<Output = Result<Put, StoreError>> + Send;
}

/// Reads one entry.
pub trait ReadEntry {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem"];
    /// The entry, if there is one of that id.
    fn read_entry(
        &self,
        customer: &CustomerId,
        id: AttemptId,
    ) -> impl Future<Output = Result<Option<Entry>, StoreError>> + Send;
}

/// What an update of an entry sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryChange {
    /// What the customer did, and how that ended a cooling-off, if it did.
    Outcome(Outcome, Option<Ended>),
    /// What the customer said of the purchase.
    Feedback(Feedback),
    /// What the customer said of the intervention.
    Opinion(Opinion),
    /// How the cooling-off ended.
    CoolingOff(Ended),
}

impl EntryChange {
    /// The entry as the change leaves it.
    #[must_use]
    pub fn applied_to(&self, entry: &Entry) -> Entry {
        let mut next = Entry { revision: entry.revision.saturating_add(1), ..entry.clone() };
        match self.clone() {
            Self::Outcome(outcome, ended) => {
                next.outcome = Some(outcome);
                next.cooling_off_ended = ended.or(next.cooling_off_ended);
            }
            Self::Feedback(feedback) => next.feedback = Some(feedback),
            Self::Opinion(opinion) => next.opinion = Some(opinion),
            Self::CoolingOff(ended) => next.cooling_off_ended = Some(ended),
        }
        next
    }
}

/// Changes an entry.
pub trait UpdateEntry {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];
    /// Makes the change if the entry is still in the state that `entry` shows; `false` if it is not.
    fn update_entry(&self, entry: &Entry, change: EntryChange)
    -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Reads a profile with its version.
pub trait ReadProfile {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem"];
    /// The profile, strongly consistent; an empty one of version 0 if there is none.
    fn read_profile(&self, customer: &CustomerId) -> impl Future<Output = Result<VersionedProfile, StoreError>> + Send;
}

/// Writes settings.
pub trait PutSettings {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:PutItem"];
    /// Replaces the customer's settings if they are still of the revision before; `false` if they are not.
    fn put_settings(
        &self,
        customer: &CustomerId,
        settings: &Settings,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// The policies that the table holds, as JSON documents: they overrule the one that was deployed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyDocuments {
    /// The policy in force.
    pub live: Option<String>,
    /// One that only looks on.
    pub shadow: Option<String>,
    /// What lies beside them: the latest review of what was counted of all customers.
    pub review: Option<String>,
}

/// What a policy in the table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyRole {
    /// It is in force.
    Live,
    /// It only looks on.
    Shadow,
}

/// Reads the policies.
pub trait ReadPolicies {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:Query"];
    /// The documents; none where the table holds none.
    fn read_policies(&self) -> impl Future<Output = Result<PolicyDocuments, StoreError>> + Send;
}

/// Publishes policies.
pub trait PutPolicy {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:DeleteItem", "dynamodb:PutItem"];
    /// Puts a document in a role, or takes the one in it away: then the deployed policy holds again, or none looks on.
    fn put_policy(
        &self,
        role: PolicyRole,
        document: Option<&str>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Writes reviews.
pub trait PutReview {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:PutItem"];
    /// Puts a review in the place of the one that was read before, or of none; `false`, and nothing written, if another is there
    /// by now.
    fn put_review(&self, document: &str, before: Option<&str>)
    -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Everything held of a customer, a page at a time.
#[derive(Debug)]
pub struct TimelinePage {
    /// Entries in the order of time.
    pub entries: Vec<Entry>,
    /// The last entry of this page, if there are more.
    pub more_after: Option<AttemptId>,
}

/// Reads a customer's whole timeline.
pub trait ReadTimeline {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:Query"];
    /// The entries after one (or from the first), at most [`EXPORT_PAGE_ENTRIES`], strongly consistent.
    fn read_timeline(
        &self,
        customer: &CustomerId,
        after: Option<AttemptId>,
    ) -> impl Future<Output = Result<TimelinePage, StoreError>> + Send;
}

/// Erases a customer.
pub trait EraseCustomer {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:BatchWriteItem", "dynamodb:Query", "dynamodb:UpdateItem"];
    /// Removes everything held of the customer, and remembers for a week from `now` that the stream may still tell of entries
    /// that are gone. Returns how many entries were removed. A call that failed half-way is finished by calling again.
    fn erase_customer(
        &self,
        customer: &CustomerId,
        now: Instant,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;
}

/// What one or more changes of one customer's entries teach, to be written together or not at all.
#[derive(Debug, Default)]
pub struct Lesson {
    /// The profile with the version it was read at.
    pub profile: VersionedProfile,
    /// What the changes add to merchants' records, by merchant and day of the purchase.
    pub merchants: Vec<(MerchantId, Day, LabelCounts)>,
    /// What the changes add to the roll-ups.
    pub rollups: Vec<Rollup>,
    /// The time of the latest record learned from.
    pub told_at: Option<Instant>,
}

/// Writes what was learned.
pub trait CommitLesson {
    /// The IAM actions that this port takes. A transaction needs the permissions of its parts.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];
    /// Writes all of it if the profile is still of the version it was read at; `false`, and nothing written, if it is not
    /// or another transaction was in the way.
    fn commit_lesson(
        &self,
        customer: &CustomerId,
        lesson: &Lesson,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Reads roll-ups.
pub trait ReadRollups {
    /// The IAM actions that this port takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:Query"];
    /// The roll-ups of the days from `from` to `to`, both included, in order of days and segments.
    fn read_rollups(&self, from: Day, to: Day) -> impl Future<Output = Result<Vec<Rollup>, StoreError>> + Send;
}

/// Defines a function's bounds on the table, and with the same words its permissions.
///
/// `ports!(pub trait ScorePorts: ReadCustomer + PutEntry)` makes a trait of these supertraits and a function
/// `actions() -> Vec<&'static str>` that lists the IAM actions they take, sorted.
#[macro_export]
macro_rules! ports {
    ($(#[$doc:meta])* pub trait $name:ident: $first:ident $(+ $port:ident)*) => {
        $(#[$doc])*
        pub trait $name: $crate::ports::$first $(+ $crate::ports::$port)* + Send + Sync + 'static {}
        impl<T: $crate::ports::$first $(+ $crate::ports::$port)* + Send + Sync + 'static> $name for T {}

        /// The IAM actions that this function's ports take, sorted.
        pub fn actions() -> Vec<&'static str> {
            let mut actions = <$crate::Table as $crate::ports::$first>::ACTIONS.to_vec();
            $(actions.extend(<$crate::Table as $crate::ports::$port>::ACTIONS);)*
            actions.sort_unstable();
            actions.dedup();
            actions
        }
    };
}
