//! How a simulated customer takes a decision: what they do, and what they say later.
//!
//! The numbers are **assumed**, in the direction that studies of interventions point: reflection and a delay of a day
//! work, mere information hardly, every question costs some genuine purchases, and few people say afterwards how it was.
//! They make the loop of outcome, feedback and learning turn; they are no evidence that an intervention helps. Here nobody remembers
//! earlier interventions; people who do, and who differ in what works for them, are those of `encounter`.

use engine::decision::{Action, Strategy};
use engine::entry::{CONTENT_UNTIL, Feedback, Outcome, Regret};
use engine::time::{DAY_MS, MINUTE_MS};

use super::attempt::SimulatedAttempt;
use super::draw::{self, Rng};
use super::truth::Truth;

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reaction {
    /// What was done with the attempt.
    pub outcome: Outcome,
    /// What the customer says about it, if anything.
    pub feedback: Option<LaterFeedback>,
}

/// Something said some time after the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaterFeedback {
    /// What is said.
    pub feedback: Feedback,
    /// How long after the attempt, in milliseconds.
    pub after_ms: i64,
}

/// The longest that anybody waits before they say something.
const AFTER_MS_MAX: i64 = 60 * DAY_MS;

/// What an action does to people, as probabilities.
pub(super) struct Effect {
    /// That an average impulse stops, a genuine purchase, a thief.
    pub(super) impulse: f64,
    pub(super) genuine: f64,
    pub(super) thief: f64,
    /// That who stops cancels, postpones, abandons; relative to each other.
    pub(super) ways_to_stop: [f64; 3],
    /// That somebody who was asked for nothing says "this is normal for me".
    complaint: f64,
    /// That the customer learns of an attempt that was not theirs while it happens, and says so.
    alarm: f64,
}

/// The stronger the action, the more of everything; a block leaves no choice. Even without a question some change their mind.
#[rustfmt::skip]
pub(super) fn effect(action: Action) -> Effect {
    match action {
        Action::Allow => Effect { impulse: 0.02, genuine: 0.005, thief: 0.0, ways_to_stop: [0.3, 0.2, 0.5], complaint: 0.0, alarm: 0.0 },
        Action::Nudge => Effect { impulse: 0.10, genuine: 0.01, thief: 0.01, ways_to_stop: [0.6, 0.2, 0.2], complaint: 0.05, alarm: 0.2 },
        Action::Warn => Effect { impulse: 0.25, genuine: 0.03, thief: 0.10, ways_to_stop: [0.55, 0.25, 0.2], complaint: 0.3, alarm: 0.5 },
        Action::CoolOff => Effect { impulse: 0.45, genuine: 0.12, thief: 0.60, ways_to_stop: [0.35, 0.5, 0.15], complaint: 0.6, alarm: 0.8 },
        Action::Block => Effect { impulse: 1.0, genuine: 1.0, thief: 1.0, ways_to_stop: [0.6, 0.1, 0.3], complaint: 0.8, alarm: 0.9 },
    }
}

/// How much stronger than an average message a strategy works on an impulse.
fn persuasion(strategy: Option<Strategy>) -> f64 {
    match strategy {
        Some(Strategy::PlainInformation) => 0.7,
        Some(Strategy::Reflection | Strategy::SalientCost) => 1.2,
        Some(Strategy::Delay) => 1.3,
        Some(Strategy::GoalReminder | Strategy::Alternatives | Strategy::Protection) | None => 1.0,
    }
}

/// The regret at which an impulse is stopped as easily as an average one: people feel it coming.
pub(super) const AVERAGE_REGRET: f64 = 6.5;

/// How likely a customer disowns a purchase that went through; most look at their statements.
const DISOWNS: f64 = 0.9;

/// How likely a customer is asked how it was, and answers, about a purchase that nobody questioned.
const SURVEYED: f64 = 0.02;

impl SimulatedAttempt {
    /// What the customer, or the thief, does when Guardian answers with this action and strategy, and what the customer
    /// says later. The same answer always gets the same reaction.
    pub fn react(&self, action: Action, strategy: Option<Strategy>) -> Reaction {
        let mut rng = draw::stream(self.reaction_seed, 0);
        let effect = effect(action);
        let stops = match self.truth {
            Truth::Compromised => effect.thief,
            Truth::Impulsive { regret } => {
                let ease = self.temper.heeds * persuasion(strategy) * f64::from(regret) / AVERAGE_REGRET;
                // A block holds whatever one thinks of it.
                if action == Action::Block { 1.0 } else { effect.impulse * ease }
            }
            Truth::Usual | Truth::Bill | Truth::Planned | Truth::Trip | Truth::NewHabit => effect.genuine,
        };
        let outcome = if draw::chance(&mut rng, stops) {
            match draw::pick(&mut rng, effect.ways_to_stop.into_iter()) {
                0 => Outcome::Cancelled,
                1 => Outcome::Postponed,
                _ => Outcome::Abandoned,
            }
        } else {
            Outcome::Proceeded
        };
        Reaction { outcome, feedback: self.feedback(&mut rng, &effect, outcome) }
    }

