//! What one person's year was like, as sums: figures of any group of people follow from their sum.

use engine::decision::Strategy;

/// Months of a year of 365 days, the last one a little longer or shorter.
pub const MONTHS: usize = 12;

/// How many strategies there are.
pub(super) const STRATEGIES: usize = Strategy::ALL.len();

/// For which actions a strategy is chosen: nudge, warn, cooling-off.
pub(super) const CHOSEN_FOR: usize = 3;

/// One person's sums. Amounts are in about-euros.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Purchases that went through and are regretted, whether or not they say so.
    pub regretted: f64,
    /// What was spent on them.
    pub regretted_spent: f64,
    /// Interventions that they met.
    pub interventions: f64,
    /// Among them those called annoying, and those called useful.
    pub annoying: f64,
    /// See [`Tally::annoying`].
    pub useful: f64,
    /// Among them those that helped, see [`crate::simulate::Encounter::helped`].
    pub helped: f64,
    /// 1 if they opted out.
    pub opted_out: f64,
    /// Genuine purchases that were given up for good because of an intervention.
    pub genuine_lost: f64,
    /// Interventions that might have been held out.
    pub shown: Arm,
    /// Those that were.
    pub held_out: Arm,
    /// What the shown ones saved, as only the simulation knows.
    pub truly_saved: f64,
    /// By month and action: how many interventions with a choice of strategy helped.
    pub chosen_helped: [[f64; CHOSEN_FOR]; MONTHS],
    /// By month, action and strategy: how many would have helped, had it been this one.
    pub would_have_helped: [[[f64; STRATEGIES]; CHOSEN_FOR]; MONTHS],
    /// By action and strategy: how often it was chosen.
    pub chosen: [[f64; STRATEGIES]; CHOSEN_FOR],
}

/// One arm of the hold-out.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Arm {
    /// How many.
    pub count: f64,
    /// One over the probability of being in this arm, summed.
    pub weight: f64,
    /// What was then spent on a purchase that is regretted, made at once or later; weighted likewise.
    pub spent: f64,
    /// Of that what they told.
    pub told: f64,
    /// What was to be expected beforehand, likewise; its square; and its products with what was spent and what they told.
    pub expected: f64,
    /// See [`Arm::expected`].
    pub expected_squared: f64,
    /// See [`Arm::expected`].
    pub expected_spent: f64,
    /// See [`Arm::expected`].
    pub expected_told: f64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            regretted: 0.0,
            regretted_spent: 0.0,
            interventions: 0.0,
            annoying: 0.0,
            useful: 0.0,
            helped: 0.0,
            opted_out: 0.0,
            genuine_lost: 0.0,
            shown: Arm::default(),
            held_out: Arm::default(),
            truly_saved: 0.0,
            chosen_helped: [[0.0; CHOSEN_FOR]; MONTHS],
            would_have_helped: [[[0.0; STRATEGIES]; CHOSEN_FOR]; MONTHS],
            chosen: [[0.0; STRATEGIES]; CHOSEN_FOR],
        }
    }
}

impl Tally {
    /// Adds another person's.
    pub fn add(&mut self, other: &Self) {
        self.regretted += other.regretted;
        self.regretted_spent += other.regretted_spent;
        self.interventions += other.interventions;
        self.annoying += other.annoying;
        self.useful += other.useful;
        self.helped += other.helped;
        self.opted_out += other.opted_out;
        self.genuine_lost += other.genuine_lost;
        self.shown.add(other.shown);
        self.held_out.add(other.held_out);
        self.truly_saved += other.truly_saved;
        add_all(self.chosen_helped.as_flattened_mut(), other.chosen_helped.as_flattened());
        let (ours, theirs) = (self.would_have_helped.as_flattened_mut(), other.would_have_helped.as_flattened());
        add_all(ours.as_flattened_mut(), theirs.as_flattened());
        add_all(self.chosen.as_flattened_mut(), other.chosen.as_flattened());
    }

    /// What was saved by interventions, as the hold-out tells, from what was spent on regretted purchases.
    pub fn saved_of_spent(&self) -> f64 {
        self.saved(|arm| (arm.spent, arm.expected_spent))
    }

    /// The same from what people told of them.
    pub fn saved_of_told(&self) -> f64 {
        self.saved(|arm| (arm.told, arm.expected_told))
    }

