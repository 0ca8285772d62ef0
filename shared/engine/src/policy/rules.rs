//! Rules: what the operator knows better than the score. Conditions are written in CEL, the Common Expression Language
//! (<https://cel.dev>), over what is known of the attempt; see [`Facts`] for the names.
//!
//! Precedence is fixed: a rule that blocks wins over one that allows, that wins over one that asks for at least some action, and
//! all win over the score. Among several that ask for an action the hardest counts. A rule in trial only counts how often it would
//! have held. A rule that errs is reported and otherwise as if it did not hold: no rule fails a decision.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, ExecutionError, Program, Value};

use super::StopCap;
use crate::currency::Currency;
use crate::decision::Action;
use crate::entry::Attempt;
use crate::id::{Category, CustomerId, IdError, MerchantId, PaymentMethod};
use crate::money::Amount;
use crate::profile::Profile;
use crate::score::{Contributions, Score};
use crate::settings::Settings;
use crate::signal::{Dimension, Known, PerDimension, Signals};
use crate::time::{Instant, LocalInstant};

/// How many rules a policy may have.
pub const RULES_MAX: usize = 100;

/// The longest condition, in bytes.
const CONDITION_BYTES_MAX: usize = 2000;

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Let the attempt through, whatever the score.
    Allow,
    /// Take at least this action.
    AtLeast(Action),
    /// Do not let it through.
    Block,
}

/// Whether a rule acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    /// It acts.
    Live,
    /// It is only counted.
    Trial,
    /// It is not looked at.
    Off,
}

/// A condition and what follows from it.
#[derive(Clone)]
pub struct Rule {
    /// Names it in decisions and counts.
    pub id: String,
    /// The condition as it was written.
    pub when: String,
    program: Arc<Program>,
    /// What follows.
    pub then: Effect,
    /// Whether it acts.
    pub state: RuleState,
    /// What the customer reads as the reason, one sentence in their language; its id where there is none.
    pub text: Option<String>,
    /// The share of attempts that it may stop; the policy's own for rules where it is not said.
    pub stop_cap: Option<StopCap>,
}

impl fmt::Debug for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, when, then, state, .. } = self;
        write!(out, "Rule({id}: {when} => {then:?}, {state:?})")
    }
}

/// Two rules are equal if they are written alike.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        let written = |rule: &Self| (rule.then, rule.state, rule.stop_cap);
        (&self.id, &self.when, &self.text) == (&other.id, &other.when, &other.text) && written(self) == written(other)
    }
}

impl Rule {
    /// A live rule without a text of its own.
    ///
    /// # Errors
    /// What is wrong with the condition: its syntax, a name that does not exist, or types that do not fit.
    pub fn new(id: &str, when: &str, then: Effect, lists: &Lists) -> Result<Self, String> {
        if when.len() > CONDITION_BYTES_MAX {
            return Err(format!("is {} bytes long, expected at most {CONDITION_BYTES_MAX}", when.len()));
        }
        let program = Program::compile(when).map_err(|error| one_line(&error.to_string()))?;
        let rule = Self {
            id: id.to_owned(),
            when: when.to_owned(),
            program: Arc::new(program),
            then,
            state: RuleState::Live,
            text: None,
            stop_cap: None,
        };
        rule.check_names()?;
        // Types are found out by trying: the condition must give true or false of an ordinary attempt.
        Specimen::default().with(|facts| Rules::new(vec![], lists.clone()).evaluate(&rule, facts))?;
        Ok(rule)
    }

    /// Every name must be known here, or be the variable of a macro such as `lists.trusted.exists(x, …)`.
    fn check_names(&self) -> Result<(), String> {
        let references = self.program.references();
        let mut unknown = references.variables().into_iter().filter(|name| !NAMES.contains(name) && *name != LISTS);
        let is_bound = |name: &str| {
            let macros = ["exists", "exists_one", "all", "filter", "map"];
            macros.iter().any(|word| self.when.replace(' ', "").contains(&format!(".{word}({name},")))
        };
        match unknown.find(|name| !is_bound(name)) {
            Some(name) => Err(format!("`{name}` is not known; known are {}, {LISTS}", NAMES.join(", "))),
            None => Ok(()),
        }
    }
}

/// An error of several lines on one.
fn one_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.starts_with('|')).collect();
    lines.join(" ").replace("ERROR: <input>:", "")
}

/// Named lists of ids that conditions may look into.
pub type Lists = BTreeMap<String, Vec<String>>;

/// Where conditions find the lists.
const LISTS: &str = "lists";

