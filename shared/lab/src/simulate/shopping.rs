//! One day of one customer: bills, everyday purchases, large ones, impulses, and what a thief buys.

use engine::time::{DAY_MS, HOUR_MS};

use super::attempt::{Draft, Purchase};
use super::calendar::CalendarDay;
use super::draw;
use super::market::{Market, Merchant};
use super::parameters::{
    AFTER_PAY_DAY, AFTER_PAY_DAYS, BEFORE_PAY_DAY, BEFORE_PAY_DAYS, Bump, CATEGORIES, Category, DAYS_A_YEAR, DECEMBER,
    FAVOURITE_CHANCE, FAVOURITE_SHARES, IMPULSE_AFTER_PAY_DAY, IMPULSE_AMOUNT, IMPULSE_DECEMBER, IMPULSE_ELSEWHERE,
    IMPULSE_LATE, IMPULSE_WEEKEND, JANUARY, LATE_HOURS, LEAK_CHANCE, PAYMENT_METHODS, PLANNED_A_YEAR, PLANNED_AMOUNT,
    PaymentMethod, REGRET_AMOUNT, REGRET_DEVIATION, REGRET_LATE, REGRET_MEAN, THEFT_AMOUNT, THEFT_PURCHASES_A_DAY,
    THEFT_SIGMA, THEFT_TRIAL, THEFT_TRIAL_AMOUNT, TRIP_AMOUNT, TRIP_PURCHASES, category,
};
use super::person::{Bill, Person};
use super::truth::Truth;

const HOURS_A_DAY: f64 = 24.0;

impl Person {
    /// Lives one day and adds its attempts, in no order.
    pub(super) fn live(&mut self, day: &CalendarDay, market: &Market, attempts: &mut Vec<Draft>) {
        self.fortune.turn(day, &mut self.traits, &mut self.rng);
        self.pay_bills(day, attempts);
        let purchases = self.purchases_today(day);
        for _ in 0..draw::count(&mut self.rng, purchases) {
            let draft = self.buy_everyday(day);
            if market.is_compromised(draft.purchase.merchant, day.day) && draw::chance(&mut self.rng, LEAK_CHANCE) {
                self.fortune.leak_card(day.day, &mut self.rng);
            }
            attempts.push(draft);
        }
        if draw::chance(&mut self.rng, PLANNED_A_YEAR / DAYS_A_YEAR) {
            attempts.push(self.buy_planned(day));
        }
        let impulses = self.impulses_today(day);
        for _ in 0..draw::count(&mut self.rng, impulses) {
            attempts.push(self.buy_on_impulse(day));
        }
        self.be_robbed(day, attempts);
    }

    /// How many everyday purchases are expected today.
    fn purchases_today(&self, day: &CalendarDay) -> f64 {
        let season = match day.month {
            12 => DECEMBER,
            1 => JANUARY,
            _ => 1.0,
        };
        let purse = match day.days_since(self.traits.pay_day) {
            since if since < AFTER_PAY_DAYS => AFTER_PAY_DAY,
            since if since >= 30 - BEFORE_PAY_DAYS => BEFORE_PAY_DAY,
            _ => 1.0,
        };
        let trip = if self.fortune.trip_region().is_some() { TRIP_PURCHASES } else { 1.0 };
        self.traits.segment.purchases_a_day * self.traits.weekday(day) * season * purse * trip
    }

    /// How many impulsive purchases are expected today.
    fn impulses_today(&self, day: &CalendarDay) -> f64 {
        let factor = |holds, factor| if holds { factor } else { 1.0 };
        self.traits.impulses_a_day
            * factor(day.days_since(self.traits.pay_day) < AFTER_PAY_DAYS, IMPULSE_AFTER_PAY_DAY)
            * factor(day.is_weekend(), IMPULSE_WEEKEND)
            * factor(day.is_december(), IMPULSE_DECEMBER)
    }

