//! Numbers as people read them.

use engine::currency::Currency;
use engine::money::{Amount, decimal};
use engine::time::{DAY_MS, Day, HOUR_MS, Instant, MINUTE_MS};

use crate::statistics::share::Share;

/// Between a number and its unit, which no line should part.
const NBSP: char = '\u{a0}';

/// What stands where nothing is known.
pub(crate) const UNKNOWN: &str = "–";

/// The names of months, short.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `1234567` as `1,234,567`.
pub(crate) fn count(number: i64) -> String {
    let grouped = grouped(&number.unsigned_abs().to_string());
    if number < 0 { format!("−{grouped}") } else { grouped }
}

/// The number with what is counted, in the singular for one: `1 attempt`, `1,234 attempts`.
pub(crate) fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number at an axis: `1,500` as `1.5k`.
pub(crate) fn compact(number: f64) -> String {
    let short = |number: f64, unit: &str| {
        let text = format!("{number:.1}");
        format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match number.abs() {
        size if size >= 1e9 => short(number / 1e9, "bn"),
        size if size >= 1e6 => short(number / 1e6, "m"),
        size if size >= 1e4 => short(number / 1e3, "k"),
        _ => count(number.round() as i64),
    }
}

/// The same of either sign: `+1.5k`, `−200`.
pub(crate) fn compact_signed(number: f64) -> String {
    let sign = if number > 0.0 {
        "+"
    } else if number < 0.0 {
        "−"
    } else {
        ""
    };
    format!("{sign}{}", compact(number.abs()))
}

/// A share of 0 to 1 in per cent, with as many digits as say something: `0.52 %`, `4.1 %`, `62 %`.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let text = match percent.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.01 => return format!("<{NBSP}0.01{NBSP}%"),
        size if size < 0.995 => trimmed(&format!("{percent:.2}")),
        size if size < 9.95 => trimmed(&format!("{percent:.1}")),
        _ => format!("{percent:.0}"),
    };
    format!("{}{NBSP}%", text.replace('-', "−"))
}

