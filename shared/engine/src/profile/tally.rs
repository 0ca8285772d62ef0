//! A tally by name (category, payment method) of bounded size, whose content does not depend on the order of events.
//!
//! Names come from the caller and could be many. The tally keeps the [`Tally::NAMES_MAX`] names with the smallest hashes
//! and sums all others together: the smallest hashes of a set are the same whatever the order, and a name that was summed
//! into the others never comes back, so no sum is ever split. Source: bottom-k sketches (Cohen and Kaplan, 2007).

use crate::hash::Hasher;

/// What a tally keeps for a name.
pub trait Sums: Copy + Default {
    /// Adds another's sums.
    fn merge(&mut self, other: Self);
}

/// Sums that fade with time.
pub trait Decaying: Sums {
    /// Multiplies by a factor.
    fn scale(&mut self, factor: f64);
    /// How many purchases' worth it is.
    fn weight(self) -> f64;
}

impl Sums for f64 {
    fn merge(&mut self, other: Self) {
        *self += other;
    }
}

impl Decaying for f64 {
    fn scale(&mut self, factor: f64) {
        *self *= factor;
    }
    fn weight(self) -> f64 {
        self
    }
}

impl Sums for super::LogAmounts {
    fn merge(&mut self, other: Self) {
        Self::merge(self, other);
    }
}

impl Decaying for super::LogAmounts {
    fn scale(&mut self, factor: f64) {
        *self = self.scaled(factor);
    }
    fn weight(self) -> f64 {
        self.weight
    }
}

/// Sums by name, in the order of the names' hashes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally<S> {
    named: Vec<(Box<str>, S)>,
    others: S,
}

fn rank(name: &str) -> u64 {
    Hasher::new("tally").text(name).finish_u64()
}

impl<S: Sums> Tally<S> {
    /// How many names are kept apart.
    pub const NAMES_MAX: usize = 32;

    /// Adds sums to a name.
    pub fn add(&mut self, name: &str, sums: S) {
        if let Some((_, existing)) = self.named.iter_mut().find(|(existing, _)| &**existing == name) {
            existing.merge(sums);
            return;
        }
        let rank_of_name = rank(name);
        let position = self.named.partition_point(|(existing, _)| rank(existing) < rank_of_name);
        if position == Self::NAMES_MAX {
            self.others.merge(sums);
            return;
        }
        self.named.insert(position, (name.into(), sums));
        if self.named.len() > Self::NAMES_MAX
            && let Some((_, last)) = self.named.pop()
        {
            self.others.merge(last);
        }
    }

    /// The sums of a name that is kept apart.
    pub fn kept(&self, name: &str) -> Option<S> {
        self.named.iter().find(|(existing, _)| &**existing == name).map(|(_, sums)| *sums)
    }

    /// The sums of a name; those of all others together if the name is not kept apart.
    pub fn get(&self, name: &str) -> S {
        self.kept(name).unwrap_or(self.others)
    }

    /// The names that are kept apart, with their sums.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, S)> {
        self.named.iter().map(|(name, sums)| (&**name, *sums))
    }

    /// The sums of all names that are not kept apart.
    pub fn others(&self) -> S {
        self.others
    }

    /// Puts together what [`Tally::iter`] and [`Tally::others`] gave, in the same order; `None` if there are too many.
    pub(super) fn from_parts(named: Vec<(Box<str>, S)>, others: S) -> Option<Self> {
        (named.len() <= Self::NAMES_MAX).then_some(Self { named, others })
    }
}

impl<S: Decaying> Tally<S> {
    /// How many purchases' worth there is over all names.
    pub fn total(&self) -> f64 {
        self.iter().map(|(_, sums)| sums.weight()).sum::<f64>() + self.others.weight()
    }

    /// Multiplies everything by a factor.
    pub fn scale(&mut self, factor: f64) {
        self.named.iter_mut().for_each(|(_, sums)| sums.scale(factor));
        self.others.scale(factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_events_does_not_matter_even_when_names_overflow() {
        let names: Vec<String> = (0..100).map(|number| format!("name{}", number % 50)).collect();
        let mut forward = Tally::<f64>::default();
        names.iter().for_each(|name| forward.add(name, 1.0));
        let mut backward = Tally::<f64>::default();
        names.iter().rev().for_each(|name| backward.add(name, 1.0));
        assert_eq!(forward, backward);
        assert_eq!(forward.iter().len(), Tally::<f64>::NAMES_MAX);
        assert!((forward.total() - 100.0).abs() < 1e-9);
        assert!((forward.others() - 36.0).abs() < 1e-9);
    }
}
