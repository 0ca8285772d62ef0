//! The HTTP API as its callers see it: four calls with their bodies.

use std::net::SocketAddr;

use engine::decision::{Action, Strategy};
use engine::entry::{Feedback, Outcome};
use engine::id::{AttemptId, CustomerId};
use engine::money::Amount;
use lab::transaction::Transaction;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use crate::client::{Answer, Client, ClientError};
use crate::traffic::insisting::Insisting;
use crate::verify::feedback_body;

/// The most purchases that one import takes.
pub const IMPORT_MAX: usize = 100;

/// The API behind the watcher.
#[derive(Clone)]
pub struct Api {
    caller: Caller,
}

/// Who sends the requests.
#[derive(Clone)]
enum Caller {
    /// One that asks once, and takes what comes.
    Once(Client),
    /// One that asks until it is answered.
    Insisting(Insisting),
}

/// An amount on the wire.
#[derive(Serialize)]
struct Money {
    value: String,
    currency: &'static str,
}

/// A purchase in an import, and all of an attempt but the customer.
#[derive(Serialize)]
struct Purchase<'a> {
    idempotency_key: &'a str,
    amount: Money,
    category: &'a str,
    payment_method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_id: Option<&'a str>,
    #[serde(serialize_with = "displayed")]
    occurred_at: engine::time::LocalInstant,
}

#[derive(Serialize)]
struct Attempt<'a> {
    customer_id: &'a str,
    #[serde(flatten)]
    purchase: Purchase<'a>,
}

/// What of a decision the traffic needs.
#[derive(Debug, Deserialize)]
pub struct Decision {
    /// The attempt's id, for what follows.
    pub attempt_id: String,
    /// What Guardian asks the app to do, by its name.
    pub action: String,
    /// How it steps in, if it does.
    pub intervention: Option<Intervention>,
    /// Whether something was missing when it was made.
    #[serde(default)]
    pub degraded: bool,
}

/// What of an intervention the traffic needs.
#[derive(Debug, Deserialize)]
pub struct Intervention {
    /// The strategy, by its name.
    pub strategy: String,
}

/// What an import did.
#[derive(Debug, Deserialize)]
pub struct Imported {
    /// Purchases that are new.
    pub imported: u64,
    /// Purchases that were there already.
    pub duplicates: u64,
}

impl Decision {
    /// The action; `None` if its name is unknown.
    pub fn action(&self) -> Option<Action> {
        Action::from_name(&self.action)
    }

    /// The strategy of the intervention, if there is one.
    pub fn strategy(&self) -> Option<Strategy> {
        self.intervention.as_ref().and_then(|intervention| Strategy::from_name(&intervention.strategy))
    }
}

impl Api {
    /// The API that the client is for.
    pub fn new(client: Client) -> Self {
        Self { caller: Caller::Once(client) }
    }

    /// The API, through a caller that asks until it is answered.
    pub fn insisting(caller: Insisting) -> Self {
        Self { caller: Caller::Insisting(caller) }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        match &self.caller {
            Caller::Once(client) => client.address(),
            Caller::Insisting(caller) => caller.address(),
        }
    }

    async fn post(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<Answer, ClientError> {
        match &self.caller {
            Caller::Once(client) => client.post(path, body).await,
            Caller::Insisting(caller) => caller.post(path, serde_json::to_value(body)?).await,
        }
    }

    /// `POST /v1/attempts`; 2xx with a [`Decision`].
    ///
    /// # Errors
    /// [`ClientError`] without an answer. A refusal is an answer.
    pub async fn score(&self, attempt: &Transaction) -> Result<Answer, ClientError> {
        let body = Attempt { customer_id: attempt.customer_id.as_str(), purchase: purchase(attempt) };
        self.post("/v1/attempts", &body).await
    }

    /// `POST /v1/customers/{customer_id}/purchases`, at most [`IMPORT_MAX`]; 2xx with [`Imported`].
    ///
    /// # Errors
    /// [`ClientError`] without an answer.
    pub async fn import<'a>(
        &self,
        customer: &CustomerId,
        purchases: impl IntoIterator<Item = &'a Transaction>,
    ) -> Result<Answer, ClientError> {
        let purchases: Vec<Purchase<'_>> = purchases.into_iter().map(purchase).collect();
        self.post(&format!("/v1/customers/{}/purchases", customer.as_str()), &json!({ "purchases": purchases })).await
    }

    /// `POST …/attempts/{attempt_id}/outcome`.
    ///
    /// # Errors
    /// [`ClientError`] without an answer.
    pub async fn outcome(
        &self,
        customer: &CustomerId,
        attempt: AttemptId,
        outcome: Outcome,
    ) -> Result<Answer, ClientError> {
        let path = format!("/v1/customers/{}/attempts/{attempt}/outcome", customer.as_str());
        self.post(&path, &json!({ "outcome": outcome.name() })).await
    }

    /// `POST …/attempts/{attempt_id}/feedback`.
    ///
    /// # Errors
    /// [`ClientError`] without an answer.
    pub async fn feedback(
        &self,
        customer: &CustomerId,
        attempt: AttemptId,
        feedback: Feedback,
    ) -> Result<Answer, ClientError> {
        let path = format!("/v1/customers/{}/attempts/{attempt}/feedback", customer.as_str());
        self.post(&path, &feedback_body(feedback)).await
    }
}

/// The body of `POST /v1/attempts` as JSON text, for a person to send.
pub fn attempt_body(attempt: &Transaction) -> String {
    let body = Attempt { customer_id: attempt.customer_id.as_str(), purchase: purchase(attempt) };
    serde_json::to_string(&body).unwrap_or_default()
}

fn purchase(transaction: &Transaction) -> Purchase<'_> {
    Purchase {
        idempotency_key: transaction.id.as_str(),
        amount: money(transaction.amount),
        category: transaction.category.as_str(),
        payment_method: transaction.payment_method.as_str(),
        merchant_id: transaction.merchant_id.as_ref().map(engine::id::MerchantId::as_str),
        occurred_at: transaction.occurred_at,
    }
}

fn money(amount: Amount) -> Money {
    Money { value: amount.to_decimal(), currency: amount.currency().code() }
}

fn displayed<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
