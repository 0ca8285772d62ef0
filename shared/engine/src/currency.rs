//! Currencies: ISO 4217 codes, their decimals, and roughly what one unit is worth.

use std::fmt;

/// An active ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(u8);

/// Active ISO 4217 codes (list one; funds, metals and testing codes left out) in alphabetical order, the decimals of their
/// amounts, and how many units make about one euro (late 2025). The last column only makes *sizes* comparable between a
/// customer's currencies on a log scale, where a fifth off is a fifth of a nat; no money is ever converted with it.
#[rustfmt::skip]
const CURRENCIES: &[(&str, u8, f64)] = &[
    ("AED", 2, 4.2), ("AFN", 2, 78.0), ("ALL", 2, 98.0), ("AMD", 2, 440.0), ("AOA", 2, 1060.0), ("ARS", 2, 1600.0),
    ("AUD", 2, 1.75), ("AWG", 2, 2.1), ("AZN", 2, 1.95), ("BAM", 2, 1.96), ("BBD", 2, 2.3), ("BDT", 2, 140.0),
    ("BHD", 3, 0.43), ("BIF", 0, 3400.0), ("BMD", 2, 1.16), ("BND", 2, 1.5), ("BOB", 2, 8.0), ("BRL", 2, 6.3),
    ("BSD", 2, 1.16), ("BTN", 2, 100.0), ("BWP", 2, 15.5), ("BYN", 2, 3.5), ("BZD", 2, 2.3), ("CAD", 2, 1.6),
    ("CDF", 2, 2700.0), ("CHF", 2, 0.94), ("CLF", 4, 0.027), ("CLP", 0, 1100.0), ("CNY", 2, 8.2), ("COP", 2, 4600.0),
    ("CRC", 2, 580.0), ("CUP", 2, 28.0), ("CVE", 2, 110.0), ("CZK", 2, 25.0), ("DJF", 0, 205.0), ("DKK", 2, 7.46),
    ("DOP", 2, 72.0), ("DZD", 2, 152.0), ("EGP", 2, 57.0), ("ERN", 2, 17.0), ("ETB", 2, 165.0), ("EUR", 2, 1.0),
    ("FJD", 2, 2.6), ("FKP", 2, 0.86), ("GBP", 2, 0.86), ("GEL", 2, 3.15), ("GHS", 2, 13.0), ("GIP", 2, 0.86),
    ("GMD", 2, 83.0), ("GNF", 0, 10_000.0), ("GTQ", 2, 8.9), ("GYD", 2, 242.0), ("HKD", 2, 9.1), ("HNL", 2, 30.0),
    ("HTG", 2, 152.0), ("HUF", 2, 395.0), ("IDR", 2, 19_000.0), ("ILS", 2, 3.9), ("INR", 2, 100.0),
    ("IQD", 3, 1520.0), ("IRR", 2, 49_000.0), ("ISK", 0, 142.0), ("JMD", 2, 186.0), ("JOD", 3, 0.82),
    ("JPY", 0, 172.0), ("KES", 2, 150.0), ("KGS", 2, 101.0), ("KHR", 2, 4650.0), ("KMF", 0, 492.0),
    ("KPW", 2, 1000.0), ("KRW", 0, 1620.0), ("KWD", 3, 0.355), ("KYD", 2, 0.96), ("KZT", 2, 620.0),
    ("LAK", 2, 25_000.0), ("LBP", 2, 104_000.0), ("LKR", 2, 352.0), ("LRD", 2, 225.0), ("LSL", 2, 20.5),
    ("LYD", 3, 6.3), ("MAD", 2, 10.5), ("MDL", 2, 19.7), ("MGA", 2, 5200.0), ("MKD", 2, 61.5), ("MMK", 2, 2450.0),
    ("MNT", 2, 4150.0), ("MOP", 2, 9.4), ("MRU", 2, 46.5), ("MUR", 2, 53.0), ("MVR", 2, 18.0), ("MWK", 2, 2020.0),
    ("MXN", 2, 21.8), ("MYR", 2, 4.9), ("MZN", 2, 74.0), ("NAD", 2, 20.5), ("NGN", 2, 1750.0), ("NIO", 2, 43.0),
    ("NOK", 2, 11.8), ("NPR", 2, 162.0), ("NZD", 2, 2.0), ("OMR", 3, 0.45), ("PAB", 2, 1.16), ("PEN", 2, 4.1),
    ("PGK", 2, 4.9), ("PHP", 2, 67.0), ("PKR", 2, 330.0), ("PLN", 2, 4.25), ("PYG", 0, 8400.0), ("QAR", 2, 4.25),
    ("RON", 2, 5.07), ("RSD", 2, 117.0), ("RUB", 2, 95.0), ("RWF", 0, 1690.0), ("SAR", 2, 4.35), ("SBD", 2, 9.6),
    ("SCR", 2, 17.0), ("SDG", 2, 700.0), ("SEK", 2, 11.1), ("SGD", 2, 1.5), ("SHP", 2, 0.86), ("SLE", 2, 27.0),
    ("SOS", 2, 667.0), ("SRD", 2, 44.0), ("SSP", 2, 5000.0), ("STN", 2, 24.5), ("SVC", 2, 10.2), ("SYP", 2, 15_000.0),
    ("SZL", 2, 20.5), ("THB", 2, 37.8), ("TJS", 2, 11.0), ("TMT", 2, 4.1), ("TND", 3, 3.4), ("TOP", 2, 2.8),
    ("TRY", 2, 48.0), ("TTD", 2, 7.9), ("TWD", 2, 35.0), ("TZS", 2, 2850.0), ("UAH", 2, 48.5), ("UGX", 0, 4100.0),
    ("USD", 2, 1.16), ("UYI", 0, 7.4), ("UYU", 2, 47.0), ("UYW", 4, 0.028), ("UZS", 2, 14_200.0), ("VED", 2, 250.0),
    ("VES", 2, 250.0), ("VND", 0, 30_500.0), ("VUV", 0, 140.0), ("WST", 2, 3.2), ("XAF", 0, 656.0), ("XCD", 2, 3.15),
    ("XCG", 2, 2.1), ("XOF", 0, 656.0), ("XPF", 0, 119.0), ("YER", 2, 280.0), ("ZAR", 2, 20.5), ("ZMW", 2, 27.0),
    ("ZWG", 2, 31.0),
];

