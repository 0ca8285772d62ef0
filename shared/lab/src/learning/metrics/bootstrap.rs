//! How sure a figure is: the bootstrap over customers.
//!
//! A customer's purchases hang together (one compromise gives many positives), so customers are drawn, not purchases.
//! Source: Field and Welsh, Bootstrapping clustered data (2007).

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::ranking::Ranking;
use super::share;

/// How often customers are drawn anew.
pub const RESAMPLES: u64 = 500;

/// The share of resamples beyond each end of the interval.
const TAIL: f64 = 0.025;

/// The 95 % interval of the mean of the rankings' average precisions, by percentiles of resamples of `customers` customers
/// with replacement.
pub fn average_precision_interval(rankings: &[Ranking], customers: u32, seed: u64) -> [f64; 2] {
    let resample = |number| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        let mut draws = vec![0_u16; customers as usize];
        for _ in 0..customers {
            if let Some(drawn) = draws.get_mut(rng.random_range(0..customers) as usize) {
                *drawn += 1;
            }
        }
        let weight = |customer: u32| draws.get(customer as usize).map_or(0.0, |drawn| f64::from(*drawn));
        let precisions = rankings.iter().map(|ranking| ranking.weighted_quality(weight).average_precision);
        share(precisions.sum(), rankings.len() as f64)
    };
    let mut precisions: Vec<f64> = (0..RESAMPLES).into_par_iter().map(resample).collect();
    precisions.sort_by(f64::total_cmp);
    [quantile(&precisions, TAIL), quantile(&precisions, 1.0 - TAIL)]
}

/// The quantile of sorted numbers, linear between neighbours; 0 of none.
pub(crate) fn quantile(sorted: &[f64], below: f64) -> f64 {
    let position = below * sorted.len().saturating_sub(1) as f64;
    let at = |index: f64| sorted.get(index as usize).copied().unwrap_or_default();
    let (low, high) = (at(position.floor()), at(position.ceil()));
    low + (high - low) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::super::Tested;
    use super::super::samples::tested;
    use super::*;

    #[test]
    fn the_interval_holds_the_figure_and_narrows_with_customers() {
        let width = |customers: u32| {
            let tested: Vec<Tested> = (0..customers * 10)
                .map(|row| Tested { customer: row / 10, ..tested((row * 7919 % 1000) as f32, row * 31 % 17 == 0) })
                .collect();
            let ranking = Ranking::of(&tested);
            let [low, high] = average_precision_interval(std::slice::from_ref(&ranking), customers, 1);
            let figure = ranking.quality().average_precision;
            assert!(low < figure && figure < high, "{low} {figure} {high}");
            let again = average_precision_interval(std::slice::from_ref(&ranking), customers, 1);
            assert_eq!([low, high].map(f64::to_bits), again.map(f64::to_bits), "the seed decides");
            high - low
        };
        assert!(width(400) < width(40));
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        // numpy.quantile([1, 2, 4, 8], [0.025, 0.5, 0.9])
        for (share, expect) in [(0.025, 1.075), (0.5, 3.0), (0.9, 6.8), (0.0, 1.0), (1.0, 8.0)] {
            assert!((quantile(&[1.0, 2.0, 4.0, 8.0], share) - expect).abs() < 1e-12, "{share}");
        }
        assert!(quantile(&[], 0.5).abs() < 1e-12);
    }
}