    fn pay_bills(&mut self, day: &CalendarDay, attempts: &mut Vec<Draft>) {
        for position in 0..self.bills.len() {
            let Some(&bill) = self.bills.get(position).filter(|bill| bill.day_of_month == day.day_of_month) else {
                continue;
            };
            let Bill { merchant, payment_method, .. } = bill;
            let bills = category(merchant.category);
            let amount = draw::log_normal(&mut self.rng, bill.amount, bills.bill_sigma);
            let at_ms = self.time_of_day(bills.hours, 0.0);
            let (place, truth) = (self.traits.region, Truth::Bill);
            attempts.push(Draft::new(day, Purchase { place, at_ms, merchant, amount, payment_method, truth }, self));
        }
    }

    fn buy_everyday(&mut self, day: &CalendarDay) -> Draft {
        let trip = self.fortune.trip_region();
        let category_position = self.pick_category(|category| {
            let weekend = if day.is_weekend() { category.weekend } else { 1.0 };
            let december = if day.is_december() { category.december } else { 1.0 };
            let summer = if day.is_summer() { category.summer } else { 1.0 };
            let trip = if trip.is_some() { category.trip } else { 1.0 };
            category.everyday * weekend * december * summer * trip
        });
        let here = trip.unwrap_or(self.traits.region);
        let merchant = self.pick_merchant(category_position, here, FAVOURITE_CHANCE);
        let amount = self.amount(category_position, if trip.is_some() { TRIP_AMOUNT } else { 1.0 });
        let at_ms = self.time_of_day(category(category_position).hours, self.traits.hours_later);
        let payment_method = self.pick_payment_method(merchant, amount, |_| 1.0);
        let truth = match trip {
            Some(_) => Truth::Trip,
            None if self.fortune.is_settling(day.day) => Truth::NewHabit,
            None => Truth::Usual,
        };
        Draft::new(day, Purchase { place: here, at_ms, merchant, amount, payment_method, truth }, self)
    }

    fn buy_planned(&mut self, day: &CalendarDay) -> Draft {
        let here = self.here();
        let category_position = self.pick_category(|category| category.planned);
        let merchant = Merchant::any(&mut self.rng, category_position, here);
        let amount = self.amount(category_position, PLANNED_AMOUNT);
        let at_ms = self.time_of_day(category(category_position).hours, self.traits.hours_later);
        let payment_method = self.pick_payment_method(merchant, amount, |_| 1.0);
        let truth = Truth::Planned;
        Draft::new(day, Purchase { place: here, at_ms, merchant, amount, payment_method, truth }, self)
    }

    fn buy_on_impulse(&mut self, day: &CalendarDay) -> Draft {
        let here = self.here();
        let category_position = self.pick_category(|category| category.impulse);
        let merchant = self.pick_merchant(category_position, here, 1.0 - IMPULSE_ELSEWHERE);
        let amount = self.amount(category_position, IMPULSE_AMOUNT);
        let late = draw::chance(&mut self.rng, IMPULSE_LATE);
        let hours = if late { LATE_HOURS } else { category(category_position).hours };
        let at_ms = self.time_of_day(hours, self.traits.hours_later);
        let payment_method = self.pick_payment_method(merchant, amount, |way| way.impulse);
        let regret = REGRET_MEAN
            + if late { REGRET_LATE } else { 0.0 }
            + REGRET_AMOUNT * (amount / self.usual_amount(category_position)).ln();
        let regret = draw::normal(&mut self.rng, regret, REGRET_DEVIATION).round().clamp(1.0, 10.0) as u8;
        let truth = Truth::Impulsive { regret };
        Draft::new(day, Purchase { place: here, at_ms, merchant, amount, payment_method, truth }, self)
    }

