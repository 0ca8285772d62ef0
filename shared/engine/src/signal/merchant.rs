//! Merchant: is it new for this customer, and have others disowned purchases there?

use statrs::distribution::{Binomial, DiscreteCDF};

use super::{Known, nats, strongest};
use crate::entry::Attempt;
use crate::merchant::LabelCounts;
use crate::population::POSITIVE_SHARE;

/// How many purchases' worth "half of all purchases are at a merchant one has not been to" weighs.
const NOVELTY_PRIOR_PURCHASES: f64 = 2.0;

/// How unusual the merchant is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MerchantSignal {
    /// `-ln P(the customer goes somewhere new)` if this merchant is new for them; 0 if it is known or not given.
    pub novelty_nats: f64,
    /// `-ln P(so many confirmed labels are positive at an unremarkable merchant)`.
    pub risk_nats: f64,
    /// Confirmed labels of the last days at this merchant.
    pub labels: LabelCounts,
    /// Days since the customer last bought there, as far as remembered; `None` if they did not or no merchant is named.
    pub days_since: Option<i32>,
    /// Whether the attempt names a merchant.
    pub is_named: bool,
}

impl MerchantSignal {
    /// Compares the merchant with those the customer knows and with the merchant's own record.
    pub fn of(attempt: &Attempt, known: Known<'_>) -> Self {
        let Some(merchant) = &attempt.merchant else {
            return Self {
                novelty_nats: 0.0,
                risk_nats: 0.0,
                labels: LabelCounts::default(),
                days_since: None,
                is_named: false,
            };
        };
        let now = attempt.occurred_at.instant();
        let days_since = known.profile.merchants().last_used(merchant).map(|day| now.day().since_days(day));
        let labels = known.merchant.map(|record| record.recent(now.day())).unwrap_or_default();
        let novelty_nats = if days_since.is_some() { 0.0 } else { novelty(known, now) };
        Self { novelty_nats, risk_nats: risk(labels), labels, days_since, is_named: true }
    }

    /// The stronger of novelty and risk, corrected for there being two.
    pub fn nats(&self) -> f64 {
        strongest([self.novelty_nats, self.risk_nats])
    }
}

/// How rarely this customer goes somewhere new: at most as often as there are merchants among the purchases that count.
fn novelty(known: Known<'_>, now: crate::time::Instant) -> f64 {
    let habit_days = crate::profile::decay::HABIT_DAYS as i32;
    let merchants = known.profile.merchants().used_since(now.day().plus_days(-habit_days)) as f64;
    let purchases = (known.profile.amounts().weight * known.profile.habit_factor(now)).max(merchants);
    nats((merchants + NOVELTY_PRIOR_PURCHASES / 2.0) / (purchases + NOVELTY_PRIOR_PURCHASES))
}

fn risk(labels: LabelCounts) -> f64 {
    let (Ok(labelled), Ok(positive)) = (u64::try_from(labels.labelled), u64::try_from(labels.positive)) else {
        return 0.0;
    };
    if positive == 0 || positive > labelled {
        return 0.0;
    }
    nats(Binomial::new(POSITIVE_SHARE, labelled).map_or(1.0, |count| count.sf(positive - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(positive: i64, labelled: i64, expect_tail: f64) {
        let tail = (-risk(LabelCounts { labelled, positive, explained: 0 })).exp();
        assert!((tail - expect_tail).abs() < 1e-6 * (1.0 + expect_tail), "{tail}");
    }

    #[test]
    fn risk_is_the_binomial_tail() {
        check(0, 0, 1.0);
        check(0, 100, 1.0);
        check(1, 1, 0.01);
        // 1 - 0.99^100
        check(1, 100, 0.633_967_658_726_770_6);
        // scipy.stats.binom.sf(2, 10, 0.01)
        check(3, 10, 0.000_113_849_117_905_779_65);
        // Nonsense counts are no evidence.
        check(5, 3, 1.0);
        check(-1, 3, 1.0);
    }
}
