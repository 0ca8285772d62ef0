//! The Fraud Detection Handbook's protocol, so that figures stand beside the published ones.
//!
//! Four weeks are tested, a week apart (chapters 5-7, `prequentialSplit` with four folds): each time trees learn from seven
//! days, wait out the delay and are tested on the seven days after it. Features and profiles know all that came before.
//! Customers already known to be compromised leave the test (`get_train_test_set`): on each test day those with a positive
//! purchase from the first day of training until a day and the delay before. The figures are the means over the weeks.
//! Source: <https://fraud-detection-handbook.github.io/fraud-detection-handbook/>, `shared_functions`.

use std::collections::BTreeMap;

use engine::time::Day;

use super::error::LearningError;
use super::ledger::Ledger;
use super::metrics::Tested;
use super::period::{Period, Span};
use super::trial::{Plan, Stretch, Training};

/// How many weeks are tested.
const WEEKS: i32 = 4;

/// Days to train on, and days to test on.
const WEEK_DAYS: i32 = 7;

/// The first day that the handbook trains on.
pub const HANDBOOK_START: &str = "2018-07-25";

/// The four trials whose first training day is `start`. Each is rehearsed on its own training week, with the trees of the
/// week before the delay.
///
/// # Errors
/// [`LearningError`] if labels would be used too early.
pub fn plans(start: Day, label_delay: Span) -> Result<Vec<Plan>, LearningError> {
    let gap_days = label_delay.whole_days();
    (0..WEEKS)
        .map(|week| {
            let train_from = start.plus_days(week * WEEK_DAYS);
            let train = Period::of_days(train_from, WEEK_DAYS);
            let test = Period::of_days(train_from.plus_days(WEEK_DAYS + gap_days), WEEK_DAYS);
            let before = Period::of_days(train_from.plus_days(-WEEK_DAYS - gap_days), WEEK_DAYS);
            let rehearsal = Stretch::new(before, train, label_delay)?;
            Plan::new(Training::rehearsed_by(rehearsal), test, label_delay)
        })
        .collect()
}

/// Takes those customers out of a test who were known to be compromised.
pub fn without_known_compromised(ledger: &Ledger, plan: &Plan, label_delay: Span, tested: &mut Vec<Tested>) {
    let learned_from = plan.training().period().instants().start;
    let mut first_positives: BTreeMap<u32, Day> = BTreeMap::new();
    for purchase in ledger.purchases() {
        if purchase.label == Some(true) && purchase.instant() >= learned_from {
            let day = purchase.instant().day();
            first_positives.entry(purchase.customer).and_modify(|first| *first = day.min(*first)).or_insert(day);
        }
    }
    let known_days = label_delay.whole_days() + 1;
    tested.retain(|tested| {
        let first = first_positives.get(&tested.customer);
        first.is_none_or(|first| tested.at.day().since_days(*first) < known_days)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::ledger::samples::{at_noon, purchase};
    use crate::learning::metrics::samples::tested;

    fn week_delay() -> Span {
        "7d".parse().unwrap()
    }

    #[test]
    fn the_tests_are_the_four_weeks_of_the_handbook() {
        let plans = plans(Day::parse(HANDBOOK_START).unwrap(), week_delay()).unwrap();
        let tests: Vec<String> = plans.iter().map(|plan| plan.test().to_string()).collect();
        assert_eq!(
            tests,
            [
                "2018-08-08 to 2018-08-14",
                "2018-08-15 to 2018-08-21",
                "2018-08-22 to 2018-08-28",
                "2018-08-29 to 2018-09-04"
            ]
        );
        assert_eq!(plans[0].training().period().to_string(), "2018-07-25 to 2018-07-31");
        assert_eq!(plans[0].training().rehearsal().test(), plans[0].training().period());
        assert_eq!(plans[0].training().rehearsal().train().to_string(), "2018-07-11 to 2018-07-17");
    }

    /// Whether a customer with a positive purchase on one day is tested on another.
    #[track_caller]
    fn check(positive_on: &str, tested_on: &str, expect: bool) {
        let ledger = Ledger::of([purchase("c", positive_on, Some(true))]);
        let plan = plans(Day::parse(HANDBOOK_START).unwrap(), week_delay()).unwrap()[0];
        let mut test = vec![Tested { at: at_noon(tested_on), ..tested(0.0, false) }];
        without_known_compromised(&ledger, &plan, week_delay(), &mut test);
        assert_eq!(!test.is_empty(), expect, "{positive_on} {tested_on}");
    }

    #[test]
    fn customers_leave_the_test_when_their_compromise_is_known() {
        // The day before training is not looked at; the days of training are known on the first day of the test.
        check("2018-07-24", "2018-08-08", true);
        check("2018-07-25", "2018-08-08", false);
        check("2018-07-31", "2018-08-08", false);
        // Then a day more is known each day: `start + delta_train + day - 1` in the handbook's code.
        check("2018-08-01", "2018-08-08", true);
        check("2018-08-01", "2018-08-09", false);
        check("2018-08-06", "2018-08-13", true);
        check("2018-08-06", "2018-08-14", false);
    }
}
