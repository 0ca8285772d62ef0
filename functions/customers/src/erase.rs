//! `DELETE /v1/customers/{customer_id}`: erases everything held of the customer.

use edge::access::Scope;
use edge::{Answer, Problem, Route};
use engine::id::CustomerId;
use serde::Serialize;

use crate::{Customers, Ports};

/// Not for customers themselves: whoever holds a stolen token could make Guardian forget what is usual, and it cannot be undone.
pub(crate) const ROUTE: Route = Route::only(Scope::Customers, "DELETE /v1/customers/{customer_id}");

#[derive(Serialize)]
struct Body {
    customer_id: String,
    entries_erased: usize,
}

impl<P: Ports> Customers<P> {
    /// Erases a customer; a customer who is not known is erased already.
    pub(crate) async fn erase(&self, customer: CustomerId) -> Result<Answer, Problem> {
        let entries_erased = self.ports.erase_customer(&customer, (self.clock)()).await?;
        Answer::json(&Body { customer_id: customer.as_str().to_owned(), entries_erased })
    }
}
