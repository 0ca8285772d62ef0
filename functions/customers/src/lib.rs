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
use edge::{Answer, Call, Handler, Problem, Route};
use engine::entry::Entry;
use engine::id::{AttemptId, CustomerId};
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

/// What is asked of it: one for each of its routes.
#[derive(Debug, Clone, Copy)]
pub enum Endpoint {
    /// One entry.
    Attempt,
    /// The end of a cooling-off.
    CoolingOff,
    /// What the customer did.
    Outcome,
    /// What the customer said.
    Feedback,
    /// History to import.
    Purchases,
    /// What was learned.
    Profile,
    /// The customer's settings.
    Settings,
    /// Everything held.
    Export,
    /// Erasure.
    Erase,
}

impl<P: Ports> Handler for Customers<P> {
    const FUNCTION: &'static str = "customers";

    type Endpoint = Endpoint;

    const ROUTES: &'static [(Route, Endpoint)] = &[
        (entry::ROUTE, Endpoint::Attempt),
        (cooling_off::ROUTE, Endpoint::CoolingOff),
        (outcome::ROUTE, Endpoint::Outcome),
        (feedback::ROUTE, Endpoint::Feedback),
        (purchases::ROUTE, Endpoint::Purchases),
        (profile::ROUTE, Endpoint::Profile),
        (settings::ROUTE, Endpoint::Settings),
        (export::ROUTE, Endpoint::Export),
        (erase::ROUTE, Endpoint::Erase),
    ];

    async fn handle(&self, endpoint: Endpoint, call: Call<'_>) -> Result<Answer, Problem> {
        let customer = call.customer()?;
        match endpoint {
            Endpoint::Attempt => self.attempt(customer, call.attempt()?).await,
            Endpoint::CoolingOff => self.end_cooling_off(customer, call.attempt()?, &call).await,
            Endpoint::Outcome => self.outcome(customer, call.attempt()?, &call).await,
            Endpoint::Feedback => self.feedback(customer, call.attempt()?, &call).await,
            Endpoint::Purchases => self.import_purchases(customer, &call).await,
            Endpoint::Profile => self.profile(customer).await,
            Endpoint::Settings => self.put_settings(customer, &call).await,
            Endpoint::Export => self.export(customer, &call).await,
            Endpoint::Erase => self.erase(customer).await,
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
