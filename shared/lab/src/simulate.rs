//! The simulator: customers who live through the year, buy, are tempted, robbed, and react to being asked.
//!
//! **Everything here is simulated.** It exists so that the product can be tried, tested and shown without anybody's
//! data; what is measured on it says nothing about real customers. Every number it is made of stands in `parameters`,
//! with its reason or the word *assumed*.
//!
//! ```text
//! market (merchants, some of them compromised) ─┐
//! calendar (weekday, season, summer time) ──────┤
//! person = traits + bills + fortune ────────────┴→ drafts of one day → attempts in order of time → reaction
//! ```
//! The same seed gives the same attempts, byte for byte (on one platform: elsewhere `exp` and `ln` may round the last bit
//! of a double otherwise, which hardly ever reaches a cent). Each customer draws from a random stream of their own, so the
//! first ten customers of a thousand are the same as ten alone, and reactions do not disturb what comes next. Memory
//! grows with the customers, not with the days.

mod attempt;
mod calendar;
mod draw;
mod encounter;
mod fortune;
mod market;
mod parameters;
mod person;
mod reaction;
mod shopping;
mod truth;

use std::collections::VecDeque;

use engine::currency::Currency;
use engine::time::{Day, MINUTE_MS};

pub use attempt::SimulatedAttempt;
pub use encounter::{Character, Encounter, REMEMBERED_DAYS, Shown, World};
pub use reaction::{LaterFeedback, Reaction};
pub use truth::Truth;

use attempt::Draft;
use calendar::CalendarDay;
use market::Market;
use person::Person;

/// The most customers one simulation can have: about 3 GB of memory.
pub const CUSTOMERS_MAX: u32 = 1_000_000;

/// The most days one simulation can last.
pub const DAYS_MAX: u16 = 3_650;

/// The furthest that a local clock can be ahead of UTC, in minutes; the day begins there first.
const OFFSET_MINUTES_MAX: i64 = 14 * 60;

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulationSettings {
    /// Where all randomness comes from.
    pub seed: u64,
    /// How many customers; more than [`CUSTOMERS_MAX`] are left out.
    pub customers: u32,
    /// The first day, by the customers' own clocks.
    pub start: Day,
    /// How many days, at most [`DAYS_MAX`]; the simulation also ends with the last day that the engine knows.
    pub days: u16,
    /// The currency of all amounts. Its units are taken to be worth about as much as euros.
    pub currency: Currency,
}

/// All attempts of all simulated customers, in order of time.
pub struct Simulation {
    currency: Currency,
    market: Market,
    persons: Vec<Person>,
    next_day: Day,
    end: Day,
    /// Attempts whose place in the order is settled.
    ready: VecDeque<SimulatedAttempt>,
    /// Attempts that one of the next day may still precede, because clocks differ.
    unsettled: Vec<Draft>,
}

impl Simulation {
    /// Gives birth to the customers and opens the market on the first day.
    pub fn new(settings: SimulationSettings) -> Self {
        let persons = 1..=settings.customers.min(CUSTOMERS_MAX);
        Self {
            currency: settings.currency,
            market: Market::new(settings.seed),
            persons: persons.map(|number| Person::new(settings.seed, number, settings.start)).collect(),
            next_day: settings.start,
            end: settings.start.plus_days(i32::from(settings.days.min(DAYS_MAX))),
            ready: VecDeque::new(),
            unsettled: Vec::new(),
        }
    }

    fn simulate_day(&mut self) {
        let day = CalendarDay::of(self.next_day);
        self.market.open(day.day);
        for person in &mut self.persons {
            person.live(&day, &self.market, &mut self.unsettled);
        }
        self.next_day = self.next_day.plus_days(1);
        self.settle();
    }

    /// Puts in order what no later day can precede any more.
    fn settle(&mut self) {
        self.unsettled.sort_by_key(Draft::instant);
        let horizon = self.next_day.start().plus_ms(-OFFSET_MINUTES_MAX * MINUTE_MS);
        let settled = if self.next_day < self.end {
            self.unsettled.partition_point(|draft| draft.instant() < horizon)
        } else {
            self.unsettled.len()
        };
        self.ready.extend(self.unsettled.drain(..settled).filter_map(|draft| draft.into_attempt(self.currency)));
    }
}

impl Iterator for Simulation {
    type Item = SimulatedAttempt;

