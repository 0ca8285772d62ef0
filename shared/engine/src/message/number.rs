//! Numbers as a language writes them, by ICU4X.

use fixed_decimal::Decimal;
use fluent_bundle::FluentValue;
use icu_decimal::options::DecimalFormatterOptions;
use icu_decimal::{DecimalFormatter, DecimalFormatterPreferences};
use icu_locale_core::Locale;
use intl_memoizer::Memoizable;
use intl_memoizer::concurrent::IntlLangMemoizer;
use unic_langid::LanguageIdentifier;

use crate::money::Amount;

/// Writes numbers in one language: digits, groups and decimal sign.
#[derive(Debug)]
pub(super) struct Numbers(DecimalFormatter);

/// There are no number formats for the language.
#[derive(Debug)]
pub(super) struct NoNumbers;

impl Numbers {
    /// For the language of a BCP 47 tag.
    pub(super) fn of(tag: &str) -> Result<Self, NoNumbers> {
        let locale = Locale::try_from_str(tag).map_err(|_| NoNumbers)?;
        let preferences = DecimalFormatterPreferences::from(&locale);
        DecimalFormatter::try_new(preferences, DecimalFormatterOptions::default()).map(Self).map_err(|_| NoNumbers)
    }

    /// An amount in major units, with all decimals of its currency.
    pub(super) fn amount(&self, amount: Amount) -> String {
        let mut major = Decimal::from(amount.minor());
        major.multiply_pow10(-i16::from(amount.currency().decimals()));
        self.0.format_to_string(&major)
    }

    /// A number in a sentence, which has at most one decimal.
    fn plain(&self, value: f64) -> String {
        let tenths = (value * 10.0).round() as i64;
        if tenths % 10 == 0 {
            return self.0.format_to_string(&Decimal::from(tenths / 10));
        }
        let mut number = Decimal::from(tenths);
        number.multiply_pow10(-1);
        self.0.format_to_string(&number)
    }
}

/// Fluent keeps one for each language.
impl Memoizable for Numbers {
    type Args = ();
    type Error = NoNumbers;

    fn construct(language: LanguageIdentifier, (): ()) -> Result<Self, NoNumbers> {
        Self::of(&language.to_string())
    }
}

/// How Fluent writes what stands in a placeholder: numbers as the language does, everything else as it is.
pub(super) fn write(value: &FluentValue<'_>, memoizer: &IntlLangMemoizer) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    memoizer.with_try_get::<Numbers, _, _>((), |numbers| numbers.plain(number.value)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::currency::Currency;

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let (english, german) = (Numbers::of("en").unwrap(), Numbers::of("de").unwrap());
        for (value, in_english, in_german) in [
            (0.0, "0", "0"),
            (1.0, "1", "1"),
            (1.5, "1.5", "1,5"),
            (40.0, "40", "40"),
            (1400.0, "1,400", "1.400"),
            (1_200_000.0, "1,200,000", "1.200.000"),
        ] {
            assert_eq!((english.plain(value).as_str(), german.plain(value).as_str()), (in_english, in_german));
        }
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let (english, german) = (Numbers::of("en").unwrap(), Numbers::of("de").unwrap());
        for (minor, currency, in_english, in_german) in [
            (1, "EUR", "0.01", "0,01"),
            (129_900, "EUR", "1,299.00", "1.299,00"),
            (1000, "JPY", "1,000", "1.000"),
            (1, "KWD", "0.001", "0,001"),
            (1_250_000, "KWD", "1,250.000", "1.250,000"),
            (crate::money::AMOUNT_MINOR_MAX, "EUR", "10,000,000,000.00", "10.000.000.000,00"),
        ] {
            let amount = Amount::from_minor(minor, Currency::parse(currency).unwrap()).unwrap();
            assert_eq!((english.amount(amount).as_str(), german.amount(amount).as_str()), (in_english, in_german));
        }
    }
}
