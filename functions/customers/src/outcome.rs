//! `POST …/attempts/{attempt_id}/outcome`: what the customer did.

use edge::access::Scope;
use edge::json::Object;
use edge::{Answer, Call, Problem, Route};
use engine::cooling_off::CoolingOff;
use engine::entry::{Origin, Outcome};
use engine::id::{AttemptId, CustomerId};
use serde::Serialize;
use store::ports::EntryChange;

use crate::{Customers, Ports};

pub(crate) const ROUTE: Route =
    Route::oneself_or(Scope::Customers, "POST /v1/customers/{customer_id}/attempts/{attempt_id}/outcome");
const EXPECTED: &str = "one of proceeded, cancelled, postponed, abandoned";

#[derive(Serialize)]
struct OutcomeBody {
    attempt_id: String,
    outcome: &'static str,
}

impl<P: Ports> Customers<P> {
    /// Records an outcome. The same outcome again changes nothing; another one may only follow `postponed`. What the customer did
    /// is a fact, so it also ends a cooling-off that nobody ended.
    pub(crate) async fn outcome(
        &self,
        customer: CustomerId,
        id: AttemptId,
        call: &Call<'_>,
    ) -> Result<Answer, Problem> {
        let mut body = Object::parse(call.body)?;
        let outcome = body
            .required("outcome", EXPECTED, |name| Outcome::from_name(name).ok_or(format!("expected is {EXPECTED}")))?;
        body.finish("outcome")?;
        let now = (self.clock)();
        self.change_entry(&customer, id, |entry| match (&entry.origin, entry.outcome) {
            (Origin::Imported { .. }, _) => Err(Problem::conflict(
                "NOT_AN_ATTEMPT",
                "This is an imported purchase: it went through, and has no other outcome.",
            )),
            (_, Some(known)) if known == outcome => Ok(None),
            (_, Some(known)) if !known.may_become(outcome) => {
                let detail = format!("The outcome `{}` is recorded and final.", known.name());
                Err(Problem::conflict("OUTCOME_IS_FINAL", detail))
            }
            _ => {
                let ended = entry.cooling_off_ended.as_ref();
                let ends = |waits: CoolingOff| waits.ended_by_outcome(ended, outcome, now);
                Ok(Some(EntryChange::Outcome(outcome, entry.cooling_off().and_then(ends))))
            }
        })
        .await?;
        Answer::json(&OutcomeBody { attempt_id: id.to_string(), outcome: outcome.name() })
    }
}
