//! Comparing two sides of an experiment.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Estimate;

/// What was spent on one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Side {
    /// How many.
    pub(crate) count: f64,
    /// Their sum.
    pub(crate) sum: f64,
    /// The sum of their squares.
    pub(crate) squares: f64,
}

impl Side {
    fn mean(self) -> f64 {
        self.sum / self.count
    }

    /// The variance of the mean.
    fn variance_of_mean(self) -> f64 {
        let variance = (self.squares - self.sum * self.sum / self.count) / (self.count - 1.0);
        variance.max(0.0) / self.count
    }
}

/// How much larger the first side's mean is, with the interval of Welch's t-test. `None` with under two on either side.
///
/// Source: Welch, The generalization of Student's problem when several different population variances are involved (1947).
pub(crate) fn difference_of_means(first: Side, second: Side) -> Option<Estimate> {
    if first.count < 2.0 || second.count < 2.0 {
        return None;
    }
    let (one, other) = (first.variance_of_mean(), second.variance_of_mean());
    let (value, variance) = (first.mean() - second.mean(), one + other);
    if variance <= 0.0 {
        return Some(Estimate { value, ci95: [value, value] });
    }
    let freedom = variance * variance / (one * one / (first.count - 1.0) + other * other / (second.count - 1.0));
    let reach = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(0.975) * variance.sqrt();
    Some(Estimate { value, ci95: [value - reach, value + reach] })
}

/// How often something happened on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// How often it happened.
    pub(crate) count: i64,
    /// How often it could have.
    pub(crate) of: i64,
}

impl Rate {
    fn share(self) -> f64 {
        self.count as f64 / self.of as f64
    }

    /// The variance of the share, taken as if it had happened once more and failed to once more: a share of 0 or 1 is not certain.
    fn variance(self) -> f64 {
        let share = (self.count as f64 + 1.0) / (self.of as f64 + 2.0);
        share * (1.0 - share) / self.of as f64
    }
}

/// What a difference of shares is before anything was seen, in standard deviations: the test is sharpest for differences of about
/// this size.
const EXPECTED_DIFFERENCE: f64 = 0.1;

/// How much more often it happened on one side, whenever one looks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sequential {
    /// The difference of shares.
    pub effect: f64,
    /// Its 95 % confidence sequence: the probability that it *ever* fails to cover the truth is 5 %, however often one looks.
    pub ci95: [f64; 2],
    /// The always-valid p-value of there being no difference: stopping as soon as it is under 0.05 errs in 5 % of cases.
    pub p_value: f64,
}