/// The text is not an active ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is an active ISO 4217 code in capital letters, such as EUR")]
pub struct CurrencyError;

impl Currency {
    /// The euro, in which sizes are shown that stand for several currencies.
    pub const EUR: Self = Self(41);

    /// Reads an ISO 4217 code in capital letters.
    ///
    /// # Errors
    /// [`CurrencyError`] unless it is an active code.
    pub fn parse(text: &str) -> Result<Self, CurrencyError> {
        let index = CURRENCIES.binary_search_by_key(&text, |(code, ..)| code).map_err(|_| CurrencyError)?;
        u8::try_from(index).map(Self).map_err(|_| CurrencyError)
    }

    /// The three letters.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// How many decimals an amount in major units has.
    pub fn decimals(self) -> u8 {
        self.row().1
    }

    /// How many minor units (cents, …) make one major unit.
    pub fn minor_per_major(self) -> i64 {
        10_i64.pow(u32::from(self.decimals()))
    }

    /// About how many units make one euro: for comparing sizes, never for converting money.
    pub(crate) fn units_per_euro(self) -> f64 {
        self.row().2
    }

    fn row(self) -> (&'static str, u8, f64) {
        CURRENCIES.get(usize::from(self.0)).copied().unwrap_or(("EUR", 2, 1.0))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_code_is_found() {
        assert_eq!(Currency::parse("EUR"), Ok(Currency::EUR));
        assert!(CURRENCIES.is_sorted_by(|left, right| left.0 < right.0));
        for (code, decimals, units_per_euro) in CURRENCIES {
            let currency = Currency::parse(code).unwrap();
            assert_eq!((currency.code(), currency.decimals()), (*code, *decimals));
            assert!(*units_per_euro > 0.0 && code.len() == 3);
        }
    }

    #[test]
    fn what_is_not_an_active_code_is_refused() {
        for text in ["", "eur", "EU", "EURO", "XXX", "XAU", "DEM", "€"] {
            assert_eq!(Currency::parse(text), Err(CurrencyError), "{text}");
        }
    }
}
