//! Restraint: what keeps Guardian from becoming a nuisance to one customer, and a bad policy from stopping everyone.
//!
//! No action ever rises because an earlier one was ignored: to escalate takes evidence about the attempt.

use std::collections::BTreeMap;

use crate::settings::QuietHours;
use crate::time::MINUTE_MS;

/// When to keep quiet although the score would have Guardian step in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Restraint {
    /// How often a customer is interrupted within seven days at most; up to [`crate::profile::INTERRUPTIONS_MAX`].
    pub per_week_max: u8,
    /// How long after an interruption the next may follow.
    pub gap_ms: i64,
    /// Below so many about-euros nobody is interrupted.
    pub trivial_below: f64,
    /// When nothing milder than a warning is shown, for customers who said nothing of their own.
    pub quiet_hours: Option<QuietHours>,
    /// From this risk on none of these holds, and nobody is held out: it is about safety.
    pub protect_from: f64,
    /// The share of all attempts that may be stopped (cooled off or blocked).
    pub stops: StopCap,
    /// The share that any one rule may stop, unless it says otherwise.
    pub rule_stops: StopCap,
}

impl Default for Restraint {
    fn default() -> Self {
        Self {
            per_week_max: 5,
            gap_ms: 10 * MINUTE_MS,
            trivial_below: 5.0,
            quiet_hours: None,
            protect_from: 0.5,
            stops: StopCap { share_max: 0.05, burst: 50 },
            rule_stops: StopCap { share_max: 0.02, burst: 50 },
        }
    }
}

/// A cap on a share, with room for chance: of `n` attempts at most `burst + n × share_max` are stopped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StopCap {
    /// The share in the long run, 0 to 1.
    pub share_max: f64,
    /// How many may be stopped at once on top.
    pub burst: u32,
}

/// The circuit breaker: token buckets that refill with every attempt and empty with every stop.
///
/// Each process holds its own. Because every one of them keeps its share, the share over all of them is kept as well.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    /// What each bucket lacks to be full; by the rule's id, the empty name for all together.
    spent: BTreeMap<Box<str>, f64>,
}

/// The name of the bucket of all attempts together: no rule can be called so.
const ALL: &str = "";

impl Breaker {
    /// Whether one more attempt may be stopped.
    pub fn may_stop(&self, cap: StopCap) -> bool {
        self.has_left(ALL, cap)
    }

    /// Whether this rule may stop one more.
    pub fn rule_may_stop(&self, rule: &str, cap: StopCap) -> bool {
        self.has_left(rule, cap)
    }

    fn has_left(&self, bucket: &str, cap: StopCap) -> bool {
        self.spent.get(bucket).copied().unwrap_or_default() + 1.0 <= f64::from(cap.burst)
    }

    /// Counts an attempt that was decided on: `stopped_by` names the rules that stopped it, if anything did.
    pub fn count<'a>(
        &mut self,
        restraint: &Restraint,
        cap_of: impl Fn(&str) -> StopCap,
        stopped: bool,
        stopped_by: impl Iterator<Item = &'a str>,
    ) {
        self.spent.retain(|bucket, spent| {
            let cap = if &**bucket == ALL { restraint.stops } else { cap_of(bucket) };
            *spent -= cap.share_max;
            *spent > 0.0
        });
        if stopped {
            *self.spent.entry(ALL.into()).or_default() += 1.0;
        }
        stopped_by.for_each(|rule| *self.spent.entry(rule.into()).or_default() += 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_would_stop_everyone_stops_a_share() {
        let restraint = Restraint { stops: StopCap { share_max: 0.05, burst: 20 }, ..Restraint::default() };
        let rule_cap = StopCap { share_max: 0.01, burst: 5 };
        let mut breaker = Breaker::default();
        let (mut stopped, mut by_rule) = (0, 0);
        for attempt in 1..=10_000_u32 {
            let rule = breaker.rule_may_stop("r", rule_cap);
            let stop = breaker.may_stop(restraint.stops);
            breaker.count(&restraint, |_| rule_cap, stop, (stop && rule).then_some("r").into_iter());
            stopped += u32::from(stop);
            by_rule += u32::from(stop && rule);
            assert!(f64::from(stopped) <= 20.0 + 0.05 * f64::from(attempt), "{stopped} of {attempt}");
            assert!(f64::from(by_rule) <= 5.0 + 0.01 * f64::from(attempt), "{by_rule} of {attempt}");
        }
        assert!((519..=520).contains(&stopped) && (103..=105).contains(&by_rule), "{stopped} {by_rule}");
        // Where little is stopped, nothing is kept from being stopped.
        for _ in 0..2000 {
            breaker.count(&restraint, |_| rule_cap, false, [].into_iter());
        }
        assert!(breaker.may_stop(restraint.stops) && breaker.rule_may_stop("r", rule_cap));
    }
}
