//! The timeline: what a customer attempted or bought, what was decided, what they did and what they said.

use std::fmt;

use crate::cooling_off::{CoolingOff, Ended, Ending};
use crate::decision::{Decision, Strategy};
use crate::hash::Hasher;
use crate::id::{AttemptId, Category, CustomerId, MerchantId, PaymentMethod};
use crate::measured::Measured;
use crate::money::Amount;
use crate::redacted::redacted;
use crate::signal::Dimension;
use crate::time::{Instant, LocalInstant};

/// A purchase about to happen, or one that happened: what is known at the moment of paying.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Who is about to pay.
    pub customer: CustomerId,
    /// How much.
    pub amount: Amount,
    /// What kind of purchase, in the caller's words.
    pub category: Category,
    /// How it is paid, in the caller's words.
    pub payment_method: PaymentMethod,
    /// To whom, where the caller knows it.
    pub merchant: Option<MerchantId>,
    /// When and, by its offset, in whose local time.
    pub occurred_at: LocalInstant,
}

/// What the customer did with an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Went ahead: the attempt became a purchase.
    Proceeded,
    /// Decided against it.
    Cancelled,
    /// Will decide later; the only outcome that another may follow.
    Postponed,
    /// Left without deciding.
    Abandoned,
}

impl Outcome {
    /// Every outcome, in the order of the API's documentation.
    pub const ALL: [Self; 4] = [Self::Proceeded, Self::Cancelled, Self::Postponed, Self::Abandoned];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proceeded => "proceeded",
            Self::Cancelled => "cancelled",
            Self::Postponed => "postponed",
            Self::Abandoned => "abandoned",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether `next` may be recorded after this outcome.
    pub fn may_become(self, next: Self) -> bool {
        self == next || self == Self::Postponed
    }
}

/// How much a purchase is regretted, 1 (not at all) to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Regret(u8);

impl Regret {
    /// The lowest and the highest regret.
    pub const RANGE: std::ops::RangeInclusive<u8> = 1..=10;

    /// A regret of 1 to 10; `None` for anything else.
    pub fn new(score: u8) -> Option<Self> {
        Self::RANGE.contains(&score).then_some(Self(score))
    }

    /// The score, 1 to 10.
    pub fn score(self) -> u8 {
        self.0
    }
}

/// What the customer said about an attempt or purchase, possibly much later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// How much they regret it.
    Regret(Regret),
    /// "This is normal for me."
    NormalForMe,
    /// "This was not me."
    NotMe,
}

/// From this regret on, a purchase counts as one the customer regrets; label 1.
pub const REGRETTED_FROM: u8 = 7;
/// Up to this regret, a purchase counts as one the customer stands by; label 0. Between the two there is no label.
pub const CONTENT_UNTIL: u8 = 3;

impl Feedback {
    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regret(_) => "regret",
            Self::NormalForMe => "normal_for_me",
            Self::NotMe => "not_me",
        }
    }

    /// The confirmed label: `true` for disowned or regretted, `false` for genuine and stood by, `None` in between.
    pub fn label(self) -> Option<bool> {
        match self {
            Self::NotMe => Some(true),
            Self::NormalForMe => Some(false),
            Self::Regret(regret) if regret.score() >= REGRETTED_FROM => Some(true),
            Self::Regret(regret) if regret.score() <= CONTENT_UNTIL => Some(false),
            Self::Regret(_) => None,
        }
    }
}

/// What the customer thought of being interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opinion {
    /// It was worth it.
    Useful,
    /// It was not.
    Annoying,
}

impl Opinion {
    /// Every opinion.
    pub const ALL: [Self; 2] = [Self::Useful, Self::Annoying];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Useful => "useful",
            Self::Annoying => "annoying",
        }
    }

    /// The opinion of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|opinion| opinion.name() == name)
    }
}

