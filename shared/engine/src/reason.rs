//! Reasons: what raises and what lowers a score, each in a sentence with the customer's own numbers.
//!
//! Code and sentence say what is a fact of the attempt; the contribution, the model's own, says which way and how far that moved
//! the score. They need not point the same way: what is usual for a customer may raise the score a little. A message begins with
//! what is unusual *and* raised the score.

use std::fmt;

use crate::decision::{Reason, ReasonCode};
use crate::entry::Attempt;
use crate::features::Topic;
use crate::merchant::RECORD_DAYS;
use crate::money::decimal;
use crate::profile::Profile;
use crate::score::Contributions;
use crate::settings::{CategoryBlock, Limit};
use crate::signal::{Dimension, Signals, Window};
use crate::time::Instant;

/// Contributions below this, in log-odds, are rounding and no reason.
const CONTRIBUTION_MIN: f64 = 1e-9;

/// From this surprise on, in nats, something is called unusual: one in seven.
const RARE_FROM_NATS: f64 = 2.0;

/// From this multiple on an amount is called a multiple.
const MULTIPLE_FROM: f64 = 1.5;

/// Up to this share of the customer's purchases a choice is called unusual.
const SHARE_UNUSUAL_MAX: f64 = 0.1;

/// What is the case with one topic of an attempt.
#[derive(Debug, PartialEq, Eq)]
struct Fact {
    code: ReasonCode,
    text: String,
    is_unusual: bool,
}

impl Fact {
    fn usual(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), is_unusual: false }
    }

    fn unusual(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), is_unusual: true }
    }
}

/// What the sentences are about.
pub struct Subject<'a> {
    attempt: &'a Attempt,
    signals: &'a Signals,
    profile: &'a Profile,
    /// The population stands in for much of the profile: then nothing is called "yours" that is everybody's.
    learning: bool,
}

impl<'a> Subject<'a> {
    /// An attempt, how it compares with what is known, and the customer's profile.
    pub fn new(attempt: &'a Attempt, signals: &'a Signals, profile: &'a Profile) -> Self {
        Self { attempt, signals, profile, learning: profile.is_learning() }
    }

    /// The reasons of a score, what raises it most first, and the sentence that a message begins with: that of the strongest
    /// reason which raises the score by something unusual.
    pub fn reasons(&self, contributions: &Contributions) -> (Vec<Reason>, Option<String>) {
        let mut told: Vec<(Reason, bool)> = contributions
            .iter()
            .filter(|(_, contribution)| contribution.abs() >= CONTRIBUTION_MIN)
            .map(|(topic, contribution)| {
                let Fact { code, text, is_unusual } = self.fact(topic);
                (Reason { code, contribution, text }, is_unusual)
            })
            .collect();
        told.sort_by(|(left, _), (right, _)| right.contribution.total_cmp(&left.contribution));
        let headline = told.iter().find(|(reason, is_unusual)| *is_unusual && reason.contribution > 0.0);
        let headline = headline.map(|(reason, _)| reason.text.clone());
        (told.into_iter().map(|(reason, _)| reason).collect(), headline)
    }

    /// The sentence of the most surprising dimension, for an alarm that no label explains.
    pub(crate) fn most_surprising(&self) -> Option<String> {
        let deviations = self.signals.deviations();
        let mut dimensions = Dimension::ALL;
        dimensions.sort_by(|left, right| deviations[*right].total_cmp(&deviations[*left]));
        let mut facts = dimensions.into_iter().map(|dimension| self.fact(dimension.into()));
        facts.find(|fact| fact.is_unusual).map(|fact| fact.text)
    }

