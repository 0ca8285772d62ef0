//! What the customer themselves decided: how readily to be interrupted, what they want to spend at most, what they save for and
//! what they want to be kept from.

use std::fmt;

use crate::id::Category;
use crate::message::Voice;
use crate::money::Amount;
use crate::redacted::redacted;
use crate::text::Note;
use crate::time::{DAY_MS, Instant, LocalInstant};

/// How many monthly limits a customer may have.
pub const LIMITS_MAX: usize = 20;

/// How many savings goals a customer may have.
pub const GOALS_MAX: usize = 5;

/// How many categories a customer may block.
pub const BLOCKED_CATEGORIES_MAX: usize = 20;

/// How long a blocked category stays blocked after the customer took the block back: the wish of a calm hour outlives the
/// urge of another.
pub const UNBLOCK_DELAY_MS: i64 = DAY_MS;

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

    /// The minute of the day of `HH:MM`; `None` for anything else.
    pub fn minute_of_day(text: &str) -> Option<u16> {
        let part = |text: &str, max: u16| -> Option<u16> {
            let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| is_plain && *number <= max)
        };
        let (hour, minute) = text.split_once(':')?;
        Some(part(hour, 23)? * 60 + part(minute, 59)?)
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

/// How much a customer wants to spend at most in a calendar month of their local time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// In which category; `None` for all of them together.
    pub category: Option<Category>,
    /// Purchases in its currency count towards it.
    pub monthly: Amount,
}

/// What a customer saves for.
#[derive(Clone, PartialEq, Eq)]
pub struct Goal {
    /// In the customer's own words.
    pub name: Note,
    /// How much it takes.
    pub target: Amount,
    /// How much there is already, in minor units of the target's currency; at least 0.
    pub saved_minor: i64,
}

impl fmt::Debug for Goal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted("Goal", out)
    }
}

/// A category that a customer wants to be kept from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryBlock {
    /// Which.
    pub category: Category,
    /// What they wanted to tell themselves.
    pub note: Option<Note>,
    /// When the block ends, once the customer took it back.
    pub released_at: Option<Instant>,
}

impl CategoryBlock {
    /// Whether it holds at this time.
    pub fn holds(&self, now: Instant) -> bool {
        self.released_at.is_none_or(|released_at| now < released_at)
    }
}

/// A customer's settings. The default is what holds for someone who never said anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Counts the states of these settings from 1; 0 for someone who never said anything.
    pub revision: u32,
    /// How readily Guardian steps in.
    pub sensitivity: Sensitivity,
    /// When nothing but a warning or more may be shown.
    pub quiet_hours: Option<QuietHours>,
    /// Until when nothing but a block may interrupt.
    pub snooze_until: Option<Instant>,
    /// Nothing but a block may interrupt, until this is taken back.
    pub opted_out: bool,
    /// In which language and tone to be spoken to.
    pub voice: Voice,
    /// What an hour of work brings, for those who want to see prices in hours.
    pub hourly_income: Option<Amount>,
    /// At most [`LIMITS_MAX`], one a category and currency.
    pub limits: Vec<Limit>,
    /// At most [`GOALS_MAX`].
    pub goals: Vec<Goal>,
    /// At most [`BLOCKED_CATEGORIES_MAX`], one a category.
    pub blocked_categories: Vec<CategoryBlock>,
}

impl Settings {
    /// These settings as what follows `earlier` ones at `now`: a block that they leave out ends only after
    /// [`UNBLOCK_DELAY_MS`], one that they name again holds again.
    #[must_use]
    pub fn following(mut self, earlier: &Self, now: Instant) -> Self {
        let is_named = |block: &CategoryBlock| self.blocked_categories.iter().any(|new| new.category == block.category);
        let left_out = earlier.blocked_categories.iter().filter(|block| block.holds(now) && !is_named(block)).cloned();
        let left_out: Vec<_> = left_out
            .map(|block| CategoryBlock {
                released_at: Some(block.released_at.unwrap_or(now.plus_ms(UNBLOCK_DELAY_MS))),
                ..block
            })
            .collect();
        self.blocked_categories.extend(left_out);
        self.revision = earlier.revision.saturating_add(1);
        self
    }

    /// The block that keeps the customer from this category at this time.
    pub fn block_of(&self, category: &Category, now: Instant) -> Option<&CategoryBlock> {
        self.blocked_categories.iter().find(|block| block.category == *category && block.holds(now))
    }
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

    #[test]
    fn a_block_outlives_the_wish_to_be_rid_of_it() {
        let now = Instant::from_epoch_ms(1_800_000_000_000).unwrap();
        let games = Category::parse("games").unwrap();
        let block = CategoryBlock { category: games.clone(), note: None, released_at: None };
        let blocked = Settings { blocked_categories: vec![block], ..Settings::default() };
        let blocked = blocked.following(&Settings::default(), now);
        assert_eq!((blocked.revision, blocked.block_of(&games, now).is_some()), (1, true));

        let freed = Settings::default().following(&blocked, now);
        let later = |ms| now.plus_ms(ms);
        assert_eq!(
            freed.block_of(&games, later(UNBLOCK_DELAY_MS - 1)).unwrap().released_at,
            Some(later(UNBLOCK_DELAY_MS))
        );
        assert_eq!(freed.block_of(&games, later(UNBLOCK_DELAY_MS)), None);
        // Asking again does not make it longer, and does not make it shorter.
        let again = Settings::default().following(&freed, later(DAY_MS / 2));
        assert_eq!(again.blocked_categories, freed.blocked_categories);
        assert_eq!(Settings::default().following(&again, later(DAY_MS)).blocked_categories, []);
        // Naming it again takes the release back.
        let renewed = Settings { revision: 0, ..blocked.clone() }.following(&freed, later(DAY_MS / 2));
        assert_eq!((renewed.revision, &renewed.blocked_categories), (3, &blocked.blocked_categories));
    }
}
