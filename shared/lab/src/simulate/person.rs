//! Who a simulated customer is: segment, income, likings, hours, favourites, bills, temper.

use engine::time::Day;

use super::calendar::CalendarDay;
use super::draw::{self, Rng};
use super::fortune::Fortune;
use super::market::{self, Merchant};
use super::parameters::{
    CATEGORIES, CATEGORY_COUNT, FAVOURITES, HOME_REGIONS, HOURS_LATER_SIGMA, IMPULSES_A_DAY, IMPULSIVENESS_SIGMA,
    INCOME_ELASTICITY, INCOME_SIGMA, LIKING_SIGMA, PAY_DAYS, PAYMENT_METHOD_COUNT, PAYMENT_METHODS, PAYMENT_SIGMA,
    PERSONAL_AMOUNT_SIGMA, SEGMENTS, Segment, WEEKDAY_SIGMA, segment,
};

/// A simulated customer.
pub(super) struct Person {
    /// From 1, which is also the number of their random stream.
    pub(super) number: u32,
    /// Attempts made so far, which number them.
    pub(super) attempts: u32,
    pub(super) rng: Rng,
    pub(super) traits: Traits,
    pub(super) bills: Vec<Bill>,
    pub(super) fortune: Fortune,
}

/// What shapes a customer's purchases, until life changes it.
pub(super) struct Traits {
    pub(super) segment: &'static Segment,
    /// Relative to the average income.
    pub(super) income: f64,
    /// Where they live.
    pub(super) region: usize,
    pub(super) hours_later: f64,
    pub(super) pay_day: u8,
    pub(super) impulses_a_day: f64,
    pub(super) temper: Temper,
    /// How often they buy on each weekday, relative to the others.
    pub(super) weekdays: [f64; 7],
    pub(super) habits: [Habit; CATEGORY_COUNT],
    /// How often they use each of [`PAYMENT_METHODS`] in a shop, relative to the others.
    pub(super) payments: [f64; PAYMENT_METHOD_COUNT],
}

/// One customer and one category.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habit {
    /// How often, relative to other people.
    pub(super) liking: f64,
    /// How many times the amount of somebody with the same income.
    pub(super) amount: f64,
    /// The numbers of the favourite merchants.
    pub(super) favourites: [u16; FAVOURITES],
}

/// How a customer takes being asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Temper {
    /// How strongly messages work, around 1.
    pub(super) heeds: f64,
    /// How likely they say later how it was, 0 to 1.
    pub(super) candour: f64,
}

/// A payment that comes every month.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bill {
    pub(super) merchant: Merchant,
    pub(super) amount: f64,
    pub(super) day_of_month: u8,
    pub(super) payment_method: usize,
}

impl Person {
    /// Gives birth to customer `number` of the simulation with this seed.
    pub(super) fn new(seed: u64, number: u32, born: Day) -> Self {
        let mut rng = draw::stream(seed, u64::from(number));
        let traits = Traits::new(&mut rng);
        let bills = traits.bills(&mut rng);
        Self { number, attempts: 0, rng, traits, bills, fortune: Fortune::new(born) }
    }
}

impl Traits {
    fn new(rng: &mut Rng) -> Self {
        let segment = segment(draw::pick(rng, SEGMENTS.iter().map(|segment| segment.share)));
        Self {
            segment,
            income: draw::log_normal(rng, segment.income, INCOME_SIGMA),
            region: HOME_REGIONS.start + draw::below(rng, HOME_REGIONS.len()),
            hours_later: draw::normal(rng, segment.hours_later, HOURS_LATER_SIGMA),
            pay_day: pay_day(rng),
            // The median is lowered so that the mean is the segment's.
            impulses_a_day: IMPULSES_A_DAY
                * segment.impulsiveness
                * draw::log_normal(rng, (-IMPULSIVENESS_SIGMA.powi(2) / 2.0).exp(), IMPULSIVENESS_SIGMA),
            temper: Temper { heeds: draw::log_normal(rng, 1.0, 0.4), candour: draw::between(rng, 0.2, 0.8) },
            weekdays: std::array::from_fn(|_| draw::log_normal(rng, 1.0, WEEKDAY_SIGMA)),
            habits: std::array::from_fn(|category| Habit::new(rng, category, segment)),
            payments: segment.payments.map(|share| draw::log_normal(rng, share, PAYMENT_SIGMA)),
        }
    }

    fn bills(&self, rng: &mut Rng) -> Vec<Bill> {
        let mut bills = Vec::new();
        for (position, category) in CATEGORIES.iter().enumerate() {
            for _ in 0..draw::count(rng, category.bills) {
                let ways = PAYMENT_METHODS.iter().zip(self.payments);
                bills.push(Bill {
                    merchant: Merchant::any(rng, position, self.region),
                    amount: draw::log_normal(rng, category.median * self.price_level(), category.sigma),
                    day_of_month: 1 + draw::below(rng, 28) as u8,
                    payment_method: draw::pick(rng, ways.map(|(way, liking)| way.bill * liking)),
                });
            }
        }
        bills
    }

    /// How many times the average person's amount this customer's income lets them pay.
    pub(super) fn price_level(&self) -> f64 {
        self.income.powf(INCOME_ELASTICITY)
    }

    pub(super) fn habit(&self, category: usize) -> Habit {
        self.habits.get(category).copied().unwrap_or(Habit { liking: 1.0, amount: 1.0, favourites: [0; FAVOURITES] })
    }

    /// How often they buy on this weekday, relative to the others.
    pub(super) fn weekday(&self, day: &CalendarDay) -> f64 {
        self.weekdays.get(day.weekday).copied().unwrap_or(1.0)
    }
}

impl Habit {
    fn new(rng: &mut Rng, category_position: usize, segment: &Segment) -> Self {
        let name = CATEGORIES.get(category_position).map_or("", |category| category.name);
        let leaning = segment.leanings.iter().find(|(leaning, _)| *leaning == name).map_or(1.0, |(_, factor)| *factor);
        Self {
            liking: draw::log_normal(rng, leaning, LIKING_SIGMA),
            amount: draw::log_normal(rng, 1.0, PERSONAL_AMOUNT_SIGMA),
            favourites: std::array::from_fn(|_| market::popular(rng, category_position)),
        }
    }
}

/// The day of the month on which a salary arrives.
pub(super) fn pay_day(rng: &mut Rng) -> u8 {
    PAY_DAYS.get(draw::below(rng, PAY_DAYS.len())).copied().unwrap_or(1)
}