/// What a decision turned out to be, as far as the customer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// Guardian stepped in, and need not have.
    Unneeded,
    /// Guardian stepped in, and was right.
    Right,
    /// Guardian did not step in, and should have.
    Missed,
    /// The customer did not want to wait; whether they came to regret it is not known yet.
    Overridden,
}

impl Alarm {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Unneeded, Self::Right, Self::Missed, Self::Overridden];
}

/// What was known of a customer before an attempt, as far as learning from it needs it. Frozen, because learning happens later.
#[derive(Clone, Copy, PartialEq)]
pub struct Frozen {
    /// Up to which amount, in minor units of the attempt's currency, it may move the profile, so that an attack does not become
    /// the norm.
    pub learn_minor_max: i64,
    /// How surprising its amount was, in nats.
    pub amount_nats: f64,
}

impl fmt::Debug for Frozen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted("Frozen", out)
    }
}

/// Where an entry comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// An attempt that was scored, with the first decision made on it.
    Scored(Box<Decision>),
    /// A purchase of the past that the caller imported.
    Imported {
        /// What was known before it, if that was at hand when it was imported.
        frozen: Option<Frozen>,
    },
}

/// One item of a customer's timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Derived from the customer, the caller's key and the time: a retry names the same entry.
    pub id: AttemptId,
    /// What was attempted or bought.
    pub attempt: Attempt,
    /// When Guardian recorded it, by its own clock.
    pub recorded_at: Instant,
    /// A scored attempt or an imported purchase.
    pub origin: Origin,
    /// What the customer did, once known. An imported purchase has none: it went through.
    pub outcome: Option<Outcome>,
    /// What the customer last said of the purchase, if anything.
    pub feedback: Option<Feedback>,
    /// What they last said of the intervention, if anything.
    pub opinion: Option<Opinion>,
    /// How the cooling-off ended, if there was one and it did.
    pub cooling_off_ended: Option<Ended>,
    /// What the process that scored it measured; of a scored attempt only.
    pub measured: Option<Measured>,
    /// Counts the states of this entry from 1: every change adds one.
    pub revision: u32,
}

impl Entry {
    /// The first state of a scored attempt.
    pub fn scored(id: AttemptId, attempt: Attempt, decision: Decision, recorded_at: Instant) -> Self {
        let origin = Origin::Scored(Box::new(decision));
        Self::first(id, attempt, recorded_at, origin)
    }

    /// The first state of an imported purchase that is learned as it is.
    pub fn imported(id: AttemptId, attempt: Attempt, recorded_at: Instant) -> Self {
        let origin = Origin::Imported { frozen: None };
        Self::first(id, attempt, recorded_at, origin)
    }

    fn first(id: AttemptId, attempt: Attempt, recorded_at: Instant, origin: Origin) -> Self {
        Self {
            id,
            attempt,
            recorded_at,
            origin,
            outcome: None,
            feedback: None,
            opinion: None,
            cooling_off_ended: None,
            measured: None,
            revision: 1,
        }
    }

    /// The decision, if this entry was scored.
    pub fn decision(&self) -> Option<&Decision> {
        match &self.origin {
            Origin::Scored(decision) => Some(decision),
            Origin::Imported { .. } => None,
        }
    }

    /// What was known before this entry; `None` for an imported purchase of which it was not at hand: it is learned as it is.
    pub fn frozen(&self) -> Option<Frozen> {
        match &self.origin {
            Origin::Scored(decision) => Some(Frozen {
                learn_minor_max: decision.learn_minor_max,
                amount_nats: decision.deviation(Dimension::Amount),
            }),
            Origin::Imported { frozen } => *frozen,
        }
    }

    /// Whether Guardian stepped in; `None` if it was never asked, or withheld what it would have done.
    pub fn was_alarm(&self) -> Option<bool> {
        self.decision().filter(|decision| decision.withheld.is_none()).map(Decision::should_intervene)
    }

