//! `/v1/customers/{customer_id}/…`: what callers tell of one customer (outcomes, feedback, history, settings) and ask about
//! them (profile, export), and their erasure. One file each.

mod cooling_off;
mod entry;
mod erase;
mod export;
mod feedback;
mod outcome;
mod profile;
mod purchases;
mod settings;

use edge::clock::Clock;
use edge::{Answer, Call, Handler, Problem, Route, http};
use engine::entry::Entry;
use engine::id::{AttemptId, CustomerId};
use lambda_http::http::Method;
use store::ports::EntryChange;

pub use crate::purchases::PURCHASES_MAX;

/// How often a change of an entry is tried when others change it at the same time.
const UPDATE_ATTEMPTS_MAX: usize = 5;

store::ports! {
    /// What this function may do to the table.
    pub trait Ports: ReadCustomer + PutEntry + ReadEntry + UpdateEntry + PutSettings + ReadTimeline + EraseCustomer
}

/// The function.
#[derive(Debug)]
pub struct Customers<P> {
    ports: P,
    clock: Clock,
}

impl<P: Ports> Handler for Customers<P> {
    const FUNCTION: &'static str = "customers";

    const ROUTES: &'static [Route] = &[
        entry::ROUTE,
        cooling_off::ROUTE,
        outcome::ROUTE,
        feedback::ROUTE,
        purchases::ROUTE,
        profile::ROUTE,
        settings::ROUTE,
        export::ROUTE,
        erase::ROUTE,
    ];

    async fn handle(&self, call: Call<'_>) -> Result<Answer, Problem> {
        let ["v1", "customers", customer, rest @ ..] = call.path.as_slice() else {
            return Err(http::no_route(call.method, &call.path));
        };
        let customer = CustomerId::parse(customer)
            .map_err(|error| Problem::field("INVALID_VALUE", "customer_id", error.to_string(), error.to_string()))?;
        match (call.method, rest) {
            (&Method::POST, ["attempts", attempt, "outcome"]) => {
                self.outcome(customer, attempt_id(attempt)?, &call).await
            }
            (&Method::POST, ["attempts", attempt, "feedback"]) => {
                self.feedback(customer, attempt_id(attempt)?, &call).await
            }
            (&Method::POST, ["attempts", attempt, "cooling-off"]) => {
                self.end_cooling_off(customer, attempt_id(attempt)?, &call).await
            }
            (&Method::GET, ["attempts", attempt]) => self.attempt(customer, attempt_id(attempt)?).await,
            (&Method::POST, ["purchases"]) => self.import_purchases(customer, &call).await,
            (&Method::GET, ["profile"]) => self.profile(customer).await,
            (&Method::PUT, ["settings"]) => self.put_settings(customer, &call).await,
            (&Method::GET, ["export"]) => self.export(customer, &call).await,
            (&Method::DELETE, []) => self.erase(customer).await,
            _ => Err(http::no_route(call.method, &call.path)),
        }
    }
}

impl<P: Ports> Customers<P> {
    /// A function that uses these ports and this clock.
    pub fn new(ports: P, clock: Clock) -> Self {
        Self { ports, clock }
    }

    /// Reads an entry, lets `next` say what changes (nothing, if the entry says it already), and makes the change; again if
    /// somebody else changed the entry in between. Returns the entry as it then is.
    async fn change_entry(
        &self,
        customer: &CustomerId,
        id: AttemptId,
        next: impl Fn(&Entry) -> Result<Option<EntryChange>, Problem> + Send,
    ) -> Result<Entry, Problem> {
        for _ in 0..UPDATE_ATTEMPTS_MAX {
            let entry = self.ports.read_entry(customer, id).await?.ok_or_else(no_such_attempt)?;
            let Some(change) = next(&entry)? else { return Ok(entry) };
            let changed = change.applied_to(&entry);
            if self.ports.update_entry(&entry, change).await? {
                return Ok(changed);
            }
        }
        Err(Problem::conflict(
            "CHANGED_MEANWHILE",
            "The attempt kept changing while this was recorded; please try again.",
        ))
    }
}

fn no_such_attempt() -> Problem {
    Problem::not_found("NO_SUCH_ATTEMPT", "There is no such attempt or purchase of this customer.")
}

fn attempt_id(text: &str) -> Result<AttemptId, Problem> {
    AttemptId::parse(text)
        .map_err(|error| Problem::field("INVALID_VALUE", "attempt_id", error.to_string(), error.to_string()))
}
