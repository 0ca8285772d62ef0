//! A plan from simulated customers: their last weeks are the past, the month up to today is lived now.
//!
//! A simulated customer buys about twice a day. Played at several attempts a second, their clock must run faster than
//! ours, and Guardian refuses attempts of the future: so they live through the last month, quickly, and when they have
//! arrived at today the next group of customers begins its own.

use engine::currency::Currency;
use engine::entry::Outcome;
use engine::id::CustomerId;
use engine::time::Instant;
use lab::simulate::{SimulatedAttempt, Simulation, SimulationSettings};

use crate::traffic::plan::{Job, Person, Plan};

/// Days of each customer's past that are imported.
const PAST_DAYS: i32 = 60;

/// Days up to today that are scored live.
const LIVE_DAYS: i32 = 30;

/// One group of simulated customers.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Which one, counted from 0. Each has its own seed and its own ids.
    pub number: u64,
    /// The seed of group 0.
    pub seed: u64,
    /// How many customers.
    pub customers: u32,
    /// The currency of all amounts.
    pub currency: Currency,
}

/// The plan of a group as of `now`: nothing in it lies after.
pub fn plan(group: Group, now: Instant) -> Plan {
    let start = now.day().plus_days(-PAST_DAYS - LIVE_DAYS);
    let live_from = now.day().plus_days(-LIVE_DAYS).start();
    let mut attempts = Simulation::new(SimulationSettings {
        seed: group.seed.wrapping_add(group.number),
        customers: group.customers,
        start,
        // One more than lies between: today, up to now.
        days: (PAST_DAYS + LIVE_DAYS + 1) as u16,
        currency: group.currency,
    })
    .take_while(move |simulated| simulated.transaction.occurred_at.instant() <= now)
    .map(move |simulated| job(simulated, group.number))
    .peekable();

    let mut past = Vec::new();
    while let Some(job) = attempts.next_if(|job| job.attempt.occurred_at.instant() < live_from) {
        if job.person.react_alone().outcome == Outcome::Proceeded {
            past.push(job);
        }
    }
    Plan {
        description: format!(
            "group {} of simulated customers, {}: {} purchases of {PAST_DAYS} days to import, then {LIVE_DAYS} days to live",
            group.number + 1,
            group.customers,
            past.len()
        ),
        past,
        live: Box::new(attempts),
        live_count: None,
    }
}

/// The job of one simulated attempt, under an id that no other group has.
fn job(mut simulated: SimulatedAttempt, group: u64) -> Job {
    if group > 0 {
        let id = format!("{}-g{group}", simulated.transaction.customer_id.as_str());
        if let Ok(id) = CustomerId::parse(&id) {
            simulated.transaction.customer_id = id;
        }
    }
    Job { attempt: simulated.transaction.clone(), person: Person::Simulated(Box::new(simulated)) }
}
