//! Features: an attempt and what is known before it, as the numbers that models see.
//!
//! Their names and order are the contract with model files: a model names the features it was trained on, in its order, and
//! one that does not fit is refused: they are the version of the set. A feature that cannot be known is NaN, and trees have a way
//! for it. A new feature goes to the end; a model is trained anew then.
//!
//! Every feature depends on the attempt and on [`Known`] alone: what the profile learned of earlier entries, the last hour's
//! entries, and labels that have arrived. `tests/it/features.rs` states each of them a second time, from the bare entries.

use crate::entry::Attempt;
use crate::signal::{Dimension, Known, PerDimension, Signals, strongest};
use crate::time::DAY_MS;

/// How many features there are.
pub const COUNT: usize = FEATURES.len();

/// What a feature is about: one of the six dimensions, or how well the customer is known at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The attempt compared with what is known.
    Dimension(Dimension),
    /// How much is known of the customer, and what they said before.
    History,
}

/// A feature's name, topic, unit and meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// The name in model files.
    pub name: &'static str,
    /// What it is about, and so which reason its contribution belongs to.
    pub topic: Topic,
    /// The unit; `nats` are negative logarithms of a probability.
    pub unit: &'static str,
    /// What it means and where it comes from.
    pub meaning: &'static str,
    /// Which way more of it may move a score.
    pub direction: Direction,
}

/// Which way more of a feature may move a score, all else being equal. Models are trained so; that more money is never less
/// suspicious is then a property of a model and not a hope. On the Fraud Detection Handbook's days 92-121 it costs .001 of an
/// average precision of .804.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Up only.
    Rises,
    /// Down only.
    Falls,
    /// Up and down.
    Free,
}

/// A feature that may raise and lower the score.
const fn free(name: &'static str, topic: Topic, unit: &'static str, meaning: &'static str) -> Feature {
    Feature { name, topic, unit, meaning, direction: Direction::Free }
}

/// A feature that may only raise the score.
const fn rises(name: &'static str, topic: Topic, unit: &'static str, meaning: &'static str) -> Feature {
    Feature { direction: Direction::Rises, ..free(name, topic, unit, meaning) }
}

/// A feature that may only lower the score.
const fn falls(name: &'static str, topic: Topic, unit: &'static str, meaning: &'static str) -> Feature {
    Feature { direction: Direction::Falls, ..free(name, topic, unit, meaning) }
}

const AMOUNT: Topic = Topic::Dimension(Dimension::Amount);
const CATEGORY: Topic = Topic::Dimension(Dimension::Category);
const TIMING: Topic = Topic::Dimension(Dimension::Timing);
const PAYMENT: Topic = Topic::Dimension(Dimension::Payment);
const VELOCITY: Topic = Topic::Dimension(Dimension::Velocity);
const MERCHANT: Topic = Topic::Dimension(Dimension::Merchant);
const HISTORY: Topic = Topic::History;

/// Every feature, in the order of a model's inputs.
pub const FEATURES: [Feature; 36] = [
    rises("ln_amount", AMOUNT, "ln euro", "the amount, in about-euros"),
    rises(
        "amount_nats",
        AMOUNT,
        "nats",
        "P(next amount at least this) in the category, shrunk to the customer's; Student-t",
    ),
    rises("amount_customer_nats", AMOUNT, "nats", "the same over all categories, shrunk to the population's"),
    rises("amount_z", AMOUNT, "deviations", "plain z-score of the log-amount in the category"),
    rises(
        "ln_amount_ratio",
        AMOUNT,
        "ln ratio",
        "the amount to the geometric mean in the category, to the minor unit, shrunk to the customer's",
    ),
    rises(
        "ln_amount_to_peak",
        AMOUNT,
        "ln ratio",
        "the amount to the largest one, as learned, which fades with 180 days; NaN without",
    ),
    rises(
        "ln_recent_peak",
        AMOUNT,
        "ln ratio",
        "the largest amount of late, as paid, which fades with 20 days, to the mean in the category; NaN without",
    ),
    rises("category_nats", CATEGORY, "nats", "P(a category at most as likely); decayed counts, Dirichlet prior"),
    falls("category_share", CATEGORY, "share", "decayed share of the customer's purchases in this category"),
    rises("payment_nats", PAYMENT, "nats", "P(a payment method at most as likely); decayed counts, Dirichlet prior"),
    falls("payment_share", PAYMENT, "share", "decayed share of the customer's purchases paid this way"),
    rises(
        "timing_nats",
        TIMING,
        "nats",
        "P(a local hour at most as likely); decayed and smoothed counts, the population's hours as prior",
    ),
    free("hour", TIMING, "hour", "the local hour, 0 to 23"),
    rises(
        "velocity_nats",
        VELOCITY,
        "nats",
        "the strongest of five windows of attempts and money, corrected for there being five",
    ),
    rises("gap_nats", VELOCITY, "nats", "P(the next attempt follows as soon); Lomax"),
    falls("ln_gap_minutes", VELOCITY, "ln minutes", "ln(1 + minutes since the last attempt); NaN without"),
    rises("attempts_10_minutes", VELOCITY, "attempts", "attempts of the 10 minutes before"),
    rises("attempts_hour", VELOCITY, "attempts", "attempts of the hour before"),
    rises("attempts_day", VELOCITY, "attempts", "attempts learned, decayed with 1 day"),
    rises("attempts_week", VELOCITY, "attempts", "attempts learned, decayed with 7 days"),
    rises(
        "day_spending_ratio",
        VELOCITY,
        "ratio",
        "spending decayed with 1 day and this amount, to what is usual on a day with a purchase",
    ),
    free("merchant_novelty_nats", MERCHANT, "nats", "P(the customer goes somewhere new) at a new merchant, else 0"),
    free(
        "merchant_days_since",
        MERCHANT,
        "days",
        "days since the customer's last purchase at the merchant, one of their latest 40; NaN without",
    ),
    free(
        "merchant_risk_nats",
        MERCHANT,
        "nats",
        "P(so many positive of the labels of 30 days at an unremarkable merchant); binomial",
    ),
    free("merchant_labelled", MERCHANT, "labels", "labels that arrived of the merchant's purchases of 30 days"),
    free("merchant_positive", MERCHANT, "labels", "those of them that are positive"),
    free("merchant_explained", MERCHANT, "labels", "those of the positive whose own amount was odd for the customer"),
    free(
        "merchant_rate_7",
        MERCHANT,
        "share",
        "positives among the labels of 30 days, decayed with 7 days, shrunk to the population's; NaN without a record",
    ),
    free("merchant_rate_30", MERCHANT, "share", "the same decayed with 30 days; NaN without a record"),
    free(
        "merchant_streak",
        MERCHANT,
        "labels",
        "positive labels of the merchant's latest labelled days that are all positive",
    ),
    free("merchant_streak_days", MERCHANT, "days", "days since the first of those days; NaN without"),
    free(
        "merchant_unbroken_days",
        MERCHANT,
        "days",
        "days since the last labelled day that is not all positive; NaN without",
    ),
    free("ln_purchases", HISTORY, "ln purchases", "ln(1 + purchases learned)"),
    free("days_known", HISTORY, "days", "days since the first purchase; 0 without"),
    free("not_me_count", HISTORY, "purchases", "attempts and purchases that the customer disowned"),
    free("not_me_recent", HISTORY, "purchases", "the same, decayed with 14 days"),
];

