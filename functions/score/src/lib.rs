//! `POST /v1/attempts`: compares one attempt with what is known of the customer, and decides.
//!
//! Architecture Invariant: scoring is two round trips. One Query of the customer beside one read of the merchant and one look at
//! the policies (each cached for a minute), then one conditional write of the entry. None of it grows with the history.
//!
//! Architecture Invariant: a decision is never lost and never made twice. The entry's id follows from the caller's key, so a
//! retry finds the entry and is answered with the decision in it; what could not be written says so.

mod merchants;
mod policies;
mod telemetry;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use edge::access::Scope;
use edge::clock::Clock;
use edge::json::Object;
use edge::metrics::DecisionMetrics;
use edge::wire::{DecisionBody, NewAttempt, read_attempt};
use edge::{Answer, Call, DecisionTrace, Handler, Problem, Route, Timing};
use engine::decide::{Circumstances, count_stop, decide};
use engine::decision::{Decision, Missing};
use engine::entry::{Attempt, Entry};
use engine::id::{AttemptId, MerchantId};
use engine::measured::{Answers, LastDecision};
use engine::merchant::MerchantRecord;
use engine::message::Templates;
use engine::policy::{Breaker, Policy, RuleResult};
use engine::profile::Profile;
use engine::score::Models;
use engine::settings::Settings;
use engine::signal::Known;
use engine::time::{HOUR_MS, Instant};
use store::StoreError;
use store::client::Patience;
use store::ports::{Customer, Put};
// The runtime's stopwatch, so that a simulation's time is measured where there is one.
use tokio::time::{Instant as Stopwatch, timeout};

use crate::merchants::Merchants;
use crate::policies::{InForce, Policies};
use crate::telemetry::Telemetry;

/// How long reading may take before the population stands in for the customer.
pub const READ_BUDGET: Duration = Duration::from_millis(600);

/// How long recording may take before the answer says that it was not recorded.
pub const WRITE_BUDGET: Duration = Duration::from_millis(1500);

/// How the table is asked: so that within either budget there is time for a second try when the first is never answered.
/// DynamoDB answers in single milliseconds; what has taken this long will not come.
pub const PATIENCE: Patience = Patience {
    connect: Duration::from_millis(200),
    attempt: Duration::from_millis(250),
    operation: WRITE_BUDGET,
    attempts_max: 3,
    backoff: Duration::from_millis(50),
    backoff_max: Duration::from_millis(200),
};

const _: () = {
    let second_try_ms = PATIENCE.attempt.as_millis() + PATIENCE.backoff.as_millis();
    assert!(second_try_ms + 200 <= READ_BUDGET.as_millis());
    assert!(READ_BUDGET.as_millis() < WRITE_BUDGET.as_millis());
};

const ROUTE: Route = Route::oneself_or(Scope::Score, "POST /v1/attempts");

store::ports! {
    /// What scoring may do to the table.
    pub trait Ports: ReadCustomer + ReadMerchant + ReadPolicies + PutEntry
}

/// The function.
#[derive(Debug)]
pub struct Score<P> {
    ports: P,
    policies: Policies,
    models: Models,
    templates: Templates,
    clock: Clock,
    budgets: Budgets,
    merchants: Merchants,
    breaker: Mutex<Breaker>,
    telemetry: Telemetry,
}

/// How long a decision waits for the table.
#[derive(Debug, Clone, Copy)]
pub struct Budgets {
    /// For reading.
    pub read: Duration,
    /// For recording.
    pub write: Duration,
}

impl Default for Budgets {
    fn default() -> Self {
        Self { read: READ_BUDGET, write: WRITE_BUDGET }
    }
}

/// What became of a decision.
enum Recorded {
    /// It is in the table.
    New,
    /// There was one already, and that one is answered.
    Earlier(Box<Decision>),
    /// It could not be written in time.
    Not,
}

impl<P: Ports> Handler for Score<P> {
    const FUNCTION: &'static str = "score";

    type Endpoint = ();

    const ROUTES: &'static [(Route, ())] = &[(ROUTE, ())];

    async fn handle(&self, (): (), call: Call<'_>) -> Result<Answer, Problem> {
        let answer = self.answer(&call).await;
        if let Err(problem) = &answer {
            let failed = u32::from(problem.status.is_server_error());
            self.telemetry.note(Answers { failed, refused: 1 - failed, ..Answers::default() });
        }
        answer
    }
}

impl<P: Ports> Score<P> {
    async fn answer(&self, call: &Call<'_>) -> Result<Answer, Problem> {
        let begun = Stopwatch::now();
        let now = (self.clock)();
        let NewAttempt { id, attempt } = read_attempt(Object::parse(call.body)?, now)?;
        call.concerns(&attempt.customer)?;
        let mut timing = Timing::default();
        let decision = self.decide(id, &attempt, now, &mut timing).await;
        let measured = self.telemetry.take(timing.read, timing.engine);
        let entry = Entry { measured: Some(measured), ..Entry::scored(id, attempt, decision.clone(), now) };
        let started = Stopwatch::now();
        let recorded = self.record(&entry).await;
        timing.write = started.elapsed();
        if !matches!(recorded, Ok(Recorded::New)) {
            self.telemetry.give_back(measured);
        }
        let recorded = recorded?;
        let decision = if let Recorded::Earlier(earlier) = &recorded { earlier } else { &decision };
        let is_recorded = !matches!(recorded, Recorded::Not);
        if is_recorded {
            self.telemetry.recorded(LastDecision { write: timing.write, whole: begun.elapsed() });
        } else {
            self.telemetry.note(Answers { unrecorded: 1, ..Answers::default() });
        }
        measure(decision, &recorded, timing);
        let trace = DecisionTrace { model: decision.model.clone(), policy: decision.policy.clone(), timing };
        Ok(Answer::json(&DecisionBody::new(id, decision, is_recorded))?.with_decision(trace))
    }