    /// What somebody else buys with the customer's card today: at any hour, much, of what can be sold on.
    fn be_robbed(&mut self, day: &CalendarDay, attempts: &mut Vec<Draft>) {
        let Some(theft) = self.fortune.theft(day.day) else { return };
        let there = theft.far_region.unwrap_or(self.traits.region);
        let trial = draw::chance(&mut self.rng, THEFT_TRIAL);
        for number in 0..draw::count(&mut self.rng, THEFT_PURCHASES_A_DAY) {
            let category_position = draw::pick(&mut self.rng, CATEGORIES.iter().map(|category| category.stolen));
            let merchant = Merchant::any(&mut self.rng, category_position, there);
            // A shop sells in a far region whatever it sells online at home.
            let merchant = Merchant { region: theft.far_region.unwrap_or(merchant.region), ..merchant };
            let amount = if trial && number == 0 {
                draw::between(&mut self.rng, THEFT_TRIAL_AMOUNT.0, THEFT_TRIAL_AMOUNT.1)
            } else {
                draw::log_normal(&mut self.rng, category(category_position).median * THEFT_AMOUNT, THEFT_SIGMA)
            };
            let at_ms = draw::between(&mut self.rng, 0.0, DAY_MS as f64);
            let (payment_method, truth) = (theft.payment_method, Truth::Compromised);
            let purchase = Purchase { place: there, at_ms, merchant, amount, payment_method, truth };
            attempts.push(Draft::new(day, purchase, self));
        }
    }

    /// Where the customer is today.
    fn here(&self) -> usize {
        self.fortune.trip_region().unwrap_or(self.traits.region)
    }

    /// A category by its weight, times the customer's liking of it.
    fn pick_category(&mut self, weight: impl Fn(&Category) -> f64) -> usize {
        let weights = CATEGORIES.iter().zip(&self.traits.habits);
        draw::pick(&mut self.rng, weights.map(|(category, habit)| weight(category) * habit.liking))
    }

    /// A favourite with this chance where there are any, or any merchant.
    fn pick_merchant(&mut self, category_position: usize, here: usize, favourite_chance: f64) -> Merchant {
        let away = here != self.traits.region && !category(category_position).online;
        if away || !draw::chance(&mut self.rng, favourite_chance) {
            return Merchant::any(&mut self.rng, category_position, here);
        }
        let favourite = draw::pick(&mut self.rng, FAVOURITE_SHARES.into_iter());
        let favourites = self.traits.habit(category_position).favourites;
        Merchant::numbered(category_position, here, favourites.get(favourite).copied().unwrap_or_default())
    }

    fn pick_payment_method(
        &mut self,
        merchant: Merchant,
        amount: f64,
        weight: impl Fn(&PaymentMethod) -> f64,
    ) -> usize {
        let online = category(merchant.category).online;
        let weights = PAYMENT_METHODS.iter().zip(self.traits.payments).map(|(way, liking)| {
            let offered = if amount >= way.amount_min { 1.0 } else { 0.0 };
            offered * liking * weight(way) * if online { way.online } else { 1.0 }
        });
        draw::pick(&mut self.rng, weights)
    }

    /// What the customer usually pays in a category.
    fn usual_amount(&self, category_position: usize) -> f64 {
        category(category_position).median * self.traits.price_level() * self.traits.habit(category_position).amount
    }

    fn amount(&mut self, category_position: usize, times: f64) -> f64 {
        let median = self.usual_amount(category_position) * times;
        draw::log_normal(&mut self.rng, median, category(category_position).sigma)
    }

    /// A time of the day, in milliseconds since local midnight.
    fn time_of_day(&mut self, hours: &[Bump], later: f64) -> f64 {
        let bump = draw::pick(&mut self.rng, hours.iter().map(|(_, _, share)| *share));
        let (centre, deviation, _) = hours.get(bump).copied().unwrap_or((12.0, 4.0, 1.0));
        draw::normal(&mut self.rng, centre + later, deviation).rem_euclid(HOURS_A_DAY) * HOUR_MS as f64
    }
}
