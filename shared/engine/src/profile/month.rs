//! What a customer spent in the latest calendar month that has a purchase: to the minor unit, because a limit is a promise.
//!
//! Architecture Invariant: like all of a profile, it does not depend on the order of events. The latest month is a maximum; what
//! belongs to an earlier one is dropped whether it comes before or after; currencies and categories are bounded by keeping the
//! smallest of an order that does not change.

use crate::currency::Currency;
use crate::id::Category;
use crate::money::Amount;
use crate::profile::{LogAmounts, Tally};
use crate::time::Month;

/// In how many currencies a month's spending is kept: those whose codes come first.
pub(super) const CURRENCIES_MAX: usize = 3;

/// Sums in minor units by category, of one currency.
pub(super) type ByCategory = Tally<i64>;

impl super::Sums for i64 {
    fn merge(&mut self, other: Self) {
        *self = self.saturating_add(other);
    }
}

/// Spending of one month, by currency in the order of their codes.
#[derive(Debug, Clone, Default)]
pub struct MonthSpending {
    month: Month,
    by_currency: Vec<(Currency, ByCategory)>,
}

/// A category in which nothing was spent is as good as one that was never seen.
impl PartialEq for MonthSpending {
    fn eq(&self, other: &Self) -> bool {
        let spent = |sums: &ByCategory| -> Vec<(Box<str>, i64)> {
            sums.iter().filter(|(_, sum)| *sum != 0).map(|(name, sum)| (name.into(), sum)).collect()
        };
        self.month == other.month
            && self.by_currency.len() == other.by_currency.len()
            && self.by_currency.iter().zip(&other.by_currency).all(
                |((left_currency, left), (right_currency, right))| {
                    left_currency == right_currency && left.others() == right.others() && spent(left) == spent(right)
                },
            )
    }
}

impl MonthSpending {
    /// Adds a purchase of that month; takes it out with `sign` -1; with `sign` 0 only knows from then on that there was one.
    pub(super) fn add(&mut self, month: Month, category: &Category, amount: Amount, sign: i64) {
        if month > self.month {
            *self = Self { month, by_currency: Vec::new() };
        }
        if month < self.month {
            return;
        }
        let currency = amount.currency();
        let position = self.by_currency.partition_point(|(known, _)| known.code() < currency.code());
        if self.by_currency.get(position).is_none_or(|(known, _)| *known != currency) {
            self.by_currency.insert(position, (currency, ByCategory::default()));
            self.by_currency.truncate(CURRENCIES_MAX);
        }
        if let Some((known, sums)) = self.by_currency.get_mut(position)
            && *known == currency
        {
            sums.add(category.as_str(), sign * amount.minor());
        }
    }

    /// What was spent in a month in one category, or in all, in minor units of a currency; `None` for a month that is over,
    /// and for a category that is not kept apart.
    pub fn spent(&self, month: Month, category: Option<&Category>, currency: Currency) -> Option<i64> {
        if month < self.month {
            return None;
        }
        let sums = self.by_currency.iter().find(|(known, _)| month == self.month && *known == currency);
        let Some((_, sums)) = sums else { return Some(0) };
        Some(match category {
            Some(category) => sums.kept(category.as_str()).unwrap_or_default(),
            None => sums.iter().map(|(_, sum)| sum).sum::<i64>() + sums.others(),
        })
    }

    /// Every sum above 0, in minor units: of each currency in all (no category), then by category.
    pub fn all(&self) -> impl Iterator<Item = (Currency, Option<&str>, i64)> {
        let of_currency = |(currency, sums): &'_ (Currency, ByCategory)| {
            let total = sums.iter().map(|(_, sum)| sum).sum::<i64>() + sums.others();
            (*currency, total)
        };
        let all = self.by_currency.iter().flat_map(move |entry| {
            let (currency, total) = of_currency(entry);
            let by_category = entry.1.iter().map(move |(name, sum)| (currency, Some(name), sum));
            std::iter::once((currency, None, total)).chain(by_category)
        });
        all.filter(|(.., sum)| *sum > 0)
    }

    /// The month.
    pub fn month(&self) -> Month {
        self.month
    }

    /// The sums of each currency: of every category in the order of `categories`, then of all others together.
    pub(super) fn in_order_of<'a>(
        &'a self,
        categories: &'a Tally<LogAmounts>,
    ) -> impl ExactSizeIterator<Item = (Currency, Vec<i64>)> + 'a {
        self.by_currency.iter().map(|(currency, sums)| {
            let mut ordered: Vec<i64> =
                categories.iter().map(|(name, _)| sums.kept(name).unwrap_or_default()).collect();
            let others = sums.iter().filter(|(name, _)| categories.kept(name).is_none()).map(|(_, sum)| sum);
            ordered.push(others.sum::<i64>() + sums.others());
            (*currency, ordered)
        })
    }

    /// Puts together a month's parts; `None` if it is not in order.
    pub(super) fn from_parts(month: Month, by_currency: Vec<(Currency, ByCategory)>) -> Option<Self> {
        let is_ordered = by_currency.is_sorted_by(|(left, _), (right, _)| left.code() < right.code());
        (is_ordered && by_currency.len() <= CURRENCIES_MAX).then_some(Self { month, by_currency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_summed_to_the_minor_unit_whatever_the_order() {
        let (march, april) = (Month::from_index(674), Month::from_index(675));
        let category = |name: &str| Category::parse(name).unwrap();
        let amount = |text, currency| Amount::parse(text, Currency::parse(currency).unwrap()).unwrap();
        let told = [
            (march, "food", amount("10.10", "EUR"), 1),
            (april, "food", amount("20.20", "EUR"), 1),
            (march, "food", amount("99.99", "EUR"), 1),
            (april, "fuel", amount("40.05", "EUR"), 1),
            (april, "fuel", amount("7", "USD"), 1),
            (april, "fuel", amount("7", "CHF"), 1),
            (april, "fuel", amount("7", "AUD"), 1),
            (april, "fuel", amount("5", "EUR"), 1),
            (april, "fuel", amount("5", "EUR"), -1),
        ];
        let pass = |told: &mut dyn Iterator<Item = &(Month, &str, Amount, i64)>| {
            let mut spending = MonthSpending::default();
            told.for_each(|(month, name, amount, sign)| spending.add(*month, &category(name), *amount, *sign));
            spending
        };
        let forward = pass(&mut told.iter());
        assert_eq!(pass(&mut told.iter().rev()), forward);
        let spent = |month, name: Option<&str>, currency| {
            forward.spent(month, name.map(category).as_ref(), Currency::parse(currency).unwrap())
        };
        assert_eq!(spent(april, Some("food"), "EUR"), Some(2020));
        assert_eq!(spent(april, None, "EUR"), Some(6025));
        assert_eq!(spent(april, Some("games"), "EUR"), Some(0));
        assert_eq!(spent(april, None, "CHF"), Some(700));
        // The fourth currency by its code is not kept.
        assert_eq!(spent(april, None, "USD"), Some(0));
        assert_eq!(spent(march, None, "EUR"), None);
        assert_eq!(spent(Month::from_index(676), None, "EUR"), Some(0));
    }
}