    /// Whether the customer saw an intervention.
    pub fn was_interrupted(&self) -> bool {
        self.decision().is_some_and(|decision| decision.intervention.is_some())
    }

    /// The cooling-off that the decision asked for.
    pub fn cooling_off(&self) -> Option<CoolingOff> {
        self.decision()?.intervention.as_ref()?.cooling_off
    }

    /// What the decision turned out to be. The label speaks first, then the opinion, then an override.
    pub fn alarm(&self) -> Option<Alarm> {
        let overridden = self.cooling_off_ended.as_ref().is_some_and(|ended| ended.how == Ending::Overridden);
        match (self.was_alarm()?, self.label(), self.opinion) {
            (true, Some(true), _) | (true, None, Some(Opinion::Useful)) => Some(Alarm::Right),
            (true, Some(false), _) | (true, None, Some(Opinion::Annoying)) => Some(Alarm::Unneeded),
            (true, None, None) => overridden.then_some(Alarm::Overridden),
            (false, label, _) => (label == Some(true)).then_some(Alarm::Missed),
        }
    }

    /// The strategy of the intervention, and whether it helped: the customer thought better of the purchase or called the
    /// intervention useful, and did not call it annoying or the purchase normal. `None` while that is not known, and for protection,
    /// which is not there to persuade.
    pub fn helped(&self) -> Option<(Strategy, bool)> {
        let strategy = self.decision()?.intervention.as_ref()?.strategy;
        let helped = match (self.opinion, self.outcome) {
            _ if strategy == Strategy::Protection => return None,
            _ if self.feedback == Some(Feedback::NormalForMe) => false,
            (Some(opinion), _) => opinion == Opinion::Useful,
            (None, Some(Outcome::Cancelled | Outcome::Abandoned)) => true,
            // Having waited and still wanting it is neither.
            (None, Some(Outcome::Proceeded)) => match self.cooling_off_ended.as_ref().map(|ended| ended.how) {
                Some(Ending::Confirmed) => return None,
                _ => false,
            },
            (None, Some(Outcome::Postponed) | None) => return None,
        };
        Some((strategy, helped))
    }

    /// Whether the purchase went through.
    pub fn is_purchase(&self) -> bool {
        matches!(self.origin, Origin::Imported { .. }) || self.outcome == Some(Outcome::Proceeded)
    }

    /// Whether the purchase went through and tells of this customer's habits: not one they say they did not make.
    pub fn shows_habit(&self) -> bool {
        self.is_purchase() && self.feedback != Some(Feedback::NotMe)
    }

    /// The confirmed label, if the customer's last word gives one.
    pub fn label(&self) -> Option<bool> {
        self.feedback.and_then(Feedback::label)
    }

    /// Names the change that led to this state of the entry, the same however often it is told.
    pub fn event_id(&self) -> EventId {
        EventId(Hasher::new("event").text(&self.id.to_string()).number(u64::from(self.revision)).finish_u64())
    }
}

/// The name of one change of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_postponed_outcome_may_change() {
        for from in Outcome::ALL {
            for to in Outcome::ALL {
                assert_eq!(from.may_become(to), from == to || from == Outcome::Postponed, "{from:?} {to:?}");
            }
            assert_eq!(Outcome::from_name(from.name()), Some(from));
        }
    }

    #[test]
    fn feedback_becomes_a_label_only_where_it_is_clear() {
        let labels: Vec<_> = (1..=10).map(|score| Feedback::Regret(Regret::new(score).unwrap()).label()).collect();
        let (genuine, unclear, disowned) = (Some(false), None, Some(true));
        assert_eq!(labels[..3], [genuine; 3]);
        assert_eq!(labels[3..6], [unclear; 3]);
        assert_eq!(labels[6..], [disowned; 4]);
        assert_eq!(Feedback::NotMe.label(), disowned);
        assert_eq!(Feedback::NormalForMe.label(), genuine);
        assert_eq!((Regret::new(0), Regret::new(11)), (None, None));
    }
}
