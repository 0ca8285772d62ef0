//! What a day is like: weekday, month, whether clocks show summer time.

use engine::time::{Day, Instant};
use time::{Duration, OffsetDateTime};

/// One day with what habits depend on.
pub(super) struct CalendarDay {
    pub(super) day: Day,
    /// 0 is Monday.
    pub(super) weekday: usize,
    /// 1 is January.
    pub(super) month: u8,
    /// 1 to 31.
    pub(super) day_of_month: u8,
    /// Whether clocks in Europe show summer time: from the last Sunday of March to the one of October (Directive
    /// 2000/84/EC), here by whole days.
    pub(super) summer_time: bool,
}

impl CalendarDay {
    pub(super) fn of(day: Day) -> Self {
        let days = day.since_days(Instant::EPOCH.day());
        let date = OffsetDateTime::UNIX_EPOCH.date().saturating_add(Duration::days(i64::from(days)));
        let (month, day_of_month) = (u8::from(date.month()), date.day());
        let latest_sunday = i16::from(day_of_month) - i16::from(date.weekday().number_days_from_sunday());
        let summer_time = match month {
            3 => latest_sunday >= 25,
            4..=9 => true,
            10 => latest_sunday < 25,
            _ => false,
        };
        let weekday = usize::from(date.weekday().number_days_from_monday());
        Self { day, weekday, month, day_of_month, summer_time }
    }

    /// December, when gifts are bought.
    pub(super) fn is_december(&self) -> bool {
        self.month == 12
    }

    /// June to August, when people travel.
    pub(super) fn is_summer(&self) -> bool {
        (6..=8).contains(&self.month)
    }

    /// Saturday or Sunday.
    pub(super) fn is_weekend(&self) -> bool {
        self.weekday >= 5
    }

    /// Days since this day of the month was last reached, counting months as 30 days.
    pub(super) fn days_since(&self, day_of_month: u8) -> u8 {
        (30 + self.day_of_month.min(30) - day_of_month.clamp(1, 30)) % 30
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(day: &str, weekday: usize, summer_time: bool) {
        let day = CalendarDay::of(Day::parse(day).unwrap());
        assert_eq!((day.weekday, day.summer_time), (weekday, summer_time));
    }

    #[test]
    fn summer_time_begins_and_ends_on_the_last_sundays() {
        check("2025-03-29", 5, false);
        check("2025-03-30", 6, true);
        check("2025-10-25", 5, true);
        check("2025-10-26", 6, false);
        check("2026-03-28", 5, false);
        check("2026-03-29", 6, true);
        check("2026-10-25", 6, false);
        check("2030-03-31", 6, true);
        check("2024-02-29", 3, false);
        check("1970-01-01", 3, false);
    }

    #[test]
    fn days_are_counted_from_pay_day() {
        let days_since = |day: &str, pay_day| CalendarDay::of(Day::parse(day).unwrap()).days_since(pay_day);
        assert_eq!(days_since("2025-05-25", 25), 0);
        assert_eq!(days_since("2025-05-27", 25), 2);
        assert_eq!(days_since("2025-06-01", 28), 3);
        assert_eq!(days_since("2025-05-31", 1), 29);
    }
}
