//! The profile: what has been learned of one customer, in under a kilobyte.
//!
//! Architecture Invariant: a profile is a sum of what its entries contribute. Adding contributions commutes, so any order,
//! batching or repetition of the stream gives the profile that one clean pass over the entries gives.

mod amounts;
mod applied;
mod codec;
pub mod decay;
mod interruptions;
mod merchants;
mod month;
mod tally;

pub use amounts::{Belief, LogAmounts};
pub use applied::{Applied, GENERATION_MAX, REMEMBERED_MS};
pub use codec::{CODEC_VERSION, CodecError};
pub use interruptions::{INTERRUPTIONS_MAX, Interruptions};
pub use merchants::{MERCHANTS_MAX, Merchants};
pub use month::MonthSpending;
pub use tally::{Decaying, Sums, Tally};

use std::fmt;

use crate::currency::Currency;
use crate::decision::Strategy;
use crate::entry::{Alarm, Attempt, Entry, Feedback};
use crate::time::{DAY_MS, Instant, Month};
use decay::{DAILY, DISOWNED_DAYS, HABIT_DAYS, SPENDING_DAYS, WEEKLY, weight};

/// Under how many purchases a customer counts as not known yet.
pub const LEARNING_UNTIL_PURCHASES: u32 = 10;

/// How fast the largest amount is forgotten: its log shrinks by one per this many days.
const PEAK_DAYS: f64 = 180.0;

/// How fast the largest amount of the last weeks is forgotten, likewise.
const RECENT_PEAK_DAYS: f64 = 20.0;

/// Up to this weight nothing is disowned.
const NOTHING_DISOWNED: f64 = 2e-6;

/// One change of one entry, as a stream record tells it.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The entry before; `None` when it is new.
    pub before: Option<&'a Entry>,
    /// The entry after.
    pub after: &'a Entry,
}

impl Change<'_> {
    /// By how much the change moves something that is computed from one state of an entry.
    pub fn delta<T: Into<i64>>(&self, of: impl Fn(&Entry) -> T) -> i64 {
        of(self.after).into() - self.before.map_or(0, |before| of(before).into())
    }
}

/// What customers said of their purchases, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeedbackCounts {
    /// Purchases regretted ([`crate::entry::REGRETTED_FROM`] and above).
    pub regretted: u32,
    /// Attempts and purchases called normal.
    pub normal_for_me: u32,
    /// Attempts and purchases disowned.
    pub not_me: u32,
}

/// What became of decisions, as far as the customer said: counts of scored entries by their [`Alarm`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlarmCounts {
    /// Interventions in attempts that were genuine and stood by, or that were called annoying.
    pub unneeded: u32,
    /// Interventions in attempts that were disowned or regretted, or that were called useful.
    pub right: u32,
    /// Attempts that were let through, and then disowned or regretted.
    pub missed: u32,
    /// Cooling-offs that the customer did not want to wait for, without a word since.
    pub overridden: u32,
}

impl AlarmCounts {
    fn count(&mut self, alarm: Alarm) -> &mut u32 {
        match alarm {
            Alarm::Unneeded => &mut self.unneeded,
            Alarm::Right => &mut self.right,
            Alarm::Missed => &mut self.missed,
            Alarm::Overridden => &mut self.overridden,
        }
    }
}

/// How often a strategy helped this customer and how often it did not, see [`Entry::helped`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StrategyCounts {
    /// How often it did.
    pub helped: u32,
    /// How often it did not.
    pub not_helped: u32,
}

impl StrategyCounts {
    /// Both counts of two customers or periods together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            helped: self.helped.saturating_add(other.helped),
            not_helped: self.not_helped.saturating_add(other.not_helped),
        }
    }

    /// What was added since `earlier`, which may not be later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            helped: self.helped.saturating_sub(earlier.helped),
            not_helped: self.not_helped.saturating_sub(earlier.not_helped),
        }
    }
}

