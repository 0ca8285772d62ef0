//! Forward decay: every sum is kept as of the profile's reference instant, and an event weighs `exp(-age / τ)` there.
//!
//! Because an event's weight depends on its own time alone, sums do not depend on the order in which events arrive, and a
//! purchase that turns out not to be the customer's is taken out again by subtracting what it added.
//! Source: Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay (ICDE 2009).

use crate::time::{DAY_MS, Instant};

/// The time constant of habits (amounts, categories, payment methods, hours), in days.
pub const HABIT_DAYS: f64 = 60.0;
/// The time constant of spending against which a day's spending is compared, in days.
pub const SPENDING_DAYS: f64 = 30.0;
/// The time constants of the attempt counters, in days.
pub const DAILY: f64 = 1.0;
/// See [`DAILY`].
pub const WEEKLY: f64 = 7.0;
/// The time constant of what the customer disowned, in days.
pub const DISOWNED_DAYS: f64 = 14.0;

/// What an event of `at` weighs at `reference` under time constant `tau_days`; 1 if it is not older than that.
pub fn weight(at: Instant, reference: Instant, tau_days: f64) -> f64 {
    let age_days = reference.since_ms(at).max(0) as f64 / DAY_MS as f64;
    (-age_days / tau_days).exp()
}