/// The features' names, in their order.
#[expect(clippy::indexing_slicing, reason = "a constant: out of bounds would not compile")]
pub const NAMES: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let mut position = 0;
    while position < COUNT {
        names[position] = FEATURES[position].name;
        position += 1;
    }
    names
};

/// The decay of a merchant's faster rate, in days.
const MERCHANT_RATE_FAST_DAYS: f64 = 7.0;

/// The decay of a merchant's slower rate, in days.
const MERCHANT_RATE_SLOW_DAYS: f64 = 30.0;

/// The features of an attempt, in the order of [`FEATURES`].
pub fn features(attempt: &Attempt, known: Known<'_>) -> [f32; COUNT] {
    of_signals(attempt, known, &Signals::of(attempt, known))
}

/// The features of an attempt whose signals are at hand.
pub(crate) fn of_signals(attempt: &Attempt, known: Known<'_>, signals: &Signals) -> [f32; COUNT] {
    let Known { profile, .. } = known;
    let Signals { amount, category, timing, payment, velocity, merchant } = signals;
    let now = attempt.occurred_at.instant();
    let today = now.day();
    let ln_size = attempt.amount.size().ln();
    let known_days = profile.first_at().map_or(0.0, |first| now.since_ms(first).max(0) as f64 / DAY_MS as f64);
    let record = known.merchant.filter(|_| attempt.merchant.is_some());
    let streak = record.map(|record| record.streak(today)).unwrap_or_default();
    let rate = |tau_days| record.map_or(f64::NAN, |record| record.rate(today, tau_days));
    let values: [f64; COUNT] = [
        ln_size,
        amount.nats,
        amount.customer_nats,
        amount.z_score,
        amount.ratio.ln(),
        profile.peak_size(now).map_or(f64::NAN, |peak| ln_size - peak.ln()),
        profile.recent_peak_size(now).map_or(f64::NAN, |peak| peak.ln() - amount.usual.size().ln()),
        category.nats,
        category.share,
        payment.nats,
        payment.share,
        timing.nats,
        f64::from(timing.hour),
        velocity.nats,
        velocity.gap_nats,
        velocity.gap_minutes.map_or(f64::NAN, f64::ln_1p),
        velocity.attempts_10_minutes,
        velocity.attempts_hour,
        velocity.attempts_day,
        velocity.attempts_week,
        velocity.day_spending_ratio,
        merchant.novelty_nats,
        merchant.days_since.map_or(f64::NAN, f64::from),
        merchant.risk_nats,
        merchant.labels.labelled as f64,
        merchant.labels.positive as f64,
        merchant.labels.explained as f64,
        rate(MERCHANT_RATE_FAST_DAYS),
        rate(MERCHANT_RATE_SLOW_DAYS),
        streak.positive as f64,
        streak.days.map_or(f64::NAN, f64::from),
        streak.unbroken_days.map_or(f64::NAN, f64::from),
        f64::from(profile.purchases()).ln_1p(),
        known_days,
        f64::from(profile.feedback().not_me),
        profile.recently_disowned(now),
    ];
    values.map(|value| value as f32)
}
/// The surprise of each dimension, in nats, as features tell it: [`crate::signal::Signals::deviations`] to 32 bits.
pub fn deviations(features: &[f32]) -> PerDimension<f64> {
    let feature = |name: &str| {
        let place = NAMES.iter().position(|known| *known == name);
        place.and_then(|place| features.get(place)).map_or(0.0, |value| f64::from(*value))
    };
    PerDimension::from_fn(|dimension| match dimension {
        Dimension::Amount => feature("amount_nats"),
        Dimension::Category => feature("category_nats"),
        Dimension::Timing => feature("timing_nats"),
        Dimension::Payment => feature("payment_nats"),
        Dimension::Velocity => feature("velocity_nats"),
        Dimension::Merchant => strongest([feature("merchant_novelty_nats"), feature("merchant_risk_nats")]),
    })
}
