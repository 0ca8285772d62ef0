//! `DELETE /v1/customers/{customer_id}`: erases everything held of the customer.

use edge::access::Scope;
use edge::{Answer, Problem, Route};
use engine::id::CustomerId;
use serde::Serialize;

use crate::{Customers, Ports};

pub(crate) const ROUTE: Route = Route::oneself_or(Scope::Customers, "DELETE /v1/customers/{customer_id}");

#[derive(Serialize)]
struct Body {
    customer_id: String,
    entries_erased: usize,
}

impl<P: Ports> Customers<P> {
    /// Erases a customer; a customer who is not known is erased already.
    pub(crate) async fn erase(&self, customer: CustomerId) -> Result<Answer, Problem> {
        let entries_erased = self.ports.erase_customer(&customer, (self.clock)()).await?;
        Answer::json(&Body { customer_id: customer.to_string(), entries_erased })
    }
}
