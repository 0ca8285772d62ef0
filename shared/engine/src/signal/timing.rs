//! Timing: does this customer buy at this hour of their day?

use super::{ROUNDING, nats};
use crate::entry::Attempt;
use crate::population::{HOURS, PRIOR_PURCHASES};
use crate::profile::Profile;

/// How unusual the local hour is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimingSignal {
    /// `-ln` of the probability of an hour that is at most as likely as this one.
    pub nats: f64,
    /// The local hour, 0-23.
    pub hour: u8,
}

impl TimingSignal {
    /// Compares the local hour with the decayed hours, smoothed around the clock and shrunk to the population's.
    /// `left` is how much of the profile's sums is left at the attempt.
    pub fn of(attempt: &Attempt, profile: &Profile, left: f64) -> Self {
        let hour = attempt.occurred_at.hour();
        let predicted = predict(profile.hours(), left);
        let this = predicted.get(usize::from(hour)).copied().unwrap_or_default();
        let at_most_as_likely: f64 = predicted.iter().filter(|weight| **weight <= this + ROUNDING).sum();
        Self { nats: nats(at_most_as_likely / predicted.iter().sum::<f64>()), hour }
    }
}

/// How likely each hour is, in purchases' worth: each purchase counts half for its own hour and a quarter for each
/// neighbour.
fn predict(hours: &[f64; 24], left: f64) -> [f64; 24] {
    let at = |hour: usize| hours.get(hour % 24).copied().unwrap_or_default() * left;
    let population: f64 = HOURS.iter().sum();
    let mut predicted = HOURS.map(|share| PRIOR_PURCHASES * share / population);
    for (hour, weight) in predicted.iter_mut().enumerate() {
        *weight += (at(hour) / 2.0 + (at(hour + 1) + at(hour + 23)) / 4.0).max(0.0);
    }
    predicted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_circular_and_add_up() {
        let mut hours = [0.0; 24];
        hours[23] = 40.0;
        let predicted = predict(&hours, 1.0);
        assert!((predicted.iter().sum::<f64>() - 40.0 - PRIOR_PURCHASES).abs() < 1e-9);
        assert!(predicted[0] > 8.0 * predicted[12] / 2.0, "midnight is next to 23:00");
        assert!((predicted[0] - predicted[22]).abs() < 2.0);
    }

    #[test]
    fn a_newcomer_is_surprising_only_when_everyone_would_be() {
        let tail = |hour: usize| {
            let predicted = predict(&[0.0; 24], 1.0);
            let at_most_as_likely: f64 = predicted.iter().filter(|weight| **weight <= predicted[hour]).sum();
            at_most_as_likely / PRIOR_PURCHASES
        };
        assert!(tail(12) > 0.8, "{}", tail(12));
        assert!(tail(3) < 0.01, "{}", tail(3));
    }
}