fn trimmed(decimal: &str) -> String {
    decimal.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A share, or that it is not known.
pub(crate) fn share(share: Share) -> String {
    share.value.map_or_else(|| UNKNOWN.to_owned(), percent)
}

/// The interval of a share: `1.2 % to 3.4 %`.
pub(crate) fn interval(share: Share) -> String {
    share.ci95.map_or_else(|| UNKNOWN.to_owned(), |[low, high]| format!("{} to {}", percent(low), percent(high)))
}

/// `3 of 1,234`.
pub(crate) fn of(share: Share) -> String {
    format!("{} of {}", count(share.count), count(share.of))
}

/// `EUR 1,299.00`.
pub(crate) fn money(amount: Amount) -> String {
    minor(amount.minor(), amount.currency())
}

/// Minor units, of any size and sign: `−EUR 12.00`.
pub(crate) fn minor(minor: i64, currency: Currency) -> String {
    let decimal = decimal(minor.saturating_abs(), currency);
    let (major, fraction) = decimal
        .split_once('.')
        .map_or((decimal.as_str(), String::new()), |(major, fraction)| (major, format!(".{fraction}")));
    format!("{}{}{NBSP}{}{fraction}", if minor < 0 { "−" } else { "" }, currency.code(), grouped(major))
}

/// Whole units of a currency, of any sign: `−EUR 1,234`.
pub(crate) fn whole(units: f64, code: &str) -> String {
    let units = units.round() as i64;
    format!("{}{code}{NBSP}{}", if units < 0 { "−" } else { "" }, grouped(&units.unsigned_abs().to_string()))
}

/// A number of times: `23`, `1.4`.
pub(crate) fn times(times: f64) -> String {
    if times < 9.95 { trimmed(&format!("{times:.1}")) } else { count(times.round() as i64) }
}

/// How often something happens: `0.42`, `3.1`.
pub(crate) fn rate(rate: f64) -> String {
    if rate < 0.995 { format!("{rate:.2}") } else { format!("{rate:.1}") }
}

/// Milliseconds: `0.03 ms`, `2.8 ms`, `25 ms`, `1.2 s`.
pub(crate) fn ms(ms: f64) -> String {
    match ms {
        ..0.095 => format!("{ms:.2}{NBSP}ms"),
        0.095..9.95 => format!("{}{NBSP}ms", trimmed(&format!("{ms:.1}"))),
        9.95..999.5 => format!("{ms:.0}{NBSP}ms"),
        _ => format!("{}{NBSP}s", trimmed(&format!("{:.1}", ms / 1e3))),
    }
}

/// A relative difference: `+12 %`.
pub(crate) fn signed_percent(share: f64) -> String {
    format!("{}{}", if share > 0.0 { "+" } else { "" }, percent(share))
}

/// A difference of shares, in percentage points: `−1.2 points`.
pub(crate) fn signed_points(difference: f64) -> String {
    let text = signed_percent(difference);
    format!("{}{NBSP}points", text.trim_end_matches([NBSP, '%']))
}

/// `14 Mar`, for where the year is known.
pub(crate) fn day(day: Day) -> String {
    let text = day.to_string();
    let mut parts = text.split('-').skip(1).map(|part| part.parse::<usize>().unwrap_or_default());
    let month = parts.next().and_then(|month| MONTHS.get(month.checked_sub(1)?)).copied().unwrap_or_default();
    format!("{} {month}", parts.next().unwrap_or_default())
}

/// `14 Mar 2026`.
pub(crate) fn day_and_year(of: Day) -> String {
    format!("{} {}", day(of), of.to_string().split('-').next().unwrap_or_default())
}

/// `14 Mar 2026, 09:26:53 UTC`.
pub(crate) fn instant(at: Instant) -> String {
    let text = at.to_string();
    let time = text.split('T').nth(1).and_then(|time| time.get(..8)).unwrap_or_default();
    format!("{}, {time} UTC", day_and_year(at.day()))
}

/// How long ago: `12 seconds`, `3 hours`.
pub(crate) fn span(ms: i64) -> String {
    let ms = ms.max(0);
    let (number, one, many) = match ms {
        ..MINUTE_MS => (ms / 1000, "second", "seconds"),
        MINUTE_MS..HOUR_MS => (ms / MINUTE_MS, "minute", "minutes"),
        HOUR_MS..DAY_MS => (ms / HOUR_MS, "hour", "hours"),
        _ => (ms / DAY_MS, "day", "days"),
    };
    counted(number, one, many)
}

/// A name of the code as words: `cool_off` as `cool off`.
pub(crate) fn name(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With plain blanks, as they are typed here.
    fn plain(text: impl Into<String>) -> String {
        text.into().replace(NBSP, " ")
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, expect) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "−1,234,567")] {
            assert_eq!(count(number), expect);
        }
        for (number, expect) in [(0.0, "0"), (1500.0, "1,500"), (12_500.0, "12.5k"), (20_000.0, "20k"), (3e6, "3m")] {
            assert_eq!(compact(number), expect);
        }
        assert_eq!((counted(1, "day", "days"), counted(0, "day", "days")), ("1 day".to_owned(), "0 days".to_owned()));
    }

    #[test]
    fn shares_have_the_digits_that_say_something() {
        for (share, expect) in [
            (0.0, "0 %"),
            (0.000_01, "< 0.01 %"),
            (0.005_2, "0.52 %"),
            (0.009_97, "1 %"),
            (0.041_2, "4.1 %"),
            (0.099_9, "10 %"),
            (0.624, "62 %"),
            (1.0, "100 %"),
            (-0.05, "−5 %"),
        ] {
            assert_eq!(plain(percent(share)), expect, "{share}");
        }
        assert_eq!(interval(Share::new(0, 0)), UNKNOWN);
        assert_eq!(of(Share::new(3, 1_234)), "3 of 1,234");
    }

    #[test]
    fn money_has_its_currencys_decimals() {
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(plain(minor(129_900, Currency::EUR)), "EUR 1,299.00");
        assert_eq!(plain(minor(-1_200, Currency::EUR)), "−EUR 12.00");
        assert_eq!(plain(minor(1_234_567, yen)), "JPY 1,234,567");
    }

    #[test]
    fn estimates_have_few_digits() {
        assert_eq!([whole(-1_234.5, "EUR"), whole(0.4, "EUR")].map(plain), ["−EUR 1,235", "EUR 0"]);
        assert_eq!([times(1.44), times(23.4), rate(0.421), rate(3.06)], ["1.4", "23", "0.42", "3.1"]);
        for (number, expect) in
            [(0.034, "0.03 ms"), (1.0, "1 ms"), (2.84, "2.8 ms"), (25.4, "25 ms"), (1_234.0, "1.2 s")]
        {
            assert_eq!(plain(ms(number)), expect);
        }
        assert_eq!([signed_percent(0.12), signed_points(-0.012)].map(plain), ["+12 %", "−1.2 points"]);
    }

    #[test]
    fn days_and_spans_are_short() {
        let pi = Day::parse("2026-03-14").unwrap();
        assert_eq!((day(pi), day_and_year(pi)), ("14 Mar".to_owned(), "14 Mar 2026".to_owned()));
        assert_eq!(instant(pi.start().plus_ms(34_013_000)), "14 Mar 2026, 09:26:53 UTC");
        for (ms, expect) in [(0, "0 seconds"), (1_000, "1 second"), (3_600_000, "1 hour"), (172_800_000, "2 days")] {
            assert_eq!(span(ms), expect);
        }
    }
}
