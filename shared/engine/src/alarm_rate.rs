//! The alarm rate: which share of one customer's genuine attempts may be stepped in on.
//!
//! The policy has one share, alpha, for everybody. Whose interventions turned out unneeded gets fewer of them, whose losses went
//! unnoticed gets more: a multiple of alpha that is shrunk to one while little is known, and never leaves a quarter to four.
//! It follows from counts in the profile, so it can be replayed, and every decision records the one that it was made with.

use crate::profile::AlarmCounts;
use crate::settings::Sensitivity;

/// How many confirmed decisions either way "as everybody" weighs.
const PRIOR_DECISIONS: f64 = 3.0;

/// The least and the most that a customer's rate may be, as a multiple of the policy's.
pub const MULTIPLE_RANGE: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// The alarm rate of one customer, with what it follows from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlarmRate {
    /// The p-value up to which to step in, 0 to 1: the policy's alpha times the multiple.
    pub alpha: f64,
    /// The customer's own multiple of the policy's alpha, within [`MULTIPLE_RANGE`].
    pub multiple: f64,
    /// What became of earlier decisions.
    pub alarms: AlarmCounts,
    /// What the customer wishes for.
    pub sensitivity: Sensitivity,
}

impl AlarmRate {
    /// The rate under an alpha for everybody, of a customer of whom these decisions were confirmed, and who wishes for this
    /// sensitivity. A cooling-off that was not waited for counts half of an unneeded one, while nothing more is said.
    pub fn of(alpha: f64, alarms: AlarmCounts, sensitivity: Sensitivity) -> Self {
        let wanted = f64::from(alarms.right) + f64::from(alarms.missed);
        let unwanted = f64::from(alarms.unneeded) + 0.5 * f64::from(alarms.overridden);
        let learned = (wanted + PRIOR_DECISIONS) / (unwanted + PRIOR_DECISIONS);
        let multiple = (learned * sensitivity.alarm_factor()).clamp(*MULTIPLE_RANGE.start(), *MULTIPLE_RANGE.end());
        Self { alpha: (alpha * multiple).min(1.0), multiple, alarms, sensitivity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(unneeded: u32, right: u32, missed: u32, sensitivity: Sensitivity, expect: f64) {
        let rate = AlarmRate::of(0.005, AlarmCounts { unneeded, right, missed, overridden: 0 }, sensitivity);
        assert!((rate.multiple - expect).abs() < 1e-12, "{}", rate.multiple);
        assert!((rate.alpha - expect * 0.005).abs() < 1e-15);
    }

    #[test]
    fn a_rate_follows_what_was_confirmed_within_bounds() {
        check(0, 0, 0, Sensitivity::Normal, 1.0);
        check(1, 0, 0, Sensitivity::Normal, 0.75);
        check(3, 0, 0, Sensitivity::Normal, 0.5);
        check(1000, 0, 0, Sensitivity::Normal, 0.25);
        check(0, 2, 1, Sensitivity::Normal, 2.0);
        check(3, 3, 0, Sensitivity::Normal, 1.0);
        check(0, u32::MAX, u32::MAX, Sensitivity::Normal, 4.0);
        check(0, 0, 0, Sensitivity::Low, 0.5);
        check(0, 0, 0, Sensitivity::High, 2.0);
        check(1000, 0, 0, Sensitivity::Low, 0.25);
        let overridden = AlarmCounts { overridden: 2, ..AlarmCounts::default() };
        assert!((AlarmRate::of(0.005, overridden, Sensitivity::Normal).multiple - 0.75).abs() < 1e-12);
    }
}
