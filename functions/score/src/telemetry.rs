//! What this process measured and has not yet told: it travels with the next entry that is recorded.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::measured::{Answers, LastDecision, Measured};

/// What is to be told.
#[derive(Debug, Default)]
pub(crate) struct Telemetry(Mutex<Untold>);

#[derive(Debug, Default)]
struct Untold {
    last: Option<LastDecision>,
    answers: Answers,
}

impl Telemetry {
    /// What the next entry tells, with its own times. If it is not recorded, give it back.
    pub(crate) fn take(&self, read: Duration, engine: Duration) -> Measured {
        let Untold { last, answers } = self.with(std::mem::take);
        Measured { read, engine, last, answers }
    }

    /// Notes what became of a request.
    pub(crate) fn note(&self, answers: Answers) {
        self.with(|untold| untold.answers = sum(untold.answers, answers));
    }

    /// Notes that a decision was recorded, and how long that took.
    pub(crate) fn recorded(&self, last: LastDecision) {
        self.with(|untold| untold.last = Some(last));
        self.note(Answers { recorded: 1, ..Answers::default() });
    }

    /// Takes back what an entry was to tell that was not recorded.
    pub(crate) fn give_back(&self, measured: Measured) {
        self.with(|untold| untold.last = untold.last.or(measured.last));
        self.note(measured.answers);
    }

    fn with<T>(&self, change: impl FnOnce(&mut Untold) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn sum(left: Answers, right: Answers) -> Answers {
    Answers {
        recorded: left.recorded.saturating_add(right.recorded),
        unrecorded: left.unrecorded.saturating_add(right.unrecorded),
        refused: left.refused.saturating_add(right.refused),
        failed: left.failed.saturating_add(right.failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_told_once_with_an_entry_that_is_recorded() {
        let (ms, telemetry) = (Duration::from_millis, Telemetry::default());
        assert_eq!(telemetry.take(ms(1), ms(2)), Measured { read: ms(1), engine: ms(2), ..Measured::default() });
        let last = LastDecision { write: ms(3), whole: ms(7) };
        telemetry.recorded(last);
        telemetry.note(Answers { refused: 2, ..Answers::default() });
        let untold = telemetry.take(ms(1), ms(1));
        let answers = Answers { recorded: 1, refused: 2, ..Answers::default() };
        assert_eq!(untold, Measured { read: ms(1), engine: ms(1), last: Some(last), answers });
        // The table was away: the next one tells it.
        telemetry.give_back(untold);
        telemetry.note(Answers { unrecorded: 1, ..Answers::default() });
        let told = telemetry.take(ms(5), ms(5));
        assert_eq!((told.last, told.answers), (Some(last), Answers { unrecorded: 1, ..answers }));
        assert_eq!(telemetry.take(ms(1), ms(1)).answers, Answers::default());
    }
}
