//! What goes wrong between the SDK and the table, and how often.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::simulation::dice::Dice;
use crate::simulation::time::now;

/// One way for a request to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Refused because of too many requests.
    Throttled,
    /// An internal error of DynamoDB, nothing done.
    ErrorBefore,
    /// An internal error of DynamoDB, although it was done.
    ErrorAfter,
    /// No answer in time, nothing done.
    TimeoutBefore,
    /// No answer in time, although it was done.
    TimeoutAfter,
    /// No answer in time; it is done long after the caller has given up. Only of writes that are under a condition: of
    /// any other write nothing protects, here or at Amazon.
    TimeoutLate,
    /// The connection breaks before the request is read.
    ResetBefore,
    /// The connection breaks before the answer comes, although it was done.
    ResetAfter,
    /// Another transaction is on the same item.
    Conflict,
    /// The SDK sends it twice by itself, because the first answer was lost.
    Repeated,
    /// A batch of writes is done in part.
    Unprocessed,
    /// Done, and answered much later than usual.
    Slow,
}

impl Fault {
    const ALL: [Self; 12] = [
        Self::Throttled,
        Self::ErrorBefore,
        Self::ErrorAfter,
        Self::TimeoutBefore,
        Self::TimeoutAfter,
        Self::TimeoutLate,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Conflict,
        Self::Repeated,
        Self::Unprocessed,
        Self::Slow,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::ErrorBefore => "error before the effect",
            Self::ErrorAfter => "error after the effect",
            Self::TimeoutBefore => "timeout before the effect",
            Self::TimeoutAfter => "timeout after the effect",
            Self::TimeoutLate => "effect after the timeout",
            Self::ResetBefore => "reset before the effect",
            Self::ResetAfter => "reset after the effect",
            Self::Conflict => "transaction conflict",
            Self::Repeated => "sent twice",
            Self::Unprocessed => "batch left undone in part",
            Self::Slow => "slow answer",
        }
    }

    /// Whether it can happen to a request of this operation.
    fn fits(self, operation: &str, conditional: bool) -> bool {
        let writes = matches!(operation, "PutItem" | "UpdateItem" | "TransactWriteItems");
        match self {
            Self::TimeoutLate => conditional,
            Self::Conflict | Self::Repeated => writes,
            Self::Unprocessed => operation == "BatchWriteItem",
            _ => true,
        }
    }
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate {
    pub(crate) fault: Option<Fault>,
    /// Until the request is at the table, and from there until the answer is back, in milliseconds.
    pub(crate) there_ms: u64,
    pub(crate) back_ms: u64,
}

/// How long after its sender gave up a write may still take effect, in milliseconds.
pub(crate) const LATE_MS_MAX: u64 = 20_000;

/// How long a slow answer takes, in milliseconds: longer than every budget.
const SLOW_MS_MAX: u64 = 5_000;

/// How long the table may be away altogether, in milliseconds.
const OUTAGE_MS_MAX: u64 = 60_000;

/// How often each request begins an outage, where there are outages.
const OUTAGE_CHANCE: f64 = 0.002;

/// The faults of one simulation.
#[derive(Debug)]
pub(crate) struct Faults(Mutex<State>);

#[derive(Debug)]
struct State {
    dice: Dice,
    kinds: Vec<Fault>,
    rate: f64,
    outages: bool,
    outage_until_ms: u64,
    crash_rate: f64,
    calm: bool,
    counts: BTreeMap<&'static str, u64>,
}

impl Faults {
    /// What this seed has in store. Every seed has some kinds of faults and not others, in its own measure, because what
    /// hides in one mixture shows in another (Groce et al., Swarm Testing, 2012).
    pub(crate) fn of_seed(seed: u64) -> Arc<Self> {
        let mut dice = Dice::of(seed, "faults", 0);
        let kinds = Fault::ALL.into_iter().filter(|_| dice.chance(0.6)).collect();
        let rate = dice.one_of(&[0.0, 0.02, 0.1, 0.3]).unwrap_or_default();
        let crash_rate = dice.one_of(&[0.0, 0.03, 0.15]).unwrap_or_default();
        let outages = dice.chance(0.3);
        let counts = BTreeMap::new();
        // Nothing goes wrong before the table is there.
        let state = State { dice, kinds, rate, outages, outage_until_ms: 0, crash_rate, calm: true, counts };
        Arc::new(Self(Mutex::new(state)))
    }

    /// Whether nothing at all goes wrong from now on.
    pub(crate) fn set_calm(&self, calm: bool) {
        self.state().calm = calm;
    }

    /// Counts something that went wrong elsewhere.
    pub(crate) fn count(&self, what: &'static str) {
        *self.state().counts.entry(what).or_default() += 1;
    }

    /// How often each thing went wrong.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.state().counts.clone()
    }

    /// What becomes of a request of this operation.
    pub(crate) fn fate(&self, operation: &str, conditional: bool) -> Fate {
        let mut state = self.state();
        let State { dice, kinds, rate, outages, outage_until_ms, calm, counts, .. } = &mut *state;
        let now_ms = now().epoch_ms();
        let mut fate = Fate { fault: None, there_ms: dice.log_number(1, 20), back_ms: dice.log_number(1, 20) };
        if *calm {
            return fate;
        }
        if *outages && now_ms >= *outage_until_ms && dice.chance(OUTAGE_CHANCE) {
            *outage_until_ms = now_ms + dice.log_number(100, OUTAGE_MS_MAX);
            *counts.entry("outage").or_default() += 1;
        }
        if now_ms < *outage_until_ms {
            fate.fault = Some(Fault::ResetBefore);
        } else if dice.chance(*rate) {
            let possible: Vec<Fault> = kinds.iter().copied().filter(|it| it.fits(operation, conditional)).collect();
            fate.fault = dice.one_of(&possible);
        }
        match fate.fault {
            Some(Fault::Slow) => fate.back_ms = dice.log_number(100, SLOW_MS_MAX),
            Some(Fault::TimeoutLate) => fate.there_ms = dice.log_number(100, LATE_MS_MAX),
            _ => {}
        }
        if let Some(fault) = fate.fault {
            *counts.entry(fault.name()).or_default() += 1;
        }
        fate
    }

    /// After how many milliseconds a process that begins to work now dies, if it does.
    pub(crate) fn death_ms(&self) -> Option<u64> {
        let mut state = self.state();
        let rate = state.crash_rate;
        (!state.calm && state.dice.chance(rate)).then(|| {
            *state.counts.entry("crash").or_default() += 1;
            state.dice.log_number(1, 500)
        })
    }

    /// Whether an answer is lost on its way to a caller.
    pub(crate) fn loses_answer(&self) -> bool {
        let mut state = self.state();
        let rate = state.crash_rate;
        let lost = !state.calm && state.dice.chance(rate);
        if lost {
            *state.counts.entry("answer lost").or_default() += 1;
        }
        lost
    }

    /// Draws from the dice of the faults.
    pub(crate) fn number(&self, range: std::ops::Range<u64>) -> u64 {
        self.state().dice.number(range)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
