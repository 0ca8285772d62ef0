//! What happens to a customer: trips, changes of life, stolen cards.

use engine::time::Day;

use super::calendar::CalendarDay;
use super::draw::{self, Rng};
use super::market;
use super::parameters::{
    CATEGORIES, DAYS_A_YEAR, FAR_REGIONS, HOME_REGIONS, LEAK_DELAY_DAYS, LIFE_CHANGES_A_YEAR, NEW_HABIT_DAYS,
    PAYMENT_METHODS, THEFT_DAYS, THEFT_FAR, THEFTS_A_YEAR, TRIP_DAYS, TRIP_SUMMER,
};
use super::person::{self, Traits};

/// What befalls one customer at present.
pub(super) struct Fortune {
    trip: Option<Trip>,
    theft: Option<Theft>,
    /// The first day on which the last change of life no longer shows.
    settled_from: Day,
}

#[derive(Debug, Clone, Copy)]
struct Trip {
    region: usize,
    back_on: Day,
}

/// A card in somebody else's hands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Theft {
    from: Day,
    blocked_on: Day,
    /// Where the thief buys: a far region, or none for near and online.
    pub(super) far_region: Option<usize>,
    /// The card, as a position in [`PAYMENT_METHODS`].
    pub(super) payment_method: usize,
}

impl Fortune {
    /// A quiet life from this day on.
    pub(super) fn new(born: Day) -> Self {
        Self { trip: None, theft: None, settled_from: born }
    }

    /// Begins a day: what is over ends, and something new may happen.
    pub(super) fn turn(&mut self, day: &CalendarDay, traits: &mut Traits, rng: &mut Rng) {
        self.trip = self.trip.filter(|trip| day.day < trip.back_on);
        self.theft = self.theft.filter(|theft| day.day < theft.blocked_on);
        let season = if day.is_summer() { TRIP_SUMMER } else { 1.0 };
        if self.trip.is_none() && draw::chance(rng, traits.segment.trips_a_year * season / DAYS_A_YEAR) {
            let days = draw::between(rng, TRIP_DAYS.0, TRIP_DAYS.1) as i32;
            self.trip = Some(Trip { region: far_region(rng), back_on: day.day.plus_days(days) });
        }
        if draw::chance(rng, LIFE_CHANGES_A_YEAR / DAYS_A_YEAR) {
            change_life(traits, rng);
            self.settled_from = day.day.plus_days(NEW_HABIT_DAYS);
        }
        if draw::chance(rng, THEFTS_A_YEAR / DAYS_A_YEAR) {
            self.lose_card(day.day, rng);
        }
    }

    /// The card leaks at a compromised merchant; it will be used some days later.
    pub(super) fn leak_card(&mut self, day: Day, rng: &mut Rng) {
        let delay = draw::between(rng, LEAK_DELAY_DAYS.0, LEAK_DELAY_DAYS.1) as i32;
        self.lose_card(day.plus_days(delay), rng);
    }

    fn lose_card(&mut self, from: Day, rng: &mut Rng) {
        if self.theft.is_none() {
            let days = draw::between(rng, THEFT_DAYS.0, THEFT_DAYS.1) as i32;
            self.theft = Some(Theft {
                from,
                blocked_on: from.plus_days(days),
                far_region: draw::chance(rng, THEFT_FAR).then(|| far_region(rng)),
                payment_method: draw::pick(rng, PAYMENT_METHODS.iter().map(|way| way.stolen)),
            });
        }
    }

    /// The far region in which the customer travels today.
    pub(super) fn trip_region(&self) -> Option<usize> {
        self.trip.map(|trip| trip.region)
    }

    /// The theft whose purchases fall on this day.
    pub(super) fn theft(&self, day: Day) -> Option<Theft> {
        self.theft.filter(|theft| theft.from <= day)
    }

    /// Whether a change of life still shows.
    pub(super) fn is_settling(&self, day: Day) -> bool {
        day < self.settled_from
    }
}

fn far_region(rng: &mut Rng) -> usize {
    FAR_REGIONS.start + draw::below(rng, FAR_REGIONS.len())
}

/// A move, a child or a new job, equally likely.
fn change_life(traits: &mut Traits, rng: &mut Rng) {
    match draw::below(rng, 3) {
        0 => move_home(traits, rng),
        1 => have_child(traits),
        _ => change_job(traits, rng),
    }
}

/// Another region, other shops, and things to buy for the new home.
fn move_home(traits: &mut Traits, rng: &mut Rng) {
    traits.region = HOME_REGIONS.start + draw::below(rng, HOME_REGIONS.len());
    for (position, (category, habit)) in CATEGORIES.iter().zip(&mut traits.habits).enumerate() {
        if !category.online {
            habit.favourites = habit.favourites.map(|_| market::popular(rng, position));
        }
        if category.name == "home" {
            habit.liking *= 1.5;
        }
    }
}

/// More for the family, less for going out, and earlier hours.
fn have_child(traits: &mut Traits) {
    for (category, habit) in CATEGORIES.iter().zip(&mut traits.habits) {
        habit.liking *= match category.name {
            "groceries" | "health" | "home" => 1.6,
            "restaurants" | "entertainment" | "gaming" => 0.5,
            _ => 1.0,
        };
    }
    traits.hours_later -= 1.0;
}

/// Another income, another pay-day, other hours, another way to work.
fn change_job(traits: &mut Traits, rng: &mut Rng) {
    traits.income *= draw::log_normal(rng, 1.12, 0.2);
    traits.pay_day = person::pay_day(rng);
    traits.hours_later += draw::normal(rng, 0.0, 1.5);
    for (position, (category, habit)) in CATEGORIES.iter().zip(&mut traits.habits).enumerate() {
        if matches!(category.name, "coffee" | "transport" | "restaurants") {
            habit.favourites = habit.favourites.map(|_| market::popular(rng, position));
        }
    }
}
