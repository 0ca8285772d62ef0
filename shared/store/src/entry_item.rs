//! An entry as an item. What the caller said, what the customer did and what they said are attributes of their own, readable
//! in the console; the decision is one JSON attribute, kept as it was answered.

use engine::alarm_rate::AlarmRate;
use engine::currency::Currency;
use engine::decision::{Action, Decision, Intervention, Message, Missing, Reason, ReasonCode, Strategy};
use engine::entry::{Attempt, Entry, Feedback, Frozen, Origin, Outcome, Regret};
use engine::id::{AttemptId, Category, CustomerId, MerchantId, PaymentMethod};
use engine::money::Amount;
use engine::signal::{Dimension, PerDimension};
use engine::time::{DAY_MS, Instant, LocalInstant};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::image::{Image, Item, number, text};
use crate::keys;

/// The format this code writes, and the newest it reads.
const FORMAT: u32 = 1;

/// How long an entry is kept after it was recorded.
pub(crate) const ENTRY_RETENTION_MS: i64 = 400 * DAY_MS;

/// The item of an entry.
pub(crate) fn to_item(entry: &Entry) -> Result<Item, StoreError> {
    let attempt = &entry.attempt;
    let sort_key = keys::entry(entry.id);
    let mut item = Item::from([
        (keys::PARTITION.to_owned(), text(keys::customer(&attempt.customer))),
        (keys::SORT.to_owned(), text(&sort_key)),
        (keys::EXPIRES_AT.to_owned(), expires_at(entry.recorded_at.plus_ms(ENTRY_RETENTION_MS))),
        ("format".to_owned(), number(FORMAT)),
        ("amount_minor".to_owned(), number(attempt.amount.minor())),
        ("currency".to_owned(), text(attempt.amount.currency().code())),
        ("category".to_owned(), text(attempt.category.as_str())),
        ("payment_method".to_owned(), text(attempt.payment_method.as_str())),
        ("occurred_at".to_owned(), text(attempt.occurred_at.to_string())),
        ("recorded_at_ms".to_owned(), number(entry.recorded_at.epoch_ms())),
        ("revision".to_owned(), number(entry.revision)),
    ]);
    if let Some(merchant) = &attempt.merchant {
        item.insert("merchant_id".to_owned(), text(merchant.as_str()));
    }
    match &entry.origin {
        Origin::Scored(decision) => {
            let stored = serde_json::to_string(&StoredDecision::from(&**decision));
            let stored = stored.map_err(|error| StoreError::Damaged { sort_key, what: error.to_string() })?;
            item.insert("decision".to_owned(), text(stored));
        }
        Origin::Imported { frozen } => {
            let frozen = frozen.map(|Frozen { learn_minor_max, amount_nats }| {
                [
                    ("learn_minor_max".to_owned(), number(learn_minor_max)),
                    ("amount_nats".to_owned(), number(amount_nats)),
                ]
            });
            item.extend(frozen.into_iter().flatten());
        }
    }
    item.extend(outcome_attributes(entry).map(|(name, value)| (name.to_owned(), value)));
    Ok(item)
}

/// The attributes that change after the first write.
pub(crate) fn outcome_attributes(
    entry: &Entry,
) -> impl Iterator<Item = (&'static str, aws_sdk_dynamodb::types::AttributeValue)> {
    let regret = match entry.feedback {
        Some(Feedback::Regret(regret)) => Some(("regret", number(regret.score()))),
        _ => None,
    };
    let outcome = entry.outcome.map(|outcome| ("outcome", text(outcome.name())));
    let feedback = entry.feedback.map(|feedback| ("feedback", text(feedback.name())));
    [outcome, feedback, regret].into_iter().flatten()
}

/// An instant for DynamoDB's time-to-live.
pub(crate) fn expires_at(instant: Instant) -> aws_sdk_dynamodb::types::AttributeValue {
    number(instant.epoch_ms() / 1000)
}