    fn next(&mut self) -> Option<SimulatedAttempt> {
        while self.ready.is_empty() && self.next_day < self.end {
            self.simulate_day();
        }
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn simulation(seed: u64, customers: u32, start: &str, days: u16) -> Simulation {
        let currency = Currency::parse("EUR").unwrap();
        Simulation::new(SimulationSettings { seed, customers, start: Day::parse(start).unwrap(), days, currency })
    }

    #[test]
    fn the_same_seed_gives_the_same_attempts() {
        let attempts = |seed| simulation(seed, 20, "2025-01-01", 60).collect::<Vec<_>>();
        assert_eq!(attempts(7), attempts(7));
        assert_ne!(attempts(7), attempts(8));
    }

    #[test]
    fn customers_do_not_depend_on_how_many_others_there_are() {
        let first = |customers| {
            let attempts = simulation(7, customers, "2025-01-01", 60);
            attempts.filter(|attempt| attempt.transaction.customer_id.as_str() == "sim-000001").collect::<Vec<_>>()
        };
        assert!(first(1).len() > 20);
        assert_eq!(first(1), first(50));
    }

    #[test]
    fn attempts_come_in_order_of_time_and_lie_within_the_days() {
        let day = |text| Day::parse(text).unwrap();
        let attempts: Vec<_> = simulation(7, 200, "2025-03-01", 120).collect();
        assert!(attempts.is_sorted_by_key(|attempt| attempt.transaction.occurred_at.instant()));
        // Half a day to either side, for clocks that differ.
        let (first, last) = (day("2025-03-01").start(), day("2025-06-29").start());
        for SimulatedAttempt { transaction, .. } in &attempts {
            let local_ms = i64::from(transaction.occurred_at.offset_minutes()) * MINUTE_MS;
            let local = transaction.occurred_at.instant().plus_ms(local_ms);
            assert!(first <= local && local < last, "{transaction:?}");
        }
    }

    #[test]
    fn ids_are_unique() {
        let attempts: Vec<_> = simulation(7, 50, "2025-01-01", 90).collect();
        let ids: std::collections::BTreeSet<_> =
            attempts.iter().map(|attempt| attempt.transaction.id.as_str()).collect();
        assert_eq!(ids.len(), attempts.len());
    }

    #[test]
    fn a_simulation_of_nobody_or_of_no_day_is_empty() {
        assert_eq!(simulation(7, 0, "2025-01-01", 30).count(), 0);
        assert_eq!(simulation(7, 10, "2025-01-01", 0).count(), 0);
    }

    #[test]
    fn a_simulation_ends_with_the_last_day_of_the_engine() {
        assert!(simulation(7, 5, "2099-12-01", 365).count() < 5 * 31 * 20);
    }

    const CUSTOMERS: u32 = 200;

    #[track_caller]
    fn within(what: &str, found: f64, low: f64, high: f64) {
        assert!(low <= found && found <= high, "{what}: {found} is not within {low}..={high}");
    }

    /// A year of some customers: shares, hours, amounts. The bounds hold for any seed, with margin for so few customers.
    #[test]
    fn a_year_looks_like_a_year() {
        let mut shares = BTreeMap::new();
        let (mut hours, mut december, mut amounts) = ([0_u32; 24], 0_u32, Vec::new());
        let (mut attempts, mut labelled) = (0_u32, 0_u32);
        for SimulatedAttempt { transaction, truth, .. } in simulation(1, CUSTOMERS, "2025-01-01", 365) {
            attempts += 1;
            labelled += u32::from(transaction.label == Some(true));
            december += u32::from(transaction.occurred_at.to_string().starts_with("2025-12"));
            amounts.push(transaction.amount.minor());
            *shares.entry(truth.name()).or_insert(0_u32) += 1;
            if truth == Truth::Usual {
                hours[usize::from(transaction.occurred_at.hour())] += 1;
            }
        }
        let share = |count: u32| f64::from(count) / f64::from(attempts);
        within("attempts a day", f64::from(attempts) / f64::from(365 * CUSTOMERS), 1.5, 2.5);
        within("compromised", share(shares["compromised"]), 0.005, 0.010);
        within("disowned or regretted", share(labelled), 0.025, 0.050);
        within("regretted", share(labelled - shares["compromised"]), 0.02, 0.04);
        within("impulsive", share(shares["impulsive"]), 0.03, 0.06);
        within("on trips", share(shares["trip"]), 0.02, 0.08);
        within("new habits", share(shares["new_habit"]), 0.01, 0.05);
        within("December", share(december) * 12.0, 1.02, 1.4);
        let usual = f64::from(hours.iter().sum::<u32>());
        within("usual at night", f64::from(hours[1..5].iter().sum::<u32>()) / usual, 0.0, 0.03);
        within("usual by day", f64::from(hours[8..21].iter().sum::<u32>()) / usual, 0.75, 0.97);
        amounts.sort_unstable();
        within("median amount", amounts[amounts.len() / 2] as f64 / 100.0, 10.0, 40.0);
        within("99 % amount", amounts[amounts.len() * 99 / 100] as f64 / 100.0, 150.0, 1_500.0);
    }
}
