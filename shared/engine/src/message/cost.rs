//! What a purchase costs in terms that are felt: hours of work, and the month's limit.

use super::wording::two_digits_in_tenths;
use super::{About, Key, MonthBudget, Wording};
use crate::entry::Attempt;
use crate::money::Amount;

/// Less work than this is not worth a thought, in hours.
const HOURS_MIN: f64 = 0.25;

/// More work than this, about ten weeks, is no longer felt as hours.
const HOURS_MAX: f64 = 400.0;

/// Less of a month's limit than this share is not worth a thought.
const MONTH_PERCENT_MIN: i64 = 5;

/// With more than this, the limit was never about such purchases.
const MONTH_PERCENT_MAX: i64 = 1000;

/// What the purchase costs; at least one of the two is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    work: Option<Work>,
    month: Option<Month>,
}

/// Work at the customer's own hourly income.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Minutes(u64),
    HoursInTenths(u64),
}

/// The month's limit once this purchase is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Month {
    Within { percent: u64 },
    Over { by: Amount },
}

impl Cost {
    pub(super) fn of(about: &About<'_>) -> Option<Self> {
        let work = about.hourly_income.and_then(|income| Work::of(about.attempt.amount, income));
        let month = about.month.and_then(|budget| Month::of(about.attempt, budget));
        (work.is_some() || month.is_some()).then_some(Self { work, month })
    }

    pub(super) fn sentences(self, wording: Wording<'_>, about: &About<'_>) -> Vec<String> {
        let work = self.work.map(|work| match work {
            Work::Minutes(minutes) => wording.sentence(Key::CostMinutes).count("minutes", minutes).text(),
            Work::HoursInTenths(tenths) => wording.sentence(Key::CostHours).tenths("hours", tenths).text(),
        });
        let month = self.month.zip(about.month).map(|(month, budget)| month.sentence(wording, about.attempt, budget));
        work.into_iter().chain(month).collect()
    }
}

impl Work {
    fn of(price: Amount, income: Amount) -> Option<Self> {
        if price.currency() != income.currency() {
            return None;
        }
        let hours = price.minor() as f64 / income.minor() as f64;
        if !(HOURS_MIN..=HOURS_MAX).contains(&hours) {
            return None;
        }
        let minutes = (hours * 12.0).round() as u64 * 5;
        Some(if minutes < 60 { Self::Minutes(minutes) } else { Self::HoursInTenths(two_digits_in_tenths(hours)) })
    }
}

impl Month {
    fn of(attempt: &Attempt, budget: MonthBudget<'_>) -> Option<Self> {
        let MonthBudget { spent, limit, category } = budget;
        let currency = attempt.amount.currency();
        let is_about_this = category.is_none_or(|category| *category == attempt.category)
            && limit.currency() == currency
            && spent.is_none_or(|spent| spent.currency() == currency);
        if !is_about_this {
            return None;
        }
        let total = spent.map_or(0, Amount::minor) + attempt.amount.minor();
        let percent = total * 100 / limit.minor();
        match total - limit.minor() {
            _ if !(MONTH_PERCENT_MIN..=MONTH_PERCENT_MAX).contains(&percent) => None,
            over if over > 0 => Some(Self::Over { by: Amount::from_minor(over, currency).ok()? }),
            _ => Some(Self::Within { percent: percent as u64 }),
        }
    }

    fn sentence(self, wording: Wording<'_>, attempt: &Attempt, budget: MonthBudget<'_>) -> String {
        let sentence = match self {
            Self::Within { percent } => wording.sentence(Key::CostMonthWithin).count("percent", percent),
            Self::Over { by } => wording.sentence(Key::CostMonthOver).money("over", by),
        };
        let scope = if budget.category.is_some() { "category" } else { "all" };
        sentence.money("limit", budget.limit).choice("scope", scope).category(&attempt.category).text()
    }
}