    /// Those who were shown an intervention would have spent as much as those who were not. Weighted by the recorded propensity of
    /// either arm (Horvitz and Thompson, 1952; normalised by the sum of weights, Hájek, 1971). By chance one arm has the dearer and
    /// riskier purchases: what was to be expected of them beforehand is taken into account (CUPED; Deng et al., "Improving the
    /// Sensitivity of Online Controlled Experiments by Utilizing Pre-Experiment Data", 2013).
    fn saved(&self, of: impl Fn(&Arm) -> (f64, f64)) -> f64 {
        let arms = [&self.held_out, &self.shown];
        if arms.iter().any(|arm| arm.weight <= 0.0) {
            return 0.0;
        }
        let covariance: f64 = arms.iter().map(|arm| of(arm).1 - arm.expected * of(arm).0 / arm.weight).sum();
        let variance: f64 = arms.iter().map(|arm| arm.expected_squared - arm.expected.powi(2) / arm.weight).sum();
        let slope = if variance > 0.0 { covariance / variance } else { 0.0 };
        let [held_out, shown] = arms.map(|arm| (of(arm).0 - slope * arm.expected) / arm.weight);
        self.shown.count * (held_out - shown)
    }

    /// For each action the strategy that would have helped most often over the whole year, among those that were ever chosen by
    /// `reference`.
    pub fn best(&self, reference: &Self) -> [usize; CHOSEN_FOR] {
        std::array::from_fn(|action| {
            let helped = |strategy: usize| -> f64 { self.helped_by(action, strategy, MONTHS) };
            let was_chosen = |strategy: &usize| {
                reference.chosen.get(action).and_then(|chosen| chosen.get(*strategy)).is_some_and(|count| *count > 0.0)
            };
            let candidates = (0..STRATEGIES).filter(was_chosen);
            candidates.max_by(|left, right| helped(*left).total_cmp(&helped(*right))).unwrap_or_default()
        })
    }

    /// How many more would have helped up to the end of a month, had the best strategy always been chosen.
    pub fn regret(&self, best: [usize; CHOSEN_FOR], months: usize) -> f64 {
        let wanted: f64 =
            best.into_iter().enumerate().map(|(action, strategy)| self.helped_by(action, strategy, months)).sum();
        wanted - self.chosen_helped.iter().take(months).flatten().sum::<f64>()
    }

    fn helped_by(&self, action: usize, strategy: usize, months: usize) -> f64 {
        let months = self.would_have_helped.iter().take(months);
        months.filter_map(|actions| actions.get(action)?.get(strategy)).sum()
    }
}

impl Arm {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.weight += other.weight;
        self.spent += other.spent;
        self.told += other.told;
        self.expected += other.expected;
        self.expected_squared += other.expected_squared;
        self.expected_spent += other.expected_spent;
        self.expected_told += other.expected_told;
    }
}

fn add_all(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An arm of purchases that each have what was expected of them, and what was spent; half of that is told.
    fn arm(probability: f64, purchases: &[(f64, f64)]) -> Arm {
        let sum = |of: fn(f64, f64) -> f64| {
            purchases.iter().map(|(expected, spent)| of(*expected, *spent)).sum::<f64>() / probability
        };
        Arm {
            count: purchases.len() as f64,
            weight: sum(|_, _| 1.0),
            spent: sum(|_, spent| spent),
            told: sum(|_, spent| 0.5 * spent),
            expected: sum(|expected, _| expected),
            expected_squared: sum(|expected, _| expected * expected),
            expected_spent: sum(|expected, spent| expected * spent),
            expected_told: sum(|expected, spent| 0.5 * expected * spent),
        }
    }

    #[track_caller]
    fn check_saved(shown: &[(f64, f64)], held_out: &[(f64, f64)], expect: f64) {
        let tally = Tally { shown: arm(0.9, shown), held_out: arm(0.1, held_out), ..Tally::default() };
        let found = [tally.saved_of_spent(), tally.saved_of_told()];
        assert!((found[0] - expect).abs() < 1e-9 && (found[1] - expect / 2.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn savings_are_what_the_held_out_spent_more() {
        check_saved(&[(1.0, 10.0); 90], &[(1.0, 30.0); 10], 90.0 * 20.0);
        check_saved(&[(1.0, 10.0); 90], &[], 0.0);
        // The held out were to spend more anyway, twice what was expected of each; interventions saved 3.
        check_saved(&[(5.0, 7.0), (6.0, 9.0), (7.0, 11.0)], &[(50.0, 100.0), (60.0, 120.0)], 3.0 * 3.0);
    }

    #[test]
    fn regret_is_against_the_best_that_could_be_chosen() {
        let mut tally = Tally::default();
        // Two months of warnings: the first strategy would have helped 3 and 3 times, the second 5 and 4, the last was never to be had.
        for (month, helped) in [[3.0, 5.0, 9.0], [3.0, 4.0, 9.0]].into_iter().enumerate() {
            tally.would_have_helped[month][1][..3].copy_from_slice(&helped);
        }
        tally.chosen[1][..3].copy_from_slice(&[10.0, 10.0, 0.0]);
        tally.chosen_helped[0][1] = 3.0;
        tally.chosen_helped[1][1] = 4.0;
        let best = tally.best(&tally);
        assert_eq!(best[1], 1);
        assert!((tally.regret(best, 1) - 2.0).abs() < 1e-12 && (tally.regret(best, MONTHS) - 2.0).abs() < 1e-12);
    }
}
