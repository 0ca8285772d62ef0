//! What there is to play.

use engine::decision::{Action, Strategy};
use engine::entry::{Feedback, Outcome};
use engine::time::DAY_MS;
use lab::simulate::{LaterFeedback, Reaction, SimulatedAttempt};
use lab::transaction::Transaction;

/// How long after a purchase of a recorded history its label becomes known. The Fraud Detection Handbook, whose data set
/// is the one most often played, counts with a week as well.
pub const LABEL_DELAY_MS: i64 = 7 * DAY_MS;

/// Purchases of the past, and attempts to score live after them; each in order of time.
pub struct Plan {
    /// In words, for the person who watches.
    pub description: String,
    /// What is imported.
    pub past: Vec<Job>,
    /// What is scored.
    pub live: Box<dyn Iterator<Item = Job> + Send>,
    /// How much that is, where it is known beforehand.
    pub live_count: Option<u64>,
}

/// An attempt with the person behind it.
#[derive(Debug, Clone)]
pub struct Job {
    /// The attempt.
    pub attempt: Transaction,
    /// The person.
    pub person: Person,
}

/// How the person behind an attempt reacts.
#[derive(Debug, Clone)]
pub enum Person {
    /// A person of the past, who bought what they bought: goes ahead whatever Guardian says, and disowns what the
    /// history labels so.
    Recorded {
        /// Whether the history labels the purchase as disowned.
        disowned: bool,
    },
    /// A simulated person, who knows why they are about to buy.
    Simulated(Box<SimulatedAttempt>),
}

impl Person {
    /// What the person does when Guardian answers this.
    pub fn react(&self, action: Action, strategy: Option<Strategy>) -> Reaction {
        match self {
            Self::Recorded { disowned } => Reaction {
                outcome: Outcome::Proceeded,
                feedback: disowned.then_some(LaterFeedback { feedback: Feedback::NotMe, after_ms: LABEL_DELAY_MS }),
            },
            Self::Simulated(attempt) => attempt.react(action, strategy),
        }
    }

    /// What the person did in the past, when there was no Guardian.
    pub fn react_alone(&self) -> Reaction {
        self.react(Action::Allow, None)
    }
}
