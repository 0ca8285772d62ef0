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
use crate::message::{Key, Templates, Voice, Wording, two_digits, two_digits_in_tenths};
use crate::profile::Profile;
use crate::score::Contributions;
use crate::signal::{ChoiceSignal, Dimension, Signals, Window};
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
    fn usual(code: ReasonCode, text: String) -> Self {
        Self { code, text, is_unusual: false }
    }

    fn unusual(code: ReasonCode, text: String) -> Self {
        Self { code, text, is_unusual: true }
    }
}

/// What a message begins with, and the code of the reason that says so.
#[derive(Clone, PartialEq, Eq)]
pub struct Headline {
    /// What is unusual.
    pub code: ReasonCode,
    /// The same in a sentence.
    pub text: String,
}

/// Without the sentence, as a [`Reason`].
impl fmt::Debug for Headline {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Headline").field("code", &self.code).finish_non_exhaustive()
    }
}

/// What the sentences are about, and how they are said.
pub struct Subject<'a> {
    attempt: &'a Attempt,
    signals: &'a Signals,
    profile: &'a Profile,
    wording: Wording<'a>,
    /// The population stands in for much of the profile: then nothing is called "yours" that is everybody's.
    learning: bool,
}

impl<'a> Subject<'a> {
    /// An attempt, how it compares with what is known, and the customer's profile, told with these templates in this voice.
    pub fn new(
        attempt: &'a Attempt,
        signals: &'a Signals,
        profile: &'a Profile,
        templates: &'a Templates,
        voice: Voice,
    ) -> Self {
        let wording = Wording::new(templates, voice);
        Self { attempt, signals, profile, wording, learning: profile.is_learning() }
    }

    /// The reasons of a score, what raises it most first, and the headline of a message: the strongest reason which raises the
    /// score by something unusual.
    pub fn reasons(&self, contributions: &Contributions) -> (Vec<Reason>, Option<Headline>) {
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
        let headline = headline.map(|(reason, _)| Headline { code: reason.code, text: reason.text.clone() });
        (told.into_iter().map(|(reason, _)| reason).collect(), headline)
    }

    /// The most surprising dimension as a headline, for an alarm that no label explains.
    pub(crate) fn most_surprising(&self) -> Option<Headline> {
        let deviations = self.signals.deviations();
        let mut dimensions = Dimension::ALL;
        dimensions.sort_by(|left, right| deviations[*right].total_cmp(&deviations[*left]));
        let mut facts = dimensions.into_iter().map(|dimension| self.fact(dimension.into()));
        facts.find(|fact| fact.is_unusual).map(|Fact { code, text, .. }| Headline { code, text })
    }

    fn fact(&self, topic: Topic) -> Fact {
        match topic {
            Topic::Dimension(Dimension::Amount) => self.amount(),
            Topic::Dimension(Dimension::Category) => self.category(),
            Topic::Dimension(Dimension::Timing) => self.timing(),
            Topic::Dimension(Dimension::Payment) => self.payment(),
            Topic::Dimension(Dimension::Velocity) => self.velocity(),
            Topic::Dimension(Dimension::Merchant) => self.merchant(),
            Topic::History if self.learning => Fact::usual(ReasonCode::InsufficientHistory, self.history()),
            Topic::History => Fact::usual(ReasonCode::CustomerHistory, self.history()),
        }
    }