    /// What the customer says later, if anything.
    pub(super) fn feedback(&self, rng: &mut Rng, effect: &Effect, outcome: Outcome) -> Option<LaterFeedback> {
        let went_through = outcome == Outcome::Proceeded;
        let candour = self.temper.candour;
        let (feedback, median_ms, sigma) = match self.truth {
            Truth::Compromised if draw::chance(rng, effect.alarm) => (Feedback::NotMe, 20 * MINUTE_MS, 1.0),
            Truth::Compromised if went_through && draw::chance(rng, DISOWNS) => (Feedback::NotMe, 4 * DAY_MS, 0.8),
            Truth::Impulsive { regret } if went_through && draw::chance(rng, candour) => {
                (Feedback::Regret(Regret::new(regret)?), 3 * DAY_MS, 0.6)
            }
            Truth::Compromised | Truth::Impulsive { .. } => return None,
            _ if draw::chance(rng, effect.complaint * candour) => (Feedback::NormalForMe, 10 * MINUTE_MS, 1.0),
            _ if went_through && draw::chance(rng, SURVEYED * candour) => {
                let content = 1 + draw::below(rng, usize::from(CONTENT_UNTIL)) as u8;
                (Feedback::Regret(Regret::new(content)?), 2 * DAY_MS, 0.5)
            }
            _ => return None,
        };
        let after_ms = draw::log_normal(rng, median_ms as f64, sigma) as i64;
        Some(LaterFeedback { feedback, after_ms: after_ms.clamp(1, AFTER_MS_MAX) })
    }
}

#[cfg(test)]
mod tests {
    use engine::currency::Currency;
    use engine::time::Day;

    use super::super::{Simulation, SimulationSettings};
    use super::*;

    fn attempts() -> Vec<SimulatedAttempt> {
        let (start, currency) = (Day::parse("2025-01-01").unwrap(), Currency::parse("EUR").unwrap());
        Simulation::new(SimulationSettings { seed: 3, customers: 40, start, days: 365, currency }).collect()
    }

    /// The share of the attempts of a kind that proceed under an action.
    fn proceed(attempts: &[SimulatedAttempt], kind: &str, action: Action, strategy: Strategy) -> f64 {
        let of_kind = || attempts.iter().filter(|attempt| attempt.truth.name() == kind);
        let proceeded =
            of_kind().filter(|attempt| attempt.react(action, Some(strategy)).outcome == Outcome::Proceeded).count();
        proceeded as f64 / of_kind().count() as f64
    }

    #[test]
    fn the_stronger_the_action_the_fewer_proceed() {
        let attempts = attempts();
        for kind in ["usual", "impulsive", "compromised"] {
            let shares = Action::ALL.map(|action| proceed(&attempts, kind, action, Strategy::Reflection));
            assert!(shares.is_sorted_by(|milder, stronger| milder >= stronger), "{kind}: {shares:?}");
            assert!(shares[0] > 0.95 && shares[4] == 0.0, "{kind}: {shares:?}");
        }
        let warned = |kind| proceed(&attempts, kind, Action::Warn, Strategy::Reflection);
        assert!(warned("impulsive") < warned("usual") - 0.1);
        let impulsive = |strategy| proceed(&attempts, "impulsive", Action::Warn, strategy);
        assert!(impulsive(Strategy::Reflection) < impulsive(Strategy::PlainInformation) - 0.05);
    }

    #[test]
    fn a_reaction_is_the_same_however_often_it_is_asked_for() {
        for attempt in attempts().iter().take(200) {
            let react = || attempt.react(Action::Warn, Some(Strategy::Delay));
            assert_eq!(react(), react());
        }
    }

    #[test]
    fn what_is_said_agrees_with_the_truth() {
        let mut said = [0_u32; 3];
        for attempt in attempts() {
            for action in Action::ALL {
                let reaction = attempt.react(action, None);
                let Some(LaterFeedback { feedback, after_ms }) = reaction.feedback else { continue };
                assert!((1..=AFTER_MS_MAX).contains(&after_ms));
                match (attempt.truth, feedback) {
                    (Truth::Compromised, Feedback::NotMe) => said[0] += 1,
                    (Truth::Impulsive { regret }, Feedback::Regret(told)) => {
                        assert_eq!((regret, reaction.outcome), (told.score(), Outcome::Proceeded));
                        said[1] += 1;
                    }
                    (Truth::Compromised | Truth::Impulsive { .. }, told) => panic!("{attempt:?} said {told:?}"),
                    (_, told) => {
                        assert_eq!(told.label(), Some(false));
                        said[2] += 1;
                    }
                }
            }
        }
        assert!(said.iter().all(|count| *count > 40), "{said:?}");
    }
}
