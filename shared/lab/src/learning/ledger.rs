//! The ledger: a whole labelled history in memory, each customer's purchases together and in order of time.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use engine::entry::Attempt;
use engine::id::{Category, CustomerId, MerchantId, PaymentMethod};
use engine::money::Amount;
use engine::time::{DAY_MS, Day, Instant, LocalInstant};

use crate::history::{History, HistoryError};
use crate::transaction::Transaction;

/// Positives of one customer that lie less than this apart belong to one run.
pub const BURST_GAP_MS: i64 = DAY_MS;

/// A purchase, with names as their positions in the ledger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Purchase {
    /// When, by the clocks of the place.
    pub at: LocalInstant,
    /// How much.
    pub amount: Amount,
    /// Who; the position of the customer.
    pub customer: u32,
    /// To whom; the position of the merchant, if the history names one.
    pub merchant: Option<u32>,
    category: u32,
    payment_method: u32,
    /// Whether it was disowned or regretted, if that ever becomes known.
    pub label: Option<bool>,
    /// What kind of case it is; the position of the scenario's name.
    pub scenario: u32,
}

/// A history, sorted by customer and then by time. Positions of customers follow their first appearance.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    purchases: Vec<Purchase>,
    /// Where each customer's purchases begin, and the end of the last one's.
    starts: Vec<usize>,
    customers: Vec<CustomerId>,
    merchants: Vec<MerchantId>,
    categories: Vec<Category>,
    payment_methods: Vec<PaymentMethod>,
    scenarios: Vec<String>,
}

impl Ledger {
    /// Reads all that is left of a history.
    ///
    /// # Errors
    /// The first [`HistoryError`] met.
    pub fn read(history: &mut History) -> Result<Self, HistoryError> {
        let mut draft = Draft::default();
        while let Some(transaction) = history.next() {
            draft.add(transaction?, &String::from_utf8_lossy(history.scenario()));
        }
        Ok(draft.finish())
    }

    /// A ledger of transactions that no history is read for, all of the scenario without a name.
    pub fn of(transactions: impl IntoIterator<Item = Transaction>) -> Self {
        let mut draft = Draft::default();
        transactions.into_iter().for_each(|transaction| draft.add(transaction, ""));
        draft.finish()
    }

    /// All purchases, by customer and then by time.
    pub fn purchases(&self) -> &[Purchase] {
        &self.purchases
    }

    /// The same history in which the labels of one scenario never become known.
    #[must_use]
    pub fn without_labels_of(&self, scenario: u32) -> Self {
        let mut without = self.clone();
        let hidden = without.purchases.iter_mut().filter(|purchase| purchase.scenario == scenario);
        hidden.for_each(|purchase| purchase.label = None);
        without
    }

