//! `GET …/attempts/{attempt_id}`: one entry as it stands, and entries as they are answered anywhere.

use edge::access::Scope;
use edge::wire::{AmountBody, DecisionBody};
use edge::{Answer, Problem, Route};
use engine::cooling_off::{Ending, State};
use engine::entry::{Entry, Feedback, Opinion, Outcome};
use engine::id::{AttemptId, CustomerId, MerchantId};
use engine::text::Note;
use engine::time::Instant;
use serde::Serialize;

use crate::{Customers, Ports, no_such_attempt};

pub(crate) const ROUTE: Route =
    Route::oneself_or(Scope::Customers, "GET /v1/customers/{customer_id}/attempts/{attempt_id}");

/// An entry with all that was decided, done and said.
#[derive(Serialize)]
pub(crate) struct EntryBody<'a> {
    attempt_id: String,
    origin: &'static str,
    occurred_at: String,
    recorded_at: String,
    amount: AmountBody,
    category: &'a str,
    payment_method: &'a str,
    merchant_id: Option<&'a str>,
    decision: Option<DecisionBody<'a>>,
    cooling_off: Option<CoolingOffBody<'a>>,
    outcome: Option<&'static str>,
    feedback: Option<&'static str>,
    regret: Option<u8>,
    opinion: Option<&'static str>,
}

/// Where a cooling-off stands: `waiting`, `ready`, `expired`, `confirmed`, `cancelled`, `overridden` or `bypassed`.
#[derive(Serialize)]
pub(crate) struct CoolingOffBody<'a> {
    attempt_id: String,
    state: &'static str,
    /// Whether the purchase may go through as far as the cooling-off is concerned.
    may_proceed: bool,
    wait_until: String,
    expires_at: String,
    ended_at: Option<String>,
    reason: Option<&'a str>,
}

impl<'a> CoolingOffBody<'a> {
    /// The cooling-off of an entry at `now`; `None` if there was none.
    pub(crate) fn of(entry: &'a Entry, now: Instant) -> Option<Self> {
        let waits = entry.cooling_off()?;
        let ended = entry.cooling_off_ended.as_ref();
        let state = waits.state(ended, now);
        Some(Self {
            attempt_id: entry.id.to_string(),
            state: state.name(),
            may_proceed: matches!(state, State::Ended(ending) if ending != Ending::Cancelled),
            wait_until: waits.wait_until.to_string(),
            expires_at: waits.expires_at.to_string(),
            ended_at: ended.map(|ended| ended.at.to_string()),
            reason: ended.and_then(|ended| ended.reason.as_ref()).map(Note::as_str),
        })
    }
}

impl<'a> EntryBody<'a> {
    /// An entry at `now`.
    pub(crate) fn of(entry: &'a Entry, now: Instant) -> Self {
        let attempt = &entry.attempt;
        Self {
            attempt_id: entry.id.to_string(),
            origin: if entry.decision().is_some() { "scored" } else { "imported" },
            occurred_at: attempt.occurred_at.to_string(),
            recorded_at: entry.recorded_at.to_string(),
            amount: attempt.amount.into(),
            category: attempt.category.as_str(),
            payment_method: attempt.payment_method.as_str(),
            merchant_id: attempt.merchant.as_ref().map(MerchantId::as_str),
            decision: entry.decision().map(|decision| DecisionBody::new(entry.id, decision, true)),
            cooling_off: CoolingOffBody::of(entry, now),
            outcome: entry.outcome.map(Outcome::name),
            feedback: entry.feedback.map(Feedback::name),
            regret: match entry.feedback {
                Some(Feedback::Regret(regret)) => Some(regret.score()),
                _ => None,
            },
            opinion: entry.opinion.map(Opinion::name),
        }
    }
}

impl<P: Ports> Customers<P> {
    /// One attempt or purchase as it stands now.
    pub(crate) async fn attempt(&self, customer: CustomerId, id: AttemptId) -> Result<Answer, Problem> {
        let entry = self.ports.read_entry(&customer, id).await?.ok_or_else(no_such_attempt)?;
        Answer::json(&EntryBody::of(&entry, (self.clock)()))
    }
}