/// The entry of an item.
pub(crate) fn from_item(item: &Item) -> Result<Entry, StoreError> {
    let image = Image(item);
    image.check_format(FORMAT)?;
    let customer = image.parsed(keys::PARTITION, |key| {
        CustomerId::parse(key.strip_prefix("c#").unwrap_or_default()).map_err(|error| error.to_string())
    })?;
    let id =
        image.parsed(keys::SORT, |key| AttemptId::parse(key.strip_prefix(keys::ENTRY_PREFIX).unwrap_or_default()))?;
    let currency = image.parsed("currency", Currency::parse)?;
    let amount = Amount::from_minor(image.number("amount_minor")?, currency);
    let merchant = image.optional_text("merchant_id")?.map(MerchantId::parse).transpose();
    let attempt = Attempt {
        customer,
        amount: amount.map_err(|error| image.damaged(format!("`amount_minor`: {error}")))?,
        category: image.parsed("category", Category::parse)?,
        payment_method: image.parsed("payment_method", PaymentMethod::parse)?,
        merchant: merchant.map_err(|error| image.damaged(format!("`merchant_id`: {error}")))?,
        occurred_at: image.parsed("occurred_at", LocalInstant::parse)?,
    };
    let origin = match image.optional_text("decision")? {
        None => {
            let frozen = image.optional_number("learn_minor_max")?.map(|learn_minor_max| {
                Ok::<_, StoreError>(Frozen { learn_minor_max, amount_nats: image.number("amount_nats")? })
            });
            Origin::Imported { frozen: frozen.transpose()? }
        }
        Some(stored) => {
            let stored: StoredDecision =
                serde_json::from_str(stored).map_err(|error| image.damaged(format!("`decision`: {error}")))?;
            let decision = Decision::try_from(stored).map_err(|what| image.damaged(format!("`decision`: {what}")))?;
            Origin::Scored(Box::new(decision))
        }
    };
    let learn_minor_max = match &origin {
        Origin::Scored(decision) => Some(decision.learn_minor_max),
        Origin::Imported { frozen } => frozen.map(|frozen| frozen.learn_minor_max),
    };
    if learn_minor_max.is_some_and(|most| most < 1) {
        // Learned from, it would leave sums that are no numbers in the profile, and that could never be read again.
        return Err(image.damaged("`learn_minor_max` is not above 0"));
    }
    let revision = image.number("revision")?;
    if !(1..u32::MAX).contains(&revision) {
        return Err(image.damaged("`revision` is no count that can go on"));
    }
    let recorded_at = Instant::from_epoch_ms(image.number("recorded_at_ms")?);
    let outcome = image.optional_text("outcome")?.map(|name| Outcome::from_name(name).ok_or(name)).transpose();
    Ok(Entry {
        id,
        attempt,
        recorded_at: recorded_at.map_err(|error| image.damaged(format!("`recorded_at_ms`: {error}")))?,
        origin,
        outcome: outcome.map_err(|name| image.damaged(format!("`outcome` is {name}")))?,
        feedback: feedback(&image)?,
        revision,
    })
}

fn feedback(image: &Image<'_>) -> Result<Option<Feedback>, StoreError> {
    Ok(match image.optional_text("feedback")? {
        None => None,
        Some("normal_for_me") => Some(Feedback::NormalForMe),
        Some("not_me") => Some(Feedback::NotMe),
        Some("regret") => {
            let regret =
                Regret::new(image.number("regret")?).ok_or_else(|| image.damaged("`regret` is not 1 to 10"))?;
            Some(Feedback::Regret(regret))
        }
        Some(other) => return Err(image.damaged(format!("`feedback` is {other}"))),
    })
}

