//! Log-amounts: decayed sums and what they predict for the next amount.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Decayed sums of `ln(size)` over purchases, where size is the amount in about-euros.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LogAmounts {
    /// The weights' sum: how many purchases' worth is known.
    pub weight: f64,
    /// The weighted sum of deviations from 33 euros' log.
    pub sum: f64,
    /// The weighted sum of their squares.
    pub sum_squares: f64,
}

/// Sums are taken around this log-size (about 33 euros), so that nothing is lost when squares are subtracted.
pub(super) const CENTRE: f64 = 3.5;

impl LogAmounts {
    /// Adds (or, with a negative weight, takes out) a purchase.
    pub fn add(&mut self, ln_size: f64, weight: f64) {
        let deviation = ln_size - CENTRE;
        self.weight += weight;
        self.sum += weight * deviation;
        self.sum_squares += weight * deviation * deviation;
    }

    /// Adds another set of sums as of the same instant.
    pub fn merge(&mut self, other: Self) {
        self.weight += other.weight;
        self.sum += other.sum;
        self.sum_squares += other.sum_squares;
    }

    /// The same purchases, each weighing `factor` times as much.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { weight: self.weight * factor, sum: self.sum * factor, sum_squares: self.sum_squares * factor }
    }
}

/// A Normal-Inverse-Gamma belief about log-sizes: their mean, how many purchases' worth the mean and the variance are known,
/// and the variance. Source: Murphy, Conjugate Bayesian analysis of the Gaussian distribution (2007), section 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// Expected log-size.
    pub mean: f64,
    /// How many purchases' worth the mean is known (κ).
    pub mean_weight: f64,
    /// Half of how many purchases' worth the variance is known (α).
    pub shape: f64,
    /// Scale of the variance (β); the expected variance is about β / α.
    pub scale: f64,
}

impl Belief {
    /// The belief after seeing these purchases.
    #[must_use]
    pub fn after(self, seen: LogAmounts) -> Self {
        let weight = seen.weight.max(0.0);
        if weight < 1e-6 {
            return self;
        }
        let mean_seen = seen.sum / weight;
        let spread = (seen.sum_squares - seen.sum * mean_seen).max(0.0);
        let mean_seen = mean_seen + CENTRE;
        let mean_weight = self.mean_weight + weight;
        let gap = mean_seen - self.mean;
        Self {
            mean: (self.mean_weight * self.mean + weight * mean_seen) / mean_weight,
            mean_weight,
            shape: self.shape + weight / 2.0,
            scale: self.scale + spread / 2.0 + self.mean_weight * weight * gap * gap / (2.0 * mean_weight),
        }
    }

    /// A belief about a part of what this belief is about: the same mean and variance, known only `weight` purchases' worth.
    #[must_use]
    pub fn as_prior(self, weight: f64) -> Self {
        let shape = 1.0 + weight / 2.0;
        Self { mean: self.mean, mean_weight: weight, shape, scale: self.scale / self.shape * shape }
    }

    /// The width of the next log-size: the scale of its Student-t distribution.
    pub fn next_scale(self) -> f64 {
        (self.scale * (self.mean_weight + 1.0) / (self.shape * self.mean_weight)).sqrt()
    }

    /// How surprising a log-size of at least `ln_size` is, in nats: `-ln P(next ≥ ln_size)`.
    pub fn upper_tail_nats(self, ln_size: f64) -> f64 {
        let tail = StudentsT::new(self.mean, self.next_scale(), 2.0 * self.shape).map_or(1.0, |next| next.sf(ln_size));
        crate::signal::nats(tail)
    }

    /// How many standard deviations `ln_size` lies above the mean: the plain z-score, shown beside the tail.
    pub fn z_score(self, ln_size: f64) -> f64 {
        (ln_size - self.mean) / (self.scale / self.shape).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIOR: Belief = Belief { mean: 3.0, mean_weight: 2.0, shape: 2.0, scale: 2.0 };

    fn sums(ln_sizes: &[f64]) -> LogAmounts {
        let mut sums = LogAmounts::default();
        ln_sizes.iter().for_each(|ln_size| sums.add(*ln_size, 1.0));
        sums
    }

    #[test]
    fn the_posterior_is_that_of_one_purchase_after_the_other() {
        let data = [2.0, 4.5, 3.3, 7.0, 2.2];
        let one_by_one = data.iter().fold(PRIOR, |belief, ln_size| belief.after(sums(&[*ln_size])));
        let at_once = PRIOR.after(sums(&data));
        for (left, right) in [
            (one_by_one.mean, at_once.mean),
            (one_by_one.mean_weight, at_once.mean_weight),
            (one_by_one.shape, at_once.shape),
            (one_by_one.scale, at_once.scale),
        ] {
            assert!((left - right).abs() < 1e-9, "{left} {right}");
        }
    }

    #[test]
    fn the_tail_is_that_of_the_student_t_distribution() {
        // scipy.stats.t.sf((5 - 3) / sqrt(2 * 3 / (2 * 2)), 4) = 0.088904...
        let expected = -(0.088_903_859_f64.ln());
        assert!((PRIOR.upper_tail_nats(5.0) - expected).abs() < 1e-5, "{}", PRIOR.upper_tail_nats(5.0));
    }

    #[test]
    fn taking_a_purchase_out_leaves_what_was_there() {
        let mut with = sums(&[2.0, 9.0, 3.0]);
        with.add(9.0, -1.0);
        let without = sums(&[2.0, 3.0]);
        assert!((with.sum_squares - without.sum_squares).abs() < 1e-9 && (with.sum - without.sum).abs() < 1e-9);
    }
}
