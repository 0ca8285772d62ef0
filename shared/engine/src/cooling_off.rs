//! The cooling-off: a purchase that waits, and what becomes of it.
//!
//! ```text
//!                  bypassed, overridden            expires_at
//!  started ──────────┬──────────────── wait_until ──────┬──────▶ expired
//!    waiting         │       ready                      │
//!                cancelled          confirmed, cancelled, bypassed, overridden
//! ```
//!
//! It starts with the decision. Until `wait_until` it may be cancelled, overridden with a reason or bypassed in an emergency;
//! from then on it may be confirmed; from `expires_at` on it can only be asked about. Each end is final and recorded once.

use crate::entry::Outcome;
use crate::text::Note;
use crate::time::Instant;

/// When a cooling-off waits and when it is over: part of the decision, so it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoolingOff {
    /// Until when the customer waits.
    pub wait_until: Instant,
    /// Until when they may confirm; afterwards the attempt must be scored anew.
    pub expires_at: Instant,
}

/// How a cooling-off ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// The customer waited and still wants the purchase.
    Confirmed,
    /// The customer decided against it.
    Cancelled,
    /// The customer did not want to wait, and said why.
    Overridden,
    /// The customer could not wait: an emergency.
    Bypassed,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 4] = [Self::Confirmed, Self::Cancelled, Self::Overridden, Self::Bypassed];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Overridden => "overridden",
            Self::Bypassed => "bypassed",
        }
    }

    /// The ending of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.name() == name)
    }
}

/// The recorded end of a cooling-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub how: Ending,
    /// When.
    pub at: Instant,
    /// Why, in the customer's words; always there when [`Ending::Overridden`] was asked for.
    pub reason: Option<Note>,
}

/// Where a cooling-off stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The customer waits.
    Waiting,
    /// The wait is over and the customer may confirm.
    Ready,
    /// Nobody ended it in time.
    Expired,
    /// It ended.
    Ended(Ending),
}

impl State {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Expired => "expired",
            Self::Ended(ending) => ending.name(),
        }
    }
}

/// Why a cooling-off cannot end like this now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It can only be confirmed after the wait.
    #[error("the wait ends at {wait_until}; until then it can be cancelled, overridden with a reason, or bypassed")]
    StillWaiting {
        /// When the wait ends.
        wait_until: Instant,
    },
    /// Nobody ended it in time.
    #[error("it expired at {expires_at}; the attempt must be scored anew")]
    Expired {
        /// When it expired.
        expires_at: Instant,
    },
    /// It ended otherwise before.
    #[error("it was {} before, and that is final", how.name())]
    EndedOtherwise {
        /// How.
        how: Ending,
    },
    /// An override says why.
    #[error("an override needs a reason")]
    ReasonMissing,
}

impl CoolingOff {
    /// Where it stands at `now`, given how it ended, if it did.
    pub fn state(self, ended: Option<&Ended>, now: Instant) -> State {
        match ended {
            Some(ended) => State::Ended(ended.how),
            None if now < self.wait_until => State::Waiting,
            None if now < self.expires_at => State::Ready,
            None => State::Expired,
        }
    }

    /// Ends it; `None` if it ended like this before.
    ///
    /// # Errors
    /// [`Refused`] if it cannot end like this at `now`.
    pub fn end(
        self,
        ended: Option<&Ended>,
        how: Ending,
        reason: Option<Note>,
        now: Instant,
    ) -> Result<Option<Ended>, Refused> {
        match (self.state(ended, now), how) {
            (State::Ended(before), _) if before == how => Ok(None),
            (State::Ended(before), _) => Err(Refused::EndedOtherwise { how: before }),
            (State::Expired, _) => Err(Refused::Expired { expires_at: self.expires_at }),
            (State::Waiting, Ending::Confirmed) => Err(Refused::StillWaiting { wait_until: self.wait_until }),
            (_, Ending::Overridden) if reason.is_none() => Err(Refused::ReasonMissing),
            _ => Ok(Some(Ended { how, at: now, reason })),
        }
    }

