//! What Guardian answers to an attempt.

use std::fmt;

use crate::alarm_rate::AlarmRate;
use crate::cooling_off::CoolingOff;
use crate::policy::{Exposure, RuleHit};
use crate::redacted::redacted;
use crate::signal::{Dimension, PerDimension};
use crate::time::Instant;

/// How Guardian steps in, from not at all to hardest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Let it through without a word.
    Allow,
    /// Show a remark that needs no answer.
    Nudge,
    /// Ask the customer to confirm.
    Warn,
    /// Ask the customer to wait and confirm afterwards.
    CoolOff,
    /// Do not let it through.
    Block,
}

impl Action {
    /// Every action, mildest first.
    pub const ALL: [Self; 5] = [Self::Allow, Self::Nudge, Self::Warn, Self::CoolOff, Self::Block];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Nudge => "nudge",
            Self::Warn => "warn",
            Self::CoolOff => "cool_off",
            Self::Block => "block",
        }
    }

    /// The action of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// Why a decision is what it is: a stable code that callers may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReasonCode {
    /// The amount is high for this customer and category.
    AmountUnusual,
    /// The customer rarely buys in this category.
    CategoryUnusual,
    /// The customer rarely buys at this hour.
    TimingUnusual,
    /// The customer rarely pays this way.
    PaymentUnusual,
    /// Many attempts, or much money, in a short time.
    VelocityHigh,
    /// The customer has not bought from this merchant before.
    MerchantNew,
    /// Other customers have lately disowned purchases at this merchant.
    MerchantRisky,
    /// The amount is ordinary for this customer and category.
    AmountUsual,
    /// The customer often buys in this category.
    CategoryUsual,
    /// The customer often buys at this hour.
    TimingUsual,
    /// The customer often pays this way.
    PaymentUsual,
    /// No more attempts or money than usual.
    VelocityUsual,
    /// Nothing about the merchant is suspicious.
    MerchantUsual,
    /// How long and how the customer is known.
    CustomerHistory,
    /// No label has shown anything like it, but taken together the attempt is unlike almost all others.
    Novel,
    /// Too few purchases are known to judge by; the decision is held back accordingly.
    InsufficientHistory,
    /// The customer asked not to be interrupted, and the decision follows.
    CustomerChoseQuiet,
    /// With this the customer spends more in the month than they set themselves.
    LimitExceeded,
    /// The customer asked to be kept from this category.
    CategoryBlockedByCustomer,
    /// A rule of the operator's applies.
    RuleApplied,
    /// Guardian keeps quiet: the amount is trivial, the hour is quiet, or there were interruptions enough.
    QuietForNow,
    /// So many attempts were stopped lately that this one is only warned about.
    StopsCapped,
    /// Kept without a message, so that it can be known whether messages help.
    HeldOut,
}

impl ReasonCode {
    /// Every reason code.
    pub const ALL: [Self; 23] = [
        Self::AmountUnusual,
        Self::CategoryUnusual,
        Self::TimingUnusual,
        Self::PaymentUnusual,
        Self::VelocityHigh,
        Self::MerchantNew,
        Self::MerchantRisky,
        Self::AmountUsual,
        Self::CategoryUsual,
        Self::TimingUsual,
        Self::PaymentUsual,
        Self::VelocityUsual,
        Self::MerchantUsual,
        Self::CustomerHistory,
        Self::Novel,
        Self::InsufficientHistory,
        Self::CustomerChoseQuiet,
        Self::LimitExceeded,
        Self::CategoryBlockedByCustomer,
        Self::RuleApplied,
        Self::QuietForNow,
        Self::StopsCapped,
        Self::HeldOut,
    ];

    /// The code on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::AmountUnusual => "AMOUNT_UNUSUAL",
            Self::CategoryUnusual => "CATEGORY_UNUSUAL",
            Self::TimingUnusual => "TIMING_UNUSUAL",
            Self::PaymentUnusual => "PAYMENT_UNUSUAL",
            Self::VelocityHigh => "VELOCITY_HIGH",
            Self::MerchantNew => "MERCHANT_NEW",
            Self::MerchantRisky => "MERCHANT_RISKY",
            Self::AmountUsual => "AMOUNT_USUAL",
            Self::CategoryUsual => "CATEGORY_USUAL",
            Self::TimingUsual => "TIMING_USUAL",
            Self::PaymentUsual => "PAYMENT_USUAL",
            Self::VelocityUsual => "VELOCITY_USUAL",
            Self::MerchantUsual => "MERCHANT_USUAL",
            Self::CustomerHistory => "CUSTOMER_HISTORY",
            Self::Novel => "NOVEL",
            Self::InsufficientHistory => "INSUFFICIENT_HISTORY",
            Self::CustomerChoseQuiet => "CUSTOMER_CHOSE_QUIET",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::CategoryBlockedByCustomer => "CATEGORY_BLOCKED_BY_CUSTOMER",
            Self::RuleApplied => "RULE_APPLIED",
            Self::QuietForNow => "QUIET_FOR_NOW",
            Self::StopsCapped => "STOPS_CAPPED",
            Self::HeldOut => "HELD_OUT",
        }
    }

    /// The reason of that code.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }
}

