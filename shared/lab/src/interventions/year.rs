//! The same people through the same year, under each variant.

use std::collections::BTreeMap;

use engine::currency::Currency;
use engine::decision::Strategy;
use engine::id::MerchantId;
use engine::merchant::MerchantRecord;
use engine::message::Templates;
use engine::policy::Policy;
use engine::score::Models;
use engine::time::{DAY_MS, Day};
use rayon::prelude::*;

use super::beliefs::Counted;
use super::life::{Conditions, Life};
use super::tally::Tally;
use super::variants::{Choice, Variant};
use crate::simulate::{Character, SimulatedAttempt, Simulation, SimulationSettings, World};

/// How long people go on saying and doing what follows from the last day, without new purchases.
const AFTERWARDS_DAYS: i32 = 30;

/// What to evaluate.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where all randomness comes from.
    pub seed: u64,
    /// How many people.
    pub customers: u32,
    /// The first day.
    pub start: Day,
    /// How many days.
    pub days: u16,
    /// How people are.
    pub world: World,
    /// The full policy.
    pub policy: Policy,
}

/// The people of an evaluation, before they are put under any policy.
pub struct Evaluation<'a> {
    settings: &'a Settings,
    models: &'a Models,
    templates: &'a Templates,
    /// By customer.
    attempts: Vec<Vec<SimulatedAttempt>>,
}

/// What became of everybody under one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// Which.
    pub variant: Variant,
    /// Each person's year; the same person at the same place in every run.
    pub tallies: Vec<Tally>,
}

impl RunResult {
    /// The sum over all.
    pub fn sum(&self) -> Tally {
        let mut sum = Tally::default();
        self.tallies.iter().for_each(|tally| sum.add(tally));
        sum
    }
}

impl<'a> Evaluation<'a> {
    /// Simulates what everybody will attempt.
    pub fn new(settings: &'a Settings, models: &'a Models, templates: &'a Templates) -> Self {
        let &Settings { seed, customers, start, days, .. } = settings;
        let mut attempts = vec![Vec::new(); customers as usize];
        for attempt in Simulation::new(SimulationSettings { seed, customers, start, days, currency: Currency::EUR }) {
            if let Some(theirs) = attempts.get_mut(attempt.customer as usize - 1) {
                theirs.push(attempt);
            }
        }
        Self { settings, models, templates, attempts }
    }

    /// Puts everybody under each variant, in order.
    pub fn run_all(&self, variants: &[Variant]) -> Vec<RunResult> {
        // Until something was chosen at random, plain information passes for the best.
        let mut best = [Strategy::PlainInformation; 2];
        let mut results = Vec::with_capacity(variants.len());
        for variant in variants {
            let result = self.run(*variant, best);
            if variant.choice == Choice::Random && !variant.own_alpha {
                let sum = result.sum();
                let [nudge, warn, _] = sum.best(&sum);
                best =
                    [nudge, warn].map(|place| Strategy::ALL.get(place).copied().unwrap_or(Strategy::PlainInformation));
            }
            results.push(result);
        }
        results
    }

    /// Puts everybody under one variant.
    pub fn run(&self, variant: Variant, best: [Strategy; 2]) -> RunResult {
        let Settings { seed, start, days, world, policy: base, .. } = self.settings;
        let mut policy = variant.policy(base, best);
        let (unreviewed, mut counted) = (policy.strategies.clone(), Counted::default());
        let mut merchants: BTreeMap<MerchantId, MerchantRecord> = BTreeMap::new();
        let mut lives: Vec<Life<'_>> = (1..)
            .zip(&self.attempts)
            .map(|(number, attempts)| Life::new(attempts, Character::new(*seed, number, world)))
            .collect();
        // Half a day before the first one, for clocks that differ.
        let (mut now, end) = (start.start(), start.plus_days(i32::from(*days) + AFTERWARDS_DAYS).start());
        while now < end {
            now = now.plus_ms(7 * DAY_MS).min(end);
            let conditions = Conditions {
                start: start.start(),
                models: self.models,
                templates: self.templates,
                policy: &policy,
                base,
                own_alpha: variant.own_alpha,
                world,
                merchants: &merchants,
            };
            lives.par_iter_mut().for_each(|life| life.live_until(now, &conditions));
            for (merchant, day, counts) in lives.iter_mut().flat_map(|life| life.told.drain(..)) {
                merchants.entry(merchant).or_default().add(day, counts);
            }
            if variant.choice == Choice::Thompson {
                let counted = counted.end_week(lives.iter().map(Life::strategies));
                policy.strategies = unreviewed.after(&counted);
            }
        }
        RunResult { variant, tallies: lives.into_iter().map(Life::finish).collect() }
    }
}
