//! Roll-ups: what the report counts, per day and segment.
//!
//! A day's roll-up is a sum over the entries whose attempt occurred on that day, each in its latest state. A change moves
//! the sum by the difference between the states, so a label that arrives weeks later still lands on the day of its attempt. Every
//! figure of the report follows from such sums, the quantiles of times and the curve of precision against recall as well: they are
//! counted in bins ([`bins`]) that add up.

pub mod bins;
mod count;

use std::collections::BTreeMap;

use crate::entry::{Entry, Origin};
use crate::profile::Change;
use crate::time::Day;

/// Counts by name. Names are words joined by dots, such as `outcome.warn.cancelled`; README and report list them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<String, i64>);

impl Counters {
    /// Adds to a counter; one that returns to zero is forgotten.
    pub fn add(&mut self, name: impl Into<String>, count: i64) {
        let name = name.into();
        let sum = self.get(&name).saturating_add(count);
        if sum == 0 {
            self.0.remove(&name);
        } else {
            self.0.insert(name, sum);
        }
    }

    /// Adds all counters of another.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(name, count)| self.add(name, count));
    }

    /// A counter; 0 if nothing was counted.
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Every counter that is not zero, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, i64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// Every counter whose name begins with these words and a dot, by the rest of its name.
    pub fn under<'a>(&'a self, words: &str) -> impl Iterator<Item = (&'a str, i64)> + use<'a> {
        let prefix = format!("{words}.");
        let from = self.0.range(prefix.clone()..);
        from.map_while(move |(name, count)| Some((name.strip_prefix(&prefix)?, *count)))
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What one state of an entry counts for.
    pub fn of_entry(entry: &Entry) -> Self {
        let mut counters = Self::default();
        match &entry.origin {
            Origin::Imported { .. } => counters.add("imported", 1),
            Origin::Scored(decision) => count::scored(entry, decision, &mut counters),
        }
        counters
    }

    /// What a change moves.
    pub fn of_change(change: Change<'_>) -> Self {
        let mut moved = Self::of_entry(change.after);
        if let Some(before) = change.before {
            Self::of_entry(before).iter().for_each(|(name, count)| moved.add(name, count.saturating_neg()));
        }
        moved
    }
}

/// Whom a roll-up is about: how well customers were known when their attempt was scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Customers of whom too little is known to judge by, see [`crate::profile::Profile::is_learning`].
    New,
    /// Customers of under [`ESTABLISHED_FROM`] purchases.
    Known,
    /// Customers of more.
    Established,
    /// Purchases of the past that were imported: nobody was scored.
    Past,
}

/// From how many purchases on a customer is an established one.
pub const ESTABLISHED_FROM: u32 = 100;

impl Segment {
    /// Every segment.
    pub const ALL: [Self; 4] = [Self::New, Self::Known, Self::Established, Self::Past];

    /// The name on the wire and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known => "known",
            Self::Established => "established",
            Self::Past => "past",
        }
    }

    /// The segment of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|segment| segment.name() == name)
    }

    /// The segment of an entry: the same in all its states.
    pub fn of(entry: &Entry) -> Self {
        match entry.decision() {
            None => Self::Past,
            Some(decision) if decision.learning => Self::New,
            Some(decision) if decision.purchases < ESTABLISHED_FROM => Self::Known,
            Some(_) => Self::Established,
        }
    }
}

/// What was counted of one segment on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup {
    /// The day of the attempts, UTC.
    pub day: Day,
    /// Whom it is about.
    pub segment: Segment,
    /// What was counted.
    pub counters: Counters,
}

/// Sums by day and segment, in that order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollups(BTreeMap<(Day, Segment), Counters>);

impl Rollups {
    /// Adds counters to those of a day and a segment.
    pub fn add(&mut self, day: Day, segment: Segment, counters: &Counters) {
        self.0.entry((day, segment)).or_default().merge(counters);
    }

    /// Adds what a change moves: on the day of the attempt, however late it is told.
    pub fn add_change(&mut self, change: Change<'_>) {
        let day = change.after.attempt.occurred_at.instant().day();
        self.add(day, Segment::of(change.after), &Counters::of_change(change));
    }

    /// Everything of it that is not zero.
    pub fn into_vec(self) -> Vec<Rollup> {
        let all = self.0.into_iter().filter(|(_, counters)| !counters.is_empty());
        all.map(|((day, segment), counters)| Rollup { day, segment, counters }).collect()
    }
}

/// The sum of these roll-ups.
pub fn sum<'a>(rollups: impl IntoIterator<Item = &'a Rollup>) -> Counters {
    let mut all = Counters::default();
    rollups.into_iter().for_each(|rollup| all.merge(&rollup.counters));
    all
}
