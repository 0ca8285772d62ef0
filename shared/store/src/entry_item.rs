//! An entry as an item. What the caller said, what the customer did and what they said are attributes of their own, readable
//! in the console; the decision is one JSON attribute, kept as it was answered.

use std::time::Duration;

use engine::alarm_rate::AlarmRate;
use engine::cooling_off::{CoolingOff, Ended, Ending};
use engine::currency::Currency;
use engine::decision::{
    Action, Decision, Intervention, Message, Missing, Reason, ReasonCode, Shadow, Strategy, Withheld, WithheldFor,
};
use engine::entry::{Attempt, Entry, Feedback, Frozen, Opinion, Origin, Outcome, Regret};
use engine::id::{AttemptId, Category, CustomerId, MerchantId, PaymentMethod};
use engine::measured::{Answers, LastDecision, Measured};
use engine::money::Amount;
use engine::policy::{Exposure, RuleHit, RuleResult};
use engine::profile::AlarmCounts;
use engine::settings::Sensitivity;
use engine::signal::{Dimension, PerDimension};
use engine::text::Note;
use engine::time::{Instant, LocalInstant};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::image::{Image, Item, json_fault, number, text};
use crate::{keys, retention};

/// The format this code writes, and the newest it reads.
const FORMAT: u32 = 1;

