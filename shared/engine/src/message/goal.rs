//! What a purchase means for something the customer saves for.

use super::quoted::quoted;
use super::{About, Key, Wording};
use crate::money::Amount;

/// Less of what is still missing than this is not worth a thought, in percent.
const PERCENT_MIN: i64 = 1;

/// A goal that is not reached yet, and how the purchase compares with what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Goal {
    name: String,
    target: Amount,
    saved: Option<Amount>,
    percent_of_missing: i64,
}

impl Goal {
    pub(super) fn of(about: &About<'_>) -> Option<Self> {
        let goal = about.goal?;
        let price = about.attempt.amount;
        let is_comparable = goal.target.currency() == price.currency()
            && goal.saved.is_none_or(|saved| saved.currency() == price.currency());
        let missing = goal.target.minor() - goal.saved.map_or(0, Amount::minor);
        if !is_comparable || missing <= 0 {
            return None;
        }
        let percent_of_missing = price.minor() * 100 / missing;
        let name = quoted(goal.name).filter(|_| percent_of_missing >= PERCENT_MIN)?;
        Some(Self { name, target: goal.target, saved: goal.saved, percent_of_missing })
    }

    pub(super) fn sentences(&self, wording: Wording<'_>) -> Vec<String> {
        let goal = match self.saved {
            Some(saved) => wording.sentence(Key::GoalStarted).money("saved", saved),
            None => wording.sentence(Key::GoalSet),
        };
        let share = match self.percent_of_missing {
            percent @ ..100 => wording.sentence(Key::GoalShare).count("percent", percent as u64).text(),
            _ => wording.text(Key::GoalWhole),
        };
        vec![goal.quote("goal", &self.name).money("target", self.target).text(), share]
    }
}
