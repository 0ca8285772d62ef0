//! Which strategies there are for an action, what is believed of them before a customer has shown anything, and who is kept
//! without a message so that it can be known whether messages help at all.

use crate::decision::{Action, Strategy};

/// What is believed of a strategy in the population: as if it had helped and not helped so often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// How often it helped, above 0.
    pub helped: f64,
    /// How often it did not, above 0.
    pub not_helped: f64,
}

impl Default for Prior {
    fn default() -> Self {
        Self { helped: 1.0, not_helped: 2.0 }
    }
}

/// Where beliefs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriorsFrom {
    /// From [reviews](crate::review): the policy's priors, moved by what was counted of all customers.
    Reviews,
    /// From the policy alone.
    Policy,
}

impl PriorsFrom {
    /// The origin of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "reviews" => Some(Self::Reviews),
            "policy" => Some(Self::Policy),
            _ => None,
        }
    }
}

/// How Guardian speaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategies {
    /// For [`Action::Nudge`], in no order.
    pub nudge: Vec<Strategy>,
    /// For [`Action::Warn`].
    pub warn: Vec<Strategy>,
    /// For [`Action::CoolOff`].
    pub cool_off: Vec<Strategy>,
    /// Beliefs, by strategy in the order of [`Strategy::ALL`].
    pub priors: [Prior; Strategy::ALL.len()],
    /// Whether what is counted of all customers moves them.
    pub priors_from: PriorsFrom,
    /// The least probability with which any strategy that fits is chosen, so that what is believed can be corrected.
    pub floor: f64,
    /// The share of interventions that are held out: nothing is shown, and what the customer then does says what interventions
    /// are worth.
    pub hold_out_share: f64,
    /// The hardest action that may be held out.
    pub hold_out_at_most: Action,
}

impl Default for Strategies {
    fn default() -> Self {
        use Strategy::{Alternatives, Delay, GoalReminder, PlainInformation, Reflection, SalientCost};
        Self {
            nudge: vec![PlainInformation, SalientCost, GoalReminder, Alternatives],
            warn: vec![Reflection, SalientCost, GoalReminder, Alternatives],
            cool_off: vec![Delay],
            priors: [Prior::default(); Strategy::ALL.len()],
            priors_from: PriorsFrom::Reviews,
            floor: 0.05,
            hold_out_share: 0.1,
            hold_out_at_most: Action::Warn,
        }
    }
}

impl Strategies {
    /// The strategies for an action; none for [`Action::Allow`].
    pub fn of(&self, action: Action) -> &[Strategy] {
        match action {
            Action::Allow => &[],
            Action::Nudge => &self.nudge,
            Action::Warn => &self.warn,
            Action::CoolOff => &self.cool_off,
            Action::Block => &[Strategy::Protection],
        }
    }

    /// What is believed of a strategy.
    pub fn prior(&self, strategy: Strategy) -> Prior {
        let mut priors = Strategy::ALL.into_iter().zip(self.priors);
        priors.find(|(known, _)| *known == strategy).map_or_else(Prior::default, |(_, prior)| prior)
    }
}