/// Compares the shares of two sides by the mixture sequential probability ratio test. `None` with nothing on either side.
///
/// Source: Johari, Koomen, Pekelis, Walsh, "Always Valid Inference: Continuous Monitoring of A/B Tests" (Operations Research 70,
/// 2022), with a normal mixture; Robbins, "Statistical Methods Related to the Law of the Iterated Logarithm" (1970).
pub(crate) fn sequential(variant: Rate, control: Rate) -> Option<Sequential> {
    if variant.of <= 0 || control.of <= 0 {
        return None;
    }
    let effect = variant.share() - control.share();
    let variance = variant.variance() + control.variance();
    let prior = EXPECTED_DIFFERENCE * EXPECTED_DIFFERENCE;
    let both = variance + prior;
    let log_ratio = 0.5 * (variance / both).ln() + prior * effect * effect / (2.0 * variance * both);
    let reach = (2.0 * variance * both / prior * (20.0 * (both / variance).sqrt()).ln()).sqrt();
    let ci95 = [(effect - reach).max(-1.0), (effect + reach).min(1.0)];
    Some(Sequential { effect, ci95, p_value: (-log_ratio).exp().min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(values: &[f64]) -> Side {
        Side {
            count: values.len() as f64,
            sum: values.iter().sum(),
            squares: values.iter().map(|value| value * value).sum(),
        }
    }

    #[test]
    fn intervals_of_means_are_welchs() {
        // Welch (1947), the example of R's t.test documentation: extra sleep by group, t.test(extra ~ group).
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let found = difference_of_means(side(&first), side(&second)).unwrap();
        assert!((found.value - -1.58).abs() < 1e-9, "{found:?}");
        assert!((found.ci95[0] - -3.365_483).abs() < 1e-4 && (found.ci95[1] - 0.205_483).abs() < 1e-4, "{found:?}");
        assert_eq!(difference_of_means(side(&[1.0]), side(&second)), None);
        let same = difference_of_means(side(&[3.0; 4]), side(&[1.0; 5])).unwrap();
        assert_eq!(same, Estimate { value: 2.0, ci95: [2.0, 2.0] });
    }

    #[test]
    fn the_ratio_is_that_of_the_normal_mixture() {
        // 70 of 100 against 40 of 100, mixed with 0.01; integrated numerically:
        // the mean of the likelihood ratio exp(d t / v - t^2 / 2 v) over t of N(0, 0.01).
        let found = sequential(Rate { count: 70, of: 100 }, Rate { count: 40, of: 100 }).unwrap();
        let variance: f64 = (71.0 / 102.0) * (31.0 / 102.0) / 100.0 + (41.0 / 102.0) * (61.0 / 102.0) / 100.0;
        let (mut ratio, step) = (0.0, 1e-4);
        for place in -10_000..10_000 {
            let t = f64::from(place) * step;
            let density = (-t * t / 0.02).exp() / (0.02 * std::f64::consts::PI).sqrt();
            ratio += step * density * (0.3 * t / variance - t * t / (2.0 * variance)).exp();
        }
        assert!((found.p_value * ratio - 1.0).abs() < 1e-6, "{found:?}, ratio {ratio}");
        assert!((found.effect - 0.3).abs() < 1e-12);
        assert!(found.ci95[0] > 0.0 && found.p_value < 0.05, "{found:?}");
    }

    #[test]
    fn the_interval_leaves_nothing_out_where_the_p_value_is_under_five_percent() {
        for count in 0..=200 {
            let found = sequential(Rate { count, of: 200 }, Rate { count: 80, of: 200 }).unwrap();
            let covers = found.ci95[0] <= 0.0 && 0.0 <= found.ci95[1];
            assert_eq!(covers, found.p_value >= 0.05, "{found:?}");
        }
    }

    /// The least p-value, sequential and naive, of looking every day for 60 days at two sides of the same share.
    fn least_p_values(state: &mut u64, share: f64) -> (f64, f64) {
        let mut uniform = || {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let (mut variant, mut control) = (Rate { count: 0, of: 0 }, Rate { count: 0, of: 0 });
        let (mut least, mut naive) = (1.0_f64, 1.0_f64);
        for _ in 0..60 {
            for side in [&mut variant, &mut control] {
                side.of += 20;
                side.count += (0..20).filter(|_| uniform() < share).count() as i64;
            }
            least = least.min(sequential(variant, control).unwrap().p_value);
            let z = (variant.share() - control.share()) / (variant.variance() + control.variance()).sqrt();
            let normal = statrs::distribution::Normal::standard();
            naive = naive.min(2.0 * normal.cdf(-z.abs()));
        }
        (least, naive)
    }

    #[test]
    fn looking_every_day_errs_no_more_often_than_promised() {
        let mut state = 1;
        let tries = 1_000;
        let least: Vec<_> = (0..tries).map(|_| least_p_values(&mut state, 0.3)).collect();
        let share =
            |of: fn(&(f64, f64)) -> f64| least.iter().filter(|p| of(p) < 0.05).count() as f64 / f64::from(tries);
        assert!(share(|p| p.0) <= 0.05, "{}", share(|p| p.0));
        assert!(share(|p| p.1) > 0.15, "what looking every day does to a test that is made for one look");
    }
}
