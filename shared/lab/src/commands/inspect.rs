//! `cargo lab inspect`: what a history holds, to check the mapping of its columns before anything is made of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::time::Instant as Stopwatch;

use clap::Args;
use engine::currency::Currency;
use engine::id::{Category, CustomerId, MerchantId, PaymentMethod};
use engine::money::decimal;
use engine::time::LocalInstant;
use lab::history::{History, HistoryError};
use lab::transaction::Transaction;

use super::{CommandError, HistoryArguments, percent, thousands};

/// The amounts shown: what they are called, and the share of all amounts that lies below.
const QUANTILES: [(&str, f64); 7] =
    [("least", 0.0), ("1 %", 0.01), ("25 %", 0.25), ("median", 0.5), ("75 %", 0.75), ("99 %", 0.99), ("most", 1.0)];

/// Categories and payment methods shown, the most frequent first.
const SHOWN_MAX: usize = 8;

/// Read a history and say what is in it, to check its columns before use
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    history: HistoryArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let stopwatch = Stopwatch::now();
    let mut history = arguments.history.open()?;
    let summary = Summary::of(&mut history)?;
    summary.print(&history, stopwatch.elapsed().as_secs_f64(), &mut io::stdout().lock()).map_err(CommandError::Output)
}

#[derive(Default)]
struct Summary {
    customers: HashSet<CustomerId>,
    merchants: HashSet<MerchantId>,
    categories: BTreeMap<Category, u64>,
    payment_methods: BTreeMap<PaymentMethod, u64>,
    /// In minor units; sorted when all are there.
    amounts: BTreeMap<Currency, Vec<i64>>,
    /// The earliest and the latest.
    period: Option<(LocalInstant, LocalInstant)>,
    last: Option<LocalInstant>,
    /// Rows that lie before the row above them.
    out_of_order: u64,
    labelled: u64,
    positive: u64,
}

impl Summary {
    fn of(history: &mut History) -> Result<Self, HistoryError> {
        let mut summary = Self::default();
        for transaction in history {
            summary.add(transaction?);
        }
        summary.amounts.values_mut().for_each(|amounts| amounts.sort_unstable());
        Ok(summary)
    }

    fn add(&mut self, transaction: Transaction) {
        let Transaction { customer_id, merchant_id, category, payment_method, amount, occurred_at, label, .. } =
            transaction;
        self.customers.insert(customer_id);
        self.merchants.extend(merchant_id);
        *self.categories.entry(category).or_default() += 1;
        *self.payment_methods.entry(payment_method).or_default() += 1;
        self.amounts.entry(amount.currency()).or_default().push(amount.minor());
        self.labelled += u64::from(label.is_some());
        self.positive += u64::from(label == Some(true));
        let is_before = |at: LocalInstant, other: LocalInstant| at.instant() < other.instant();
        self.out_of_order += u64::from(self.last.is_some_and(|last| is_before(occurred_at, last)));
        self.last = Some(occurred_at);
        self.period = Some(self.period.map_or((occurred_at, occurred_at), |(first, last)| {
            let first = if is_before(occurred_at, first) { occurred_at } else { first };
            (first, if is_before(last, occurred_at) { occurred_at } else { last })
        }));
    }

    fn print(&self, history: &History, seconds: f64, out: &mut impl Write) -> io::Result<()> {
        let rows = history.rows();
        let skipped = match history.skipped() {
            0 => String::new(),
            skipped => format!(", {} skipped because their amount is not positive", thousands(skipped)),
        };
        writeln!(out, "rows             {} ({}){skipped}", thousands(rows), history.compression())?;
        writeln!(out, "customers        {}", thousands(self.customers.len() as u64))?;
        writeln!(out, "merchants        {}", thousands(self.merchants.len() as u64))?;
        writeln!(out, "categories       {}", most_frequent(&self.categories, Category::as_str))?;
        writeln!(out, "payment methods  {}", most_frequent(&self.payment_methods, PaymentMethod::as_str))?;
        if let Some((first, last)) = self.period {
            let days = last.instant().day().since_days(first.instant().day()) + 1;
            writeln!(out, "period           {first} to {last}, {} days", thousands(days.unsigned_abs().into()))?;
        }
        match self.out_of_order {
            0 => writeln!(out, "order            by time")?,
            rows => writeln!(out, "order            {} rows lie before the row above them", thousands(rows))?,
        }
        let (positive, labelled) = (thousands(self.positive), thousands(self.labelled));
        let base_rate = percent(self.positive, self.labelled);
        writeln!(out, "labels           {labelled} known, {positive} positive: base rate {base_rate}")?;
        for (currency, amounts) in &self.amounts {
            writeln!(out, "amounts {currency}      {}", quantiles(amounts, *currency))?;
        }
        let rate = thousands((rows as f64 / seconds) as u64);
        writeln!(out, "seconds          {seconds:.2}, {rate} rows a second")
    }
}

/// `3: a (5), b (2), c (1)`: how many there are, and the most frequent.
fn most_frequent<T>(counts: &BTreeMap<T, u64>, name: impl Fn(&T) -> &str) -> String {
    let mut names: Vec<(&T, u64)> = counts.iter().map(|(name, count)| (name, *count)).collect();
    names.sort_by_key(|(_, count)| Reverse(*count));
    let shown = names.iter().take(SHOWN_MAX).map(|(it, count)| format!("{} ({})", name(it), thousands(*count)));
    let more = if names.len() > SHOWN_MAX { ", …" } else { "" };
    format!("{}: {}{more}", names.len(), shown.collect::<Vec<_>>().join(", "))
}

/// The quantiles of sorted amounts, by nearest rank.
fn quantiles(sorted: &[i64], currency: Currency) -> String {
    let last = sorted.len().saturating_sub(1);
    let amount = |share: f64| sorted.get((share * last as f64).round() as usize).copied().unwrap_or_default();
    let shown = QUANTILES.map(|(name, share)| format!("{name} {}", decimal(amount(share), currency)));
    shown.join(", ")
}
