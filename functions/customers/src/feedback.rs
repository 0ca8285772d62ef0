//! `POST …/attempts/{attempt_id}/feedback`: what the customer says, maybe much later: of an attempt or purchase (`regret`,
//! `normal_for_me`, `not_me`), or of being interrupted in it (`useful`, `annoying`). The two do not replace each other.

use edge::access::Scope;
use edge::json::Object;
use edge::{Answer, Call, Problem, Route};
use engine::entry::{Entry, Feedback, Opinion, Regret};
use engine::id::{AttemptId, CustomerId};
use serde::Serialize;
use store::ports::EntryChange;

use crate::{Customers, Ports};

pub(crate) const ROUTE: Route =
    Route::oneself_or(Scope::Customers, "POST /v1/customers/{customer_id}/attempts/{attempt_id}/feedback");
const NAMES: [&str; 5] = ["regret", "normal_for_me", "not_me", "useful", "annoying"];
const EXPECTED: &str = "one of regret, normal_for_me, not_me, useful, annoying";
const EXPECTED_REGRET: &str = "a whole number from 1 (not at all) to 10, with feedback `regret` and only with it";

#[derive(Serialize)]
struct FeedbackBody {
    attempt_id: String,
    feedback: &'static str,
}

/// What was said.
enum Said {
    OfThePurchase(Feedback),
    OfTheIntervention(Opinion),
}

impl Said {
    fn name(&self) -> &'static str {
        match self {
            Self::OfThePurchase(feedback) => feedback.name(),
            Self::OfTheIntervention(opinion) => opinion.name(),
        }
    }

    /// What changes; nothing if it was said before.
    fn change(&self, entry: &Entry) -> Result<Option<EntryChange>, Problem> {
        match *self {
            Self::OfThePurchase(feedback) => {
                Ok((entry.feedback != Some(feedback)).then_some(EntryChange::Feedback(feedback)))
            }
            Self::OfTheIntervention(_) if !entry.was_interrupted() => {
                Err(Problem::conflict("NO_INTERVENTION", "The customer was not interrupted in this attempt."))
            }
            Self::OfTheIntervention(opinion) => {
                Ok((entry.opinion != Some(opinion)).then_some(EntryChange::Opinion(opinion)))
            }
        }
    }
}

impl<P: Ports> Customers<P> {
    /// Records the customer's last word. The same word again changes nothing.
    pub(crate) async fn feedback(
        &self,
        customer: CustomerId,
        id: AttemptId,
        call: &Call<'_>,
    ) -> Result<Answer, Problem> {
        let said = read(Object::parse(call.body)?)?;
        self.change_entry(&customer, id, |entry| said.change(entry)).await?;
        Answer::json(&FeedbackBody { attempt_id: id.to_string(), feedback: said.name() })
    }
}

fn read(mut body: Object<'_>) -> Result<Said, Problem> {
    let known =
        |name: &str| NAMES.iter().find(|known| **known == name).copied().ok_or(format!("expected is {EXPECTED}"));
    let name = body.required("feedback", EXPECTED, known)?;
    let score = body.optional_integer("regret")?;
    let said = match (name, score) {
        ("normal_for_me", None) => Said::OfThePurchase(Feedback::NormalForMe),
        ("not_me", None) => Said::OfThePurchase(Feedback::NotMe),
        ("useful", None) => Said::OfTheIntervention(Opinion::Useful),
        ("annoying", None) => Said::OfTheIntervention(Opinion::Annoying),
        ("regret", Some(score)) => {
            let regret = u8::try_from(score).ok().and_then(Regret::new);
            let regret = regret.ok_or_else(|| body.invalid("regret", &score.to_string(), EXPECTED_REGRET))?;
            Said::OfThePurchase(Feedback::Regret(regret))
        }
        ("regret", None) => {
            return Err(Problem::field("MISSING_FIELD", "regret", "The field `regret` is missing.", EXPECTED_REGRET));
        }
        (_, score) => return Err(body.invalid("regret", &score.unwrap_or_default().to_string(), EXPECTED_REGRET)),
    };
    body.finish("feedback, regret")?;
    Ok(said)
}
