//! Periods: whole days, given as dates or counted from the history's first day.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use engine::time::{DAY_MS, Day, HOUR_MS, Instant};

use super::error::LearningError;

/// Days from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub until: Day,
}

impl Period {
    /// A period of at least one day.
    ///
    /// # Errors
    /// [`LearningError::PeriodEmpty`] if it ends before it begins.
    pub fn new(from: Day, until: Day) -> Result<Self, LearningError> {
        if from <= until { Ok(Self { from, until }) } else { Err(LearningError::PeriodEmpty { from, until }) }
    }

    /// This many days from a day on.
    pub fn of_days(from: Day, days: i32) -> Self {
        Self { from, until: from.plus_days(days.max(1) - 1) }
    }

    /// How many days it has.
    pub fn days(&self) -> i32 {
        self.until.since_days(self.from) + 1
    }

    /// Its instants.
    pub fn instants(&self) -> Range<Instant> {
        self.from.start()..self.until.plus_days(1).start()
    }

    /// The shortest period that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), until: self.until.max(other.until) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} to {}", self.from, self.until)
    }
}

/// A day as it is given: a date, or how many days after the history's first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayChoice {
    /// `2018-05-01`
    Date(Day),
    /// `30`
    Number(u16),
}

/// Why a text is not a day.
#[derive(Debug, thiserror::Error)]
#[error("a day is a date such as 2018-05-01, or a number of days after the history's first day")]
pub struct DayChoiceError;

impl FromStr for DayChoice {
    type Err = DayChoiceError;

    fn from_str(text: &str) -> Result<Self, DayChoiceError> {
        let number = text.parse().map(Self::Number);
        number.or_else(|_| Day::parse(text).map(Self::Date)).map_err(|_| DayChoiceError)
    }
}

impl DayChoice {
    /// The day meant, in a history that begins on `first_day`.
    pub fn day(self, first_day: Day) -> Day {
        match self {
            Self::Date(day) => day,
            Self::Number(number) => first_day.plus_days(i32::from(number)),
        }
    }
}

/// A span of time as it is given: `7d`, `12h`, `0d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    ms: i64,
}

/// The longest span, in days.
const SPAN_DAYS_MAX: u16 = 3650;

/// Why a text is not a span of time.
#[derive(Debug, thiserror::Error)]
#[error("a span of time is a number of days or hours such as 7d or 12h, at most {SPAN_DAYS_MAX}d")]
pub struct SpanError;

impl Span {
    /// Milliseconds.
    pub fn ms(self) -> i64 {
        self.ms
    }

    /// How many whole days it takes to wait that long.
    pub fn whole_days(self) -> i32 {
        self.days().ceil() as i32
    }

    /// In days.
    pub fn days(self) -> f64 {
        self.ms as f64 / DAY_MS as f64
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let (number, unit_ms) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
            (Some(days), _) => (days, DAY_MS),
            (None, Some(hours)) => (hours, HOUR_MS),
            (None, None) => return Err(SpanError),
        };
        let number: u16 = number.parse().map_err(|_| SpanError)?;
        let ms = i64::from(number) * unit_ms;
        if ms <= i64::from(SPAN_DAYS_MAX) * DAY_MS { Ok(Self { ms }) } else { Err(SpanError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn a_day_is_a_date_or_a_number_from_the_first() {
        let check = |text: &str, expect: &str| {
            let choice: DayChoice = text.parse().unwrap();
            assert_eq!(choice.day(day("2018-04-01")), day(expect), "{text}");
        };
        check("0", "2018-04-01");
        check("30", "2018-05-01");
        check("2018-05-01", "2018-05-01");
        for text in ["", "-1", "1.5", "May", "2018-02-30", "70000"] {
            assert!(text.parse::<DayChoice>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_is_days_or_hours() {
        let check = |text: &str, ms: i64| assert_eq!(text.parse::<Span>().unwrap().ms(), ms, "{text}");
        check("7d", 7 * 86_400_000);
        check("0d", 0);
        check("12h", 43_200_000);
        for text in ["", "7", "d", "-1d", "7w", "1.5d", "3651d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn both_ends_belong_to_a_period() {
        let period = Period::new(day("2018-04-01"), day("2018-04-02")).unwrap();
        assert_eq!(period.days(), 2);
        assert_eq!(period.instants(), day("2018-04-01").start()..day("2018-04-03").start());
        assert_eq!(Period::of_days(day("2018-04-01"), 2), period);
        assert!(Period::new(day("2018-04-02"), day("2018-04-01")).is_err());
    }
}