/// The item of an entry.
pub(crate) fn to_item(entry: &Entry) -> Result<Item, StoreError> {
    let attempt = &entry.attempt;
    let sort_key = keys::entry(entry.id);
    let mut item = Item::from([
        (keys::PARTITION.to_owned(), text(keys::customer(&attempt.customer))),
        (keys::SORT.to_owned(), text(&sort_key)),
        (keys::EXPIRES_AT.to_owned(), expires_at(entry.recorded_at.plus_ms(retention::ENTRY_MS))),
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
            let stored = stored.map_err(|error| StoreError::Damaged { sort_key, what: json_fault(&error) })?;
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
    if let Some(measured) = &entry.measured {
        item.insert("measured".to_owned(), text(stored_measured(measured)));
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
    let opinion = entry.opinion.map(|opinion| ("opinion", text(opinion.name())));
    let ended = entry.cooling_off_ended.as_ref();
    let ended_how = ended.map(|ended| ("cooling_off", text(ended.how.name())));
    let ended_at = ended.map(|ended| ("cooling_off_ended_at_ms", number(ended.at.epoch_ms())));
    let ended_reason =
        ended.and_then(|ended| ended.reason.as_ref()).map(|reason| ("cooling_off_reason", text(reason.as_str())));
    [outcome, feedback, regret, opinion, ended_how, ended_at, ended_reason].into_iter().flatten()
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
            let stored: StoredDecision = serde_json::from_str(stored)
                .map_err(|error| image.damaged(format!("`decision`: {}", json_fault(&error))))?;
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
    let outcome = image.optional_text("outcome")?.map(|name| Outcome::from_name(name).ok_or("unknown")).transpose();
    let opinion = image.optional_text("opinion")?.map(|name| Opinion::from_name(name).ok_or("unknown")).transpose();
    Ok(Entry {
        id,
        attempt,
        recorded_at: recorded_at.map_err(|error| image.damaged(format!("`recorded_at_ms`: {error}")))?,
        origin,
        outcome: outcome.map_err(|what| image.damaged(format!("`outcome` is {what}")))?,
        feedback: feedback(&image)?,
        opinion: opinion.map_err(|what| image.damaged(format!("`opinion` is {what}")))?,
        cooling_off_ended: cooling_off_ended(&image)?,
        measured: image.optional_text("measured")?.and_then(measured),
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
        Some(_) => return Err(image.damaged("`feedback` is unknown")),
    })
}

fn cooling_off_ended(image: &Image<'_>) -> Result<Option<Ended>, StoreError> {
    let Some(how) = image.optional_text("cooling_off")? else { return Ok(None) };
    let how = Ending::from_name(how).ok_or_else(|| image.damaged("`cooling_off` is unknown"))?;
    let at = Instant::from_epoch_ms(image.number("cooling_off_ended_at_ms")?)
        .map_err(|error| image.damaged(format!("`cooling_off_ended_at_ms`: {error}")))?;
    let reason = image.optional_text("cooling_off_reason")?.map(Note::parse).transpose();
    let reason = reason.map_err(|error| image.damaged(format!("`cooling_off_reason`: {error}")))?;
    Ok(Some(Ended { how, at, reason }))
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
    /// Unneeded, right, missed, overridden.
    #[serde(default)]
    alarms: [u32; 4],
    #[serde(default = "normal")]
    sensitivity: String,
    #[serde(default)]
    base: f64,
    /// In the order of [`Dimension::ALL`].
    deviations: [f64; 6],
    reasons: Vec<StoredReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intervention: Option<StoredIntervention>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withheld: Option<StoredWithheld>,
    /// Ids with what became of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<(String, String)>,
    /// Experiments with arms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exposures: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shadow: Option<StoredShadow>,
    purchases: u32,
    learning: bool,
    /// 0 in decisions that did not record it.
    #[serde(default)]
    purchases_a_day: f64,
    learn_minor_max: i64,
    model: String,
    policy: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    review_ms: Option<i64>,
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
    #[serde(default, skip_serializing_if = "is_zero")]
    hold_out: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait_until_ms: Option<i64>,
    expires_at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredWithheld {
    action: String,
    why: String,
    propensity: f64,
}

#[derive(Serialize, Deserialize)]
struct StoredShadow {
    policy: String,
    action: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<(String, String)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// Read, engine, write and whole in microseconds (the latter two of the decision before, or `-`), and the answers, each with a space
/// between.
fn stored_measured(measured: &Measured) -> String {
    let micros = |time: Duration| time.as_micros().to_string();
    let last = |of: fn(LastDecision) -> Duration| measured.last.map_or_else(|| "-".to_owned(), |last| micros(of(last)));
    let mut words =
        vec![micros(measured.read), micros(measured.engine), last(|last| last.write), last(|last| last.whole)];
    words.extend(measured.answers.iter().map(|(_, answers)| answers.to_string()));
    words.join(" ")
}

/// Nothing where the text is not as this version writes it: what was measured decides nothing.
fn measured(stored: &str) -> Option<Measured> {
    let words: Vec<&str> = stored.split(' ').collect();
    let [read, engine, write, whole, recorded, unrecorded, refused, failed] = words.try_into().ok()?;
    let micros = |word: &str| word.parse().ok().map(Duration::from_micros);
    let last = match (write, whole) {
        ("-", "-") => None,
        _ => Some(LastDecision { write: micros(write)?, whole: micros(whole)? }),
    };
    let answers = Answers {
        recorded: recorded.parse().ok()?,
        unrecorded: unrecorded.parse().ok()?,
        refused: refused.parse().ok()?,
        failed: failed.parse().ok()?,
    };
    Some(Measured { read: micros(read)?, engine: micros(engine)?, last, answers })
}

/// The sensitivity of decisions that did not record it.
fn normal() -> String {
    Sensitivity::Normal.name().to_owned()
}

fn stored_rules(rules: &[RuleHit]) -> Vec<(String, String)> {
    rules.iter().map(|hit| (hit.id.clone(), hit.result.name().to_owned())).collect()
}

fn rules(stored: Vec<(String, String)>) -> Result<Vec<RuleHit>, String> {
    let hit = |(id, result): (String, String)| {
        Ok(RuleHit { id, result: named("rule result", &result, RuleResult::from_name)? })
    };
    stored.into_iter().map(hit).collect()
}

fn instant(epoch_ms: i64) -> Result<Instant, String> {
    Instant::from_epoch_ms(epoch_ms).map_err(|error| error.to_string())
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
            hold_out: intervention.hold_out,
            wait_until_ms: intervention.cooling_off.map(|waits| waits.wait_until.epoch_ms() as i64),
            expires_at_ms: intervention.expires_at.epoch_ms() as i64,
        });
        let withheld = decision.withheld.map(|withheld| StoredWithheld {
            action: withheld.action.name().to_owned(),
            why: withheld.why.name().to_owned(),
            propensity: withheld.propensity,
        });
        let shadow = decision.shadow.as_ref().map(|shadow| StoredShadow {
            policy: shadow.policy.clone(),
            action: shadow.action.name().to_owned(),
            rules: stored_rules(&shadow.rules),
        });
        let AlarmCounts { unneeded, right, missed, overridden } = decision.alarm_rate.alarms;
        Self {
            action: decision.action.name().to_owned(),
            risk_score: decision.risk_score,
            p_value: decision.p_value,
            alpha: decision.alarm_rate.alpha,
            alarm_multiple: decision.alarm_rate.multiple,
            alarms: [unneeded, right, missed, overridden],
            sensitivity: decision.alarm_rate.sensitivity.name().to_owned(),
            base: decision.base,
            deviations: Dimension::ALL.map(|dimension| decision.deviation(dimension)),
            reasons: reasons.collect(),
            intervention,
            withheld,
            rules: stored_rules(&decision.rules),
            exposures: decision.exposures.iter().map(|arm| (arm.experiment.clone(), arm.arm.clone())).collect(),
            shadow,
            purchases: decision.purchases,
            learning: decision.learning,
            purchases_a_day: decision.purchases_a_day,
            learn_minor_max: decision.learn_minor_max,
            model: decision.model.clone(),
            policy: decision.policy.clone(),
            review_ms: decision.review.map(|made_at| made_at.epoch_ms() as i64),
            missing: decision.missing.iter().map(|missing| missing.name().to_owned()).collect(),
        }
    }
}

/// A name from the table as what it names.
fn named<T>(what: &str, name: &str, from_name: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    from_name(name).ok_or_else(|| format!("unknown {what}"))
}

impl TryFrom<StoredDecision> for Decision {
    type Error = String;

    fn try_from(stored: StoredDecision) -> Result<Self, String> {
        let reasons = stored.reasons.into_iter().map(|reason| {
            let code = named("reason", &reason.code, ReasonCode::from_name)?;
            Ok(Reason { code, contribution: reason.contribution, text: reason.text })
        });
        let intervention = stored.intervention.map(|intervention| {
            let expires_at = instant(intervention.expires_at_ms)?;
            let wait_until = intervention.wait_until_ms.map(instant).transpose()?;
            Ok::<_, String>(Intervention {
                strategy: named("strategy", &intervention.strategy, Strategy::from_name)?,
                message: Message { title: intervention.title, body: intervention.body },
                arm: intervention.arm,
                propensity: intervention.propensity,
                hold_out: intervention.hold_out,
                cooling_off: wait_until.map(|wait_until| CoolingOff { wait_until, expires_at }),
                expires_at,
            })
        });
        let withheld = stored.withheld.map(|withheld| {
            Ok::<_, String>(Withheld {
                action: named("action", &withheld.action, Action::from_name)?,
                why: named("cause", &withheld.why, WithheldFor::from_name)?,
                propensity: withheld.propensity,
            })
        });
        let exposures = stored.exposures.into_iter().map(|(experiment, arm)| Exposure { experiment, arm });
        let shadow = stored.shadow.map(|shadow| {
            let action = named("action", &shadow.action, Action::from_name)?;
            Ok::<_, String>(Shadow { policy: shadow.policy, action, rules: rules(shadow.rules)? })
        });
        let [unneeded, right, missed, overridden] = stored.alarms;
        let missing = stored.missing.iter().map(|name| named("missing part", name, Missing::from_name));
        Ok(Self {
            action: named("action", &stored.action, Action::from_name)?,
            risk_score: stored.risk_score,
            p_value: stored.p_value,
            alarm_rate: AlarmRate {
                alpha: stored.alpha,
                multiple: stored.alarm_multiple,
                alarms: AlarmCounts { unneeded, right, missed, overridden },
                sensitivity: named("sensitivity", &stored.sensitivity, Sensitivity::from_name)?,
            },
            base: stored.base,
            deviations: PerDimension::from_array(stored.deviations),
            reasons: reasons.collect::<Result<_, String>>()?,
            intervention: intervention.transpose()?,
            withheld: withheld.transpose()?,
            rules: rules(stored.rules)?,
            exposures: exposures.collect(),
            shadow: shadow.transpose()?,
            purchases: stored.purchases,
            learning: stored.learning,
            purchases_a_day: stored.purchases_a_day,
            learn_minor_max: stored.learn_minor_max,
            model: stored.model,
            policy: stored.policy,
            review: stored.review_ms.map(instant).transpose()?,
            missing: missing.collect::<Result<_, String>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use engine::decide::{Circumstances, decide};
    use engine::id::IdempotencyKey;
    use engine::message::Templates;
    use engine::policy::{Breaker, Policy};
    use engine::profile::Profile;
    use engine::score::Models;
    use engine::settings::{CategoryBlock, Settings};
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
        let block = CategoryBlock { category: attempt.category.clone(), note: None, released_at: None };
        let settings = Settings { blocked_categories: vec![block], ..Settings::default() };
        let missing = [Missing::Merchant];
        let models = Models::compiled_in().unwrap();
        let policy = br#"{"version": "p", "alpha": 1, "rules": [{"id": "r", "when": "amount > 1.0", "then": "block", "state": "trial"}],
            "experiments": [{"id": "x", "arms": [{"name": "a", "share": 1}, {"name": "b", "share": 0}]}]}"#;
        let policy = Policy { reviewed_at: Some(at.instant()), ..Policy::from_json(policy).unwrap() };
        let templates = Templates::compiled_in().unwrap();
        let circumstances = Circumstances {
            known,
            settings: &settings,
            models: &models,
            policy: &policy,
            shadow: Some(&policy),
            breaker: &Breaker::default(),
            templates: &templates,
            missing: &missing,
            seed: 1,
            now,
        };
        let decision = decide(&attempt, circumstances);
        assert!(decision.intervention.as_ref().is_some_and(|intervention| intervention.cooling_off.is_some()));
        assert_eq!((decision.rules.len(), decision.exposures.len(), decision.shadow.is_some()), (1, 1, true));
        let key = IdempotencyKey::parse("k").unwrap();
        Entry::scored(AttemptId::derive(&attempt.customer, &key, now), attempt, decision, now)
    }

    #[test]
    fn an_entry_comes_back_as_it_was_bit_for_bit() {
        let scored = entry();
        let said = [None, Some(Feedback::NotMe), Some(Feedback::NormalForMe), Regret::new(7).map(Feedback::Regret)];
        for outcome in Outcome::ALL.map(Some).into_iter().chain([None]) {
            for feedback in said {
                let at = scored.recorded_at;
                let ended = Ended { how: Ending::Overridden, at, reason: Note::parse("it is \u{1f381}").ok() };
                let cooling_off_ended = outcome.map(|_| ended);
                let opinion = feedback.map(|_| Opinion::Annoying);
                let answers = Answers { recorded: 1, unrecorded: 2, refused: 3, failed: u32::MAX };
                let last = outcome
                    .map(|_| LastDecision { write: Duration::from_micros(1_234), whole: Duration::from_secs(9) });
                let measured = Measured { read: Duration::from_micros(1), engine: Duration::ZERO, last, answers };
                let entry = Entry {
                    outcome,
                    feedback,
                    opinion,
                    cooling_off_ended,
                    measured: feedback.map(|_| measured),
                    revision: 7,
                    ..scored.clone()
                };
                assert_eq!(from_item(&to_item(&entry).unwrap()).unwrap(), entry);
            }
        }
        let mut withheld = scored.clone();
        if let Origin::Scored(decision) = &mut withheld.origin {
            let held_out = Withheld { action: Action::Warn, why: WithheldFor::HoldOut, propensity: 0.1 };
            (decision.intervention, decision.withheld) = (None, Some(held_out));
        }
        assert_eq!(from_item(&to_item(&withheld).unwrap()).unwrap(), withheld);
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
        check("outcome", Some(text("exploded")), "`outcome` is unknown");
        check("feedback", Some(text("regret")), "`regret` is missing");
        check("decision", Some(text("{")), "`decision`: it ends early, at column 1");
        check("revision", Some(number(u32::MAX)), "`revision` is no count that can go on");
        check("revision", Some(number(0)), "`revision` is no count that can go on");
        check("pk", Some(text("x#ada")), "`pk`: an id is 1 to 64");
        check("sk", Some(text("e#nonsense")), "`sk`: an attempt id is the 26-character ULID");
    }
}
