//! Time: instants in epoch milliseconds, RFC 3339 with an offset on the wire, local hours from that offset.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

/// Milliseconds in a minute, an hour and a day.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// How far in the future an attempt or a purchase may lie, for clocks that are not quite in step.
pub const CLOCK_SKEW_MS_MAX: i64 = 5 * MINUTE_MS;

/// The last instant accepted: 2100-01-01T00:00:00Z.
const EPOCH_MS_MAX: i64 = 4_102_444_800_000;

/// A point in time, in milliseconds since 1970, from 1970 to 2100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// Why a text or a number is not an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339.
    #[error("an instant is RFC 3339 with an offset, such as 2026-03-14T09:26:53+01:00")]
    NotRfc3339,
    /// Before 1970 or after 2099.
    #[error("an instant lies between 1970 and 2100")]
    OutOfRange,
}

impl Instant {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// An instant from milliseconds since 1970.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] before 1970 and from 2100 on.
    pub fn from_epoch_ms(epoch_ms: i64) -> Result<Self, TimeError> {
        if (0..EPOCH_MS_MAX).contains(&epoch_ms) { Ok(Self(epoch_ms)) } else { Err(TimeError::OutOfRange) }
    }

    /// Milliseconds since 1970.
    pub fn epoch_ms(self) -> u64 {
        self.0 as u64
    }

    /// This instant moved by a number of milliseconds, kept within the range of instants.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms).clamp(0, EPOCH_MS_MAX - 1))
    }

    /// Milliseconds from `earlier` to this instant; negative if it is the later one.
    pub fn since_ms(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The UTC day, counted from 1970-01-01.
    pub fn day(self) -> Day {
        Day((self.0 / DAY_MS) as i32)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_rfc3339(out, self.0, UtcOffset::UTC)
    }
}

fn write_rfc3339(out: &mut fmt::Formatter<'_>, epoch_ms: i64, offset: UtcOffset) -> fmt::Result {
    let utc = OffsetDateTime::from_unix_timestamp_nanos(i128::from(epoch_ms) * 1_000_000).map_err(|_| fmt::Error)?;
    out.write_str(&utc.to_offset(offset).format(&Rfc3339).map_err(|_| fmt::Error)?)
}

/// An instant together with the offset of the place where it happened, so that its local hour is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalInstant {
    instant: Instant,
    offset_minutes: i16,
}

impl LocalInstant {
    /// An instant at a place whose clocks are `offset_minutes` ahead of UTC.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] if the offset is a day or more.
    pub fn new(instant: Instant, offset_minutes: i16) -> Result<Self, TimeError> {
        if offset_minutes.unsigned_abs() < 24 * 60 {
            Ok(Self { instant, offset_minutes })
        } else {
            Err(TimeError::OutOfRange)
        }
    }

    /// Reads RFC 3339; what is finer than a millisecond is dropped.
    ///
    /// # Errors
    /// [`TimeError`] if the text is not RFC 3339 or lies outside 1970-2099.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimeError::NotRfc3339)?;
        let epoch_ms = parsed.unix_timestamp_nanos().div_euclid(1_000_000) as i64;
        Self::new(Instant::from_epoch_ms(epoch_ms)?, parsed.offset().whole_minutes())
    }

    /// The instant, whatever the place.
    pub fn instant(self) -> Instant {
        self.instant
    }

    /// How far the place's clocks are ahead of UTC, in minutes.
    pub fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// The local hour of the day, 0-23.
    pub fn hour(self) -> u8 {
        (self.local_ms().rem_euclid(DAY_MS) / HOUR_MS) as u8
    }

    /// The local minute of the day, 0-1439.
    pub fn minute_of_day(self) -> u16 {
        (self.local_ms().rem_euclid(DAY_MS) / MINUTE_MS) as u16
    }

    /// The local day of the week, 1 (Monday) to 7 (Sunday).
    pub fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        (self.local_ms().div_euclid(DAY_MS) + 3).rem_euclid(7) as u8 + 1
    }

    /// The local calendar month.
    pub fn month(self) -> Month {
        let local = OffsetDateTime::from_unix_timestamp(self.local_ms().div_euclid(1000));
        Month(local.map_or(0, |local| (local.year() - 1970) * 12 + i32::from(u8::from(local.month())) - 1))
    }

    fn local_ms(self) -> i64 {
        self.instant.0 + i64::from(self.offset_minutes) * MINUTE_MS
    }
}

