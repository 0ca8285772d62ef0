//! Features: an attempt and what is known before it, as the numbers a trained model sees.
//!
//! Their names and order are the contract with model files: a model names the features it was trained on, and one that does
//! not fit is refused. A feature that cannot be known is NaN.

use crate::entry::Attempt;
use crate::signal::{Known, Signals};
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// How many features there are.
pub const COUNT: usize = 26;

/// The features' names, in their order.
pub const NAMES: [&str; COUNT] = [
    "ln_amount",
    "amount_nats",
    "amount_z",
    "ln_amount_ratio",
    "ln_amount_to_peak",
    "category_nats",
    "category_share",
    "payment_nats",
    "payment_share",
    "timing_nats",
    "hour",
    "velocity_nats",
    "attempts_10_minutes",
    "attempts_hour",
    "attempts_day",
    "attempts_week",
    "spending_day_ratio",
    "ln_gap_minutes",
    "ln_purchases",
    "days_known",
    "merchant_novelty_nats",
    "merchant_days_since",
    "merchant_risk_nats",
    "merchant_labelled",
    "merchant_positive",
    "not_me_count",
];

/// The features of an attempt.
pub fn features(attempt: &Attempt, known: Known<'_>) -> [f32; COUNT] {
    let signals = Signals::of(attempt, known);
    let now = attempt.occurred_at.instant();
    let profile = known.profile;
    let ln_size = attempt.amount.size().ln();
    let (day, week) = profile.recent_attempts(now);
    let (spent_day, spent_mean) = profile.recent_spending(now);
    let gap_minutes = profile.last_at().map_or(f64::NAN, |last| now.since_ms(last).max(0) as f64 / MINUTE_MS as f64);
    let known_days = profile.first_at().map_or(0.0, |first| now.since_ms(first).max(0) as f64 / DAY_MS as f64);
    let last_used = attempt.merchant.as_ref().and_then(|merchant| profile.merchants().last_used(merchant));
    let values: [f64; COUNT] = [
        ln_size,
        signals.amount.nats,
        signals.amount.z_score,
        signals.amount.ratio.ln(),
        profile.peak_size(now).map_or(f64::NAN, |peak| ln_size - peak.ln()),
        signals.category.nats,
        signals.category.share,
        signals.payment.nats,
        signals.payment.share,
        signals.timing.nats,
        f64::from(signals.timing.hour),
        signals.velocity.nats,
        known.attempts_within(10 * MINUTE_MS, now),
        known.attempts_within(HOUR_MS, now),
        day,
        week,
        (spent_day + attempt.amount.size()) / (spent_mean + 1.0),
        gap_minutes.ln_1p(),
        f64::from(profile.purchases()).ln_1p(),
        known_days,
        signals.merchant.novelty_nats,
        last_used.map_or(f64::NAN, |day| f64::from(now.day().since_days(day))),
        signals.merchant.risk_nats,
        signals.merchant.labels.labelled as f64,
        signals.merchant.labels.positive as f64,
        f64::from(profile.feedback().not_me),
    ];
    values.map(|value| value as f32)
}
