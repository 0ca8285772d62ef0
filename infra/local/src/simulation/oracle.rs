//! What must be true in the end: everything that was learned is the fold over the entries that are in the table, nothing that
//! was confirmed is missing, nothing that was erased is left.

use std::collections::{BTreeMap, BTreeSet};

use engine::entry::{Entry, Outcome};
use engine::id::{AttemptId, CustomerId, MerchantId};
use engine::time::DAY_MS;
use serde_json::Value;
use store::stream::Told;
use store::{StoreError, Table};

use crate::simulation::faults;
use crate::simulation::stories::{Erasure, Ledger, Plan, Witness, earliest};
use crate::simulation::time::now;
use crate::verify::counts::{self, Counts, count};
use crate::verify::{answer_of, compare, feedback_body};

/// A request whose sender gave up may still be carried out until then, in milliseconds.
const GRACE_MS: u64 = faults::LATE_MS_MAX + 10_000;

/// What is in the table in the end.
struct Found {
    entries: BTreeMap<AttemptId, Entry>,
    differences: Vec<String>,
}

/// Everything that is not as it must be, in words.
pub(crate) async fn differences(
    table: &Table,
    plan: &Plan,
    ledger: &Ledger,
    (told, unreadable): (Vec<Told>, usize),
) -> Result<Vec<String>, StoreError> {
    let mut found = Found { entries: BTreeMap::new(), differences: Vec::new() };
    if unreadable > 0 {
        found.differences.push(format!("{unreadable} stream records cannot be read"));
    }
    for customer in &plan.customers {
        found.fold(table, customer).await?;
    }
    let merchants = (0..plan.merchants).filter_map(|number| MerchantId::parse(&format!("m{number}")).ok());
    let stored = counts::stored(table, earliest().day(), now().plus_ms(DAY_MS).day(), merchants).await?;
    found.compare_counts(&stored, &told);
    let erasures = ledger.erasures();
    for witness in ledger.witnesses() {
        found.compare_witness(&witness, &erasures);
    }
    Ok(found.differences)
}

impl Found {
    /// Compares a profile with the fold over its customer's entries.
    async fn fold(&mut self, table: &Table, customer: &CustomerId) -> Result<(), StoreError> {
        let (entries, difference) = compare(table, customer).await?;
        self.differences.extend(difference.map(|difference| format!("profile of {customer}: {difference}")));
        self.entries.extend(entries.into_iter().map(|entry| (entry.id, entry)));
        Ok(())
    }

    /// Compares roll-ups and merchants' records with the sum over the entries. What was erased stays counted as far as it had
    /// been learned, and nobody knows how far that was: it gives each count some room.
    fn compare_counts(&mut self, stored: &Counts, told: &[Told]) {
        let mut expected = Counts::new();
        for entry in self.entries.values() {
            for (key, count) in counts::of_entry(entry) {
                *expected.entry(key).or_default() += count;
            }
        }
        let mut room: BTreeMap<_, (i64, i64)> = BTreeMap::new();
        for states in self.erased(told) {
            let counts: Vec<Counts> = states.iter().map(|entry| counts::of_entry(entry)).collect();
            let names: BTreeSet<_> = counts.iter().flat_map(BTreeMap::keys).collect();
            for name in names {
                let of = |counts: &Counts| count(counts, name);
                let (least, most) = room.entry(name.clone()).or_default();
                *least += counts.iter().map(of).min().unwrap_or_default().min(0);
                *most += counts.iter().map(of).max().unwrap_or_default().max(0);
            }
        }
        let names: BTreeSet<_> = stored.keys().chain(expected.keys()).collect();
        for name in names {
            let of = |counts: &Counts| count(counts, name);
            let (least, most) = room.get(name).copied().unwrap_or_default();
            let difference = of(stored) - of(&expected);
            if !(least..=most).contains(&difference) {
                let (what, day, counter) = name;
                let (stored, expected) = (of(stored), of(&expected));
                let room = if (least, most) == (0, 0) { String::new() } else { format!(" (+{least}..={most})") };
                self.differences.push(format!("{what}, {day}, {counter}: {stored} instead of {expected}{room}"));
            }
        }
    }

    /// Every state of every entry that was erased. One that was written under the same id again is another one, even if it is
    /// equal: what was sent long before can still arrive after an erasure.
    fn erased<'a>(&self, told: &'a [Told]) -> Vec<Vec<&'a Entry>> {
        // The order of one entry's changes is kept by the stream.
        let mut lives: BTreeMap<AttemptId, Vec<Vec<&Entry>>> = BTreeMap::new();
        for Told { before, after, .. } in told {
            let lives = lives.entry(after.id).or_default();
            match lives.last_mut().filter(|_| before.is_some()) {
                Some(life) => life.push(after),
                None => lives.push(vec![after]),
            }
        }
        for id in self.entries.keys() {
            lives.get_mut(id).and_then(Vec::pop);
        }
        lives.into_values().flatten().collect()
    }

    /// Compares what callers were told of an entry with the entry.
    fn compare_witness(&mut self, witness: &Witness, erasures: &[Erasure]) {
        let Some(id) = &witness.attempt_id else { return };
        let Ok(id) = AttemptId::parse(id) else {
            return self.differences.push(format!("{id} is no attempt id"));
        };
        let of_customer = || erasures.iter().filter(|(customer, _)| Some(customer) == witness.customer.as_ref());
        let erased_until_ms = of_customer().map(|(_, span)| span.until_ms).max().unwrap_or_default();
        let erased_from_ms = of_customer().map(|(_, span)| span.from_ms).max().unwrap_or_default();
        let answers: Vec<&Value> =
            witness.answers.iter().filter(|(span, _)| span.from_ms > erased_until_ms).map(|(_, it)| it).collect();
        if let [first, rest @ ..] = answers.as_slice()
            && rest.iter().any(|other| other != first)
        {
            self.differences.push(format!("{id}: a retry was answered another decision"));
        }
        let Some(entry) = self.entries.get(&id) else {
            if !answers.is_empty() {
                self.differences.push(format!("{id}: it was confirmed, and is not there"));
            }
            return;
        };
        let mut differences = Vec::new();
        if witness.tries.iter().all(|span| span.until_ms + GRACE_MS < erased_from_ms) {
            differences.push("it was erased, and is still there".to_owned());
        }
        let decision = answer_of(entry);
        if answers.first().is_some_and(|answer| **answer != decision.clone().unwrap_or_default()) {
            differences.push("the decision answered is not the one recorded".to_owned());
        }
        if let Some((span, outcome)) = &witness.outcome
            && span.from_ms > erased_until_ms
            && entry.outcome.map(Outcome::name) != Some(outcome)
            // Of one that was postponed, another may have followed without being confirmed.
            && *outcome != "postponed"
        {
            differences.push(format!("the outcome {outcome} was confirmed, and is {:?}", entry.outcome));
        }
        let confirmed = witness.feedback.iter().rposition(|(span, _, told)| *told && span.from_ms > erased_until_ms);
        if let Some(confirmed) = confirmed {
            let possible = witness.feedback.iter().skip(confirmed).map(|(_, said, _)| said);
            let stored = entry.feedback.map(feedback_body);
            if possible.into_iter().all(|said| stored.as_ref() != Some(said)) {
                differences.push(format!("what the customer said was confirmed, and is {:?}", entry.feedback));
            }
        }
        self.differences.extend(differences.into_iter().map(|difference| format!("{id}: {difference}")));
    }
}
