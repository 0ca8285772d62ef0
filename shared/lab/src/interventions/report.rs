//! What came of each variant, with how sure that is.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::tally::{MONTHS, Tally};
use super::variants::Choice;
use super::year::{RunResult, Settings};
use crate::learning::metrics::alerts::MONTH_DAYS;
use crate::learning::metrics::bootstrap::{RESAMPLES, quantile};
use crate::learning::metrics::share;

/// Days of a year.
const YEAR_DAYS: f64 = 365.0;

/// A figure with its 95 % interval, by a bootstrap over customers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The interval.
    pub ci95: [f64; 2],
}

/// What came of one variant. Amounts are in about-euros for each customer and year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Which.
    pub variant: &'static str,
    /// Regretted purchases for each customer and year, whether or not they say so.
    pub regretted: Estimate,
    /// What less is spent on them than by the same people without interventions.
    pub spared: Estimate,
    /// What the hold-out says was saved by nudges and warnings, as if everybody had told what they regret.
    pub saved_estimated: Estimate,
    /// The same from what people told.
    pub saved_told: Estimate,
    /// What was saved by them, as only the simulation knows.
    pub saved_truly: Estimate,
    /// Interventions for each customer and month.
    pub interventions: Estimate,
    /// The share of interventions that helped, of those called annoying, of those called useful.
    pub helped_share: Estimate,
    /// See [`Figures::helped_share`].
    pub annoying_share: Estimate,
    /// See [`Figures::helped_share`].
    pub useful_share: Estimate,
    /// The share of customers who opted out.
    pub opted_out_share: Estimate,
    /// Genuine purchases for each customer and year that an intervention was in the way of.
    pub genuine_lost: Estimate,
    /// How many more interventions of all customers would have helped up to the end of each month, had the strategy that was best in
    /// hindsight always been chosen.
    pub bandit_regret: [f64; MONTHS],
}

/// All that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// That nobody takes it for more.
    pub note: &'static str,
    /// Where all randomness came from.
    pub seed: u64,
    /// How many people.
    pub customers: u32,
    /// How many days.
    pub days: u16,
    /// The full policy's version.
    pub policy: String,
    /// One for each variant.
    pub variants: Vec<Figures>,
}

/// What every report begins with.
const NOTE: &str = "simulated people, whose reactions are assumed: this shows that the machinery works as built, not that people are so";

/// How many figures have an interval.
const ESTIMATED: usize = 11;

/// Puts together what became of everybody. The first result is what the others are compared with.
pub fn report(settings: &Settings, results: &[RunResult]) -> Report {
    let first = results.first();
    // Which strategies there were to choose from is seen where all were.
    let reference = results.iter().find(|result| result.variant.choice == Choice::Random).or(first).map(RunResult::sum);
    let reference = reference.unwrap_or_default();
    let variants = results.iter().map(|result| figures(settings, first.unwrap_or(result), result, &reference));
    Report {
        note: NOTE,
        seed: settings.seed,
        customers: settings.customers,
        days: settings.days,
        policy: settings.policy.version.clone(),
        variants: variants.collect(),
    }
}

fn figures(settings: &Settings, first: &RunResult, result: &RunResult, reference: &Tally) -> Figures {
    let customers = result.tallies.len();
    let years = customers as f64 * f64::from(settings.days) / YEAR_DAYS;
    let months = customers as f64 * f64::from(settings.days) / MONTH_DAYS;
    let of = |sum: &Tally, without: &Tally| -> [f64; ESTIMATED] {
        [
            share(sum.regretted, years),
            share(without.regretted_spent - sum.regretted_spent, years),
            share(sum.saved_of_spent(), years),
            share(sum.saved_of_told(), years),
            share(sum.truly_saved, years),
            share(sum.interventions, months),
            share(sum.helped, sum.interventions),
            share(sum.annoying, sum.interventions),
            share(sum.useful, sum.interventions),
            share(sum.opted_out, customers as f64),
            share(sum.genuine_lost, years),
        ]
    };
    let sum = result.sum();
    let values = of(&sum, &first.sum());
    let resample = |number| {
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        rng.set_stream(number);
        let (mut sum, mut without) = (Tally::default(), Tally::default());
        for _ in 0..customers {
            // The same person under both.
            let drawn = rng.random_range(0..customers);
            result.tallies.get(drawn).into_iter().for_each(|tally| sum.add(tally));
            first.tallies.get(drawn).into_iter().for_each(|tally| without.add(tally));
        }
        of(&sum, &without)
    };
    let resamples: Vec<[f64; ESTIMATED]> = (0..RESAMPLES).into_par_iter().map(resample).collect();
    let mut estimates = values.into_iter().enumerate().map(|(place, value)| {
        let mut drawn: Vec<f64> = resamples.iter().filter_map(|figures| figures.get(place).copied()).collect();
        drawn.sort_by(f64::total_cmp);
        Estimate { value, ci95: [quantile(&drawn, 0.025), quantile(&drawn, 0.975)] }
    });
    let mut next = || estimates.next().unwrap_or_default();
    let best = sum.best(reference);
    Figures {
        variant: result.variant.name,
        regretted: next(),
        spared: next(),
        saved_estimated: next(),
        saved_told: next(),
        saved_truly: next(),
        interventions: next(),
        helped_share: next(),
        annoying_share: next(),
        useful_share: next(),
        opted_out_share: next(),
        genuine_lost: next(),
        bandit_regret: std::array::from_fn(|month| sum.regret(best, month + 1)),
    }
}
