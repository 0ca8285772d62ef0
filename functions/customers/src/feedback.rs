//! `POST …/attempts/{attempt_id}/feedback`: what the customer says of an attempt or purchase, maybe much later.

use edge::json::Object;
use edge::{Answer, Call, Problem};
use engine::entry::{Feedback, Regret};
use engine::id::{AttemptId, CustomerId};
use serde::Serialize;
use store::ports::EntryChange;

use crate::{Customers, Ports};

const ROUTE: &str = "POST /v1/customers/{customer_id}/attempts/{attempt_id}/feedback";
const EXPECTED: &str = "one of regret, normal_for_me, not_me";
const EXPECTED_REGRET: &str = "a whole number from 1 (not at all) to 10, with feedback `regret` and only with it";

#[derive(Serialize)]
struct FeedbackBody {
    attempt_id: String,
    feedback: &'static str,
}

impl<P: Ports> Customers<P> {
    /// Records the customer's last word. The same word again changes nothing.
    pub(crate) async fn feedback(
        &self,
        customer: CustomerId,
        id: AttemptId,
        call: &Call<'_>,
    ) -> Result<Answer, Problem> {
        let feedback = read(Object::parse(call.body)?)?;
        self.change_entry(&customer, id, |entry| {
            Ok((entry.feedback != Some(feedback)).then_some(EntryChange::Feedback(feedback)))
        })
        .await?;
        Answer::json(ROUTE, &FeedbackBody { attempt_id: id.to_string(), feedback: feedback.name() })
    }
}

fn read(mut body: Object<'_>) -> Result<Feedback, Problem> {
    let names = ["regret", "normal_for_me", "not_me"];
    let known =
        |name: &str| names.iter().find(|known| **known == name).copied().ok_or(format!("expected is {EXPECTED}"));
    let name = body.required("feedback", EXPECTED, known)?;
    let score = body.optional_integer("regret")?;
    let feedback = match (name, score) {
        ("normal_for_me", None) => Feedback::NormalForMe,
        ("not_me", None) => Feedback::NotMe,
        ("regret", Some(score)) => {
            let regret = u8::try_from(score).ok().and_then(Regret::new);
            Feedback::Regret(regret.ok_or_else(|| body.invalid("regret", &score.to_string(), EXPECTED_REGRET))?)
        }
        ("regret", None) => {
            return Err(Problem::field("MISSING_FIELD", "regret", "The field `regret` is missing.", EXPECTED_REGRET));
        }
        (_, score) => return Err(body.invalid("regret", &score.unwrap_or_default().to_string(), EXPECTED_REGRET)),
    };
    body.finish("feedback, regret")?;
    Ok(feedback)
}