impl fmt::Display for LocalInstant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = UtcOffset::from_whole_seconds(i32::from(self.offset_minutes) * 60).map_err(|_| fmt::Error)?;
        write_rfc3339(out, self.instant.0, offset)
    }
}

/// A calendar month, counted from January 1970, which is the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month so many months after January 1970.
    pub fn from_index(index: i32) -> Self {
        Self(index)
    }

    /// How many months after January 1970.
    pub fn index(self) -> i32 {
        self.0
    }
}

/// A UTC day, counted from 1970-01-01, which is the default. Printed and read as `2026-03-14`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// Why a text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is written YYYY-MM-DD and lies between 1970 and 2099")]
pub struct DayError;

impl Day {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`DayError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, DayError> {
        if text.len() != 10 {
            return Err(DayError);
        }
        let midnight = LocalInstant::parse(&format!("{text}T00:00:00Z")).map_err(|_| DayError)?;
        Ok(midnight.instant().day())
    }

    /// The day this many days later, kept within the range of instants.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days).clamp(0, (EPOCH_MS_MAX / DAY_MS) as i32 - 1))
    }

    /// Days from `earlier` to this day.
    pub fn since_days(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// Midnight UTC at which the day begins.
    pub fn start(self) -> Instant {
        Instant(i64::from(self.0) * DAY_MS)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let midnight = OffsetDateTime::UNIX_EPOCH + Duration::days(self.0.into());
        let (year, month, day) = midnight.to_calendar_date();
        write!(out, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_is_the_offset_of_the_instant() {
        let at = LocalInstant::parse("2026-03-14T23:30:00.1239-05:30").unwrap();
        assert_eq!(at.hour(), 23);
        assert_eq!(at.minute_of_day(), 23 * 60 + 30);
        assert_eq!(at.to_string(), "2026-03-14T23:30:00.123-05:30");
        assert_eq!(at.instant().to_string(), "2026-03-15T05:00:00.123Z");
        assert_eq!(at.instant().day().to_string(), "2026-03-15");
    }

    #[test]
    fn what_is_not_an_instant_is_refused() {
        for text in ["", "2026-03-14", "2026-03-14T09:26:53", "2026-02-30T00:00:00Z", "yesterday"] {
            assert_eq!(LocalInstant::parse(text), Err(TimeError::NotRfc3339), "{text}");
        }
        for text in ["1969-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(LocalInstant::parse(text), Err(TimeError::OutOfRange), "{text}");
        }
    }

    #[test]
    fn days_are_read_as_they_are_printed() {
        assert_eq!(Day::parse("2026-03-14").unwrap().to_string(), "2026-03-14");
        assert_eq!(Day::parse("2024-02-28").unwrap().plus_days(2), Day::parse("2024-03-01").unwrap());
        for text in ["2026-3-14", "2026-02-30", "1969-01-01", "2100-01-01", "20260314", "2026-03-14Z"] {
            assert_eq!(Day::parse(text), Err(DayError), "{text}");
        }
    }

    #[test]
    fn weekdays_and_months_are_local() {
        let of = |text| {
            let at = LocalInstant::parse(text).unwrap();
            (at.weekday(), at.month().index())
        };
        assert_eq!(of("1970-01-01T00:00:00Z"), (4, 0));
        assert_eq!(of("2026-03-01T00:30:00Z"), (7, 674));
        assert_eq!(of("2026-03-01T00:30:00+02:00"), (7, 674));
        // The same instant is still Saturday and February further west.
        assert_eq!(of("2026-02-28T22:30:00-02:00"), (6, 673));
        let before_the_epoch = LocalInstant::new(Instant::EPOCH, -300).unwrap();
        assert_eq!((before_the_epoch.weekday(), before_the_epoch.month().index()), (3, -1));
    }
}
