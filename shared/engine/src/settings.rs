//! What the customer themselves decided about being interrupted.

use crate::time::{Instant, LocalInstant};

/// How readily Guardian steps in for this customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sensitivity {
    /// Half as many alarms as the policy allows.
    Low,
    /// As the policy says.
    #[default]
    Normal,
    /// Twice as many alarms as the policy allows.
    High,
}

impl Sensitivity {
    /// Every sensitivity, least ready first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }

    /// The sensitivity of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sensitivity| sensitivity.name() == name)
    }

    /// What the share of genuine attempts that may be stepped in on is multiplied with.
    pub(crate) fn alarm_factor(self) -> f64 {
        match self {
            Self::Low => 0.5,
            Self::Normal => 1.0,
            Self::High => 2.0,
        }
    }
}

/// A daily span of local time, from one minute of the day to another, possibly over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from_minute: u16,
    until_minute: u16,
}

/// Minutes in a day.
const DAY_MINUTES: u16 = 24 * 60;

impl QuietHours {
    /// From one minute of the day until (not including) another; `None` if either is no minute of the day or both are
    /// the same.
    pub fn new(from_minute: u16, until_minute: u16) -> Option<Self> {
        let valid = from_minute < DAY_MINUTES && until_minute < DAY_MINUTES && from_minute != until_minute;
        valid.then_some(Self { from_minute, until_minute })
    }

    /// The first minute of the day that is quiet.
    pub fn from_minute(self) -> u16 {
        self.from_minute
    }

    /// The first minute of the day that is not quiet any more.
    pub fn until_minute(self) -> u16 {
        self.until_minute
    }

    /// Whether it is quiet at this local time.
    pub fn contains(self, at: LocalInstant) -> bool {
        let minute = at.minute_of_day();
        if self.from_minute < self.until_minute {
            (self.from_minute..self.until_minute).contains(&minute)
        } else {
            minute >= self.from_minute || minute < self.until_minute
        }
    }
}

/// A customer's settings. The default is what holds for someone who never said anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// How readily Guardian steps in.
    pub sensitivity: Sensitivity,
    /// When nothing but a warning or more may be shown.
    pub quiet_hours: Option<QuietHours>,
    /// Until when nothing but a block may interrupt.
    pub snooze_until: Option<Instant>,
    /// Nothing but a block may interrupt, until this is taken back.
    pub opted_out: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: u16, until: u16, at: &str, expect: bool) {
        let at = LocalInstant::parse(at).unwrap();
        assert_eq!(QuietHours::new(from, until).unwrap().contains(at), expect);
    }

    #[test]
    fn quiet_hours_are_local_and_may_span_midnight() {
        check(22 * 60, 7 * 60, "2026-01-01T23:00:00+09:00", true);
        check(22 * 60, 7 * 60, "2026-01-01T06:59:59+09:00", true);
        check(22 * 60, 7 * 60, "2026-01-01T07:00:00+09:00", false);
        check(60, 120, "2026-01-01T01:30:00Z", true);
        check(60, 120, "2026-01-01T02:00:00Z", false);
        assert_eq!(QuietHours::new(60, 60), None);
        assert_eq!(QuietHours::new(0, 1440), None);
    }
}
