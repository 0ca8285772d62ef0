//! Reasons: why a score is high, in a sentence with the customer's own numbers.

use crate::decision::{Reason, ReasonCode};
use crate::entry::Attempt;
use crate::score::Score;
use crate::signal::{Dimension, Signals, Window};

/// The reasons of a score, strongest first. Every dimension that adds anything has one, so that base and contributions add
/// up to the score.
///
/// While the customer is still being learned, the population stands in for much of their profile: then the texts do not call
/// "yours" what is everybody's.
pub(crate) fn reasons(attempt: &Attempt, signals: &Signals, score: &Score, learning: bool) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = score
        .contributions
        .iter()
        .filter(|(_, contribution)| **contribution > 0.0)
        .map(|(dimension, contribution)| {
            let (code, text) = explain(dimension, attempt, signals, learning);
            Reason { code, contribution: *contribution, text }
        })
        .collect();
    reasons.sort_by(|left, right| right.contribution.total_cmp(&left.contribution));
    reasons
}

fn explain(dimension: Dimension, attempt: &Attempt, signals: &Signals, learning: bool) -> (ReasonCode, String) {
    match dimension {
        Dimension::Amount => (ReasonCode::AmountUnusual, amount(attempt, signals, learning)),
        Dimension::Category => {
            let text = share(signals.category.share, &format!("are in {}", words(attempt.category.as_str())));
            (ReasonCode::CategoryUnusual, text)
        }
        Dimension::Timing => {
            let who = if learning { "Few people" } else { "You rarely" };
            let text = format!("{who} buy between {0}:00 and {0}:59.", signals.timing.hour);
            (ReasonCode::TimingUnusual, text)
        }
        Dimension::Payment => {
            let method = words(attempt.payment_method.as_str());
            (ReasonCode::PaymentUnusual, share(signals.payment.share, &format!("are paid by {method}")))
        }
        Dimension::Velocity => (ReasonCode::VelocityHigh, velocity(signals, learning)),
        Dimension::Merchant if signals.merchant.risk_nats > signals.merchant.novelty_nats => {
            let labels = signals.merchant.labels;
            let text = format!(
                "Of the last {} purchases at this merchant that customers confirmed, {} {} disowned or regretted.",
                labels.labelled,
                labels.positive,
                if labels.positive == 1 { "was" } else { "were" }
            );
            (ReasonCode::MerchantRisky, text)
        }
        Dimension::Merchant => {
            (ReasonCode::MerchantNew, "We do not know of an earlier purchase of yours at this merchant.".to_owned())
        }
    }
}

fn amount(attempt: &Attempt, signals: &Signals, learning: bool) -> String {
    let signal = &signals.amount;
    let rarity = one_in(signal.nats).map_or_else(String::new, |one_in| format!(", about 1 in {one_in}"));
    let what = match (learning, signal.category_known) {
        (true, _) => "what people usually spend".to_owned(),
        (false, true) => format!("your usual {} purchase", words(attempt.category.as_str())),
        (false, false) => "your usual purchase".to_owned(),
    };
    if signal.ratio >= 1.5 {
        format!("{} times {what} ({}){rarity}.", multiple(signal.ratio), signal.usual)
    } else {
        format!("{} is within reach of {what} ({}).", attempt.amount, signal.usual)
    }
}

fn velocity(signals: &Signals, learning: bool) -> String {
    let signal = signals.velocity;
    let who = if learning { "people" } else { "you" };
    let attempts = |span: &str| {
        let count = signal.count.round().max(2.0);
        format!("About {count} purchase attempts within {span}, more than {who} usually make.")
    };
    match signal.window {
        Window::TenMinutes => attempts("ten minutes"),
        Window::Hour => attempts("an hour"),
        Window::Day => attempts("a day"),
        Window::Week => attempts("a week"),
        Window::DaySpending => {
            format!("With this, about {} times what {who} usually spend in a day.", multiple(signal.count))
        }
    }
}

/// A share as a sentence about the customer's purchases.
fn share(share: f64, what: &str) -> String {
    let percent = (share * 100.0).round();
    if share <= 0.0 {
        format!("None of your purchases we know {what}.")
    } else if percent < 1.0 {
        format!("Less than 1 % of your purchases {what}.")
    } else {
        format!("About {percent} % of your purchases {what}.")
    }
}

/// An id as words: `food_delivery` → `food delivery`.
fn words(id: &str) -> String {
    id.replace(['_', '-'], " ")
}

/// A ratio with two significant digits: `3.9`, `39`, `390`.
fn multiple(ratio: f64) -> String {
    if ratio < 9.95 {
        return format!("{ratio:.1}");
    }
    two_digits(ratio).to_string()
}

/// How many times rarer than certain, with two significant digits; `None` for what is not rare.
fn one_in(nats: f64) -> Option<u64> {
    let one_in = nats.min(14.0).exp();
    (one_in >= 10.0).then(|| two_digits(one_in))
}

fn two_digits(number: f64) -> u64 {
    let unit = 10_f64.powi((number.log10().floor() as i32 - 1).max(0));
    ((number / unit).round() * unit) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_what_they_are_worth() {
        for (ratio, expect) in [(3.94, "3.9"), (9.96, "10"), (39.4, "39"), (394.0, "390"), (12_345.0, "12000")] {
            assert_eq!(multiple(ratio), expect);
        }
        for (nats, expect) in [(1.0, None), (4.605_2, Some(100)), (6.7, Some(810)), (30.0, Some(1_200_000))] {
            assert_eq!(one_in(nats), expect);
        }
    }

    #[test]
    fn shares_read_as_sentences() {
        for (value, expect) in [
            (0.0, "None of your purchases we know are in books."),
            (0.002, "Less than 1 % of your purchases are in books."),
            (0.251, "About 25 % of your purchases are in books."),
        ] {
            assert_eq!(share(value, "are in books"), expect);
        }
    }
}
