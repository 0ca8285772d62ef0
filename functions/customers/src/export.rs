//! `GET …/export`: everything held of the customer, a page of the timeline at a time.

use edge::wire::{AmountBody, DecisionBody};
use edge::{Answer, Call, Problem};
use engine::entry::{Entry, Feedback, Outcome};
use engine::id::{AttemptId, CustomerId, MerchantId};
use serde::Serialize;

use crate::profile::{ProfileBody, describe};
use crate::settings::SettingsBody;
use crate::{Customers, Ports, attempt_id};

const ROUTE: &str = "GET /v1/customers/{customer_id}/export";

#[derive(Serialize)]
struct Body<'a> {
    customer_id: String,
    profile: ProfileBody,
    settings: SettingsBody,
    entries: Vec<EntryBody<'a>>,
    /// The value of the query parameter `after` with which the next page begins; null on the last page.
    more_after: Option<String>,
}

#[derive(Serialize)]
struct EntryBody<'a> {
    attempt_id: String,
    origin: &'static str,
    occurred_at: String,
    recorded_at: String,
    amount: AmountBody,
    category: &'a str,
    payment_method: &'a str,
    merchant_id: Option<&'a str>,
    decision: Option<DecisionBody<'a>>,
    outcome: Option<&'static str>,
    feedback: Option<&'static str>,
    regret: Option<u8>,
}

impl<P: Ports> Customers<P> {
    /// A page of everything held of a customer.
    pub(crate) async fn export(&self, customer: CustomerId, call: &Call<'_>) -> Result<Answer, Problem> {
        let now = (self.clock)();
        let after: Option<AttemptId> = call.query("after").map(|id| attempt_id(&id)).transpose()?;
        let known = self.ports.read_customer(&customer, now).await?;
        let profile = known.profile.map_err(store::StoreError::from)?;
        let page = self.ports.read_timeline(&customer, after).await?;
        let body = Body {
            customer_id: customer.to_string(),
            profile: describe(&profile, now),
            settings: known.settings.into(),
            entries: page.entries.iter().map(entry_body).collect(),
            more_after: page.more_after.map(|id| id.to_string()),
        };
        Answer::json(ROUTE, &body)
    }
}

fn entry_body(entry: &Entry) -> EntryBody<'_> {
    let attempt = &entry.attempt;
    EntryBody {
        attempt_id: entry.id.to_string(),
        origin: if entry.decision().is_some() { "scored" } else { "imported" },
        occurred_at: attempt.occurred_at.to_string(),
        recorded_at: entry.recorded_at.to_string(),
        amount: attempt.amount.into(),
        category: attempt.category.as_str(),
        payment_method: attempt.payment_method.as_str(),
        merchant_id: attempt.merchant.as_ref().map(MerchantId::as_str),
        decision: entry.decision().map(|decision| DecisionBody::new(entry.id, decision, true)),
        outcome: entry.outcome.map(Outcome::name),
        feedback: entry.feedback.map(Feedback::name),
        regret: match entry.feedback {
            Some(Feedback::Regret(regret)) => Some(regret.score()),
            _ => None,
        },
    }
}
