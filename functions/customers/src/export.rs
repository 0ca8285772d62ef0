//! `GET …/export`: everything held of the customer, a page of the timeline at a time.

use edge::access::Scope;
use edge::{Answer, Call, Problem, Route};
use engine::id::CustomerId;
use serde::Serialize;

use crate::entry::EntryBody;
use crate::profile::{ProfileBody, describe};
use crate::settings::SettingsBody;
use crate::{Customers, Ports};

pub(crate) const ROUTE: Route = Route::oneself_or(Scope::Customers, "GET /v1/customers/{customer_id}/export");

#[derive(Serialize)]
struct Body<'a> {
    customer_id: String,
    profile: ProfileBody,
    settings: SettingsBody,
    entries: Vec<EntryBody<'a>>,
    /// The value of the query parameter `after` with which the next page begins; null on the last page.
    more_after: Option<String>,
}

impl<P: Ports> Customers<P> {
    /// A page of everything held of a customer.
    pub(crate) async fn export(&self, customer: CustomerId, call: &Call<'_>) -> Result<Answer, Problem> {
        let now = (self.clock)();
        let after = call.query_attempt("after")?;
        let known = self.ports.read_customer(&customer, now).await?;
        let profile = known.profile.map_err(store::StoreError::from)?;
        let page = self.ports.read_timeline(&customer, after).await?;
        let body = Body {
            customer_id: customer.as_str().to_owned(),
            profile: describe(&profile, &known.settings, now),
            settings: SettingsBody::of(&known.settings),
            entries: page.entries.iter().map(|entry| EntryBody::of(entry, now)).collect(),
            more_after: page.more_after.map(|id| id.to_string()),
        };
        Answer::json(&body)
    }
}