    /// A function that uses these ports, these models, these templates and this clock, and this policy unless the table holds
    /// another.
    pub fn new(ports: P, policy: Policy, models: Models, templates: Templates, clock: Clock) -> Self {
        Self {
            ports,
            policies: Policies::new(policy),
            models,
            templates,
            clock,
            budgets: Budgets::default(),
            merchants: Merchants::default(),
            breaker: Mutex::default(),
            telemetry: Telemetry::default(),
        }
    }

    /// The same with other budgets: where nobody waits at a checkout, and a slow machine must not change a decision.
    #[must_use]
    pub fn with_budgets(self, budgets: Budgets) -> Self {
        Self { budgets, ..self }
    }

    /// Decides with what can be read in time. Never fails: what is missing is named in the decision.
    async fn decide(&self, id: AttemptId, attempt: &Attempt, now: Instant, timing: &mut Timing) -> Decision {
        let started = Stopwatch::now();
        let since = attempt.occurred_at.instant().plus_ms(-HOUR_MS);
        let (customer, merchant, ()) = tokio::join!(
            timeout(self.budgets.read, self.ports.read_customer(&attempt.customer, since)),
            timeout(self.budgets.read, self.read_merchant(attempt.merchant.as_ref())),
            self.policies.refresh(&self.ports, self.budgets.read),
        );
        timing.read = started.elapsed();

        let started = Stopwatch::now();
        let mut missing = Vec::new();
        let mut note = |what: Missing, why: &dyn std::fmt::Display| {
            tracing::warn!(missing = what.name(), cause = %why, "degraded");
            missing.push(what);
        };
        let customer = customer.map_err(|elapsed| elapsed.to_string()).and_then(|read| read.map_err(|e| e.to_string()));
        let Customer { profile, settings, recent } = customer.unwrap_or_else(|cause| {
            note(Missing::Customer, &cause);
            Customer { profile: Ok(Profile::default()), settings: Settings::default(), recent: Vec::new() }
        });
        let profile = profile.unwrap_or_else(|cause| {
            note(Missing::Profile, &cause);
            Profile::default()
        });
        let merchant = merchant.map_err(|elapsed| elapsed.to_string()).and_then(|read| read.map_err(|e| e.to_string()));
        let merchant = merchant.unwrap_or_else(|cause| {
            note(Missing::Merchant, &cause);
            None
        });
        let known = Known { profile: &profile, recent: &recent, merchant: merchant.as_ref() };
        let InForce { live, shadow } = self.policies.in_force();
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let circumstances = Circumstances {
            known,
            settings: &settings,
            models: &self.models,
            policy: &live,
            shadow: shadow.as_deref(),
            breaker: &breaker,
            templates: &self.templates,
            missing: &missing,
            seed: id.seed(),
            now,
        };
        let decision = decide(attempt, circumstances);
        count_stop(&mut breaker, &live, &decision);
        timing.engine = started.elapsed();
        decision
    }

    async fn read_merchant(&self, merchant: Option<&MerchantId>) -> Result<Option<MerchantRecord>, StoreError> {
        let Some(merchant) = merchant else { return Ok(None) };
        if let Some(record) = self.merchants.get(merchant) {
            return Ok(Some(record));
        }
        let record = self.ports.read_merchant(merchant).await?;
        self.merchants.put(merchant, &record);
        Ok(Some(record))
    }

    /// Writes the entry once. Only a contradiction is a problem; a table that does not answer is not the customer's.
    async fn record(&self, entry: &Entry) -> Result<Recorded, Problem> {
        match timeout(self.budgets.write, self.ports.put_entry(entry)).await {
            Ok(Ok(Put::Created)) => Ok(Recorded::New),
            Ok(Ok(Put::Existing(existing))) => match existing.decision() {
                Some(decision) if existing.attempt == entry.attempt => {
                    Ok(Recorded::Earlier(Box::new(decision.clone())))
                }
                _ => Err(Problem::conflict(
                    "IDEMPOTENCY_KEY_REUSED",
                    "This idempotency_key was used at this time for something else. A retry repeats the whole body; \
                     another attempt has another key.",
                )),
            },
            Ok(Err(error)) => {
                tracing::error!(cause = %error, "a decision was not recorded");
                Ok(Recorded::Not)
            }
            Err(elapsed) => {
                tracing::error!(cause = %elapsed, "a decision was not recorded");
                Ok(Recorded::Not)
            }
        }
    }
}

fn measure(decision: &Decision, recorded: &Recorded, timing: Timing) {
    let missing: Vec<&str> = decision.missing.iter().map(|missing| missing.name()).collect();
    let rule_errors = decision.rules.iter().filter(|hit| hit.result == RuleResult::Erred).count();
    DecisionMetrics {
        timestamp: SystemTime::now(),
        function: "score",
        action: decision.action.name(),
        decisions: 1,
        interventions: decision.should_intervene().into(),
        degraded: decision.degraded().into(),
        unrecorded: matches!(recorded, Recorded::Not).into(),
        repeated: matches!(recorded, Recorded::Earlier(_)).into(),
        learning: decision.learning.into(),
        rule_errors: rule_errors as u64,
        read: timing.read,
        engine: timing.engine,
        write: timing.write,
        model: decision.model.clone(),
        policy: decision.policy.clone(),
        missing: missing.join(" "),
    }
    .emit();
}
