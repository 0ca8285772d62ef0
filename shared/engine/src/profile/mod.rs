//! The profile: what has been learned of one customer, in under a kilobyte.
//!
//! Architecture Invariant: a profile is a sum of what its entries contribute. Adding contributions commutes, so any order,
//! batching or repetition of the stream gives the profile that one clean pass over the entries gives.

mod amounts;
mod applied;
mod codec;
pub mod decay;
mod merchants;
mod tally;

pub use amounts::{Belief, LogAmounts};
pub use applied::{Applied, GENERATION_MAX, REMEMBERED_MS};
pub use codec::{CODEC_VERSION, CodecError};
pub use merchants::{MERCHANTS_MAX, Merchants};
pub use tally::{Sums, Tally};

use crate::entry::{Entry, Feedback};
use crate::time::{DAY_MS, Instant};
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

/// What became of decisions, as far as the customer said: counts of scored entries with a confirmed label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlarmCounts {
    /// Interventions in attempts that were genuine and stood by.
    pub unneeded: u32,
    /// Interventions in attempts that were disowned or regretted.
    pub right: u32,
    /// Attempts that were let through, and then disowned or regretted.
    pub missed: u32,
}

/// What has been learned of one customer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    purchases: u32,
    feedback: FeedbackCounts,
    alarms: AlarmCounts,
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
    merchants: Merchants,
    applied: Applied,
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

        let labelled = |alarm: bool, label: bool| {
            let is_such = |entry: &Entry| entry.label() == Some(label) && entry.was_alarm() == Some(alarm);
            change.delta(is_such) as i32
        };
        self.alarms.unneeded = self.alarms.unneeded.saturating_add_signed(labelled(true, false));
        self.alarms.right = self.alarms.right.saturating_add_signed(labelled(true, true));
        self.alarms.missed = self.alarms.missed.saturating_add_signed(labelled(false, true));

        self.move_reference(at);
        if change.before.is_none() {
            self.attempts_daily += self.weight_of(at, DAILY);
            self.attempts_weekly += self.weight_of(at, WEEKLY);
        }
        if change.delta(Entry::is_purchase) > 0 {
            self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
            let peak = learned_ln_size(entry) + days(at) / PEAK_DAYS;
            self.peak = Some(self.peak.map_or(peak, |largest| largest.max(peak)));
            let recent_peak = entry.attempt.amount.size().ln() + days(at) / RECENT_PEAK_DAYS;
            self.recent_peak = Some(self.recent_peak.map_or(recent_peak, |largest| largest.max(recent_peak)));
            if let Some(merchant) = &entry.attempt.merchant {
                self.merchants.remember(merchant, at.day());
            }
            // A name is known from its first purchase on, even if that is disowned before it is told here.
            self.categories.add(entry.attempt.category.as_str(), LogAmounts::default());
            self.payment_methods.add(entry.attempt.payment_method.as_str(), 0.0);
        }
        self.disowned += f64::from(not_me) * self.weight_of(at, DISOWNED_DAYS);
        let habit = change.delta(Entry::shows_habit) as f64;
        if habit != 0.0 {
            self.learn_habit(entry, habit);
        }
    }

    /// Adds (`sign` 1) or takes out (`sign` -1) a purchase as one that shows habits.
    fn learn_habit(&mut self, entry: &Entry, sign: f64) {
        let at = entry.attempt.occurred_at.instant();
        let weight = sign * self.weight_of(at, HABIT_DAYS);
        let ln_size = learned_ln_size(entry);
        let mut log_amount = LogAmounts::default();
        log_amount.add(ln_size, weight);
        self.amounts.merge(log_amount);
        self.categories.add(entry.attempt.category.as_str(), log_amount);
        self.payment_methods.add(entry.attempt.payment_method.as_str(), weight);
        if let Some(bin) = self.hours.get_mut(usize::from(entry.attempt.occurred_at.hour())) {
            *bin += weight;
        }
        let size = sign * ln_size.exp();
        self.spent_daily += size * self.weight_of(at, DAILY);
        self.spent_monthly += size * self.weight_of(at, SPENDING_DAYS);
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

/// The log-size that a purchase is learned with: clipped at the bound that was frozen when it was scored or imported.
fn learned_ln_size(entry: &Entry) -> f64 {
    let amount = entry.attempt.amount;
    let size = amount.size();
    let clipped = entry.frozen().filter(|frozen| frozen.learn_minor_max < amount.minor());
    clipped.map_or(size, |frozen| size * frozen.learn_minor_max as f64 / amount.minor() as f64).ln()
}

fn days(at: Instant) -> f64 {
    at.epoch_ms() as f64 / DAY_MS as f64
}
