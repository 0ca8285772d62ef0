//! `POST …/purchases`: imports purchases of the past.

use edge::access::Scope;
use edge::json::Object;
use edge::wire::{NewAttempt, read_purchase};
use edge::{Answer, Call, Problem, Route};
use engine::entry::Entry;
use engine::id::CustomerId;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use store::ports::Put;

use crate::{Customers, Ports};

/// Not for customers themselves: whoever holds a stolen token could teach a history in which a robbery is nothing unusual.
pub(crate) const ROUTE: Route = Route::only(Scope::Customers, "POST /v1/customers/{customer_id}/purchases");

/// How many purchases one call may bring.
pub const PURCHASES_MAX: usize = 100;

/// How many of them are written at the same time.
const WRITES_AT_ONCE: usize = 16;

#[derive(Serialize)]
struct ImportBody {
    imported: usize,
    duplicates: usize,
}

impl<P: Ports> Customers<P> {
    /// Writes every purchase once. All are read before the first is written; a call that failed half-way is repeated whole.
    pub(crate) async fn import_purchases(&self, customer: CustomerId, call: &Call<'_>) -> Result<Answer, Problem> {
        let now = (self.clock)();
        let mut body = Object::parse(call.body)?;
        let purchases = body.objects("purchases", PURCHASES_MAX)?;
        body.finish("purchases")?;
        let entries = purchases.into_iter().map(|purchase| {
            read_purchase(purchase, customer.clone(), now)
                .map(|NewAttempt { id, attempt }| Entry::imported(id, attempt, now))
        });
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let writes: Vec<_> = entries.iter().enumerate().map(|(position, entry)| self.import(position, entry)).collect();
        let written: Vec<bool> = stream::iter(writes).buffer_unordered(WRITES_AT_ONCE).try_collect().await?;
        let imported = written.iter().filter(|is_new| **is_new).count();
        Answer::json(&ImportBody { imported, duplicates: written.len() - imported })
    }

    /// Writes one purchase; `false` if it was there.
    async fn import(&self, position: usize, entry: &Entry) -> Result<bool, Problem> {
        match self.ports.put_entry(entry).await? {
            Put::Created => Ok(true),
            Put::Existing(existing) if existing.attempt == entry.attempt => Ok(false),
            Put::Existing(_) => Err(Problem {
                field: Some(format!("purchases[{position}].idempotency_key")),
                ..Problem::conflict(
                    "IDEMPOTENCY_KEY_REUSED",
                    "This idempotency_key was used at this time for something else. The other purchases of this call may \
                     have been imported; it is safe to send them again.",
                )
            }),
        }
    }
}
