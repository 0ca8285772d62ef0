//! What happens where p-values that were calibrated beforehand are at most alpha.

use engine::time::DAY_MS;
use serde::Serialize;

use super::{Tested, share};
use crate::learning::period::Period;

/// Days in a mean month.
pub(crate) const MONTH_DAYS: f64 = 365.25 / 12.0;

/// Days in a week.
const WEEK_DAYS: i64 = 7;

/// What alpha flags.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Alerts {
    /// Positives that were flagged.
    pub hits: u64,
    /// Genuine ones that were flagged.
    pub false_alarms: u64,
    /// All positives.
    pub positives: u64,
    /// All genuine ones.
    pub genuine: u64,
}

impl Alerts {
    /// What is flagged where the p-value is at most `alpha`.
    pub fn at<'a>(alpha: f64, tested: impl IntoIterator<Item = &'a Tested>) -> Self {
        let mut alerts = Self::default();
        for tested in tested {
            let flagged = u64::from(tested.p_value <= alpha);
            if tested.is_positive {
                alerts.positives += 1;
                alerts.hits += flagged;
            } else {
                alerts.genuine += 1;
                alerts.false_alarms += flagged;
            }
        }
        alerts
    }

    /// Hits among alerts; 0 without alerts.
    pub fn precision(&self) -> f64 {
        share(self.hits as f64, (self.hits + self.false_alarms) as f64)
    }

    /// Hits among positives.
    pub fn recall(&self) -> f64 {
        share(self.hits as f64, self.positives as f64)
    }

    /// The false positive rate: false alarms among the genuine.
    pub fn fpr(&self) -> f64 {
        share(self.false_alarms as f64, self.genuine as f64)
    }

    /// The false discovery rate: false alarms among alerts.
    pub fn fdr(&self) -> f64 {
        share(self.false_alarms as f64, (self.hits + self.false_alarms) as f64)
    }
}

/// The false positive rate of one week.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WeekRate {
    /// The first day of the week, counted from the first day of the test.
    pub from_day: i64,
    /// Genuine purchases of the week.
    pub genuine: u64,
    /// The share of them that was flagged.
    pub fpr: f64,
}

/// The realised false positive rate of each week of a test.
pub fn weekly(alpha: f64, tested: &[Tested], period: Period) -> Vec<WeekRate> {
    let start = period.from.start();
    let week = |tested: &Tested| tested.at.since_ms(start).div_euclid(WEEK_DAYS * DAY_MS);
    let weeks = (i64::from(period.days()) + WEEK_DAYS - 1) / WEEK_DAYS;
    let mut rates = Vec::new();
    for number in 0..weeks {
        let alerts = Alerts::at(alpha, tested.iter().filter(|tested| week(tested) == number));
        rates.push(WeekRate { from_day: number * WEEK_DAYS, genuine: alerts.genuine, fpr: alerts.fpr() });
    }
    rates
}

/// How many alerts a customer who buys at all gets in a month, true or false.
pub fn per_customer_month(alerts: &Alerts, tested: &[Tested], days: i32) -> f64 {
    let customers: std::collections::BTreeSet<u32> = tested.iter().map(|tested| tested.customer).collect();
    let months = f64::from(days) / MONTH_DAYS;
    share((alerts.hits + alerts.false_alarms) as f64, customers.len() as f64 * months)
}

/// The share of runs of positives whose first was flagged: an alert that comes later has let money go.
pub fn first_of_burst_recall(alpha: f64, tested: &[Tested]) -> f64 {
    Alerts::at(alpha, tested.iter().filter(|tested| tested.begins_burst)).recall()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{tested, twelve};
    use super::*;
    use engine::time::Day;

    #[test]
    fn rates_are_what_their_names_say() {
        let alerts = Alerts::at(0.35, &twelve());
        assert_eq!(alerts, Alerts { hits: 2, false_alarms: 2, positives: 5, genuine: 7 });
        assert_eq!((alerts.precision(), alerts.recall(), alerts.fpr(), alerts.fdr()), (0.5, 0.4, 2.0 / 7.0, 0.5));
        let none = Alerts::at(-1.0, &twelve());
        assert_eq!((none.precision(), none.recall(), none.fpr(), none.fdr()), (0.0, 0.0, 0.0, 0.0));
    }

    #[test]
    fn weeks_are_counted_from_the_first_day_of_the_test() {
        let from = Day::parse("2018-08-08").unwrap();
        let on = |days: i32, score| Tested { at: from.plus_days(days).start(), ..tested(score, false) };
        let tested = [on(0, 1.0), on(6, 0.0), on(7, 0.0), on(8, 0.0), on(9, 0.0), on(9, 1.0)];
        assert_eq!(
            weekly(0.5, &tested, Period::of_days(from, 10)),
            [WeekRate { from_day: 0, genuine: 2, fpr: 0.5 }, WeekRate { from_day: 7, genuine: 4, fpr: 0.25 }]
        );
    }

    #[test]
    fn alerts_are_spread_over_customers_and_months() {
        let tested: Vec<Tested> = (0..4).map(|customer| Tested { customer, ..tested(1.0, false) }).collect();
        let alerts = Alerts::at(0.5, &tested);
        assert!((per_customer_month(&alerts, &tested, 61) - 30.4375 / 61.0).abs() < 1e-12);
    }

    #[test]
    fn only_the_first_of_a_burst_counts() {
        let tested = [
            Tested { begins_burst: false, ..tested(1.0, true) },
            tested(1.0, true),
            tested(0.0, true),
            tested(1.0, false),
        ];
        assert!((first_of_burst_recall(0.5, &tested) - 0.5).abs() < 1e-12);
    }
}
