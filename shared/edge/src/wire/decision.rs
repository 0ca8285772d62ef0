//! A decision as a caller receives it.

use std::collections::BTreeMap;

use engine::decision::{Decision, Missing};
use engine::id::AttemptId;
use engine::money::Amount;
use serde::Serialize;

/// An amount of money: `{"value": "12.50", "currency": "EUR"}`.
#[derive(Debug, Serialize)]
pub struct AmountBody {
    value: String,
    currency: &'static str,
}

impl From<Amount> for AmountBody {
    fn from(amount: Amount) -> Self {
        Self { value: amount.to_decimal(), currency: amount.currency().code() }
    }
}

/// The answer to `POST /v1/attempts`.
#[derive(Debug, Serialize)]
pub struct DecisionBody<'a> {
    attempt_id: String,
    should_intervene: bool,
    action: &'static str,
    risk_score: f64,
    p_value: f64,
    alarm_rate: AlarmRateBody,
    base_log_odds: f64,
    /// Nats by dimension.
    deviations: BTreeMap<&'static str, f64>,
    reasons: Vec<ReasonBody<'a>>,
    intervention: Option<InterventionBody<'a>>,
    withheld: Option<WithheldBody>,
    rules: Vec<RuleBody<'a>>,
    profile: ProfileBody,
    versions: VersionsBody<'a>,
    degraded: bool,
    missing: Vec<&'static str>,
    recorded: bool,
}

/// From which p-value on this customer is left alone.
#[derive(Debug, Serialize)]
struct AlarmRateBody {
    alpha: f64,
    multiple: f64,
}

#[derive(Debug, Serialize)]
struct ReasonBody<'a> {
    code: &'static str,
    contribution: f64,
    text: &'a str,
}

#[derive(Debug, Serialize)]
struct InterventionBody<'a> {
    strategy: &'static str,
    message: MessageBody<'a>,
    arm: &'a str,
    propensity: f64,
    /// Until when a cooling-off waits.
    wait_until: Option<String>,
    expires_at: String,
}

/// What would have been, were it not for restraint, the customer's wish or the hold-out.
#[derive(Debug, Serialize)]
struct WithheldBody {
    action: &'static str,
    why: &'static str,
    propensity: f64,
}

/// A rule that held or erred.
#[derive(Debug, Serialize)]
struct RuleBody<'a> {
    id: &'a str,
    result: &'static str,
}

#[derive(Debug, Serialize)]
struct MessageBody<'a> {
    title: &'a str,
    body: &'a str,
}

#[derive(Debug, Serialize)]
struct ProfileBody {
    purchases: u32,
    learning: bool,
}

#[derive(Debug, Serialize)]
struct VersionsBody<'a> {
    model: &'a str,
    policy: &'a str,
    /// The time of the review that stopped variants and moved beliefs, if there was one.
    review: Option<String>,
}

impl<'a> DecisionBody<'a> {
    /// The answer for a decision; `recorded` says whether it could be written down.
    pub fn new(id: AttemptId, decision: &'a Decision, recorded: bool) -> Self {
        let reasons = decision.reasons.iter().map(|reason| ReasonBody {
            code: reason.code.name(),
            contribution: reason.contribution,
            text: &reason.text,
        });
        let intervention = decision.intervention.as_ref().map(|intervention| InterventionBody {
            strategy: intervention.strategy.name(),
            message: MessageBody { title: &intervention.message.title, body: &intervention.message.body },
            arm: &intervention.arm,
            propensity: intervention.propensity,
            wait_until: intervention.cooling_off.map(|waits| waits.wait_until.to_string()),
            expires_at: intervention.expires_at.to_string(),
        });
        Self {
            attempt_id: id.to_string(),
            should_intervene: decision.should_intervene(),
            action: decision.action.name(),
            risk_score: decision.risk_score,
            p_value: decision.p_value,
            alarm_rate: AlarmRateBody { alpha: decision.alarm_rate.alpha, multiple: decision.alarm_rate.multiple },
            base_log_odds: decision.base,
            deviations: decision.deviations.iter().map(|(dimension, nats)| (dimension.name(), *nats)).collect(),
            reasons: reasons.collect(),
            intervention,
            withheld: decision.withheld.map(|withheld| WithheldBody {
                action: withheld.action.name(),
                why: withheld.why.name(),
                propensity: withheld.propensity,
            }),
            rules: decision.rules.iter().map(|hit| RuleBody { id: &hit.id, result: hit.result.name() }).collect(),
            profile: ProfileBody { purchases: decision.purchases, learning: decision.learning },
            versions: VersionsBody {
                model: &decision.model,
                policy: &decision.policy,
                review: decision.review.map(|made_at| made_at.to_string()),
            },
            degraded: decision.degraded(),
            missing: decision.missing.iter().copied().map(Missing::name).collect(),
            recorded,
        }
    }
}