    fn fact(&self, topic: Topic) -> Fact {
        match topic {
            Topic::Dimension(Dimension::Amount) => self.amount(),
            Topic::Dimension(Dimension::Category) => {
                let category = Words(self.attempt.category.as_str());
                let codes = (ReasonCode::CategoryUsual, ReasonCode::CategoryUnusual);
                self.share(self.signals.category.share, codes, format_args!("are in {category}"))
            }
            Topic::Dimension(Dimension::Timing) => self.timing(),
            Topic::Dimension(Dimension::Payment) => {
                let method = Words(self.attempt.payment_method.as_str());
                let codes = (ReasonCode::PaymentUsual, ReasonCode::PaymentUnusual);
                self.share(self.signals.payment.share, codes, format_args!("are paid by {method}"))
            }
            Topic::Dimension(Dimension::Velocity) => self.velocity(),
            Topic::Dimension(Dimension::Merchant) => self.merchant(),
            Topic::History if self.learning => Fact::usual(ReasonCode::InsufficientHistory, self.history()),
            Topic::History => Fact::usual(ReasonCode::CustomerHistory, self.history()),
        }
    }

    fn amount(&self) -> Fact {
        let signal = &self.signals.amount;
        let what = match (self.learning, signal.category_known) {
            (true, _) => "what people usually spend".to_owned(),
            (false, true) => format!("your usual {} purchase", Words(self.attempt.category.as_str())),
            (false, false) => "your usual purchase".to_owned(),
        };
        let text = if signal.ratio >= MULTIPLE_FROM {
            let rarity = one_in(signal.nats).map_or_else(String::new, |one_in| format!(", about 1 in {one_in}"));
            format!("{} times {what} ({}){rarity}.", multiple(signal.ratio), signal.usual)
        } else {
            format!("{} is within reach of {what} ({}).", self.attempt.amount, signal.usual)
        };
        if signal.nats >= RARE_FROM_NATS {
            Fact::unusual(ReasonCode::AmountUnusual, text)
        } else {
            Fact::usual(ReasonCode::AmountUsual, text)
        }
    }

    fn timing(&self) -> Fact {
        let signal = self.signals.timing;
        let span = format!("between {0}:00 and {0}:59", signal.hour);
        match (signal.nats >= RARE_FROM_NATS, self.learning) {
            (true, true) => Fact::unusual(ReasonCode::TimingUnusual, format!("Few people buy {span}.")),
            (true, false) => Fact::unusual(ReasonCode::TimingUnusual, format!("You rarely buy {span}.")),
            (false, true) => Fact::usual(ReasonCode::TimingUsual, format!("It is not unusual to buy {span}.")),
            (false, false) => Fact::usual(ReasonCode::TimingUsual, format!("It is not unusual for you to buy {span}.")),
        }
    }

    fn velocity(&self) -> Fact {
        let signal = self.signals.velocity;
        let who = if self.learning { "people" } else { "you" };
        if signal.nats < RARE_FROM_NATS {
            let text = format!("Attempts and money of late are within reach of what is usual for {who}.");
            return Fact::usual(ReasonCode::VelocityUsual, text);
        }
        let counted = |span: &str| {
            format!("{} purchase attempts within {span}, more than {who} usually make.", signal.count as u64)
        };
        let text = match signal.window {
            Window::TenMinutes => counted("ten minutes"),
            Window::Hour => counted("an hour"),
            // These counts fade with time: they tell more from less, but not how many.
            Window::Day => format!("More purchase attempts in the last day than {who} usually make."),
            Window::Week => format!("More purchase attempts in the last week than {who} usually make."),
            Window::DaySpending => {
                format!("With this, about {} times what {who} usually spend in a day.", multiple(signal.count))
            }
        };
        Fact::unusual(ReasonCode::VelocityHigh, text)
    }

