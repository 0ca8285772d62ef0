//! Card precision: of the customers that an analyst looks at in a day, how many are compromised?
//!
//! As the Fraud Detection Handbook defines it (chapter 4.5): each day the customers with the highest score of the day are
//! looked at; a customer counts as found if any of their purchases of the day is positive, and is not looked at again on
//! later days. The precision is the mean over days, each divided by the number that can be looked at.

use std::collections::{BTreeMap, BTreeSet};

use engine::time::Day;

use super::{Tested, share};

/// How many customers can be looked at in a day.
pub const CARDS_A_DAY: usize = 100;

/// The card precision of scores, and of a perfect ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CardPrecision {
    /// Of the scores.
    pub precision: f64,
    /// Of a ranking that puts every compromised customer of a day first: no score can reach more, because few are.
    pub ceiling: f64,
}

/// A customer's day.
#[derive(Clone, Copy)]
struct Card {
    customer: u32,
    score: f32,
    is_compromised: bool,
}

/// The card precision when `cards_a_day` customers can be looked at.
pub fn card_precision(tested: &[Tested], cards_a_day: usize) -> CardPrecision {
    let days = cards_by_day(tested);
    let precision = mean_precision(&days, cards_a_day, |card| f64::from(card.score));
    let ceiling = mean_precision(&days, cards_a_day, |card| f64::from(u8::from(card.is_compromised)));
    CardPrecision { precision, ceiling }
}

fn cards_by_day(tested: &[Tested]) -> Vec<Vec<Card>> {
    let mut days: BTreeMap<Day, BTreeMap<u32, Card>> = BTreeMap::new();
    for tested in tested {
        let unseen = Card { customer: tested.customer, score: f32::NEG_INFINITY, is_compromised: false };
        let card = days.entry(tested.at.day()).or_default().entry(tested.customer).or_insert(unseen);
        card.score = card.score.max(tested.score);
        card.is_compromised |= tested.is_positive;
    }
    days.into_values().map(|cards| cards.into_values().collect()).collect()
}

fn mean_precision(days: &[Vec<Card>], cards_a_day: usize, rank: impl Fn(&Card) -> f64) -> f64 {
    let mut found = BTreeSet::new();
    let mut precisions = 0.0;
    for day in days {
        let mut cards: Vec<Card> = day.iter().filter(|card| !found.contains(&card.customer)).copied().collect();
        cards.sort_by(|left, right| rank(right).total_cmp(&rank(left)));
        let looked_at = cards.iter().take(cards_a_day);
        let compromised: Vec<u32> = looked_at.filter(|card| card.is_compromised).map(|card| card.customer).collect();
        precisions += compromised.len() as f64 / cards_a_day as f64;
        found.extend(compromised);
    }
    share(precisions, days.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::samples::tested;
    use super::*;
    use engine::time::Instant;

    fn on(day: i32, customer: u32, score: f32, is_positive: bool) -> Tested {
        Tested { at: Instant::EPOCH.day().plus_days(day).start(), customer, ..tested(score, is_positive) }
    }

    #[test]
    fn it_is_the_handbooks_on_a_small_example() {
        // The handbook's card_precision_top_k with top_k 2 gives 0.5, 0.5 and 0.0 on these three days.
        let tested = [
            on(0, 1, 0.9, false),
            on(0, 1, 0.1, true), // found through the day's other purchase
            on(0, 2, 0.8, false),
            on(0, 3, 0.7, true), // third: missed
            on(1, 1, 0.9, true), // found before: not looked at again
            on(1, 2, 0.8, false),
            on(1, 3, 0.7, true),
            on(1, 4, 0.6, true),
            on(2, 3, 0.7, true),
            on(2, 5, 0.7, false),
        ];
        let card_precision = card_precision(&tested, 2);
        assert!((card_precision.precision - 1.0 / 3.0).abs() < 1e-12, "{card_precision:?}");
        // Perfect: 1 and 3 on the first day, 4 on the second, none is left for the third.
        assert!((card_precision.ceiling - 0.5).abs() < 1e-12, "{card_precision:?}");
    }

    #[test]
    fn nothing_tested_finds_nothing() {
        assert_eq!(card_precision(&[], 100), CardPrecision { precision: 0.0, ceiling: 0.0 });
    }
}
