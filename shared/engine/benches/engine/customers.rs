//! Customers with two years of daily purchases behind them, and what they attempt next.

use engine::currency::Currency;
use engine::entry::{Attempt, Entry};
use engine::id::{AttemptId, Category, CustomerId, IdempotencyKey, MerchantId, PaymentMethod};
use engine::merchant::{LabelCounts, MerchantRecord};
use engine::money::Amount;
use engine::profile::{Change, Profile};
use engine::signal::Known;
use engine::time::{DAY_MS, HOUR_MS, Instant, LocalInstant, MINUTE_MS};

use crate::random::Random;

/// How many customers take turns: enough to differ, few enough that their profiles stay in a core's cache.
const CUSTOMERS: usize = 61;

/// How many attempts take turns. It has no divisor in common with [`CUSTOMERS`], so all pairs occur.
const ATTEMPTS: usize = 1021;

pub(crate) const HISTORY_DAYS: i64 = 730;

/// Whether attempts are like the purchases before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In every respect: nothing to say.
    Usual,
    /// In none: much money, at night, for something new, paid in a new way at a new merchant.
    Unusual,
}

/// One customer as the table holds them, and as they are known.
pub(crate) struct Customer {
    pub(crate) blob: Vec<u8>,
    pub(crate) profile: Profile,
}

/// Customers who attempt something, one after the other, for ever.
pub(crate) struct Turns {
    customers: Vec<Customer>,
    attempts: Vec<Attempt>,
    recent: Vec<Entry>,
    merchant: MerchantRecord,
    turn: usize,
}

impl Turns {
    /// Customers of whose last hour so many attempts are known, the most recent first.
    pub(crate) fn new(kind: Kind, recent: usize) -> Self {
        let mut random = Random(5);
        let customers = (0..CUSTOMERS).map(|_| customer(&mut random)).collect();
        let attempts = (0..ATTEMPTS).map(|_| next_attempt(kind, &mut random)).collect();
        let recent = (0..recent as i64).map(|number| {
            let at = end_of_history().plus_ms(-(number * 59 * MINUTE_MS) / recent as i64);
            purchase(attempt(1000, "category_0", "method_0", "m0", at))
        });
        Self { customers, attempts, recent: recent.collect(), merchant: merchant_record(&mut random), turn: 0 }
    }

    /// The next attempt, whose it is, and all that is known before it.
    pub(crate) fn next(&mut self) -> (&Attempt, &Customer, Known<'_>) {
        self.turn += 1;
        let customer = &self.customers[self.turn % CUSTOMERS];
        let known = Known { profile: &customer.profile, recent: &self.recent, merchant: Some(&self.merchant) };
        (&self.attempts[self.turn % ATTEMPTS], customer, known)
    }

    /// What `of` gives for each of the attempts, from the next on.
    pub(crate) fn each<T>(&mut self, of: impl Fn(&Attempt, Known<'_>) -> T) -> Vec<T> {
        let next = |_| {
            let (attempt, _, known) = self.next();
            of(attempt, known)
        };
        (0..ATTEMPTS).map(next).collect()
    }
}

fn customer(random: &mut Random) -> Customer {
    let mut profile = Profile::default();
    for day in 0..HISTORY_DAYS {
        let entry = daily_purchase(day, random);
        profile.learn_once(Change { before: None, after: &entry }, entry.attempt.occurred_at.instant());
    }
    let blob = profile.encode();
    // What is scored is always a profile that was stored, its sums in 32 bits.
    Customer { profile: Profile::decode(&blob).unwrap(), blob }
}

/// A purchase between 8:00 and 21:59 of a day counted from the first: one of 16 categories, 6 payment methods and 40 merchants.
pub(crate) fn daily_purchase(day: i64, random: &mut Random) -> Entry {
    let at = start().plus_ms(day * DAY_MS + (8 + random.below(14) as i64) * HOUR_MS);
    purchase(usual_attempt(at, random))
}

/// An attempt within a minute of the end of the history, in one of many time zones.
fn next_attempt(kind: Kind, random: &mut Random) -> Attempt {
    let at = end_of_history().plus_ms(random.below(60_000) as i64);
    match kind {
        Kind::Usual => Attempt {
            occurred_at: LocalInstant::new(at, 60 * random.below(10) as i16).unwrap(),
            ..usual_attempt(at, random)
        },
        Kind::Unusual => {
            let minor = 80_000 + random.below(400_000) as i64;
            let merchant = format!("elsewhere{}", random.below(1000));
            let attempt = attempt(minor, &format!("new_{}", random.below(9)), "new_method", &merchant, at);
            // The history ends at noon in London: at night in Honolulu and around.
            Attempt { occurred_at: LocalInstant::new(at, -60 * (8 + random.below(4) as i16)).unwrap(), ..attempt }
        }
    }
}

fn usual_attempt(at: Instant, random: &mut Random) -> Attempt {
    let minor = 100.0 * (2.0 + 3.0 * random.unit()).exp();
    let category = format!("category_{}", random.below(16));
    let (method, merchant) = (format!("method_{}", random.below(6)), format!("m{}", random.below(40)));
    attempt(minor as i64, &category, &method, &merchant, at)
}

fn attempt(minor: i64, category: &str, payment_method: &str, merchant: &str, at: Instant) -> Attempt {
    Attempt {
        customer: CustomerId::parse("ada").unwrap(),
        amount: Amount::from_minor(minor, Currency::EUR).unwrap(),
        category: Category::parse(category).unwrap(),
        payment_method: PaymentMethod::parse(payment_method).unwrap(),
        merchant: Some(MerchantId::parse(merchant).unwrap()),
        occurred_at: LocalInstant::new(at, 0).unwrap(),
    }
}

/// An imported purchase under a key made of its time.
fn purchase(attempt: Attempt) -> Entry {
    let at = attempt.occurred_at.instant();
    let key = IdempotencyKey::parse(&format!("key-{}", at.epoch_ms())).unwrap();
    let id = AttemptId::derive(&attempt.customer, &key, at);
    Entry::imported(id, attempt, at)
}

/// Labels on every day of the last month, few of them positive.
fn merchant_record(random: &mut Random) -> MerchantRecord {
    let today = end_of_history().day();
    MerchantRecord::from_days((0..30).map(|ago| {
        let counts =
            LabelCounts { labelled: 5 + random.below(20) as i64, positive: random.below(2) as i64, explained: 0 };
        (today.plus_days(-ago), counts)
    }))
}

fn start() -> Instant {
    LocalInstant::parse("2024-01-01T00:00:00Z").unwrap().instant()
}

/// Noon of the day after the last purchase.
fn end_of_history() -> Instant {
    start().plus_ms(HISTORY_DAYS * DAY_MS + 12 * HOUR_MS)
}