/// The rules of a policy with their lists.
#[derive(Clone)]
pub struct Rules {
    all: Vec<Rule>,
    lists: Lists,
    lists_value: Arc<dyn Val>,
    env: Arc<Env>,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(Vec::new(), Lists::default())
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(&self.all).finish()
    }
}

impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        (&self.all, &self.lists) == (&other.all, &other.lists)
    }
}

/// What became of one rule for one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleResult {
    /// It held and acted.
    Acted,
    /// It held, and would have acted were it not in trial.
    Tried,
    /// It held, but may stop no more attempts for now.
    Capped,
    /// Its condition could not be evaluated.
    Erred,
}

impl RuleResult {
    /// Every result.
    pub const ALL: [Self; 4] = [Self::Acted, Self::Tried, Self::Capped, Self::Erred];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acted => "acted",
            Self::Tried => "tried",
            Self::Capped => "capped",
            Self::Erred => "erred",
        }
    }

    /// The result of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.name() == name)
    }
}

/// A rule that held or erred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleHit {
    /// Which.
    pub id: String,
    /// What became of it.
    pub result: RuleResult,
}

impl Rules {
    /// Rules with the lists that they look into.
    pub fn new(rules: Vec<Rule>, lists: Lists) -> Self {
        let value = map(lists.iter().map(|(name, ids)| (name.as_str(), Value::from(ids.clone()))));
        // A map of lists of strings is always a value.
        let lists_value = Box::<dyn Val>::try_from(value).map_or_else(|_| Arc::from(nothing()), Arc::from);
        Self { all: rules, lists, lists_value, env: Arc::new(Env::stdlib()) }
    }

    /// The rules, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.all.iter()
    }

    /// The lists by name.
    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    /// The rule of that id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.all.iter().find(|rule| rule.id == id)
    }

    /// Every rule that holds for an attempt or errs, with whether it holds.
    pub fn held<'a>(&'a self, facts: &Facts<'_>) -> Vec<(&'a Rule, Result<(), String>)> {
        let looked_at = self.all.iter().filter(|rule| rule.state != RuleState::Off);
        looked_at
            .filter_map(|rule| match self.evaluate(rule, facts) {
                Ok(false) => None,
                Ok(true) => Some((rule, Ok(()))),
                Err(error) => Some((rule, Err(error))),
            })
            .collect()
    }

    fn evaluate(&self, rule: &Rule, facts: &Facts<'_>) -> Result<bool, String> {
        let resolver = Resolver { facts, lists: &*self.lists_value };
        let mut context = Context::with_env(Arc::clone(&self.env));
        context.set_variable_resolver(&resolver);
        match rule.program.execute(&context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("gives {}, expected true or false", other.type_of())),
            Err(error) => Err(explain(&error)),
        }
    }
}

fn nothing() -> Box<dyn Val> {
    Box::new(cel::common::types::CelNull)
}

fn explain(error: &ExecutionError) -> String {
    match error {
        ExecutionError::UnsupportedBinaryOperator(operator, Value::Float(_), Value::Int(_))
        | ExecutionError::UnsupportedBinaryOperator(operator, Value::Int(_), Value::Float(_)) => {
            format!("`{operator}` of a decimal and a whole number: write 2.0 rather than 2")
        }
        other => one_line(&other.to_string()),
    }
}

/// What conditions may speak of. Amounts are in major units of the attempt's currency, `size` and `usual_size` in about-euros.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// `amount`, `size`, `currency`, `category`, `payment_method`, `merchant` (null where it is not said), `hour` (0-23), `weekday`
    /// (1 Monday to 7).
    pub attempt: &'a Attempt,
    /// `risk`, `p_value`, `novelty_p_value`.
    pub score: &'a Score,
    /// `nats.amount` and so on by dimension, `velocity.attempts_10_minutes` and so on, `merchant_labels.labelled` and `.positive`,
    /// `merchant_days` (since the customer last bought there; null if never).
    pub signals: &'a Signals,
    /// `profile.purchases`, `.learning`, `.usual_size`, `.regretted`, `.not_me`, `.normal_for_me`, `month.spent`,
    /// `month.spent_in_category`.
    pub profile: &'a Profile,
    /// `settings.sensitivity`, `.opted_out`.
    pub settings: &'a Settings,
}

/// Every name besides the lists.
const NAMES: [&str; 18] = [
    "amount",
    "size",
    "currency",
    "category",
    "payment_method",
    "merchant",
    "merchant_days",
    "merchant_labels",
    "hour",
    "weekday",
    "risk",
    "p_value",
    "novelty_p_value",
    "nats",
    "velocity",
    "profile",
    "month",
    "settings",
];