    /// With whose habits the attempt is compared, in the templates' words.
    fn basis(&self) -> &'static str {
        if self.learning { "people" } else { "own" }
    }

    fn amount(&self) -> Fact {
        let signal = &self.signals.amount;
        let basis = if !self.learning && signal.category_known { "category" } else { self.basis() };
        let sentence = if signal.ratio >= MULTIPLE_FROM {
            let sentence = self.wording.sentence(Key::AmountMultiple);
            sentence.tenths("multiple", two_digits_in_tenths(signal.ratio)).count("one-in", one_in(signal.nats))
        } else {
            self.wording.sentence(Key::AmountWithin).money("amount", self.attempt.amount)
        };
        let sentence = sentence.money("usual", signal.usual).choice("basis", basis).category(&self.attempt.category);
        if signal.nats >= RARE_FROM_NATS {
            Fact::unusual(ReasonCode::AmountUnusual, sentence.text())
        } else {
            Fact::usual(ReasonCode::AmountUsual, sentence.text())
        }
    }

    fn category(&self) -> Fact {
        let signal = self.signals.category;
        let (share, percent) = self.share(signal);
        let sentence = self.wording.sentence(Key::CategoryShare).category(&self.attempt.category);
        let text = sentence.choice("share", share).count("percent", percent).text();
        if self.is_unusual(signal) {
            Fact::unusual(ReasonCode::CategoryUnusual, text)
        } else {
            Fact::usual(ReasonCode::CategoryUsual, text)
        }
    }

    fn payment(&self) -> Fact {
        let signal = self.signals.payment;
        let (share, percent) = self.share(signal);
        let sentence = self.wording.sentence(Key::PaymentShare).payment_method(&self.attempt.payment_method);
        let text = sentence.choice("share", share).count("percent", percent).text();
        if self.is_unusual(signal) {
            Fact::unusual(ReasonCode::PaymentUnusual, text)
        } else {
            Fact::usual(ReasonCode::PaymentUsual, text)
        }
    }

    /// What is known of a choice's share of the customer's purchases, in the templates' words, and the share in percent.
    fn share(&self, signal: ChoiceSignal) -> (&'static str, u64) {
        let percent = (signal.share * 100.0).round() as u64;
        let known = match self.profile.purchases() {
            0 => "unknown",
            _ if signal.share <= 0.0 => "none",
            _ if percent < 1 => "little",
            _ => "some",
        };
        (known, percent)
    }

    fn is_unusual(&self, signal: ChoiceSignal) -> bool {
        self.profile.purchases() > 0 && signal.share <= SHARE_UNUSUAL_MAX
    }

    fn timing(&self) -> Fact {
        let signal = self.signals.timing;
        let text = |key| {
            let sentence = self.wording.sentence(key).choice("basis", self.basis());
            sentence.count("hour", signal.hour.into()).text()
        };
        if signal.nats >= RARE_FROM_NATS {
            Fact::unusual(ReasonCode::TimingUnusual, text(Key::TimingUnusual))
        } else {
            Fact::usual(ReasonCode::TimingUsual, text(Key::TimingUsual))
        }
    }

    fn velocity(&self) -> Fact {
        let signal = self.signals.velocity;
        let sentence = |key| self.wording.sentence(key).choice("basis", self.basis());
        if signal.nats < RARE_FROM_NATS {
            return Fact::usual(ReasonCode::VelocityUsual, sentence(Key::VelocityUsual).text());
        }
        let counted = || sentence(Key::VelocityAttempts).count("attempts", signal.count as u64);
        let sentence = match signal.window {
            Window::TenMinutes => counted().choice("window", "ten-minutes"),
            Window::Hour => counted().choice("window", "hour"),
            // These counts fade with time: they tell more from less, but not how many.
            Window::Day => sentence(Key::VelocityMany).choice("window", "day"),
            Window::Week => sentence(Key::VelocityMany).choice("window", "week"),
            Window::DaySpending => {
                sentence(Key::VelocitySpending).tenths("multiple", two_digits_in_tenths(signal.count))
            }
        };
        Fact::unusual(ReasonCode::VelocityHigh, sentence.text())
    }

    fn merchant(&self) -> Fact {
        let signal = self.signals.merchant;
        if signal.risk_nats >= RARE_FROM_NATS {
            let sentence = self.wording.sentence(Key::MerchantRisky).count("days", RECORD_DAYS as u64);
            let sentence = sentence.count("labelled", signal.labels.labelled.max(0) as u64);
            let sentence = sentence.count("positive", signal.labels.positive.max(0) as u64);
            return Fact::unusual(ReasonCode::MerchantRisky, sentence.text());
        }
        match signal.days_since {
            _ if !signal.is_named => Fact::usual(ReasonCode::MerchantUsual, self.wording.text(Key::MerchantUnnamed)),
            None => Fact {
                code: ReasonCode::MerchantNew,
                text: self.wording.text(Key::MerchantNew),
                is_unusual: !self.learning,
            },
            Some(days) => {
                let sentence = self.wording.sentence(Key::MerchantKnown).count("days", days.max(0) as u64);
                Fact::usual(ReasonCode::MerchantUsual, sentence.text())
            }
        }
    }

    fn history(&self) -> String {
        let purchases = self.profile.purchases();
        let since = self.profile.first_at().filter(|_| purchases > 1 && !self.learning);
        let sentence = match since.map(Instant::day) {
            Some(day) => self.wording.sentence(Key::HistoryLong).on(day),
            None => self.wording.sentence(Key::HistoryShort),
        };
        let disowned = self.profile.feedback().not_me;
        sentence.count("purchases", purchases.into()).count("disowned", disowned.into()).text()
    }
}

/// What an alarm of the novelty channel says.
pub(crate) fn novel(novelty_p_value: f64, wording: Wording<'_>) -> String {
    wording.sentence(Key::Novel).count("one-in", one_in(-novelty_p_value.ln())).text()
}

/// How many times rarer than certain, with two significant digits; 0 for what is not rare.
fn one_in(nats: f64) -> u64 {
    let one_in = nats.min(14.0).exp();
    if one_in >= 10.0 { two_digits(one_in) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rarity_is_rounded_to_what_it_is_worth() {
        for (nats, expect) in [(1.0, 0), (4.605_2, 100), (6.7, 810), (30.0, 1_200_000)] {
            assert_eq!(one_in(nats), expect);
        }
    }
}