/// One reason for a decision.
#[derive(Clone, PartialEq)]
pub struct Reason {
    /// The stable code.
    pub code: ReasonCode,
    /// What the reason adds to the score, in log-odds: below 0 if it speaks for the attempt, 0 if it does not act through
    /// the score.
    pub contribution: f64,
    /// One sentence for the customer, with their own numbers.
    pub text: String,
}

/// Without the sentence, which tells the customer's own numbers.
impl fmt::Debug for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, contribution, text: _ } = self;
        out.debug_struct("Reason").field("code", code).field("contribution", contribution).finish_non_exhaustive()
    }
}

/// The way an intervention tries to help.
///
/// Reflection and salient costs lower the urge to buy on impulse (study of 107 people on a real shopping site: "Wait, Let's Think
/// about Your Purchase Again", The Web Conference 2021, doi:10.1145/3442381.3450021). A delay of 25 hours does, one of ten minutes
/// does not, and tools of guilt or social pressure are what consumers reject (C. Moser, "Impulse Buying: Designing for
/// Self-Control with E-commerce", dissertation, University of Michigan, 2020): there is none here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strategy {
    /// Says what is unusual and leaves it at that.
    PlainInformation,
    /// Asks one question to think about.
    Reflection,
    /// Says what it costs in hours of the customer's work, or of the limit they set for the month: what else the money is for
    /// comes to mind only when something points at it (Frederick, Novemsky, Wang, Dhar, Nowlis, "Opportunity Cost Neglect",
    /// Journal of Consumer Research 36, 2009).
    SalientCost,
    /// Recalls what the customer saves for (Karlan and others, "Getting to the Top of Mind: How Reminders
    /// Increase Saving", Management Science 62, 2016).
    GoalReminder,
    /// Proposes to sleep on it; law gives buyers such a time after a sale (Directive 2011/83/EU, article 9; 16 CFR part 429).
    Delay,
    /// Names other ways to get it: later, used, borrowed, elsewhere. Consumers ask for tools that reduce the desire for a product
    /// (Moser, Schoenebeck, Resnick, "Impulse Buying: Design Practices and Consumer Needs", CHI 2019).
    Alternatives,
    /// Keeps the customer from harm until they have confirmed who they are.
    Protection,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 7] = [
        Self::PlainInformation,
        Self::Reflection,
        Self::SalientCost,
        Self::GoalReminder,
        Self::Delay,
        Self::Alternatives,
        Self::Protection,
    ];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::PlainInformation => "plain_information",
            Self::Reflection => "reflection",
            Self::SalientCost => "salient_cost",
            Self::GoalReminder => "goal_reminder",
            Self::Delay => "delay",
            Self::Alternatives => "alternatives",
            Self::Protection => "protection",
        }
    }

    /// The strategy of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.name() == name)
    }
}

/// What is shown to the customer.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// A few words.
    pub title: String,
    /// One to three sentences.
    pub body: String,
}

impl fmt::Debug for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted("Message", out)
    }
}

/// An action above [`Action::Allow`] as the customer meets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervention {
    /// The way it tries to help.
    pub strategy: Strategy,
    /// What is shown.
    pub message: Message,
    /// The arms that it was made in, as `experiment:arm`, joined by commas; `only` without experiments.
    pub arm: String,
    /// The probability with which this strategy was chosen, and not another or none.
    pub propensity: f64,
    /// The probability with which it would have been held out; 0 where that could not be.
    pub hold_out: f64,
    /// The cooling-off; with [`Action::CoolOff`] only.
    pub cooling_off: Option<CoolingOff>,
    /// When it stops to hold: after it the attempt must be scored anew.
    pub expires_at: Instant,
}

/// Why an intervention did not take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WithheldFor {
    /// The customer wished for quiet.
    CustomersWish,
    /// Restraint: see [`crate::policy::Restraint`].
    Restraint,
    /// The hold-out.
    HoldOut,
}

