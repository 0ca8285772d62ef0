//! Money: integer minor units of a currency, read from decimal strings exactly.

use std::fmt;

use crate::currency::Currency;
use crate::redacted::redacted;

/// The largest amount accepted, in minor units (ten billion of a two-decimal currency).
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000;

/// Why a text is not an amount of money. The text itself is not repeated: it is the caller's, and whoever tells of it knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a plain decimal number.
    #[error("an amount is a plain decimal number such as 12.50")]
    NotDecimal,
    /// More decimals than the currency has.
    #[error("an amount in {currency} has no more than {} decimals", currency.decimals())]
    TooPrecise {
        /// The currency it was meant for.
        currency: Currency,
    },
    /// Zero, negative, or above [`AMOUNT_MINOR_MAX`].
    #[error("an amount must be above 0 and at most {AMOUNT_MINOR_MAX} minor units")]
    OutOfRange,
}

/// A positive sum of money in minor units (cents, yen, …) of its currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    minor: i64,
    currency: Currency,
}

impl Amount {
    /// An amount from minor units.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] unless `0 < minor ≤` [`AMOUNT_MINOR_MAX`].
    pub fn from_minor(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if (1..=AMOUNT_MINOR_MAX).contains(&minor) { Ok(Self { minor, currency }) } else { Err(MoneyError::OutOfRange) }
    }

    /// The amount whose [`Amount::size`] is nearest to this one.
    pub fn of_size(size: f64, currency: Currency) -> Self {
        let minor = (size * currency.units_per_euro() * currency.minor_per_major() as f64).round();
        Self { minor: (minor as i64).clamp(1, AMOUNT_MINOR_MAX), currency }
    }

    /// Reads a plain decimal number exactly: digits, at most one point, no sign but `-`, no exponent.
    ///
    /// # Errors
    /// A [`MoneyError`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) | None if unsigned.contains('.') => return Err(MoneyError::NotDecimal),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(MoneyError::NotDecimal);
        }
        let fraction = fraction.trim_end_matches('0');
        let decimals = usize::from(currency.decimals());
        if fraction.len() > decimals {
            return Err(MoneyError::TooPrecise { currency });
        }
        if unsigned.len() < text.len() {
            return Err(MoneyError::OutOfRange);
        }
        let digits = format!("{whole}{fraction:0<decimals$}");
        let minor = digits.parse().map_err(|_| MoneyError::OutOfRange)?;
        Self::from_minor(minor, currency)
    }

    /// The amount in minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount as a plain decimal string, with the currency's decimals: `"12.50"`.
    pub fn to_decimal(self) -> String {
        decimal(self.minor, self.currency)
    }

    /// The amount's size in about-euros: what amounts in several currencies are compared by, never shown as money.
    pub fn size(self) -> f64 {
        self.minor as f64 / self.currency.minor_per_major() as f64 / self.currency.units_per_euro()
    }
}

/// Minor units as a plain decimal string with the currency's decimals.
pub fn decimal(minor: i64, currency: Currency) -> String {
    Decimal { minor, currency }.to_string()
}

struct Decimal {
    minor: i64,
    currency: Currency,
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_major = self.currency.minor_per_major();
        let (whole, rest) = (self.minor / per_major, self.minor % per_major);
        match self.currency.decimals() {
            0 => write!(out, "{whole}"),
            decimals => write!(out, "{whole}.{rest:0width$}", width = usize::from(decimals)),
        }
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted("Amount", out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, currency: &str, expect: Result<i64, &str>) {
        let currency = Currency::parse(currency).unwrap();
        let got = Amount::parse(text, currency).map(Amount::minor).map_err(|error| error.to_string());
        match (got, expect) {
            (Ok(minor), Ok(expected)) => assert_eq!(minor, expected, "{text}"),
            (Err(error), Err(part)) => assert!(error.contains(part), "{text}: {error}"),
            (got, expect) => panic!("{text}: got {got:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn decimal_strings_are_read_exactly() {
        check("12.50", "EUR", Ok(1250));
        check("12.5", "EUR", Ok(1250));
        check("12.500", "EUR", Ok(1250));
        check("0.07", "USD", Ok(7));
        check("007", "USD", Ok(700));
        check("500", "JPY", Ok(500));
        check("1.234", "KWD", Ok(1234));
        check("1.005", "EUR", Err("EUR has no more than 2 decimals"));
        check("1.5", "JPY", Err("JPY has no more than 0 decimals"));
        check("0", "EUR", Err("above 0"));
        check("-3.10", "EUR", Err("above 0"));
        check("10000000000.01", "EUR", Err("above 0"));
        check("99999999999999999999999", "EUR", Err("above 0"));
        for text in ["", "-", ".", "5.", ".5", "1e3", "+1", "1,000", " 1", "NaN", "1.2.3", "٣"] {
            check(text, "EUR", Err("is a plain decimal"));
        }
    }

    #[test]
    fn amounts_print_with_their_decimals() {
        let print = |minor, code| Amount::from_minor(minor, Currency::parse(code).unwrap()).unwrap().to_decimal();
        assert_eq!(print(1205, "EUR"), "12.05");
        assert_eq!(print(1205, "JPY"), "1205");
        assert_eq!(print(5, "KWD"), "0.005");
    }
}
