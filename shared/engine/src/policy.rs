//! The policy: from a score to an action. Versioned data, not code.
//!
//! *Whether* to step in follows from how rare the score is among genuine attempts, so that the share of them that is troubled is
//! a setting. *How* follows from how likely the customer is to disown or regret the attempt.

use crate::decision::Action;
use crate::score::Score;
use crate::time::{DAY_MS, MINUTE_MS};

/// What to do when the customer's data cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenBlind {
    /// Decide from the population alone.
    FailOpen,
    /// As [`WhenBlind::FailOpen`], but at least [`Action::Warn`].
    FailClosed,
}

/// Thresholds and rules, under a version that every decision names.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Names this policy in every decision.
    pub version: String,
    /// The share of genuine attempts that may be stepped in on, 0 to 1; each customer's own is a multiple of it
    /// ([`crate::alarm_rate`]).
    pub alpha: f64,
    /// The part of these alarms that the novelty channel may give, 0 to 1.
    pub novelty_share: f64,
    /// The risk score from which on to warn and not only to nudge; thresholds rise from one action to the next.
    pub warn_from: f64,
    /// The risk score from which on to ask for a cooling-off.
    pub cool_off_from: f64,
    /// The risk score from which on to block.
    pub block_from: f64,
    /// The hardest action for a customer who is not known yet.
    pub learning_at_most: Action,
    /// What to do when the customer's data cannot be read.
    pub when_blind: WhenBlind,
    /// How long a cooling-off lasts. A day helps, ten minutes do not.
    pub cool_off_ms: i64,
    /// How long any other intervention holds.
    pub expires_after_ms: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: "default-2".to_owned(),
            alpha: 0.005,
            novelty_share: 0.25,
            warn_from: 0.25,
            cool_off_from: 0.50,
            block_from: 0.98,
            learning_at_most: Action::Warn,
            when_blind: WhenBlind::FailOpen,
            cool_off_ms: DAY_MS,
            expires_after_ms: 30 * MINUTE_MS,
        }
    }
}

impl Policy {
    /// The action for a score, where `alpha` is the p-value up to which to step in.
    pub fn action(&self, score: &Score, alpha: f64) -> Action {
        match score.probability() {
            _ if score.p_value > alpha => Action::Allow,
            risk if risk >= self.block_from => Action::Block,
            risk if risk >= self.cool_off_from => Action::CoolOff,
            risk if risk >= self.warn_from => Action::Warn,
            _ => Action::Nudge,
        }
    }
}
