//! The policy: from a score to an action. Versioned data, not code.
//!
//! *Whether* to step in follows from how rare the score is among genuine attempts, so that the share of them that is troubled is
//! a setting. *How* follows from the ladder. Rules say otherwise where the operator knows better, restraint keeps Guardian from
//! becoming a nuisance, strategies say how it speaks, and experiments find out what is best.
//!
//! A policy is read from a JSON document (see [`Policy::from_json`]); the default is what holds where a document is silent.

mod beliefs;
mod document;
mod experiments;
mod ladder;
mod restraint;
mod rules;
mod strategies;

pub use beliefs::StrategySums;
pub use document::{DOCUMENT_BYTES_MAX, PolicyError};
pub use experiments::{ARMS_MAX, Arm, Change, EXPERIMENTS_MAX, Experiment, Exposure};
pub use ladder::{CostLadder, Ladder, RiskLadder, Step};
pub use restraint::{Breaker, Restraint, StopCap};
pub use rules::{Effect, Facts, Lists, RULES_MAX, Rule, RuleHit, RuleResult, RuleState, Rules};
pub use strategies::{Prior, PriorsFrom, Strategies};

use crate::decision::Action;
use crate::time::{DAY_MS, Instant, MINUTE_MS};

/// What to do when the customer's data cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenBlind {
    /// Decide from the population alone.
    FailOpen,
    /// As [`WhenBlind::FailOpen`], but at least [`Action::Warn`].
    FailClosed,
}

/// Thresholds, rules, restraint, strategies and experiments, under a version that every decision names.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Names this policy in every decision.
    pub version: String,
    /// The share of genuine attempts that may be stepped in on, 0 to 1; each customer's own is a multiple of it
    /// ([`crate::alarm_rate`]).
    pub alpha: f64,
    /// The part of these alarms that the novelty channel may give, 0 to 1.
    pub novelty_share: f64,
    /// How to step in.
    pub ladder: Ladder,
    /// The hardest action for a customer who is not known yet.
    pub learning_at_most: Action,
    /// What to do when the customer's data cannot be read.
    pub when_blind: WhenBlind,
    /// How long a cooling-off waits. A day helps, ten minutes do not.
    pub cool_off_wait_ms: i64,
    /// How long after the wait the customer may confirm.
    pub cool_off_confirm_ms: i64,
    /// How long any other intervention holds before the attempt must be scored anew.
    pub expires_after_ms: i64,
    /// What the operator knows better.
    pub rules: Rules,
    /// What keeps Guardian from becoming a nuisance.
    pub restraint: Restraint,
    /// How Guardian speaks.
    pub strategies: Strategies,
    /// What is being found out.
    pub experiments: Vec<Experiment>,
    /// When the [review](crate::review) was made that this policy went through; every decision names it.
    pub reviewed_at: Option<Instant>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: "default-3".to_owned(),
            alpha: 0.005,
            novelty_share: 0.25,
            ladder: Ladder::Risk(RiskLadder::default()),
            learning_at_most: Action::Warn,
            when_blind: WhenBlind::FailOpen,
            cool_off_wait_ms: DAY_MS,
            cool_off_confirm_ms: 2 * DAY_MS,
            expires_after_ms: 30 * MINUTE_MS,
            rules: Rules::default(),
            restraint: Restraint::default(),
            strategies: Strategies::default(),
            experiments: Vec::new(),
            reviewed_at: None,
        }
    }
}
