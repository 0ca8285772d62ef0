//! From the simulation's plain numbers to an attempt in the domain's types.

use engine::currency::Currency;
use engine::id::{Category, CustomerId, IdempotencyKey, MerchantId, PaymentMethod};
use engine::money::{AMOUNT_MINOR_MAX, Amount};
use engine::time::{Instant, LocalInstant, MINUTE_MS};
use rand::Rng as _;

use super::calendar::CalendarDay;
use super::market::Merchant;
use super::parameters::{AMOUNT_MAX, category, payment_method, region};
use super::person::{Person, Temper};
use super::truth::Truth;
use crate::transaction::Transaction;

/// An attempt of a simulated customer, with what only the simulator knows.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedAttempt {
    /// The attempt as a history would tell it; its label is that of [`Self::truth`].
    pub transaction: Transaction,
    /// What it really is.
    pub truth: Truth,
    /// The number of the customer, from 1.
    pub customer: u32,
    pub(super) temper: Temper,
    /// Seeds the reaction, so that it is the same whenever it is asked for.
    pub(super) reaction_seed: u64,
}

impl SimulatedAttempt {
    /// The same purchase attempted once more, so much later: somebody who decided against it wants it again.
    pub(super) fn once_more(&self, after_ms: i64) -> Option<Self> {
        let Transaction { id, occurred_at, .. } = &self.transaction;
        let transaction = Transaction {
            id: IdempotencyKey::parse(&format!("{}-again", id.as_str())).ok()?,
            occurred_at: LocalInstant::new(occurred_at.instant().plus_ms(after_ms), occurred_at.offset_minutes())
                .ok()?,
            ..self.transaction.clone()
        };
        Some(Self { transaction, reaction_seed: self.reaction_seed.rotate_left(1), ..self.clone() })
    }
}

/// One purchase of one person, as it is drawn.
pub(super) struct Purchase {
    /// The region whose clocks count.
    pub(super) place: usize,
    /// Milliseconds since local midnight.
    pub(super) at_ms: f64,
    pub(super) merchant: Merchant,
    /// In major units.
    pub(super) amount: f64,
    /// A position in the table of payment methods.
    pub(super) payment_method: usize,
    pub(super) truth: Truth,
}

/// An attempt before its place in the order of time is known.
pub(super) struct Draft {
    pub(super) purchase: Purchase,
    instant: Instant,
    offset_minutes: i16,
    customer: u32,
    number: u32,
    temper: Temper,
    reaction_seed: u64,
}

impl Draft {
    /// A person's next attempt.
    pub(super) fn new(day: &CalendarDay, purchase: Purchase, person: &mut Person) -> Self {
        let place = region(purchase.place);
        let summer_time = if place.summer_time && day.summer_time { 60 } else { 0 };
        let offset_minutes = place.offset_minutes + summer_time;
        person.attempts += 1;
        Self {
            instant: day.day.start().plus_ms(purchase.at_ms as i64 - i64::from(offset_minutes) * MINUTE_MS),
            offset_minutes,
            customer: person.number,
            number: person.attempts,
            temper: person.traits.temper,
            reaction_seed: person.rng.next_u64(),
            purchase,
        }
    }

    pub(super) fn instant(&self) -> Instant {
        self.instant
    }

    /// The attempt in the domain's types. `None` is for what those refuse, which the simulation does not make: its names
    /// are ids, its amounts and times are within range.
    pub(super) fn into_attempt(self, currency: Currency) -> Option<SimulatedAttempt> {
        let Purchase { merchant, amount, truth, .. } = self.purchase;
        let minor = amount.min(AMOUNT_MAX) * currency.minor_per_major() as f64;
        let minor = (minor.round() as i64).clamp(1, AMOUNT_MINOR_MAX);
        let name = format!("sim-{:06}", self.customer);
        let transaction = Transaction {
            id: IdempotencyKey::parse(&format!("{name}-{}", self.number)).ok()?,
            customer_id: CustomerId::parse(&name).ok()?,
            merchant_id: Some(MerchantId::parse(&merchant.name()).ok()?),
            category: Category::parse(category(merchant.category).name).ok()?,
            payment_method: PaymentMethod::parse(payment_method(self.purchase.payment_method).name).ok()?,
            amount: Amount::from_minor(minor, currency).ok()?,
            occurred_at: LocalInstant::new(self.instant, self.offset_minutes).ok()?,
            label: truth.label(),
        };
        let Self { customer, temper, reaction_seed, .. } = self;
        Some(SimulatedAttempt { transaction, truth, customer, temper, reaction_seed })
    }
}
