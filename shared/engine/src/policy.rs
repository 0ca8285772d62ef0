//! The policy: from a score to an action. Versioned data, not code.

use crate::decision::Action;
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
    /// The risk score from which on to nudge; thresholds rise from one action to the next.
    pub nudge_from: f64,
    /// The risk score from which on to warn.
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
            version: "default-1".to_owned(),
            nudge_from: 0.10,
            warn_from: 0.25,
            cool_off_from: 0.50,
            block_from: 0.90,
            learning_at_most: Action::Warn,
            when_blind: WhenBlind::FailOpen,
            cool_off_ms: DAY_MS,
            expires_after_ms: 30 * MINUTE_MS,
        }
    }
}

impl Policy {
    /// The action for a score in log-odds.
    pub fn action(&self, log_odds: f64) -> Action {
        let probability = 1.0 / (1.0 + (-log_odds).exp());
        match probability {
            score if score >= self.block_from => Action::Block,
            score if score >= self.cool_off_from => Action::CoolOff,
            score if score >= self.warn_from => Action::Warn,
            score if score >= self.nudge_from => Action::Nudge,
            _ => Action::Allow,
        }
    }
}