    fn merchant(&self) -> Fact {
        let signal = self.signals.merchant;
        let labels = signal.labels;
        if signal.risk_nats >= RARE_FROM_NATS {
            let were = if labels.positive == 1 { "was" } else { "were" };
            let purchases = if labels.labelled == 1 { "purchase" } else { "purchases" };
            let text = format!(
                "Of {} {purchases} at this merchant in the last {RECORD_DAYS} days that we were told about, {} {were} disowned \
                 or regretted.",
                labels.labelled, labels.positive,
            );
            return Fact::unusual(ReasonCode::MerchantRisky, text);
        }
        let usual = |text: &str| Fact::usual(ReasonCode::MerchantUsual, text);
        match signal.days_since {
            _ if !signal.is_named => usual("It is not said which merchant this is."),
            None => Fact {
                code: ReasonCode::MerchantNew,
                text: "We do not know of an earlier purchase of yours at this merchant.".to_owned(),
                is_unusual: !self.learning,
            },
            Some(..=0) => usual("You bought at this merchant earlier today."),
            Some(1) => usual("You bought at this merchant yesterday."),
            Some(days) => usual(&format!("You last bought at this merchant {days} days ago.")),
        }
    }

    /// A share as a sentence about the customer's purchases, under the code of what is usual or of what is not.
    fn share(&self, share: f64, (usual, unusual): (ReasonCode, ReasonCode), what: fmt::Arguments<'_>) -> Fact {
        let percent = (share * 100.0).round() as u8;
        let text = match self.profile.purchases() {
            0 => return Fact::usual(usual, format!("Not known yet: how many of your purchases {what}.")),
            _ if share <= 0.0 => format!("None of your purchases we know {what}."),
            _ if percent < 1 => format!("Less than 1 % of your purchases {what}."),
            _ => format!("About {percent} % of your purchases {what}."),
        };
        if share <= SHARE_UNUSUAL_MAX { Fact::unusual(unusual, text) } else { Fact::usual(usual, text) }
    }

    fn history(&self) -> String {
        let disowned = match self.profile.feedback().not_me {
            0 => String::new(),
            count => format!("; you disowned {count}"),
        };
        match (self.profile.purchases(), self.profile.first_at().map(Instant::day)) {
            (0, _) => format!("No earlier purchase of yours is known yet{disowned}."),
            (1, _) => format!("Only 1 earlier purchase of yours is known yet{disowned}."),
            (count, Some(day)) if !self.learning => {
                format!("{count} purchases of yours are known since {day}{disowned}.")
            }
            (count, _) => format!("Only {count} earlier purchases of yours are known yet{disowned}."),
        }
    }
}

/// What a limit says that an attempt exceeds, with what would be spent.
pub(crate) fn limit_exceeded(limit: &Limit, with_this_minor: i64) -> String {
    let currency = limit.monthly.currency();
    let spent = decimal(with_this_minor, currency);
    let what = limit.category.as_ref().map_or_else(String::new, |category| format!(" on {}", Words(category.as_str())));
    format!("With this you spend {spent} {}{what} this month; your limit is {}.", currency.code(), limit.monthly)
}

/// What a block of the customer's own says.
pub(crate) fn blocked_by_customer(block: &CategoryBlock) -> String {
    let category = Words(block.category.as_str());
    match &block.note {
        Some(note) => format!("You asked to be kept from {category}, and wrote to yourself: \u{201c}{note}\u{201d}"),
        None => format!("You asked to be kept from {category}."),
    }
}

/// What an alarm of the novelty channel says.
pub(crate) fn novel(novelty_p_value: f64) -> String {
    match one_in(-novelty_p_value.ln()) {
        Some(one_in) => format!("Taken together, hardly any purchase is like this one: about 1 in {one_in}."),
        None => "Taken together, few purchases are like this one.".to_owned(),
    }
}

/// An id as words: `food_delivery` → `food delivery`.
struct Words<'a>(&'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = self.0.split(['_', '-']);
        out.write_str(words.next().unwrap_or_default())?;
        words.try_for_each(|word| {
            out.write_str(" ")?;
            out.write_str(word)
        })
    }
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
    fn ids_read_as_words() {
        for (id, expect) in [("fuel", "fuel"), ("food_delivery", "food delivery"), ("-a__b-", " a  b ")] {
            assert_eq!(Words(id).to_string(), expect);
        }
    }
}
