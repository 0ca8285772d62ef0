//! The merchants of all regions, and which of them are compromised today.

use engine::time::Day;

use super::draw::{self, Rng};
use super::parameters::{
    CATEGORIES, CATEGORY_COUNT, CROWDING, MERCHANT_COMPROMISED_A_DAY, MERCHANT_COMPROMISED_DAYS, MERCHANTS_MAX, ONLINE,
    REGION_COUNT, category, region,
};

/// The random stream of the market; customers have those of their numbers, from 1.
const MARKET_STREAM: u64 = 0;

/// One merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merchant {
    pub(super) category: usize,
    pub(super) region: usize,
    pub(super) number: u16,
}

impl Merchant {
    /// Any merchant of a category that can be bought from in a region, popular ones likelier.
    pub(super) fn any(rng: &mut Rng, category_position: usize, in_region: usize) -> Self {
        let Self { category, region, .. } = Self::numbered(category_position, in_region, 0);
        Self { category, region, number: popular(rng, category) }
    }

    /// The merchant of this number that a category has in a region, or online.
    pub(super) fn numbered(category_position: usize, in_region: usize, number: u16) -> Self {
        let region = if category(category_position).online { ONLINE } else { in_region };
        Self { category: category_position, region, number }
    }

    pub(super) fn name(self) -> String {
        format!("{}-{}-{:03}", category(self.category).name, region(self.region).name, self.number)
    }

    fn index(self) -> usize {
        (self.category * REGION_COUNT + self.region) * MERCHANTS_MAX + usize::from(self.number)
    }
}

/// The number of a merchant of a category, popular ones likelier.
pub(super) fn popular(rng: &mut Rng, category_position: usize) -> u16 {
    let merchants = f64::from(category(category_position).merchants);
    (merchants * draw::between(rng, 0.0, 1.0).powf(CROWDING)) as u16
}

/// All merchants.
pub(super) struct Market {
    rng: Rng,
    /// By [`Merchant::index`]: the first day on which it no longer leaks cards.
    safe_from: Vec<Option<Day>>,
}

impl Market {
    pub(super) fn new(seed: u64) -> Self {
        let places = CATEGORY_COUNT * REGION_COUNT * MERCHANTS_MAX;
        Self { rng: draw::stream(seed, MARKET_STREAM), safe_from: vec![None; places] }
    }

    /// Begins a day: some merchants are compromised from today on.
    pub(super) fn open(&mut self, day: Day) {
        for (position, category) in CATEGORIES.iter().enumerate() {
            let regions = if category.online { ONLINE..ONLINE + 1 } else { 1..REGION_COUNT };
            let merchants = f64::from(category.merchants) * regions.len() as f64;
            for _ in 0..draw::count(&mut self.rng, merchants * MERCHANT_COMPROMISED_A_DAY) {
                let region = regions.start + draw::below(&mut self.rng, regions.len());
                let number = draw::below(&mut self.rng, usize::from(category.merchants)) as u16;
                let merchant = Merchant { category: position, region, number };
                if let Some(safe_from) = self.safe_from.get_mut(merchant.index()) {
                    *safe_from = Some(day.plus_days(MERCHANT_COMPROMISED_DAYS));
                }
            }
        }
    }

    /// Whether cards used at the merchant on this day can leak.
    pub(super) fn is_compromised(&self, merchant: Merchant, day: Day) -> bool {
        self.safe_from.get(merchant.index()).copied().flatten().is_some_and(|safe_from| day < safe_from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compromised_merchant_is_safe_again_after_its_time() {
        let mut market = Market::new(1);
        let day = Day::parse("2025-01-01").unwrap();
        (0..28).for_each(|days| market.open(day.plus_days(days)));
        let compromised = |day| market.safe_from.iter().flatten().filter(|safe_from| day < **safe_from).count();
        assert!(compromised(day.plus_days(27)) > 10);
        assert_eq!(compromised(day.plus_days(27 + MERCHANT_COMPROMISED_DAYS)), 0);
    }

    #[test]
    fn merchants_have_places_of_their_own() {
        let last =
            Merchant { category: CATEGORY_COUNT - 1, region: REGION_COUNT - 1, number: MERCHANTS_MAX as u16 - 1 };
        assert_eq!(last.index() + 1, Market::new(1).safe_from.len());
        assert_eq!(Merchant::numbered(10, 5, 7).name(), "electronics-online-007");
        assert_eq!(Merchant::numbered(0, 5, 7).name(), "groceries-centre-007");
    }
}