impl WithheldFor {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::CustomersWish, Self::Restraint, Self::HoldOut];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::CustomersWish => "customers_wish",
            Self::Restraint => "restraint",
            Self::HoldOut => "hold_out",
        }
    }

    /// The reason of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.name() == name)
    }
}

/// An intervention that did not take place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Withheld {
    /// What it would have been.
    pub action: Action,
    /// Why it was not.
    pub why: WithheldFor,
    /// The probability of that: of being held out, and 1 where nothing was drawn.
    pub propensity: f64,
}

/// What another policy, that only looks on, would have decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadow {
    /// Its version.
    pub policy: String,
    /// What it would have done.
    pub action: Action,
    /// Its rules that held or erred.
    pub rules: Vec<RuleHit>,
}

/// What was missing when a decision was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// The customer's profile, settings and recent attempts: the population stood in for them.
    Customer,
    /// The profile was written by a newer version of Guardian: the population stood in for it.
    Profile,
    /// The merchant's risk record: it was taken as unremarkable.
    Merchant,
}

impl Missing {
    /// Everything that can be missing.
    pub const ALL: [Self; 3] = [Self::Customer, Self::Profile, Self::Merchant];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Profile => "profile",
            Self::Merchant => "merchant",
        }
    }

    /// The missing thing of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|missing| missing.name() == name)
    }
}

/// The answer to one attempt.
#[derive(Clone, PartialEq)]
pub struct Decision {
    /// How Guardian steps in.
    pub action: Action,
    /// How likely the attempt is one the customer would disown or regret, 0 to 1, as the model estimates it.
    pub risk_score: f64,
    /// The share of genuine attempts that look at least as suspicious, 0 to 1. See [`crate::score::Score::p_value`].
    pub p_value: f64,
    /// The p-value up to which this customer's attempts are stepped in on, and its multiple of the policy's.
    pub alarm_rate: AlarmRate,
    /// What the model expects of any attempt, in log-odds: the score before its reasons.
    pub base: f64,
    /// How surprising each dimension is, in nats.
    pub deviations: PerDimension<f64>,
    /// Why, what raises the score most first. Base and contributions add up to the log-odds of the risk score.
    pub reasons: Vec<Reason>,
    /// What the customer meets; `None` when the action is [`Action::Allow`].
    pub intervention: Option<Intervention>,
    /// What the customer would have met, were it not for restraint, their own wish or the hold-out.
    pub withheld: Option<Withheld>,
    /// The rules that held or erred, in the policy's order.
    pub rules: Vec<RuleHit>,
    /// The arms of running experiments that the customer is in.
    pub exposures: Vec<Exposure>,
    /// What the shadow policy would have done, if there is one.
    pub shadow: Option<Shadow>,
    /// How many purchases the profile knew.
    pub purchases: u32,
    /// Whether that is too few to rely on.
    pub learning: bool,
    /// How many purchases a day are usual for the customer: an attempt stands for one over that of a day of a customer.
    pub purchases_a_day: f64,
    /// Up to which amount, in minor units of the attempt's currency, this purchase may move the profile if it goes
    /// through, so that an attack does not become the norm. Frozen here, because learning happens later.
    pub learn_minor_max: i64,
    /// Which model scored.
    pub model: String,
    /// Which policy decided.
    pub policy: String,
    /// The time of the [review](crate::review) that the policy went through, if there was one.
    pub review: Option<Instant>,
    /// What could not be read; empty when nothing was missing.
    pub missing: Vec<Missing>,
}

/// Without what is computed from the customer's amounts.
impl fmt::Debug for Decision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Decision")
            .field("action", &self.action)
            .field("risk_score", &self.risk_score)
            .field("p_value", &self.p_value)
            .field("alarm_rate", &self.alarm_rate)
            .field("base", &self.base)
            .field("deviations", &self.deviations)
            .field("reasons", &self.reasons)
            .field("intervention", &self.intervention)
            .field("withheld", &self.withheld)
            .field("rules", &self.rules)
            .field("exposures", &self.exposures)
            .field("shadow", &self.shadow)
            .field("purchases", &self.purchases)
            .field("learning", &self.learning)
            .field("model", &self.model)
            .field("policy", &self.policy)
            .field("review", &self.review)
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

impl Decision {
    /// Whether the customer is interrupted at all.
    pub fn should_intervene(&self) -> bool {
        self.action > Action::Allow
    }

    /// Whether the decision was made without something it should have had.
    pub fn degraded(&self) -> bool {
        !self.missing.is_empty()
    }

    /// The surprise of one dimension, in nats.
    pub fn deviation(&self, dimension: Dimension) -> f64 {
        self.deviations[dimension]
    }
}
