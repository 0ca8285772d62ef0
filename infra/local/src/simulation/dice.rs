//! Chance, from the seed alone.

use std::ops::Range;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A source of chance of its own for each part of a simulation, so that what one draws does not move what another gets.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of one part (`what`, the `number`th of its kind) of the simulation of this seed.
    pub(crate) fn of(seed: u64, what: &str, number: u64) -> Self {
        let seed = engine::Hasher::new("simulation").number(seed).text(what).number(number).finish_u64();
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// A number of the range.
    pub(crate) fn number(&mut self, range: Range<u64>) -> u64 {
        self.0.random_range(range)
    }

    /// A number of a range from the smallest to the largest, small ones as likely as large ones on a log scale.
    pub(crate) fn log_number(&mut self, from: u64, to: u64) -> u64 {
        let (from, to) = ((from as f64).ln(), (to as f64).ln());
        (from + (to - from) * self.0.random::<f64>()).exp() as u64
    }

    /// One of the choices.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        let position = self.number(0..choices.len().max(1) as u64);
        choices.get(position as usize).copied()
    }
}
