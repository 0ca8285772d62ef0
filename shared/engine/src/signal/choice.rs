//! Category and payment method: does this customer choose this?

use super::{ROUNDING, nats};
use crate::population::PRIOR_PURCHASES;
use crate::profile::{Decaying, Tally};

/// How unusual a choice among names is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChoiceSignal {
    /// `-ln` of the probability of a choice that is at most as likely as this one.
    pub nats: f64,
    /// The share of the customer's purchases with this choice, 0 to 1, as far as known.
    pub share: f64,
}

impl ChoiceSignal {
    /// Compares a name with the decayed tally, under a Dirichlet prior of [`PRIOR_PURCHASES`] spread evenly over `kinds`
    /// names. `left` is how much of the tally is left. The tail adds up every name that is at most as likely.
    pub fn of<S: Decaying>(tally: &Tally<S>, name: &str, left: f64, kinds: f64) -> Self {
        let chosen = tally.get(name).weight().max(0.0);
        let total = tally.total().max(0.0);
        let mut likelier = 0.0;
        let mut names_likelier = 0.0;
        for (_, sums) in tally.iter() {
            let weight = sums.weight();
            if weight > chosen + ROUNDING {
                likelier += weight;
                names_likelier += 1.0;
            }
        }
        let prior_of_each = PRIOR_PURCHASES / kinds.max(names_likelier + 1.0);
        let tail = 1.0 - (likelier * left + names_likelier * prior_of_each) / (total * left + PRIOR_PURCHASES);
        Self { nats: nats(tail), share: if total > ROUNDING { (chosen / total).min(1.0) } else { 0.0 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(counts: &[(&str, f64)], name: &str, expect_tail: f64) {
        let mut tally = Tally::default();
        counts.iter().for_each(|(name, count)| tally.add(name, *count));
        let signal = ChoiceSignal::of(&tally, name, 1.0, 16.0);
        assert!(((-signal.nats).exp() - expect_tail).abs() < 1e-9, "{}", (-signal.nats).exp());
    }

    #[test]
    fn the_tail_is_the_share_of_what_is_at_most_as_likely() {
        check(&[], "groceries", 1.0);
        check(&[("groceries", 20.0)], "groceries", 1.0);
        // Unseen: all but the seen name's 20 + 5/16 of 25.
        check(&[("groceries", 20.0)], "jewellery", 1.0 - (20.0 + 5.0 / 16.0) / 25.0);
        check(&[("groceries", 30.0), ("fuel", 10.0), ("books", 2.0)], "fuel", 1.0 - (30.0 + 5.0 / 16.0) / 47.0);
        // Equally likely names count as at most as likely, whatever the rounding.
        check(&[("groceries", 10.0), ("fuel", 10.0)], "fuel", 1.0);
        check(&[("groceries", 10.000_001), ("fuel", 10.0), ("books", 1e-9)], "fuel", 1.0);
    }
}
