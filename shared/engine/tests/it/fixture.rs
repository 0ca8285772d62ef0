//! Attempts, purchases and histories to test with.

use engine::currency::Currency;
use engine::decide::{Circumstances, decide};
use engine::decision::{Decision, Missing};
use engine::entry::{Attempt, Entry};
use engine::id::{AttemptId, Category, CustomerId, IdempotencyKey, MerchantId, PaymentMethod};
use engine::merchant::MerchantRecord;
use engine::message::Templates;
use engine::money::Amount;
use engine::policy::{Breaker, Policy, Strategies};
use engine::profile::Profile;
use engine::score::Models;
use engine::settings::Settings;
use engine::signal::Known;
use engine::time::{DAY_MS, HOUR_MS, Instant, LocalInstant};

pub(crate) fn start() -> Instant {
    LocalInstant::parse("2025-01-01T00:00:00Z").unwrap().instant()
}

/// An attempt, given as few words as a test needs to say.
pub(crate) fn attempt(minor: i64, category: &str, payment_method: &str, merchant: &str, at: Instant) -> Attempt {
    Attempt {
        customer: CustomerId::parse("ada").unwrap(),
        amount: Amount::from_minor(minor, Currency::parse("EUR").unwrap()).unwrap(),
        category: Category::parse(category).unwrap(),
        payment_method: PaymentMethod::parse(payment_method).unwrap(),
        merchant: (!merchant.is_empty()).then(|| MerchantId::parse(merchant).unwrap()),
        occurred_at: LocalInstant::new(at, 0).unwrap(),
    }
}

/// An imported purchase under a key made of its time.
pub(crate) fn purchase(attempt: Attempt) -> Entry {
    let at = attempt.occurred_at.instant();
    let key = IdempotencyKey::parse(&format!("key-{}", at.epoch_ms())).unwrap();
    let id = AttemptId::derive(&attempt.customer, &key, at);
    Entry::imported(id, attempt, at)
}

/// A hundred days of groceries at noon for 20 to 60 euros by card at three shops.
pub(crate) fn grocery_history() -> Vec<Entry> {
    (0..100)
        .map(|day| {
            let at = start().plus_ms(day * DAY_MS + 12 * HOUR_MS);
            purchase(attempt(2000 + (day * 977) % 4000, "groceries", "debit_card", &format!("shop{}", day % 3), at))
        })
        .collect()
}

/// Noon of the day after [`grocery_history`].
pub(crate) fn next_noon() -> Instant {
    start().plus_ms(100 * DAY_MS + 12 * HOUR_MS)
}

/// The models compiled in, loaded once.
#[expect(clippy::disallowed_types, reason = "a test is no part of the engine")]
pub(crate) fn models() -> &'static Models {
    static MODELS: std::sync::OnceLock<Models> = std::sync::OnceLock::new();
    MODELS.get_or_init(|| Models::compiled_in().unwrap())
}

/// The default policy, but nobody is held out: what is drawn is tested apart.
pub(crate) fn without_hold_out() -> Policy {
    let strategies = Strategies { hold_out_share: 0.0, ..Strategies::default() };
    Policy { strategies, ..Policy::default() }
}

/// The templates compiled in, read once.
#[expect(clippy::disallowed_types, reason = "a test is no part of the engine")]
pub(crate) fn templates() -> &'static Templates {
    static TEMPLATES: std::sync::OnceLock<Templates> = std::sync::OnceLock::new();
    TEMPLATES.get_or_init(|| Templates::compiled_in().unwrap())
}

pub(crate) struct Case {
    pub(crate) profile: Profile,
    pub(crate) recent: Vec<Entry>,
    pub(crate) merchant: Option<MerchantRecord>,
    pub(crate) settings: Settings,
    pub(crate) models: &'static Models,
    pub(crate) policy: Policy,
    pub(crate) shadow: Option<Policy>,
    pub(crate) breaker: Breaker,
    pub(crate) seed: u64,
    pub(crate) missing: Vec<Missing>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            profile: Profile::of_entries(&grocery_history()),
            recent: Vec::new(),
            merchant: None,
            settings: Settings::default(),
            models: models(),
            policy: without_hold_out(),
            shadow: None,
            breaker: Breaker::default(),
            seed: 1,
            missing: Vec::new(),
        }
    }
}

impl Case {
    pub(crate) fn decide(&self, attempt: &Attempt) -> Decision {
        let known = Known { profile: &self.profile, recent: &self.recent, merchant: self.merchant.as_ref() };
        let now = attempt.occurred_at.instant();
        let Self { settings, models, policy, shadow, breaker, seed, missing, .. } = self;
        let circumstances = Circumstances {
            known,
            settings,
            models,
            policy,
            shadow: shadow.as_ref(),
            breaker,
            templates: templates(),
            missing,
            seed: *seed,
            now,
        };
        decide(attempt, circumstances)
    }
}
