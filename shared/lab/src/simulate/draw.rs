//! Random draws that cannot fail, from one portable generator.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Poisson, StandardNormal};

/// The generator of everything simulated: the same numbers on every machine and in every version.
pub(super) type Rng = ChaCha8Rng;

/// The random stream of one part of a simulation; streams of the same seed do not depend on each other.
pub(super) fn stream(seed: u64, part: u64) -> Rng {
    let mut rng = Rng::seed_from_u64(seed);
    rng.set_stream(part);
    rng
}

/// True with this probability.
pub(super) fn chance(rng: &mut Rng, probability: f64) -> bool {
    rng.random::<f64>() < probability
}

/// A number between the two.
pub(super) fn between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// A whole number from 0 to below `count`; 0 if there is none.
pub(super) fn below(rng: &mut Rng, count: usize) -> usize {
    (rng.random::<f64>() * count as f64) as usize
}

/// A number around `mean`.
pub(super) fn normal(rng: &mut Rng, mean: f64, deviation: f64) -> f64 {
    mean + deviation * rng.sample::<f64, _>(StandardNormal)
}

/// A positive number around `median`, whose logarithm deviates by `sigma`.
pub(super) fn log_normal(rng: &mut Rng, median: f64, sigma: f64) -> f64 {
    median * normal(rng, 0.0, sigma).exp()
}

/// How often something happens that happens `mean` times on average.
pub(super) fn count(rng: &mut Rng, mean: f64) -> u32 {
    Poisson::new(mean).map_or(0, |counts| rng.sample::<f64, _>(counts) as u32)
}

/// The position of one of the weights, each with a probability in proportion to it.
pub(super) fn pick(rng: &mut Rng, weights: impl Iterator<Item = f64> + Clone) -> usize {
    let mut left = rng.random::<f64>() * weights.clone().sum::<f64>();
    let mut last = 0;
    for (position, weight) in weights.enumerate() {
        if weight > 0.0 {
            last = position;
            left -= weight;
        }
        if left < 0.0 {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_follow_the_weights() {
        let mut rng = stream(1, 1);
        let mut counts = [0_u32; 4];
        for _ in 0..10_000 {
            counts[pick(&mut rng, [1.0, 0.0, 3.0, 0.0].into_iter())] += 1;
        }
        assert_eq!((counts[1], counts[3]), (0, 0));
        assert!((2_300..2_700).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn draws_without_a_choice_do_not_fail() {
        let mut rng = stream(1, 2);
        assert_eq!(pick(&mut rng, std::iter::empty()), 0);
        assert_eq!(below(&mut rng, 0), 0);
        assert_eq!(count(&mut rng, 0.0), 0);
        assert_eq!(count(&mut rng, f64::NAN), 0);
    }
}
