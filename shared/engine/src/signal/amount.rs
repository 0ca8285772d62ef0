//! Amount: is it high for this customer in this category?

use crate::entry::{Attempt, Frozen};
use crate::money::Amount;
use crate::population;
use crate::profile::{Belief, Profile};

/// Beyond this many scales above the mean, an amount moves the profile no further (Winsorised learning).
const LEARN_SCALES_MAX: f64 = 3.0;

/// From how many purchases' worth on an amount is called usual "in this category".
const CATEGORY_KNOWN_FROM: f64 = 0.5;

/// How unusual the amount is.
#[derive(Debug, Clone, PartialEq)]
pub struct AmountSignal {
    /// `-ln P(next amount ≥ this one)` for this customer and category.
    pub nats: f64,
    /// The same for this customer over all categories.
    pub customer_nats: f64,
    /// What the customer usually spends there: the geometric mean, in the attempt's currency.
    pub usual: Amount,
    /// Whether the customer bought in this category before, so that `usual` is about it and not about all purchases.
    pub category_known: bool,
    /// The amount as a multiple of `usual`.
    pub ratio: f64,
    /// How many standard deviations the log-amount lies above its mean.
    pub z_score: f64,
    /// The amount up to which the profile would learn this purchase, in minor units of the attempt's currency.
    pub learn_minor_max: i64,
}

impl AmountSignal {
    /// Compares the amount with the category's purchases, shrunk to all of the customer's, shrunk to the population's.
    /// `left` is how much of the profile's sums is left at the attempt.
    pub fn of(attempt: &Attempt, profile: &Profile, left: f64) -> Self {
        let Beliefs { customer, in_category, category_known } = Beliefs::of(attempt, profile, left);
        let belief = in_category;
        let amount = attempt.amount;
        let ln_size = amount.size().ln();
        let usual = Amount::of_size(belief.mean.exp(), amount.currency());
        Self {
            nats: belief.upper_tail_nats(ln_size),
            customer_nats: customer.upper_tail_nats(ln_size),
            usual,
            category_known,
            ratio: amount.minor() as f64 / usual.minor() as f64,
            z_score: belief.z_score(ln_size),
            learn_minor_max: learn_minor_max(attempt, belief),
        }
    }
}

impl Frozen {
    /// What a purchase of the past is imported with where everything before it is at hand: the same as if it had been scored.
    pub fn of(attempt: &Attempt, profile: &Profile) -> Self {
        let left = profile.habit_factor(attempt.occurred_at.instant());
        let belief = Beliefs::of(attempt, profile, left).in_category;
        Self {
            learn_minor_max: learn_minor_max(attempt, belief),
            amount_nats: belief.upper_tail_nats(attempt.amount.size().ln()),
        }
    }
}

fn learn_minor_max(attempt: &Attempt, belief: Belief) -> i64 {
    let most = (belief.mean + LEARN_SCALES_MAX * belief.next_scale()).exp();
    Amount::of_size(most, attempt.amount.currency()).minor()
}

/// What amounts are expected.
struct Beliefs {
    /// Of the customer's purchases, shrunk to the population's.
    customer: Belief,
    /// Of those in the attempt's category, shrunk to all of the customer's.
    in_category: Belief,
    /// Whether there were purchases in the category.
    category_known: bool,
}

impl Beliefs {
    fn of(attempt: &Attempt, profile: &Profile, left: f64) -> Self {
        let customer = population::AMOUNTS.after(profile.amounts().scaled(left));
        let seen = profile.categories().get(attempt.category.as_str()).scaled(left);
        let in_category = customer.as_prior(population::CATEGORY_AMOUNTS_WEIGHT).after(seen);
        Self { customer, in_category, category_known: seen.weight > CATEGORY_KNOWN_FROM }
    }
}
