//! What the population's beliefs are made of: how often each strategy helped everybody of late, as the live review counts it.

use std::collections::VecDeque;

use engine::policy::StrategySums;
use engine::review::BELIEF_DAYS;

/// How many weeks a review looks back.
const WEEKS: usize = BELIEF_DAYS as usize / 7;

/// The sums over all people, at the end of each of the last weeks.
#[derive(Default)]
pub(super) struct Counted {
    /// The latest last, with the one before the first week that still counts in front.
    ends: VecDeque<StrategySums>,
}

impl Counted {
    /// Ends a week, at which these are everybody's counts; gives what was counted in the weeks that a review looks at.
    ///
    /// An outcome counts when it is known here, and in live work on the day of its attempt; hardly any is more than a week later.
    pub(super) fn end_week(&mut self, people: impl Iterator<Item = StrategySums>) -> StrategySums {
        let mut sums = StrategySums::default();
        for counts in people {
            sums.iter_mut().zip(counts).for_each(|(sum, counts)| *sum = sum.plus(counts));
        }
        self.ends.push_back(sums);
        let before = if self.ends.len() > WEEKS { self.ends.pop_front() } else { None };
        sums.iter_mut().zip(before.unwrap_or_default()).for_each(|(sum, before)| *sum = sum.since(before));
        sums
    }
}

#[cfg(test)]
mod tests {
    use engine::profile::StrategyCounts;

    use super::*;

    #[test]
    fn only_the_last_weeks_count() {
        let mut counted = Counted::default();
        let people = |helped: u32| [helped, 3].map(|helped| [StrategyCounts { helped, not_helped: 1 }; 7]).into_iter();
        // One more each week: after so many as are looked at, always as many.
        let helped: Vec<u32> = (1..=20).map(|week| counted.end_week(people(week))[0].helped).collect();
        assert_eq!(helped[..3], [4, 5, 6]);
        assert_eq!(helped[WEEKS - 1..WEEKS + 2], [16, 13, 13]);
        assert_eq!(helped.last(), Some(&13));
    }
}