    /// The positions of each customer's purchases.
    pub fn customers(&self) -> impl ExactSizeIterator<Item = Range<usize>> + '_ {
        self.starts.windows(2).map(|bounds| match bounds {
            [start, end] => *start..*end,
            _ => 0..0,
        })
    }

    /// How many purchases the customer made before the one at `position`, from `known_from` on.
    pub fn earlier(&self, position: usize, known_from: Instant) -> u32 {
        let Some(purchase) = self.purchases.get(position) else { return 0 };
        let start = self.starts.get(purchase.customer as usize).copied().unwrap_or(position);
        let before = self.purchases.get(start..position).unwrap_or_default();
        (before.len() - before.partition_point(|earlier| earlier.instant() < known_from)) as u32
    }

    /// Whether the purchase at `position` is the first positive of a run of them: none of the same customer less than
    /// [`BURST_GAP_MS`] before.
    pub fn begins_burst(&self, position: usize) -> bool {
        let Some(purchase) = self.purchases.get(position).filter(|purchase| purchase.label == Some(true)) else {
            return false;
        };
        let before = self.purchases.get(..position).unwrap_or_default().iter().rev();
        let mut lately = before.take_while(|earlier| {
            earlier.customer == purchase.customer && purchase.instant().since_ms(earlier.instant()) < BURST_GAP_MS
        });
        !lately.any(|earlier| earlier.label == Some(true))
    }

    /// The id of a purchase's customer; `None` for a purchase of another ledger.
    pub fn customer_id(&self, purchase: &Purchase) -> Option<&CustomerId> {
        self.customers.get(purchase.customer as usize)
    }

    /// The category of a purchase; empty for a purchase of another ledger.
    pub fn category(&self, purchase: &Purchase) -> &str {
        self.categories.get(purchase.category as usize).map_or("", Category::as_str)
    }

    /// The payment method of a purchase; empty for a purchase of another ledger.
    pub fn payment_method(&self, purchase: &Purchase) -> &str {
        self.payment_methods.get(purchase.payment_method as usize).map_or("", PaymentMethod::as_str)
    }

    /// How many merchants there are.
    pub fn merchant_count(&self) -> usize {
        self.merchants.len()
    }

    /// The names of the scenarios; an empty name is "not said".
    pub fn scenarios(&self) -> &[String] {
        &self.scenarios
    }

    /// The first and the last day of the history; `None` if it is empty.
    pub fn days(&self) -> Option<(Day, Day)> {
        let days = || self.purchases.iter().map(|purchase| purchase.at.instant().day());
        Some((days().min()?, days().max()?))
    }

    /// A purchase as the engine knew it when it was an attempt.
    pub(crate) fn attempt(&self, purchase: &Purchase) -> Option<Attempt> {
        let merchant = purchase.merchant.and_then(|merchant| self.merchants.get(merchant as usize));
        Some(Attempt {
            customer: self.customer_id(purchase)?.clone(),
            amount: purchase.amount,
            category: self.categories.get(purchase.category as usize)?.clone(),
            payment_method: self.payment_methods.get(purchase.payment_method as usize)?.clone(),
            merchant: merchant.cloned(),
            occurred_at: purchase.at,
        })
    }
}

impl Purchase {
    /// The instant, whatever the place.
    pub fn instant(&self) -> Instant {
        self.at.instant()
    }

    /// When its label becomes known, if it has one.
    pub fn label_known_at(&self, label_delay_ms: i64) -> Option<Instant> {
        self.label.map(|_| self.instant().plus_ms(label_delay_ms))
    }
}

/// A ledger being read.
#[derive(Default)]
struct Draft {
    purchases: Vec<Purchase>,
    customers: Names<CustomerId>,
    merchants: Names<MerchantId>,
    categories: Names<Category>,
    payment_methods: Names<PaymentMethod>,
    scenarios: Names<String>,
}

impl Draft {
    fn add(&mut self, transaction: Transaction, scenario: &str) {
        let Transaction { customer_id, merchant_id, category, payment_method, amount, occurred_at, label, .. } =
            transaction;
        self.purchases.push(Purchase {
            at: occurred_at,
            amount,
            customer: self.customers.position(customer_id),
            merchant: merchant_id.map(|merchant| self.merchants.position(merchant)),
            category: self.categories.position(category),
            payment_method: self.payment_methods.position(payment_method),
            label,
            scenario: self.scenarios.position(scenario.to_owned()),
        });
    }

    /// Sorts by customer and time; what happened at the same instant stays in the history's order.
    fn finish(mut self) -> Ledger {
        self.purchases.sort_by_key(|purchase| (purchase.customer, purchase.instant()));
        let ends = (0..self.customers.names.len() as u32)
            .map(|customer| self.purchases.partition_point(|purchase| purchase.customer <= customer));
        let starts = std::iter::once(0).chain(ends).collect();
        Ledger {
            starts,
            purchases: self.purchases,
            customers: self.customers.names,
            merchants: self.merchants.names,
            categories: self.categories.names,
            payment_methods: self.payment_methods.names,
            scenarios: self.scenarios.names,
        }
    }
}