    /// How an outcome ends a cooling-off that nobody ended: facts are never refused. `None` once it expired or ended, and for a
    /// purchase that was put off.
    pub fn ended_by_outcome(self, ended: Option<&Ended>, outcome: Outcome, now: Instant) -> Option<Ended> {
        let how = match (self.state(ended, now), outcome) {
            (State::Waiting, Outcome::Proceeded) => Ending::Overridden,
            (State::Ready, Outcome::Proceeded) => Ending::Confirmed,
            (State::Waiting | State::Ready, Outcome::Cancelled | Outcome::Abandoned) => Ending::Cancelled,
            (State::Expired | State::Ended(_), _) | (_, Outcome::Postponed) => return None,
        };
        Some(Ended { how, at: now, reason: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT_UNTIL: u64 = 1000;
    const EXPIRES_AT: u64 = 3000;

    fn at(ms: u64) -> Instant {
        Instant::from_epoch_ms(ms as i64).unwrap()
    }

    fn cooling_off() -> CoolingOff {
        CoolingOff { wait_until: at(WAIT_UNTIL), expires_at: at(EXPIRES_AT) }
    }

    #[track_caller]
    fn check(how: Ending, reason: Option<&str>, now: u64, expect: Result<Ending, &str>) {
        let reason = reason.map(|reason| Note::parse(reason).unwrap());
        let ended = cooling_off().end(None, how, reason, at(now));
        let ended = ended.map(|ended| ended.unwrap().how).map_err(|refused| refused.to_string());
        match (ended, expect) {
            (Ok(ended), Ok(expect)) => assert_eq!(ended, expect),
            (Err(error), Err(expect)) => assert!(error.contains(expect), "{error}"),
            (ended, expect) => panic!("{ended:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn what_may_happen_when() {
        use Ending::{Bypassed, Cancelled, Confirmed, Overridden};
        check(Confirmed, None, 999, Err("the wait ends at 1970-01-01T00:00:01Z"));
        check(Confirmed, None, 1000, Ok(Confirmed));
        check(Confirmed, None, 2999, Ok(Confirmed));
        check(Cancelled, None, 0, Ok(Cancelled));
        check(Cancelled, Some("too dear"), 2999, Ok(Cancelled));
        check(Overridden, None, 0, Err("an override needs a reason"));
        check(Overridden, Some("the sale ends today"), 0, Ok(Overridden));
        check(Bypassed, None, 0, Ok(Bypassed));
        check(Bypassed, None, 2000, Ok(Bypassed));
        for how in Ending::ALL {
            check(how, Some("late"), 3000, Err("it expired at 1970-01-01T00:00:03Z"));
        }
    }

    #[test]
    fn an_end_is_final_and_telling_it_again_changes_nothing() {
        for before in Ending::ALL {
            let ended = Ended { how: before, at: at(1500), reason: None };
            for how in Ending::ALL {
                // Also long after it would have expired.
                for now in [1500, 9000] {
                    let again = cooling_off().end(Some(&ended), how, None, at(now));
                    let refused = Refused::EndedOtherwise { how: before };
                    assert_eq!(again, if how == before { Ok(None) } else { Err(refused) });
                }
                assert_eq!(cooling_off().ended_by_outcome(Some(&ended), Outcome::Proceeded, at(2000)), None);
            }
            assert_eq!(Ending::from_name(before.name()), Some(before));
        }
    }

    #[test]
    fn facts_end_it_too() {
        let by_outcome = |outcome, now| cooling_off().ended_by_outcome(None, outcome, at(now)).map(|ended| ended.how);
        for (outcome, now, expect) in [
            (Outcome::Proceeded, 999, Some(Ending::Overridden)),
            (Outcome::Proceeded, 1000, Some(Ending::Confirmed)),
            (Outcome::Cancelled, 999, Some(Ending::Cancelled)),
            (Outcome::Abandoned, 2999, Some(Ending::Cancelled)),
            (Outcome::Postponed, 999, None),
            (Outcome::Proceeded, 3000, None),
        ] {
            assert_eq!(by_outcome(outcome, now), expect);
        }
        let states = [0, 1000, 3000].map(|now| cooling_off().state(None, at(now)).name());
        assert_eq!(states, ["waiting", "ready", "expired"]);
    }
}
