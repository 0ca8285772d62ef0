//! Entries to fill a table with: made of numbers, the same for the same numbers.

use std::time::Duration;

use engine::currency::Currency;
use engine::decide::{Circumstances, decide};
use engine::entry::{Attempt, Entry, Feedback, Outcome, Regret};
use engine::id::{AttemptId, Category, CustomerId, IdempotencyKey, MerchantId, PaymentMethod};
use engine::measured::{Answers, LastDecision, Measured};
use engine::message::Templates;
use engine::money::Amount;
use engine::policy::{Breaker, Policy};
use engine::profile::Profile;
use engine::score::Models;
use engine::settings::Settings;
use engine::signal::Known;
use engine::time::{Instant, LocalInstant};

use crate::costs::CostsError;

/// How many merchants the customers share.
const MERCHANTS: u64 = 1_000;

/// How many merchants one customer goes to.
const OWN_MERCHANTS: u64 = 40;

const CATEGORIES: u64 = 16;

const PAYMENT_METHODS: u64 = 6;

/// Makes entries.
pub(crate) struct Sampler {
    models: Models,
    templates: Templates,
    policy: Policy,
    euro: Currency,
}

/// Which entry, of which customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which {
    /// The number of the customer.
    pub(crate) customer: u64,
    /// The number of the entry.
    pub(crate) entry: u64,
    /// When it occurred.
    pub(crate) at: Instant,
}

impl Sampler {
    pub(crate) fn new(models: Models, templates: Templates) -> Result<Self, CostsError> {
        // It steps in often, so that every counter of the roll-ups occurs.
        let policy = Policy { alpha: 0.3, ..Policy::default() };
        Ok(Self { models, templates, policy, euro: Currency::parse("EUR").map_err(CostsError::sample)? })
    }

    /// A purchase that was imported.
    pub(crate) fn imported(&self, which: Which) -> Result<Entry, CostsError> {
        let (id, attempt) = self.attempt(which)?;
        Ok(Entry::imported(id, attempt, which.at))
    }

    /// An attempt that was scored when nothing was known of the customer, with an outcome and maybe a word of theirs.
    pub(crate) fn scored(&self, which: Which) -> Result<Entry, CostsError> {
        let (id, attempt) = self.attempt(which)?;
        let known = Known { profile: &Profile::default(), recent: &[], merchant: None };
        let (settings, models, policy, now) = (&Settings::default(), &self.models, &self.policy, which.at);
        let templates = &self.templates;
        let (shadow, breaker, missing, seed) = (None, &Breaker::default(), &[], id.seed());
        let circumstances =
            Circumstances { known, settings, models, policy, shadow, breaker, templates, missing, seed, now };
        let decision = decide(&attempt, circumstances);
        let entry = Entry::scored(id, attempt, decision, which.at);
        let kind = which.customer.wrapping_add(which.entry);
        let outcome = Outcome::ALL.get((kind / 4 % 4) as usize).copied().filter(|_| !kind.is_multiple_of(9));
        let feedback = match kind % 7 {
            0 => Some(Feedback::NotMe),
            1 => Some(Feedback::NormalForMe),
            2 => Regret::new(1 + (kind % 10) as u8).map(Feedback::Regret),
            _ => None,
        };
        let measured = Some(measured(kind));
        Ok(Entry { outcome: outcome.or(Some(Outcome::Proceeded)), feedback, measured, ..entry })
    }

    fn attempt(&self, Which { customer, entry, at }: Which) -> Result<(AttemptId, Attempt), CostsError> {
        let key = IdempotencyKey::parse(&format!("order-{entry}")).map_err(CostsError::sample)?;
        let customer_id = customer_id(customer)?;
        let merchant = merchant_name((customer * 131 + entry * 7 % OWN_MERCHANTS) % MERCHANTS);
        let category = Category::parse(&format!("category_{:02}", entry % CATEGORIES));
        let payment_method = PaymentMethod::parse(&format!("method_{}", entry % PAYMENT_METHODS));
        let minor = 500 + (customer * 7_919 + entry * 3_701) % 20_000 * (1 + entry % 11);
        let attempt = Attempt {
            customer: customer_id,
            amount: Amount::from_minor(minor as i64, self.euro).map_err(CostsError::sample)?,
            category: category.map_err(CostsError::sample)?,
            payment_method: payment_method.map_err(CostsError::sample)?,
            merchant: Some(MerchantId::parse(&merchant).map_err(CostsError::sample)?),
            occurred_at: LocalInstant::parse(&at.to_string()).map_err(CostsError::sample)?,
        };
        Ok((AttemptId::derive(&attempt.customer, &key, at), attempt))
    }
}

/// The name of a customer of the sample; every name is of the same length.
pub(crate) fn customer_id(number: u64) -> Result<CustomerId, CostsError> {
    CustomerId::parse(&format!("customer-{number:07}")).map_err(CostsError::sample)
}

/// The name of a merchant of the sample.
pub(crate) fn merchant_name(number: u64) -> String {
    format!("merchant-{number:04}")
}

/// Times as a busy function has them, each of a few bins.
fn measured(kind: u64) -> Measured {
    let micros = |least: u64, spread: u64| Duration::from_micros(least + kind * 7_919 % spread);
    Measured {
        read: micros(1_500, 4_000),
        engine: micros(15, 20),
        last: Some(LastDecision { write: micros(2_500, 5_000), whole: micros(5_000, 9_000) }),
        answers: Answers { recorded: 1, refused: u32::from(kind.is_multiple_of(50)), ..Answers::default() },
    }
}