/// What has been learned of one customer.
#[derive(Clone, Default, PartialEq)]
pub struct Profile {
    purchases: u32,
    feedback: FeedbackCounts,
    alarms: AlarmCounts,
    /// In the order of [`Strategy::ALL`].
    strategies: [StrategyCounts; Strategy::ALL.len()],
    first_at: Option<Instant>,
    /// The latest attempt or purchase; all decayed sums are as of this instant.
    reference: Option<Instant>,
    /// The largest log-size, less its age: `max(ln size + at / PEAK_DAYS)`.
    peak: Option<f64>,
    /// Likewise with [`RECENT_PEAK_DAYS`], and as it was paid: a memory of what was odd, not of what is normal.
    recent_peak: Option<f64>,
    amounts: LogAmounts,
    categories: Tally<LogAmounts>,
    payment_methods: Tally<f64>,
    hours: [f64; 24],
    attempts_daily: f64,
    attempts_weekly: f64,
    disowned: f64,
    spent_daily: f64,
    spent_monthly: f64,
    month: MonthSpending,
    interruptions: Interruptions,
    merchants: Merchants,
    applied: Applied,
}

/// How much there is of it, and nothing of what it says. [`Profile::difference`] tells two apart.
impl fmt::Debug for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Profile").field("purchases", &self.purchases).finish_non_exhaustive()
    }
}

impl Profile {
    /// Learns a change that a stream record of `told_at` tells; `false` if it was learned already.
    pub fn learn_once(&mut self, change: Change<'_>, told_at: Instant) -> bool {
        let is_new = self.applied.insert(change.after.event_id(), told_at);
        if is_new {
            self.learn(change);
        }
        is_new
    }

