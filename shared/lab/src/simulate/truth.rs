//! What an attempt really is, which nobody but the simulator knows when it happens.

use engine::entry::{Feedback, Regret};

/// The hidden truth of a simulated attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// An everyday purchase.
    Usual,
    /// A bill or subscription that comes every month.
    Bill,
    /// A large purchase that was thought over: unusual, and not regretted.
    Planned,
    /// A purchase on a trip: other merchants, another local time, not regretted.
    Trip,
    /// An everyday purchase soon after a move, a child or a new job: unusual until it is the new habit.
    NewHabit,
    /// Bought on impulse.
    Impulsive {
        /// How much it will be regretted days later, 1 to 10, if it goes through.
        regret: u8,
    },
    /// Somebody else pays with the customer's card.
    Compromised,
}

impl Truth {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Bill => "bill",
            Self::Planned => "planned",
            Self::Trip => "trip",
            Self::NewHabit => "new_habit",
            Self::Impulsive { .. } => "impulsive",
            Self::Compromised => "compromised",
        }
    }

    /// Whether the customer disowns or regrets it, once they know: the label of what they would then say. `None` for an
    /// impulse that is regretted a little.
    pub fn label(self) -> Option<bool> {
        match self {
            Self::Compromised => Feedback::NotMe.label(),
            Self::Impulsive { regret } => Regret::new(regret).map(Feedback::Regret)?.label(),
            Self::Usual | Self::Bill | Self::Planned | Self::Trip | Self::NewHabit => Some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_the_feedback() {
        assert_eq!(Truth::Usual.label(), Some(false));
        assert_eq!(Truth::Compromised.label(), Some(true));
        assert_eq!(Truth::Impulsive { regret: 9 }.label(), Some(true));
        assert_eq!(Truth::Impulsive { regret: 5 }.label(), None);
        assert_eq!(Truth::Impulsive { regret: 2 }.label(), Some(false));
    }
}
