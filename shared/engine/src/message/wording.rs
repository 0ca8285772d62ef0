//! From a template and what is known to a sentence.

use std::borrow::Cow;

use fluent_bundle::FluentArgs;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::quoted::shortened;
use super::templates::Texts;
use super::{Key, Templates, Voice};
use crate::id::{Category, PaymentMethod};
use crate::money::Amount;
use crate::time::{Day, Instant, LocalInstant};

/// How many characters of a category's or a payment method's name are said.
const NAME_CHARS_MAX: usize = 40;

/// How many arguments nearly every template gets by with.
const ARGUMENTS: usize = 8;

/// Speaks in one voice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wording<'a> {
    texts: &'a Texts,
    voice: Voice,
}

impl<'a> Wording<'a> {
    /// With these templates, in this voice.
    pub(crate) fn new(templates: &'a Templates, voice: Voice) -> Self {
        Self { texts: templates.texts(voice.language), voice }
    }

    /// The text of a template that needs nothing more.
    pub(crate) fn text(self, key: Key) -> String {
        self.sentence(key).text()
    }

    /// A sentence that is still without its arguments.
    pub(crate) fn sentence(self, key: Key) -> Sentence<'a> {
        let mut arguments = FluentArgs::with_capacity(ARGUMENTS);
        arguments.set("tone", self.voice.tone.name());
        Sentence { texts: self.texts, key, arguments }
    }
}

/// A template that is being given its arguments.
#[derive(Debug)]
pub(crate) struct Sentence<'a> {
    texts: &'a Texts,
    key: Key,
    arguments: FluentArgs<'a>,
}

impl<'a> Sentence<'a> {
    /// A whole number, which plurals follow.
    pub(crate) fn count(mut self, name: &'static str, count: u64) -> Self {
        self.arguments.set(name, count);
        self
    }

    /// A number of tenths: 15 is written `1.5` or `1,5`, and 10 is written `1`.
    pub(crate) fn tenths(mut self, name: &'static str, tenths: u64) -> Self {
        self.arguments.set(name, tenths as f64 / 10.0);
        self
    }

    /// One of the words by which the template chooses among its variants.
    pub(crate) fn choice(mut self, name: &'static str, word: &'static str) -> Self {
        self.arguments.set(name, word);
        self
    }

    /// An amount of money.
    pub(crate) fn money(mut self, name: &'static str, amount: Amount) -> Self {
        self.arguments.set(name, self.texts.money(amount));
        self
    }

    /// A text that stands in the sentence as it is.
    pub(super) fn quote(mut self, name: &'static str, text: &'a str) -> Self {
        self.arguments.set(name, text);
        self
    }

    /// The category, for templates that refer to `category`.
    pub(crate) fn category(self, category: &'a Category) -> Self {
        self.name("category", "category-words", category.as_str())
    }

    /// The payment method, for templates that refer to `payment-method`.
    pub(crate) fn payment_method(self, method: &'a PaymentMethod) -> Self {
        self.name("method", "method-words", method.as_str())
    }

    fn name(mut self, name: &'static str, words_name: &'static str, id: &'a str) -> Self {
        self.arguments.set(name, id);
        self.arguments.set(words_name, words(id));
        self
    }

    /// A local date and time, for templates that refer to `date` and `time`.
    pub(crate) fn at(mut self, at: LocalInstant) -> Self {
        let offset = UtcOffset::from_whole_seconds(i32::from(at.offset_minutes()) * 60).unwrap_or(UtcOffset::UTC);
        let local = utc(at.instant()).to_offset(offset);
        self.arguments.set("hour", local.hour());
        self.arguments.set("minute", format!("{:02}", local.minute()));
        self.date(local)
    }

    /// A day, for templates that refer to `date`.
    pub(crate) fn on(self, day: Day) -> Self {
        self.date(utc(day.start()))
    }

    fn date(mut self, at: OffsetDateTime) -> Self {
        self.arguments.set("day", at.day());
        self.arguments.set("month", u8::from(at.month()));
        // A year is not grouped.
        self.arguments.set("year", at.year().to_string());
        self
    }

    /// The text.
    pub(crate) fn text(self) -> String {
        self.texts.text(self.key, &self.arguments)
    }
}

fn utc(instant: Instant) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(instant.epoch_ms() as i64)
}

/// An id as words: `food_delivery` → `food delivery`.
fn words(id: &str) -> Cow<'_, str> {
    let id = shortened(id, NAME_CHARS_MAX);
    if id.contains(['_', '-']) { Cow::Owned(id.replace(['_', '-'], " ")) } else { id }
}

/// A positive number with two significant digits, in tenths: `3.9`, `39`, `390` are 39, 390, 3900.
pub(crate) fn two_digits_in_tenths(number: f64) -> u64 {
    if number < 9.95 { (number * 10.0).round() as u64 } else { 10 * two_digits(number) }
}

/// A number from ten on with two significant digits.
pub(crate) fn two_digits(number: f64) -> u64 {
    let unit = 10_f64.powi((number.log10().floor() as i32 - 1).max(0));
    ((number / unit).round() * unit) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_what_they_are_worth() {
        for (number, tenths) in [(3.94, 39), (9.96, 100), (39.4, 390), (394.0, 3900), (12_345.0, 120_000)] {
            assert_eq!(two_digits_in_tenths(number), tenths);
        }
    }

    #[test]
    fn ids_read_as_words() {
        for (id, expect) in [("fuel", "fuel"), ("food_delivery", "food delivery"), ("-a__b-", " a  b ")] {
            assert_eq!(words(id), expect);
        }
        assert_eq!(words(&"x".repeat(NAME_CHARS_MAX + 1)), "x".repeat(NAME_CHARS_MAX) + "…");
    }
}