    /// The profile that one clean pass over these entries gives: the oracle that stored profiles are compared with.
    pub fn of_entries<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut profile = Self::default();
        entries.into_iter().for_each(|after| profile.learn(Change { before: None, after }));
        profile
    }

    /// Learns a change without remembering it: for replays that tell each change once by construction.
    pub fn learn(&mut self, change: Change<'_>) {
        let entry = change.after;
        let at = entry.attempt.occurred_at.instant();
        self.purchases = self.purchases.saturating_add_signed(change.delta(Entry::is_purchase) as i32);
        let feedback_is =
            |wanted: fn(Feedback) -> bool| change.delta(|entry| entry.feedback.is_some_and(wanted)) as i32;
        let regretted = feedback_is(|said| matches!(said, Feedback::Regret(_)) && said.label() == Some(true));
        self.feedback.regretted = self.feedback.regretted.saturating_add_signed(regretted);
        let normal = feedback_is(|said| said == Feedback::NormalForMe);
        self.feedback.normal_for_me = self.feedback.normal_for_me.saturating_add_signed(normal);
        let not_me = feedback_is(|said| said == Feedback::NotMe);
        self.feedback.not_me = self.feedback.not_me.saturating_add_signed(not_me);

        for alarm in Alarm::ALL {
            let delta = change.delta(|entry| entry.alarm() == Some(alarm)) as i32;
            let count = self.alarms.count(alarm);
            *count = count.saturating_add_signed(delta);
        }
        for (strategy, counts) in Strategy::ALL.into_iter().zip(&mut self.strategies) {
            let delta = |helped| change.delta(|entry| entry.helped() == Some((strategy, helped))) as i32;
            counts.helped = counts.helped.saturating_add_signed(delta(true));
            counts.not_helped = counts.not_helped.saturating_add_signed(delta(false));
        }

        self.move_reference(at);
        if change.before.is_none() {
            self.attempts_daily += self.weight_of(at, DAILY);
            self.attempts_weekly += self.weight_of(at, WEEKLY);
            if entry.was_interrupted() {
                self.interruptions.remember(at);
            }
        }
        self.interruptions.forget_before(self.reference.unwrap_or(at));
        if change.delta(Entry::is_purchase) > 0 {
            self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
            let peak = clipped_ln_size(entry) + days(at) / PEAK_DAYS;
            self.peak = Some(self.peak.map_or(peak, |largest| largest.max(peak)));
            let recent_peak = entry.attempt.amount.size().ln() + days(at) / RECENT_PEAK_DAYS;
            self.recent_peak = Some(self.recent_peak.map_or(recent_peak, |largest| largest.max(recent_peak)));
            if let Some(merchant) = &entry.attempt.merchant {
                self.merchants.remember(merchant, at.day());
            }
            // A name is known from its first purchase on, even if that is disowned before it is told here.
            self.categories.add(entry.attempt.category.as_str(), LogAmounts::default());
            self.payment_methods.add(entry.attempt.payment_method.as_str(), 0.0);
            self.spend(entry, 0);
        }
        self.disowned += f64::from(not_me) * self.weight_of(at, DISOWNED_DAYS);
        let shown = |entry: &Entry| entry.shows_habit().then(|| learned_ln_size(entry));
        let (before, after) = (change.before.and_then(shown), shown(entry));
        if before != after {
            before.into_iter().for_each(|ln_size| self.learn_habit(entry, ln_size, -1));
            after.into_iter().for_each(|ln_size| self.learn_habit(entry, ln_size, 1));
        }
    }

    /// Adds (`sign` 1) or takes out (`sign` -1) a purchase as one that shows habits.
    fn learn_habit(&mut self, entry: &Entry, ln_size: f64, sign: i8) {
        let at = entry.attempt.occurred_at.instant();
        let weight = f64::from(sign) * self.weight_of(at, HABIT_DAYS);
        let mut log_amount = LogAmounts::default();
        log_amount.add(ln_size, weight);
        self.amounts.merge(log_amount);
        self.categories.add(entry.attempt.category.as_str(), log_amount);
        self.payment_methods.add(entry.attempt.payment_method.as_str(), weight);
        if let Some(bin) = self.hours.get_mut(usize::from(entry.attempt.occurred_at.hour())) {
            *bin += weight;
        }
        let size = f64::from(sign) * ln_size.exp();
        self.spent_daily += size * self.weight_of(at, DAILY);
        self.spent_monthly += size * self.weight_of(at, SPENDING_DAYS);
        self.spend(entry, sign);
    }

    fn spend(&mut self, entry: &Entry, sign: i8) {
        let Attempt { category, amount, occurred_at, .. } = &entry.attempt;
        self.month.add(occurred_at.month(), category, *amount, i64::from(sign));
    }

    fn weight_of(&self, at: Instant, tau_days: f64) -> f64 {
        self.reference.map_or(1.0, |reference| weight(at, reference, tau_days))
    }

    /// Brings all decayed sums forward to `at`, if that is later than what they are as of.
    fn move_reference(&mut self, at: Instant) {
        let Some(reference) = self.reference.filter(|reference| *reference < at) else {
            self.reference = self.reference.or(Some(at));
            return;
        };
        let factor = |tau_days| weight(reference, at, tau_days);
        let habit = factor(HABIT_DAYS);
        self.amounts = self.amounts.scaled(habit);
        self.categories.scale(habit);
        self.payment_methods.scale(habit);
        self.hours.iter_mut().for_each(|bin| *bin *= habit);
        self.attempts_daily *= factor(DAILY);
        self.attempts_weekly *= factor(WEEKLY);
        self.disowned *= factor(DISOWNED_DAYS);
        self.spent_daily *= factor(DAILY);
        self.spent_monthly *= factor(SPENDING_DAYS);
        self.reference = Some(at);
    }

    /// How many purchases were ever learned.
    pub fn purchases(&self) -> u32 {
        self.purchases
    }

    /// Whether too few purchases are known to rely on.
    pub fn is_learning(&self) -> bool {
        self.purchases < LEARNING_UNTIL_PURCHASES
    }

    /// What the customer said of their purchases, counted.
    pub fn feedback(&self) -> FeedbackCounts {
        self.feedback
    }

    /// What became of decisions, as far as the customer said.
    pub fn alarms(&self) -> AlarmCounts {
        self.alarms
    }

    /// How often a strategy helped this customer.
    pub fn strategy(&self, strategy: Strategy) -> StrategyCounts {
        self.strategies()
            .find(|(known, _)| *known == strategy)
            .map_or_else(StrategyCounts::default, |(_, counts)| counts)
    }

    /// How often each strategy helped this customer.
    pub fn strategies(&self) -> impl Iterator<Item = (Strategy, StrategyCounts)> {
        Strategy::ALL.into_iter().zip(self.strategies)
    }

    /// What was spent in the latest month.
    pub fn month(&self) -> &MonthSpending {
        &self.month
    }

    /// When the customer was last interrupted.
    pub fn interruptions(&self) -> &Interruptions {
        &self.interruptions
    }

    /// The first purchase.
    pub fn first_at(&self) -> Option<Instant> {
        self.first_at
    }

    /// The latest attempt or purchase.
    pub fn last_at(&self) -> Option<Instant> {
        self.reference
    }

    /// The largest recent amount in about-euros, as forgotten by `now`.
    pub fn peak_size(&self, now: Instant) -> Option<f64> {
        self.peak.map(|peak| (peak - days(now) / PEAK_DAYS).exp())
    }

    /// The largest amount of the last weeks in about-euros, as forgotten by `now`.
    pub fn recent_peak_size(&self, now: Instant) -> Option<f64> {
        self.recent_peak.map(|peak| (peak - days(now) / RECENT_PEAK_DAYS).exp())
    }

    /// How much of the habits' sums is left at `now`.
    pub fn habit_factor(&self, now: Instant) -> f64 {
        self.reference.map_or(0.0, |reference| weight(reference, now, HABIT_DAYS))
    }

    /// Log-amounts of all purchases, as of [`Profile::last_at`].
    pub fn amounts(&self) -> LogAmounts {
        self.amounts
    }

    /// Log-amounts by category, as of [`Profile::last_at`].
    pub fn categories(&self) -> &Tally<LogAmounts> {
        &self.categories
    }

    /// Weights by payment method, as of [`Profile::last_at`].
    pub fn payment_methods(&self) -> &Tally<f64> {
        &self.payment_methods
    }

    /// Weights by local hour of the day, as of [`Profile::last_at`].
    pub fn hours(&self) -> &[f64; 24] {
        &self.hours
    }

    /// About how many attempts there were in the last day and in the last week, at `now`.
    pub fn recent_attempts(&self, now: Instant) -> (f64, f64) {
        let factor = |tau_days| self.reference.map_or(0.0, |reference| weight(reference, now, tau_days));
        (self.attempts_daily * factor(DAILY), self.attempts_weekly * factor(WEEKLY))
    }

    /// About how many attempts and purchases of the last weeks the customer has disowned, at `now`: each weighs
    /// `exp(-age / 14 days)`.
    pub fn recently_disowned(&self, now: Instant) -> f64 {
        let factor = self.reference.map_or(0.0, |reference| weight(reference, now, DISOWNED_DAYS));
        // Less than one of half a year ago is what rounding leaves of one that was disowned by mistake.
        Some(self.disowned * factor).filter(|disowned| *disowned > NOTHING_DISOWNED).unwrap_or(0.0)
    }

    /// What was spent in about the last day, and in a mean day of about the last month, in about-euros at `now`.
    pub fn recent_spending(&self, now: Instant) -> (f64, f64) {
        let factor = |tau_days| self.reference.map_or(0.0, |reference| weight(reference, now, tau_days));
        (self.spent_daily * factor(DAILY), self.spent_monthly * factor(SPENDING_DAYS) / SPENDING_DAYS)
    }

    /// Over how many days' worth the habits were seen, at `now`: the decayed age of the profile.
    pub fn days_seen(&self, now: Instant) -> f64 {
        let age_days = self.first_at.map_or(0.0, |first| now.since_ms(first).max(0) as f64 / DAY_MS as f64);
        HABIT_DAYS * -(-age_days / HABIT_DAYS).exp_m1()
    }

    /// The merchants used most recently.
    pub fn merchants(&self) -> &Merchants {
        &self.merchants
    }

    /// What differs between this profile and another beyond the rounding of the codec; `None` if nothing does.
    ///
    /// Counts, times and sets are compared exactly; decayed sums to a ten-thousandth, because they are stored in 32 bits
    /// at every update, and what was spent to a millionth of the largest amount as well: as much may be left of one that was
    /// taken out again. What the stream already told is not compared: it is bookkeeping, not knowledge.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let exact = [
            ("purchases", self.purchases == other.purchases),
            ("feedback", self.feedback == other.feedback),
            ("alarms", self.alarms == other.alarms),
            ("strategies", self.strategies == other.strategies),
            ("month", self.month_in_order() == other.month_in_order()),
            ("interruptions", self.interruptions == other.interruptions),
            ("first_at", self.first_at == other.first_at),
            ("last_at", self.reference == other.reference),
            ("merchants", self.merchants == other.merchants),
            (
                "category names",
                self.categories.iter().map(|(name, _)| name).eq(other.categories.iter().map(|(name, _)| name)),
            ),
            (
                "payment method names",
                self.payment_methods
                    .iter()
                    .map(|(name, _)| name)
                    .eq(other.payment_methods.iter().map(|(name, _)| name)),
            ),
        ];
        if let Some((name, _)) = exact.iter().find(|(_, equal)| !equal) {
            return Some(format!("{name} differ"));
        }
        let largest = self.reference.and_then(|reference| self.peak_size(reference)).unwrap_or_default();
        let sums = self.sums().zip(other.sums());
        for ((name, left), (_, right)) in sums {
            let left_over = if name.starts_with("spent") { 1e-6 * largest } else { 0.0 };
            let tolerance = 1e-4 * (1.0 + left.abs().max(right.abs())) + left_over;
            if (left - right).abs() > tolerance {
                return Some(format!("{name}: {left} and {right}"));
            }
        }
        None
    }

    /// The latest month with its sums by currency, comparable between profiles of the same categories.
    fn month_in_order(&self) -> (Month, Vec<(Currency, Vec<i64>)>) {
        (self.month.month(), self.month.in_order_of(&self.categories).collect())
    }

    /// Every decayed sum with its name.
    fn sums(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let log_amounts = |name, sums: LogAmounts| [(name, sums.weight), (name, sums.sum), (name, sums.sum_squares)];
        let categories = self.categories.iter().map(|(_, sums)| sums).chain([self.categories.others()]);
        let payment_methods = self.payment_methods.iter().map(|(_, sums)| sums).chain([self.payment_methods.others()]);
        log_amounts("amounts", self.amounts)
            .into_iter()
            .chain(categories.flat_map(move |sums| log_amounts("categories", sums)))
            .chain(payment_methods.map(|sum| ("payment methods", sum)))
            .chain(self.hours.iter().map(|sum| ("hours", *sum)))
            .chain([
                ("attempts a day", self.attempts_daily),
                ("attempts a week", self.attempts_weekly),
                ("disowned", self.disowned),
                ("spent a day", self.spent_daily),
                ("spent a month", self.spent_monthly),
                ("peak", self.peak.unwrap_or_default()),
                ("recent peak", self.recent_peak.unwrap_or_default()),
            ])
    }
}

/// The log-size that a purchase is learned with. It is clipped, unless the customer was asked and said that it is normal for
/// them: then the next like it surprises nobody.
fn learned_ln_size(entry: &Entry) -> f64 {
    if entry.was_alarm() == Some(true) && entry.feedback == Some(Feedback::NormalForMe) {
        entry.attempt.amount.size().ln()
    } else {
        clipped_ln_size(entry)
    }
}

/// The log-size of a purchase, clipped at the bound that was frozen when it was scored or imported.
fn clipped_ln_size(entry: &Entry) -> f64 {
    let amount = entry.attempt.amount;
    let size = amount.size();
    let clipped = entry.frozen().filter(|frozen| frozen.learn_minor_max < amount.minor());
    clipped.map_or(size, |frozen| size * frozen.learn_minor_max as f64 / amount.minor() as f64).ln()
}

fn days(at: Instant) -> f64 {
    at.epoch_ms() as f64 / DAY_MS as f64
}
