//! Habits: a profile in units that people use, for whoever shows it.

use crate::population;
use crate::profile::{Belief, Profile};
use crate::time::Instant;

/// Nine of ten standard normal values lie below this.
const NINE_OF_TEN: f64 = 1.2816;

/// What is usual for one customer. Shares are of purchases, the recent ones weighing more.
#[derive(Clone, PartialEq)]
pub struct Habits {
    /// Amounts in all; `None` before the first purchase.
    pub amount: Option<UsualAmount>,
    /// Categories, the largest share first.
    pub categories: Vec<CategoryHabit>,
    /// Payment methods with their shares, the largest first.
    pub payment_methods: Vec<(String, f64)>,
    /// Shares by local hour, from 0:00 on.
    pub hours: [f64; 24],
}

/// Amounts in about-euros: amounts of several currencies, made comparable by rough fixed rates.
#[derive(Clone, Copy, PartialEq)]
pub struct UsualAmount {
    /// The geometric mean.
    pub typical: f64,
    /// Four of five amounts lie between this …
    pub low: f64,
    /// … and this.
    pub high: f64,
}

/// One category of a customer's purchases.
#[derive(Clone, PartialEq)]
pub struct CategoryHabit {
    /// Its name.
    pub name: String,
    /// Its share of all purchases.
    pub share: f64,
    /// What is spent in it, leaning on the customer's other purchases where there are few.
    pub amount: UsualAmount,
}

impl UsualAmount {
    fn of(belief: Belief) -> Self {
        let spread = NINE_OF_TEN * (belief.scale / belief.shape).sqrt();
        Self { typical: belief.mean.exp(), low: (belief.mean - spread).exp(), high: (belief.mean + spread).exp() }
    }
}

impl Habits {
    /// The habits of a profile as of `now`.
    pub fn of(profile: &Profile, now: Instant) -> Self {
        let left = profile.habit_factor(now);
        let total = profile.amounts().weight;
        let share = |weight: f64| if total > 0.0 { (weight / total).clamp(0.0, 1.0) } else { 0.0 };
        let belief = population::AMOUNTS.after(profile.amounts().scaled(left));
        let in_category = belief.as_prior(population::CATEGORY_AMOUNTS_WEIGHT);
        let categories = profile.categories().iter().map(|(name, sums)| CategoryHabit {
            name: name.to_owned(),
            share: share(sums.weight),
            amount: UsualAmount::of(in_category.after(sums.scaled(left))),
        });
        let mut categories: Vec<CategoryHabit> = categories.collect();
        categories.sort_by(|left, right| right.share.total_cmp(&left.share));
        let payment_methods = profile.payment_methods().iter();
        let mut payment_methods: Vec<(String, f64)> =
            payment_methods.map(|(name, weight)| (name.to_owned(), share(weight))).collect();
        payment_methods.sort_by(|left, right| right.1.total_cmp(&left.1));
        Self {
            amount: (profile.purchases() > 0).then(|| UsualAmount::of(belief)),
            categories,
            payment_methods,
            hours: profile.hours().map(share),
        }
    }
}
