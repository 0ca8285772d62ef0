//! `POST …/attempts/{attempt_id}/cooling-off`: the customer confirms after the wait, cancels, overrides with a reason, or bypasses
//! the wait in an emergency.

use edge::access::Scope;
use edge::json::Object;
use edge::{Answer, Call, Problem, Route};
use engine::cooling_off::{Ending, Refused};
use engine::id::{AttemptId, CustomerId};
use engine::text::Note;
use store::ports::EntryChange;

use crate::entry::CoolingOffBody;
use crate::{Customers, Ports};

pub(crate) const ROUTE: Route =
    Route::oneself_or(Scope::Customers, "POST /v1/customers/{customer_id}/attempts/{attempt_id}/cooling-off");
const EXPECTED: &str = "one of confirm, cancel, override, bypass";

impl<P: Ports> Customers<P> {
    /// Ends a cooling-off. The same end again changes nothing and is answered as before.
    pub(crate) async fn end_cooling_off(
        &self,
        customer: CustomerId,
        id: AttemptId,
        call: &Call<'_>,
    ) -> Result<Answer, Problem> {
        let mut body = Object::parse(call.body)?;
        let how = body.required("action", EXPECTED, |name| ending(name).ok_or(format!("expected is {EXPECTED}")))?;
        let reason = body.optional("reason", Note::parse)?;
        body.finish("action, reason")?;
        let now = (self.clock)();
        let entry = self
            .change_entry(&customer, id, |entry| {
                let waits = entry.cooling_off().ok_or_else(|| {
                    Problem::conflict("NO_COOLING_OFF", "This attempt was not asked to wait: there is nothing to end.")
                })?;
                let ended = waits.end(entry.cooling_off_ended.as_ref(), how, reason.clone(), now).map_err(refused)?;
                Ok(ended.map(EntryChange::CoolingOff))
            })
            .await?;
        Answer::json(&CoolingOffBody::of(&entry, now))
    }
}

fn ending(name: &str) -> Option<Ending> {
    Some(match name {
        "confirm" => Ending::Confirmed,
        "cancel" => Ending::Cancelled,
        "override" => Ending::Overridden,
        "bypass" => Ending::Bypassed,
        _ => return None,
    })
}

fn refused(refused: Refused) -> Problem {
    let detail = format!("The cooling-off cannot end like this: {refused}.");
    match refused {
        Refused::StillWaiting { .. } => Problem::conflict("STILL_COOLING_OFF", detail),
        Refused::Expired { .. } => Problem::conflict("COOLING_OFF_EXPIRED", detail),
        Refused::EndedOtherwise { .. } => Problem::conflict("COOLING_OFF_ENDED", detail),
        Refused::ReasonMissing => {
            Problem::field("MISSING_FIELD", "reason", detail, "why the customer does not want to wait")
        }
    }
}
