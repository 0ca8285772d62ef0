//! Signals: how surprising each dimension of an attempt is for this one customer, in nats.
//!
//! Each deviation is `-ln p`, where `p` is the probability, under what is known of the customer *before* the attempt, of
//! something at least as unusual. Zero is "nothing unusual"; 4.6 nats is one in a hundred, 6.9 one in a thousand.

mod amount;
mod choice;
mod merchant;
mod timing;
mod velocity;

use std::ops::{Index, IndexMut};

use crate::entry::{Attempt, Entry};
use crate::merchant::MerchantRecord;
use crate::profile::Profile;
use crate::time::Instant;

pub use amount::AmountSignal;
pub use choice::ChoiceSignal;
pub use merchant::MerchantSignal;
pub use timing::TimingSignal;
pub use velocity::{VelocitySignal, Window};

/// The six dimensions of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// How much.
    Amount,
    /// What kind of purchase.
    Category,
    /// At what hour.
    Timing,
    /// How it is paid.
    Payment,
    /// How many attempts, and how much money, in how short a time.
    Velocity,
    /// To whom.
    Merchant,
}

impl Dimension {
    /// Every dimension, in the order of the API.
    pub const ALL: [Self; 6] =
        [Self::Amount, Self::Category, Self::Timing, Self::Payment, Self::Velocity, Self::Merchant];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Category => "category",
            Self::Timing => "timing",
            Self::Payment => "payment",
            Self::Velocity => "velocity",
            Self::Merchant => "merchant",
        }
    }
}

/// One value for each [`Dimension`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PerDimension<T>([T; 6]);

impl<T> PerDimension<T> {
    /// The value that `of` gives for each dimension.
    pub fn from_fn(of: impl Fn(Dimension) -> T) -> Self {
        Self(Dimension::ALL.map(of))
    }

    /// Values in the order of [`Dimension::ALL`].
    pub fn from_array(values: [T; 6]) -> Self {
        Self(values)
    }

    /// Each dimension with its value.
    pub fn iter(&self) -> impl Iterator<Item = (Dimension, &T)> {
        Dimension::ALL.into_iter().zip(&self.0)
    }
}

#[expect(clippy::indexing_slicing, reason = "a dimension is an index below six by construction")]
impl<T> Index<Dimension> for PerDimension<T> {
    type Output = T;
    fn index(&self, dimension: Dimension) -> &T {
        &self.0[dimension as usize]
    }
}

#[expect(clippy::indexing_slicing, reason = "a dimension is an index below six by construction")]
impl<T> IndexMut<Dimension> for PerDimension<T> {
    fn index_mut(&mut self, dimension: Dimension) -> &mut T {
        &mut self.0[dimension as usize]
    }
}

/// The largest surprise that is told apart, about one in ten trillion.
pub const NATS_MAX: f64 = 30.0;

/// Up to this many purchases' worth, a weight or a difference of weights is taken for rounding: profiles are stored in
/// 32 bits, and a purchase that is taken out of a sum leaves such a rest there.
const ROUNDING: f64 = 1e-5;

/// A tail probability as a surprise, between 0 and [`NATS_MAX`]. What is no probability is no surprise.
pub(crate) fn nats(tail: f64) -> f64 {
    if tail.is_nan() { 0.0 } else { -tail.clamp((-NATS_MAX).exp(), 1.0).ln() + 0.0 }
}

/// The largest of several surprises, less what looking at several costs (Bonferroni): still a valid tail.
pub(crate) fn strongest<const N: usize>(surprises: [f64; N]) -> f64 {
    let largest = surprises.into_iter().fold(0.0, f64::max);
    (largest - (N as f64).ln()).max(0.0)
}

/// Everything that is known before the attempt is made.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What was learned of the customer.
    pub profile: &'a Profile,
    /// The customer's entries of the last hour, in any order, also those that the profile has not learned yet.
    pub recent: &'a [Entry],
    /// The merchant's record, if the attempt names a merchant.
    pub merchant: Option<&'a MerchantRecord>,
}

impl Known<'_> {
    /// The last attempt before `now`, whether the profile has learned it yet or not. A profile that has learned a later
    /// one no longer knows.
    pub(crate) fn last_attempt(&self, now: Instant) -> Option<Instant> {
        let recent = self.recent.iter().map(|entry| entry.attempt.occurred_at.instant());
        recent.chain(self.profile.last_at()).filter(|at| *at <= now).max()
    }

    /// How many attempts lie in the span that ends with `now`, among the entries of the last hour.
    pub(crate) fn attempts_within(&self, span_ms: i64, now: Instant) -> f64 {
        let ago_ms = |entry: &Entry| now.since_ms(entry.attempt.occurred_at.instant());
        self.recent.iter().filter(|entry| (0..span_ms).contains(&ago_ms(entry))).count() as f64
    }
}

/// All signals of one attempt, each with what its reason says.
#[derive(Debug, Clone, PartialEq)]
pub struct Signals {
    /// How much.
    pub amount: AmountSignal,
    /// What kind of purchase.
    pub category: ChoiceSignal,
    /// At what hour.
    pub timing: TimingSignal,
    /// How it is paid.
    pub payment: ChoiceSignal,
    /// How many attempts and how much money lately.
    pub velocity: VelocitySignal,
    /// To whom.
    pub merchant: MerchantSignal,
}

impl Signals {
    /// Compares an attempt with what is known.
    pub fn of(attempt: &Attempt, known: Known<'_>) -> Self {
        let now = attempt.occurred_at.instant();
        let left = known.profile.habit_factor(now);
        Self {
            amount: AmountSignal::of(attempt, known.profile, left),
            category: ChoiceSignal::of(
                known.profile.categories(),
                attempt.category.as_str(),
                left,
                crate::population::CATEGORIES,
            ),
            timing: TimingSignal::of(attempt, known.profile, left),
            payment: ChoiceSignal::of(
                known.profile.payment_methods(),
                attempt.payment_method.as_str(),
                left,
                crate::population::PAYMENT_METHODS,
            ),
            velocity: VelocitySignal::of(attempt, known),
            merchant: MerchantSignal::of(attempt, known),
        }
    }

    /// The surprise of each dimension, in nats.
    pub fn deviations(&self) -> PerDimension<f64> {
        PerDimension::from_fn(|dimension| match dimension {
            Dimension::Amount => self.amount.nats,
            Dimension::Category => self.category.nats,
            Dimension::Timing => self.timing.nats,
            Dimension::Payment => self.payment.nats,
            Dimension::Velocity => self.velocity.nats,
            Dimension::Merchant => self.merchant.nats(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_a_surprise_within_bounds() {
        for (tail, expect) in [(1.0, 0.0), (0.01, 4.605), (0.0, NATS_MAX), (f64::NAN, 0.0), (2.0, 0.0)] {
            assert!((nats(tail) - expect).abs() < 1e-3, "{tail}");
        }
        assert!(nats(1.0).is_sign_positive(), "no negative zero on the wire");
    }

    #[test]
    fn the_strongest_of_several_surprises_pays_for_their_number() {
        assert!(strongest([0.0; 6]).abs() < 1e-12);
        assert!((strongest([1.0, 6000_f64.ln(), 0.0, 0.0, 2.0, 0.0]) - 1000_f64.ln()).abs() < 1e-12);
    }
}