/// Names in the order of their first appearance, each with its position.
struct Names<T> {
    names: Vec<T>,
    positions: HashMap<T, u32>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { names: Vec::new(), positions: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Names<T> {
    fn position(&mut self, name: T) -> u32 {
        if let Some(position) = self.positions.get(&name) {
            return *position;
        }
        let position = self.names.len() as u32;
        self.names.push(name.clone());
        self.positions.insert(name, position);
        position
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use engine::currency::Currency;
    use engine::id::IdempotencyKey;

    use super::*;

    /// Noon of a day, in UTC.
    pub(crate) fn at_noon(day: &str) -> Instant {
        Day::parse(day).unwrap().start().plus_ms(DAY_MS / 2)
    }

    /// A purchase of 20 euros at merchant `m` at noon of a day.
    pub(crate) fn purchase(customer: &str, day: &str, label: Option<bool>) -> Transaction {
        Transaction {
            id: IdempotencyKey::parse("k").unwrap(),
            customer_id: CustomerId::parse(customer).unwrap(),
            merchant_id: Some(MerchantId::parse("m").unwrap()),
            category: Category::parse("groceries").unwrap(),
            payment_method: PaymentMethod::parse("card").unwrap(),
            amount: Amount::from_minor(2000, Currency::EUR).unwrap(),
            occurred_at: LocalInstant::new(at_noon(day), 0).unwrap(),
            label,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{at_noon, purchase};
    use super::*;

    #[test]
    fn each_customers_purchases_lie_together_in_order_of_time() {
        let ledger = Ledger::of([
            purchase("b", "2018-04-02", None),
            purchase("a", "2018-04-01", Some(true)),
            purchase("b", "2018-04-01", Some(false)),
        ]);
        assert_eq!(ledger.customers().collect::<Vec<_>>(), [0..2, 2..3]);
        let order: Vec<(u32, Instant)> =
            ledger.purchases().iter().map(|purchase| (purchase.customer, purchase.instant())).collect();
        assert_eq!(order, [(0, at_noon("2018-04-01")), (0, at_noon("2018-04-02")), (1, at_noon("2018-04-01"))]);
        assert_eq!(ledger.attempt(&ledger.purchases()[2]).unwrap().customer.as_str(), "a");
        assert_eq!(ledger.days(), Some((at_noon("2018-04-01").day(), at_noon("2018-04-02").day())));
        assert_eq!(Ledger::default().customers().len(), 0);
    }

    #[test]
    fn earlier_purchases_are_counted_from_when_the_customer_is_known() {
        let ledger = Ledger::of(["2018-04-01", "2018-04-02", "2018-04-03"].map(|day| purchase("a", day, None)));
        assert_eq!(ledger.earlier(2, Instant::EPOCH), 2);
        assert_eq!(ledger.earlier(2, at_noon("2018-04-02")), 1);
        assert_eq!(ledger.earlier(0, Instant::EPOCH), 0);
    }

    #[test]
    fn a_burst_begins_a_day_or_more_after_the_last_positive() {
        let positive = |customer, day| purchase(customer, day, Some(true));
        let at = |day, minutes: i64| {
            let instant = at_noon(day).plus_ms(minutes * 60_000);
            Transaction { occurred_at: LocalInstant::new(instant, 0).unwrap(), ..positive("a", day) }
        };
        let ledger = Ledger::of([
            at("2018-04-01", 0),
            Transaction { label: Some(false), ..at("2018-04-01", 5) },
            at("2018-04-02", -1),
            at("2018-04-03", -1),
            at("2018-04-04", -2),
            positive("b", "2018-04-04"),
        ]);
        let begins: Vec<bool> = (0..6).map(|position| ledger.begins_burst(position)).collect();
        assert_eq!(begins, [true, false, false, true, false, true]);
    }
}
