//! Timing: does this customer buy at this hour of their day?

use super::nats;
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
    pub(super) fn of(attempt: &Attempt, profile: &Profile, left: f64) -> Self {
        let hour = attempt.occurred_at.hour();
        let predicted = predict(profile.hours(), left);
        let this = predicted.get(usize::from(hour)).copied().unwrap_or_default();
        // Hours that are equally likely must compare as such, whatever the rounding.
        let at_most_as_likely: f64 = predicted.iter().filter(|share| **share <= this * (1.0 + 1e-9)).sum();
        Self { nats: nats(at_most_as_likely), hour }
    }
}

/// The probability of each hour: each purchase counts half for its own hour and a quarter for each neighbour.
fn predict(hours: &[f64; 24], left: f64) -> [f64; 24] {
    let at = |hour: usize| hours.get(hour % 24).copied().unwrap_or_default() * left;
    let population: f64 = HOURS.iter().sum();
    let mut predicted = HOURS.map(|share| PRIOR_PURCHASES * share / population);
    for (hour, share) in predicted.iter_mut().enumerate() {
        *share += (at(hour) / 2.0 + (at(hour + 1) + at(hour + 23)) / 4.0).max(0.0);
    }
    let total: f64 = predicted.iter().sum();
    predicted.map(|share| share / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_circular_and_add_up_to_one() {
        let mut hours = [0.0; 24];
        hours[23] = 40.0;
        let predicted = predict(&hours, 1.0);
        assert!((predicted.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(predicted[0] > 8.0 * predicted[12] / 2.0, "midnight is next to 23:00");
        assert!((predicted[0] - predicted[22]).abs() < 0.05);
    }

    #[test]
    fn a_newcomer_is_surprising_only_when_everyone_would_be() {
        let tail = |hour: usize| {
            let predicted = predict(&[0.0; 24], 1.0);
            predicted.iter().filter(|share| **share <= predicted[hour]).sum::<f64>()
        };
        assert!(tail(12) > 0.8, "{}", tail(12));
        assert!(tail(3) < 0.01, "{}", tail(3));
    }
}
