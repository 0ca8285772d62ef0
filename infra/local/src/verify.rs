//! Checking what was learned: every stored profile against the fold of its customer's entries, and what is counted by day
//! (`counts`) against the sum over all entries; and the functions' logs against what no log may tell (`logs`).

pub(crate) mod counts;
pub mod logs;

use std::collections::BTreeSet;

use edge::wire::DecisionBody;
use engine::entry::{Entry, Feedback};
use engine::id::CustomerId;
use engine::profile::Profile;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use store::StoreError;
use store::ports::{ReadProfile, ReadTimeline};

use self::logs::{LogCheck, Secrets};

/// How many customers are checked at the same time.
const CUSTOMERS_AT_ONCE: usize = 4;

/// What the check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Profiles that were compared.
    pub profiles: u64,
    /// Entries that they were computed anew from.
    pub entries: u64,
    /// Those that differ, each in words.
    pub mismatches: Vec<String>,
    /// What they hold that no log may.
    pub secrets: Secrets,
    /// What was found in the logs; nothing where there are none, as in a test of one handler.
    pub logs: LogCheck,
}

/// Compares the profiles of these customers with what one clean pass over their entries gives. `checked` is told how many
/// are done.
///
/// # Errors
/// [`StoreError`] if the table cannot be read. A profile that cannot be decoded is one as well.
pub async fn verify(
    table: &(impl ReadTimeline + ReadProfile + Sync),
    customers: &BTreeSet<CustomerId>,
    checked: impl Fn(u64),
) -> Result<Verification, StoreError> {
    let mut results = stream::iter(customers).map(|customer| check(table, customer)).buffered(CUSTOMERS_AT_ONCE);
    let mut verification = Verification::default();
    while let Some((entries, mismatch)) = results.try_next().await? {
        verification.profiles += 1;
        verification.entries += entries.len() as u64;
        entries.iter().for_each(|entry| verification.secrets.add(entry));
        verification.mismatches.extend(mismatch);
        checked(verification.profiles);
    }
    Ok(verification)
}

/// A customer's entries, and how the stored profile differs from theirs, with the customer's name.
async fn check(
    table: &(impl ReadTimeline + ReadProfile),
    customer: &CustomerId,
) -> Result<(Vec<Entry>, Option<String>), StoreError> {
    let (entries, difference) = compare(table, customer).await?;
    Ok((entries, difference.map(|difference| format!("{}: {difference}", customer.as_str()))))
}

/// A customer's entries, and how the stored profile differs from the fold over them.
pub(crate) async fn compare(
    table: &(impl ReadTimeline + ReadProfile),
    customer: &CustomerId,
) -> Result<(Vec<Entry>, Option<String>), StoreError> {
    let stored = table.read_profile(customer).await?.profile;
    let mut entries = Vec::new();
    let mut after = None;
    loop {
        let page = table.read_timeline(customer, after).await?;
        entries.extend(page.entries);
        after = page.more_after;
        if after.is_none() {
            let difference = stored.difference(&Profile::of_entries(&entries));
            return Ok((entries, difference));
        }
    }
}

/// What callers are answered about an entry that holds a decision.
pub(crate) fn answer_of(entry: &Entry) -> Option<Value> {
    entry.decision().map(|decision| json!(DecisionBody::new(entry.id, decision, true)))
}

/// What the customer said, as it is sent to the API.
pub(crate) fn feedback_body(feedback: Feedback) -> Value {
    match feedback {
        Feedback::Regret(regret) => json!({ "feedback": feedback.name(), "regret": regret.score() }),
        Feedback::NormalForMe | Feedback::NotMe => json!({ "feedback": feedback.name() }),
    }
}
