//! What must be true in the end: everything that was learned is the fold over the entries that are in the table, nothing that
//! was confirmed is missing, nothing that was erased is left.

use std::collections::{BTreeMap, BTreeSet};

use engine::entry::{Entry, Opinion, Outcome};
use engine::id::{AttemptId, CustomerId, MerchantId};
use engine::rollup::Rollup;
use engine::time::DAY_MS;
use serde_json::Value;
use store::ports::{ReadCustomer, ReadPolicies, ReadRollups};
use store::stream::Told;
use store::{StoreError, Table};

use crate::simulation::faults;
use crate::simulation::stories::{Erasure, Ledger, Plan, Wish, Witness, earliest};
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
    let wishes = ledger.wishes();
    for customer in &plan.customers {
        found.compare_settings(table, customer, &wishes, &erasures).await?;
    }
    found.compare_review(table, &ledger.stopped()).await?;
    Ok(found.differences)
}

/// What became of attempts, by the counters of the roll-ups, and how many variants were stopped.
pub(crate) async fn happened(table: &Table, ledger: &Ledger) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut happened = BTreeMap::from([("stopped".to_owned(), u64::from(!ledger.stopped().is_empty()))]);
    for Rollup { counters, .. } in table.read_rollups(earliest().day(), now().plus_ms(DAY_MS).day()).await? {
        let told = |name: &str| ["action.", "cooling_off.", "opinion."].iter().any(|what| name.starts_with(what));
        for (name, count) in counters.iter().filter(|(name, _)| told(name)) {
            *happened.entry(name.to_owned()).or_default() += count.max(0) as u64;
        }
    }
    Ok(happened)
}

/// When this customer was erased for the last time: from when on, and until when. 0 if never.
fn erased_ms(customer: &CustomerId, erasures: &[Erasure]) -> (u64, u64) {
    let of_customer = || erasures.iter().filter(|(erased, _)| erased == customer).map(|(_, span)| span);
    let from_ms = of_customer().map(|span| span.from_ms).max().unwrap_or_default();
    (from_ms, of_customer().map(|span| span.until_ms).max().unwrap_or_default())
}

impl Found {
    /// Compares a profile with the fold over its customer's entries.
    async fn fold(&mut self, table: &Table, customer: &CustomerId) -> Result<(), StoreError> {
        let (entries, difference) = compare(table, customer).await?;
        self.differences.extend(difference.map(|difference| format!("profile of {}: {difference}", customer.as_str())));
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
        let customer = witness.customer.as_ref();
        let (erased_from_ms, erased_until_ms) = customer.map_or((0, 0), |customer| erased_ms(customer, erasures));
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
        let confirmed = witness.opinions.iter().rposition(|(span, _, told)| *told && span.from_ms > erased_until_ms);
        if let Some(confirmed) = confirmed {
            let mut possible = witness.opinions.iter().skip(confirmed).map(|(_, opinion, _)| *opinion);
            if possible.all(|opinion| entry.opinion.map(Opinion::name) != Some(opinion)) {
                differences.push(format!("what the customer thinks of it was confirmed, and is {:?}", entry.opinion));
            }
        }
        // However often it is asked, a cooling-off has one end.
        let ended = entry.cooling_off_ended.as_ref().map(|ended| ended.how.name());
        for (span, state) in &witness.ends {
            if span.from_ms > erased_until_ms && ended != Some(state) {
                differences.push(format!("the cooling-off was answered to be {state}, and is {ended:?}"));
            }
        }
        self.differences.extend(differences.into_iter().map(|difference| format!("{id}: {difference}")));
    }

    /// Compares a customer's settings with what they wished for: the last confirmed wish holds, or one that may have come after it.
    async fn compare_settings(
        &mut self,
        table: &Table,
        customer: &CustomerId,
        wishes: &[Wish],
        erasures: &[Erasure],
    ) -> Result<(), StoreError> {
        let stored = table.read_customer(customer, now()).await?.settings;
        let (erased_from_ms, erased_until_ms) = erased_ms(customer, erasures);
        let wishes: Vec<&Wish> = wishes.iter().filter(|wish| wish.customer == *customer).collect();
        let must = || wishes.iter().filter(|wish| wish.told && wish.span.from_ms > erased_until_ms);
        // Until when one may have come into force.
        let until_ms = |wish: &Wish| wish.span.until_ms + if wish.told { 0 } else { GRACE_MS };
        let may_hold = |wish: &&&Wish| {
            until_ms(wish) + GRACE_MS >= erased_from_ms && must().all(|other| until_ms(wish) >= other.span.from_ms)
        };
        let text = |wish: &Wish, path: &str| wish.body.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let is_stored = |wish: &&Wish| {
            let goal = stored.goals.first().map(|goal| goal.name.as_str().to_owned());
            text(wish, "/goals/0/name") == goal
                && text(wish, "/sensitivity").as_deref() == Some(stored.sensitivity.name())
                && wish.body.get("opted_out").and_then(Value::as_bool) == Some(stored.opted_out)
        };
        let is_empty = stored.revision == 0 && must().next().is_none();
        if !is_empty && !wishes.iter().filter(may_hold).any(is_stored) {
            let goals: Vec<&str> = stored.goals.iter().map(|goal| goal.name.as_str()).collect();
            self.differences.push(format!(
                "settings of {}: none that may hold, but revision {} {goals:?}",
                customer.as_str(),
                stored.revision
            ));
        }
        Ok(())
    }

    /// What a confirmed review stopped stays stopped, as it was stopped first.
    async fn compare_review(&mut self, table: &Table, stopped: &[Value]) -> Result<(), StoreError> {
        let review = table.read_policies().await?.review.unwrap_or_default();
        let review: Value = serde_json::from_str(&review).unwrap_or_default();
        let kept = review.get("stopped").and_then(Value::as_array).cloned().unwrap_or_default();
        let lost = stopped.iter().filter(|stop| !kept.contains(stop));
        self.differences.extend(lost.map(|stop| format!("review: stopped and not so any more: {stop}")));
        Ok(())
    }
}