impl Facts<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        let Self { attempt, score, signals, profile, settings } = self;
        let major = |minor: i64| minor as f64 / attempt.amount.currency().minor_per_major() as f64;
        Some(match name {
            "amount" => major(attempt.amount.minor()).into(),
            "size" => attempt.amount.size().into(),
            "currency" => attempt.amount.currency().code().into(),
            "category" => attempt.category.as_str().into(),
            "payment_method" => attempt.payment_method.as_str().into(),
            "merchant" => attempt.merchant.as_ref().map_or(Value::Null, |merchant| merchant.as_str().into()),
            "merchant_days" => signals.merchant.days_since.map_or(Value::Null, |days| i64::from(days).into()),
            "merchant_labels" => map([
                ("labelled", signals.merchant.labels.labelled.into()),
                ("positive", signals.merchant.labels.positive.into()),
            ]),
            "hour" => i64::from(attempt.occurred_at.hour()).into(),
            "weekday" => i64::from(attempt.occurred_at.weekday()).into(),
            "risk" => score.probability().into(),
            "p_value" => score.p_value.into(),
            "novelty_p_value" => score.novelty_p_value.into(),
            "nats" => {
                let deviations = signals.deviations();
                map(Dimension::ALL.map(|dimension| (dimension.name(), deviations[dimension].into())))
            }
            "velocity" => map([
                ("attempts_10_minutes", signals.velocity.attempts_10_minutes.into()),
                ("attempts_hour", signals.velocity.attempts_hour.into()),
                ("attempts_day", signals.velocity.attempts_day.into()),
                ("attempts_week", signals.velocity.attempts_week.into()),
                ("day_spending_ratio", signals.velocity.day_spending_ratio.into()),
            ]),
            "profile" => map([
                ("purchases", i64::from(profile.purchases()).into()),
                ("learning", profile.is_learning().into()),
                ("usual_size", signals.amount.usual.size().into()),
                ("regretted", i64::from(profile.feedback().regretted).into()),
                ("normal_for_me", i64::from(profile.feedback().normal_for_me).into()),
                ("not_me", i64::from(profile.feedback().not_me).into()),
            ]),
            "month" => {
                let month = attempt.occurred_at.month();
                let spent = |category| {
                    let spent = profile.month().spent(month, category, attempt.amount.currency());
                    major(spent.unwrap_or_default()).into()
                };
                map([("spent", spent(None)), ("spent_in_category", spent(Some(&attempt.category)))])
            }
            "settings" => {
                map([("sensitivity", settings.sensitivity.name().into()), ("opted_out", settings.opted_out.into())])
            }
            _ => return None,
        })
    }
}

/// A map in CEL, which is a hash map: conditions ask it for names, and whether any or all of its values hold does not depend on
/// their order.
#[expect(clippy::disallowed_types, reason = "CEL knows no other map")]
fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let entries = entries.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::from(entries.collect::<std::collections::HashMap<_, _>>())
}

/// An ordinary attempt of somebody who is not known, to try conditions on.
struct Specimen {
    profile: Profile,
    settings: Settings,
    score: Score,
}

impl Default for Specimen {
    fn default() -> Self {
        let contributions = Contributions { dimensions: PerDimension::from_fn(|_| 0.0), history: 0.0 };
        let score = Score { log_odds: -4.0, base: -4.0, contributions, p_value: 0.5, novelty_p_value: 0.5 };
        Self { profile: Profile::default(), settings: Settings::default(), score }
    }
}

impl Specimen {
    fn with<T>(&self, read: impl FnOnce(&Facts<'_>) -> Result<T, String>) -> Result<T, String> {
        let id = |error: IdError| error.to_string();
        let attempt = Attempt {
            customer: CustomerId::parse("somebody").map_err(id)?,
            amount: Amount::of_size(20.0, Currency::EUR),
            category: Category::parse("groceries").map_err(id)?,
            payment_method: PaymentMethod::parse("card").map_err(id)?,
            merchant: Some(MerchantId::parse("shop").map_err(id)?),
            occurred_at: LocalInstant::new(Instant::EPOCH, 0).map_err(|error| error.to_string())?,
        };
        let Self { profile, settings, score } = self;
        let signals = Signals::of(&attempt, Known { profile, recent: &[], merchant: None });
        read(&Facts { attempt: &attempt, score, signals: &signals, profile, settings })
    }
}

/// Answers a condition's names, each only when it is asked for.
struct Resolver<'a> {
    facts: &'a Facts<'a>,
    lists: &'a dyn Val,
}

impl VariableResolver for Resolver<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        if name == LISTS {
            return Some(CowVal::Borrowed(self.lists));
        }
        self.facts.value(name)?.try_into().ok().map(CowVal::Owned)
    }
}
