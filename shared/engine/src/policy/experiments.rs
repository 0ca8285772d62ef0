//! Experiments: customers are divided once and for all by a hash, and each arm changes the policy a little.

use crate::decision::Strategy;
use crate::hash::Hasher;
use crate::id::CustomerId;

/// How many experiments may run at once.
pub const EXPERIMENTS_MAX: usize = 8;

/// How many arms an experiment may have.
pub const ARMS_MAX: usize = 16;

/// What an arm changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// Multiplies the policy's alpha.
    pub alpha_multiple: Option<f64>,
    /// How long a cooling-off waits.
    pub cool_off_wait_ms: Option<i64>,
    /// Leaves only these strategies, where one of them fits.
    pub strategies: Option<Vec<Strategy>>,
}

/// One side of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// The share of all customers in it, 0 to 1.
    pub share: f64,
    /// What it changes; nothing in a control.
    pub change: Change,
    /// Whether a [review](crate::review) stopped it: its customers are as outside the experiment.
    pub stopped: bool,
}

/// An experiment. Whoever falls into none of its arms is not part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Its name; another name divides customers anew.
    pub id: String,
    /// Whether it runs; the kill switch.
    pub running: bool,
    /// The first is the control; variants are together no larger than half of all customers.
    pub arms: Vec<Arm>,
    /// Under how many interventions a variant is not judged.
    pub minimum_sample: u32,
    /// Which share of its interventions may be called annoying: a variant that is shown to be above it is stopped, see
    /// [`crate::review`].
    pub annoyed_max: f64,
}

/// An arm that a decision was made in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The experiment.
    pub experiment: String,
    /// The arm.
    pub arm: String,
}

impl Experiment {
    /// The arm of a customer; always the same one while shares do not change, and no other one when a share grows at the end. Those
    /// of a stopped arm are in none.
    pub fn arm_of(&self, customer: &CustomerId) -> Option<&Arm> {
        if !self.running {
            return None;
        }
        let hash = Hasher::new("experiment").text(&self.id).text(customer.as_str()).finish_u64();
        let place = hash as f64 / u64::MAX as f64;
        let mut until = 0.0;
        let arm = self.arms.iter().find(|arm| {
            until += arm.share;
            place < until
        });
        arm.filter(|arm| !arm.stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms_are_sticky_and_of_their_share() {
        let arm = |name: &str, share| Arm { name: name.to_owned(), share, change: Change::default(), stopped: false };
        let mut experiment = Experiment {
            id: "wait".to_owned(),
            running: true,
            arms: vec![arm("control", 0.3), arm("longer", 0.2)],
            minimum_sample: 100,
            annoyed_max: 0.2,
        };
        let customers: Vec<_> = (0..20_000).map(|number| CustomerId::parse(&format!("c{number}")).unwrap()).collect();
        let arms = |experiment: &Experiment| -> Vec<Option<String>> {
            customers.iter().map(|customer| experiment.arm_of(customer).map(|arm| arm.name.clone())).collect()
        };
        let first = arms(&experiment);
        for (name, share) in [(Some("control"), 0.3), (Some("longer"), 0.2), (None, 0.5)] {
            let count = first.iter().filter(|arm| arm.as_deref() == name).count() as f64;
            assert!((count / 20_000.0 - share).abs() < 0.015, "{name:?}: {count}");
        }
        experiment.arms[1].share = 0.4;
        let moved = first.iter().zip(arms(&experiment)).filter(|(before, after)| before.is_some() && *before != after);
        assert_eq!(moved.count(), 0);
        // What is stopped leaves the others where they are.
        let mut stopped = experiment.clone();
        stopped.arms[1].stopped = true;
        let expected: Vec<_> = arms(&experiment).into_iter().map(|arm| arm.filter(|arm| arm != "longer")).collect();
        assert!(arms(&stopped) == expected && expected.iter().flatten().any(|arm| arm == "control"));
        let other = Experiment { id: "another".to_owned(), ..experiment.clone() };
        assert_ne!(arms(&other), arms(&experiment));
        assert_eq!(Experiment { running: false, ..experiment }.arm_of(&customers[0]), None);
    }
}