/// A decision as it is stored: names instead of types, so that the table outlives any version of the code. What decisions of
/// an earlier version did not know is 0.
#[derive(Serialize, Deserialize)]
struct StoredDecision {
    action: String,
    risk_score: f64,
    p_value: f64,
    #[serde(default)]
    alpha: f64,
    #[serde(default)]
    alarm_multiple: f64,
    #[serde(default)]
    base: f64,
    /// In the order of [`Dimension::ALL`].
    deviations: [f64; 6],
    reasons: Vec<StoredReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intervention: Option<StoredIntervention>,
    purchases: u32,
    learning: bool,
    learn_minor_max: i64,
    model: String,
    policy: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredReason {
    code: String,
    contribution: f64,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct StoredIntervention {
    strategy: String,
    title: String,
    body: String,
    arm: String,
    propensity: f64,
    expires_at_ms: i64,
}

impl From<&Decision> for StoredDecision {
    fn from(decision: &Decision) -> Self {
        let reasons = decision.reasons.iter().map(|reason| StoredReason {
            code: reason.code.name().to_owned(),
            contribution: reason.contribution,
            text: reason.text.clone(),
        });
        let intervention = decision.intervention.as_ref().map(|intervention| StoredIntervention {
            strategy: intervention.strategy.name().to_owned(),
            title: intervention.message.title.clone(),
            body: intervention.message.body.clone(),
            arm: intervention.arm.clone(),
            propensity: intervention.propensity,
            expires_at_ms: intervention.expires_at.epoch_ms() as i64,
        });
        Self {
            action: decision.action.name().to_owned(),
            risk_score: decision.risk_score,
            p_value: decision.p_value,
            alpha: decision.alarm_rate.alpha,
            alarm_multiple: decision.alarm_rate.multiple,
            base: decision.base,
            deviations: Dimension::ALL.map(|dimension| decision.deviation(dimension)),
            reasons: reasons.collect(),
            intervention,
            purchases: decision.purchases,
            learning: decision.learning,
            learn_minor_max: decision.learn_minor_max,
            model: decision.model.clone(),
            policy: decision.policy.clone(),
            missing: decision.missing.iter().map(|missing| missing.name().to_owned()).collect(),
        }
    }
}

/// A name from the table as what it names.
fn named<T>(what: &str, name: &str, from_name: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    from_name(name).ok_or_else(|| format!("unknown {what} {name}"))
}

impl TryFrom<StoredDecision> for Decision {
    type Error = String;

    fn try_from(stored: StoredDecision) -> Result<Self, String> {
        let reasons = stored.reasons.into_iter().map(|reason| {
            let code = named("reason", &reason.code, ReasonCode::from_name)?;
            Ok(Reason { code, contribution: reason.contribution, text: reason.text })
        });
        let intervention = stored.intervention.map(|intervention| {
            Ok::<_, String>(Intervention {
                strategy: named("strategy", &intervention.strategy, Strategy::from_name)?,
                message: Message { title: intervention.title, body: intervention.body },
                arm: intervention.arm,
                propensity: intervention.propensity,
                expires_at: Instant::from_epoch_ms(intervention.expires_at_ms).map_err(|error| error.to_string())?,
            })
        });
        let missing = stored.missing.iter().map(|name| named("missing part", name, Missing::from_name));
        Ok(Self {
            action: named("action", &stored.action, Action::from_name)?,
            risk_score: stored.risk_score,
            p_value: stored.p_value,
            alarm_rate: AlarmRate { alpha: stored.alpha, multiple: stored.alarm_multiple },
            base: stored.base,
            deviations: PerDimension::from_array(stored.deviations),
            reasons: reasons.collect::<Result<_, String>>()?,
            intervention: intervention.transpose()?,
            purchases: stored.purchases,
            learning: stored.learning,
            learn_minor_max: stored.learn_minor_max,
            model: stored.model,
            policy: stored.policy,
            missing: missing.collect::<Result<_, String>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use engine::decide::{Circumstances, decide};
    use engine::id::IdempotencyKey;
    use engine::policy::Policy;
    use engine::profile::Profile;
    use engine::score::Models;
    use engine::settings::Settings;
    use engine::signal::Known;

    use super::*;

    fn entry() -> Entry {
        let at = LocalInstant::parse("2026-03-14T03:09:26.535+05:30").unwrap();
        let attempt = Attempt {
            customer: CustomerId::parse("ada").unwrap(),
            amount: Amount::from_minor(9_999_999, Currency::parse("EUR").unwrap()).unwrap(),
            category: Category::parse("jewellery").unwrap(),
            payment_method: PaymentMethod::parse("bnpl").unwrap(),
            merchant: Some(MerchantId::parse("m-1").unwrap()),
            occurred_at: at,
        };
        let now = at.instant();
        let known = Known { profile: &Profile::default(), recent: &[], merchant: None };
        let (settings, missing) = (Settings::default(), [Missing::Merchant]);
        let models = Models::compiled_in().unwrap();
        let policy = Policy { alpha: 1.0, ..Policy::default() };
        let circumstances =
            Circumstances { known, settings: &settings, models: &models, policy: &policy, missing: &missing, now };
        let decision = decide(&attempt, circumstances);
        assert!(decision.intervention.is_some());
        let key = IdempotencyKey::parse("k").unwrap();
        Entry::scored(AttemptId::derive(&attempt.customer, &key, now), attempt, decision, now)
    }

    #[test]
    fn an_entry_comes_back_as_it_was_bit_for_bit() {
        let scored = entry();
        let said = [None, Some(Feedback::NotMe), Some(Feedback::NormalForMe), Regret::new(7).map(Feedback::Regret)];
        for outcome in Outcome::ALL.map(Some).into_iter().chain([None]) {
            for feedback in said {
                let entry = Entry { outcome, feedback, revision: 7, ..scored.clone() };
                assert_eq!(from_item(&to_item(&entry).unwrap()).unwrap(), entry);
            }
        }
        let mut imported = Entry::imported(scored.id, scored.attempt.clone(), scored.recorded_at);
        imported.attempt.merchant = None;
        assert_eq!(from_item(&to_item(&imported).unwrap()).unwrap(), imported);
        imported.origin = Origin::Imported { frozen: Some(Frozen { learn_minor_max: 12_345, amount_nats: 1.0 / 3.0 }) };
        assert_eq!(from_item(&to_item(&imported).unwrap()).unwrap(), imported);
    }

    #[track_caller]
    fn check(name: &str, value: Option<aws_sdk_dynamodb::types::AttributeValue>, expect: &str) {
        let mut item = to_item(&entry()).unwrap();
        item.remove(name);
        item.extend(value.map(|value| (name.to_owned(), value)));
        let error = from_item(&item).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }

    #[test]
    fn a_bound_that_would_spoil_the_profile_is_refused() {
        let scored = entry();
        let imported = |learn_minor_max| {
            let frozen = Some(Frozen { learn_minor_max, amount_nats: 0.5 });
            Entry { origin: Origin::Imported { frozen }, ..scored.clone() }
        };
        let bounded = |learn_minor_max| {
            let decision = Decision { learn_minor_max, ..scored.decision().unwrap().clone() };
            Entry { origin: Origin::Scored(Box::new(decision)), ..scored.clone() }
        };
        for bound in [i64::MIN, -1, 0] {
            for entry in [imported(bound), bounded(bound)] {
                let error = from_item(&to_item(&entry).unwrap()).unwrap_err().to_string();
                assert!(error.contains("`learn_minor_max` is not above 0"), "{error}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_an_item_is_named() {
        check("format", Some(number(2)), "has format 2; this version reads up to 1");
        check("format", None, "`format` is missing");
        check("amount_minor", Some(number(-5)), "`amount_minor`: an amount must be above 0");
        check("amount_minor", Some(text("5")), "`amount_minor` is not a number");
        check("currency", Some(text("XXX")), "`currency`: a currency is an active ISO 4217 code");
        check("occurred_at", Some(text("noon")), "`occurred_at`: an instant is RFC 3339");
        check("outcome", Some(text("exploded")), "`outcome` is exploded");
        check("feedback", Some(text("regret")), "`regret` is missing");
        check("decision", Some(text("{")), "`decision`: EOF");
        check("revision", Some(number(u32::MAX)), "`revision` is no count that can go on");
        check("revision", Some(number(0)), "`revision` is no count that can go on");
        check("pk", Some(text("x#ada")), "`pk`: an id is 1 to 64");
        check("sk", Some(text("e#nonsense")), "`sk`: an attempt id is the 26-character ULID");
    }
}
