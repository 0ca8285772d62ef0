//! From the text of one field to a domain type. Histories are written by many hands: each function takes the usual ways.

use std::cmp::Ordering;

use engine::currency::Currency;
use engine::id::IdError;
use engine::money::Amount;
use engine::time::{Instant, LocalInstant};
use time::{Date, Month};

use super::safe_id::safe_id;

/// What a text in place of a wrong one looks like, for the error.
pub(super) type Expected = &'static str;

const TIME: Expected =
    "a time between 1970 and 2100: RFC 3339, 2018-04-01 00:00:31, epoch seconds or epoch milliseconds";
const AMOUNT: Expected = "a plain decimal number such as 57.16, at most ten billion";
const LABEL: Expected = "0, 1, true, false or nothing";
const ID: Expected = "an id, not nothing";
const CURRENCY: Expected = "an active ISO 4217 code such as EUR";

/// From this number on, digits alone count milliseconds: as seconds it would lie beyond the year 5000.
const EPOCH_MS_FROM: i64 = 100_000_000_000;

/// Reads an instant. A text without an offset is local time of an unknown place: it is given the offset 0, which keeps
/// its local hour.
pub(super) fn read_time(text: &[u8]) -> Result<LocalInstant, Expected> {
    let Some(epoch_ms) = epoch_time(text).or_else(|| sql_time(text)) else {
        let text = str::from_utf8(text).map_err(|_| TIME)?;
        return LocalInstant::parse(text).map_err(|_| TIME);
    };
    Instant::from_epoch_ms(epoch_ms).and_then(|instant| LocalInstant::new(instant, 0)).map_err(|_| TIME)
}

/// `1522540831` or `1522540831000`, in milliseconds.
fn epoch_time(text: &[u8]) -> Option<i64> {
    let number = digits(text)?;
    if number < EPOCH_MS_FROM { number.checked_mul(1000) } else { Some(number) }
}

/// `2018-04-01 00:00:31`, also with `T` and with a fraction of a second, in epoch milliseconds. What is finer than a
/// millisecond is dropped.
fn sql_time(text: &[u8]) -> Option<i64> {
    let (date, clock) = (text.get(..10)?, text.get(11..)?);
    let ([year @ .., b'-', _, _, b'-', _, _], b' ' | b'T' | b't') = (date, text.get(10)?) else { return None };
    let (clock, milliseconds) = match clock.split_at_checked(8)? {
        (clock, []) => (clock, 0),
        (clock, [b'.', fraction @ ..]) => (clock, milliseconds(fraction)?),
        _ => return None,
    };
    let [_, _, b':', _, _, b':', _, _] = clock else { return None };
    let number = |text: &[u8], from: usize| digits(text.get(from..from + 2)?)?.try_into().ok();
    let month = Month::try_from(number(date, 5)?).ok()?;
    let date = Date::from_calendar_date(digits(year)? as i32, month, number(date, 8)?).ok()?;
    let at = date.with_hms(number(clock, 0)?, number(clock, 3)?, number(clock, 6)?).ok()?;
    Some(at.assume_utc().unix_timestamp() * 1000 + milliseconds)
}

fn milliseconds(fraction: &[u8]) -> Option<i64> {
    digits(fraction)?;
    Some(fraction.iter().copied().chain([b'0', b'0']).take(3).fold(0, append_digit))
}

/// At least one digit and nothing else, as a number; too large a number becomes the largest.
fn digits(text: &[u8]) -> Option<i64> {
    let all_digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    all_digits.then(|| text.iter().copied().fold(0, append_digit))
}

fn append_digit(number: i64, digit: u8) -> i64 {
    number.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
}

/// Reads an amount exactly; decimals beyond the currency's are rounded half to even. `None` if it is zero or negative.
pub(super) fn read_amount(text: &[u8], currency: Currency) -> Result<Option<Amount>, Expected> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let point = unsigned.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point.and_then(|point| unsigned.split_at_checked(point)) {
        Some((whole, [_, fraction @ ..])) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(AMOUNT),
        None => (unsigned, [].as_slice()),
    };
    if whole.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(AMOUNT);
    }
    let decimals = usize::from(currency.decimals());
    let (kept, rest) = fraction.split_at_checked(decimals).unwrap_or((fraction, &[]));
    let padding = std::iter::repeat_n(&b'0', decimals - kept.len());
    let minor = whole.iter().chain(kept).chain(padding).copied().fold(0, append_digit);
    let minor = minor.saturating_add(i64::from(rounds_up(minor, rest)));
    if minor == 0 || unsigned.len() < text.len() {
        return Ok(None);
    }
    Amount::from_minor(minor, currency).map(Some).map_err(|_| AMOUNT)
}

/// Whether the digits after a number lift it by one: above a half always, at a half if it is odd.
fn rounds_up(number: i64, rest: &[u8]) -> bool {
    let Some((first, others)) = rest.split_first() else { return false };
    match first.cmp(&b'5') {
        Ordering::Less => false,
        Ordering::Equal => number % 2 == 1 || others.iter().any(|digit| *digit != b'0'),
        Ordering::Greater => true,
    }
}

/// Reads a label; nothing means that it is not known. Tools that write a column with gaps make decimals of its numbers.
pub(super) fn read_label(text: &[u8]) -> Result<Option<bool>, Expected> {
    match text {
        b"" => Ok(None),
        b"0" | b"0.0" => Ok(Some(false)),
        b"1" | b"1.0" => Ok(Some(true)),
        _ if text.eq_ignore_ascii_case(b"false") => Ok(Some(false)),
        _ if text.eq_ignore_ascii_case(b"true") => Ok(Some(true)),
        _ => Err(LABEL),
    }
}

/// Reads an identifier, made safe where it has to be.
pub(super) fn read_id<T>(text: &[u8], parse: fn(&str) -> Result<T, IdError>) -> Result<T, Expected> {
    if text.is_empty() {
        return Err(ID);
    }
    match str::from_utf8(text).map(parse) {
        Ok(Ok(id)) => Ok(id),
        _ => parse(&safe_id(text)).map_err(|_| ID),
    }
}

/// Reads a currency; nothing means `otherwise`.
pub(super) fn read_currency(text: &[u8], otherwise: Currency) -> Result<Currency, Expected> {
    if text.is_empty() || text == otherwise.code().as_bytes() {
        return Ok(otherwise);
    }
    str::from_utf8(text).ok().and_then(|code| Currency::parse(code).ok()).ok_or(CURRENCY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_time(text: &str, expect: &str) {
        let found = read_time(text.as_bytes()).map_or_else(str::to_owned, |at| at.to_string());
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn times_are_read_as_histories_write_them() {
        check_time("2018-04-01 00:00:31", "2018-04-01T00:00:31Z");
        check_time("2018-04-01T23:59:59", "2018-04-01T23:59:59Z");
        check_time("2018-04-01 00:00:31.5", "2018-04-01T00:00:31.5Z");
        check_time("2018-04-01 00:00:31.123999", "2018-04-01T00:00:31.123Z");
        check_time("2018-04-01T00:00:31Z", "2018-04-01T00:00:31Z");
        check_time("2018-04-01T00:00:31.25-05:30", "2018-04-01T00:00:31.25-05:30");
        check_time("1522540831", "2018-04-01T00:00:31Z");
        check_time("1522540831250", "2018-04-01T00:00:31.25Z");
        check_time("0", "1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "soon",
            "2018-04-01",
            "2018-04-31 00:00:00",
            "2018-13-01 00:00:00",
            "2018-04-01 24:00:00",
            "2018-04-01 00:00:60",
            "2018-04-01 00:00",
            "2018-04-01 00:00:31.",
            "2018-04-01 00:00:31.x",
            "2018/04/01 00:00:31",
            "+018-04-01 00:00:31",
            "1969-12-31 23:59:59",
            "2100-01-01 00:00:00",
            "-1",
            "99999999999999999999",
            "2018-04-01 00:00:3١",
            "\u{661}018-04-01 00:00:31",
            "1522540831.5",
        ] {
            check_time(text, TIME);
        }
    }

    #[track_caller]
    fn check_amount(text: &str, currency: &str, expect: Result<Option<i64>, Expected>) {
        let currency = Currency::parse(currency).unwrap();
        let found = read_amount(text.as_bytes(), currency).map(|amount| amount.map(Amount::minor));
        assert_eq!(found, expect, "{text} {currency}");
    }

    #[test]
    fn amounts_are_read_exactly_and_rounded_half_to_even() {
        check_amount("57.16", "EUR", Ok(Some(5716)));
        check_amount("57", "EUR", Ok(Some(5700)));
        check_amount("57.1", "EUR", Ok(Some(5710)));
        check_amount("57.1640000001", "EUR", Ok(Some(5716)));
        check_amount("57.165", "EUR", Ok(Some(5716)));
        check_amount("57.175", "EUR", Ok(Some(5718)));
        check_amount("57.165000001", "EUR", Ok(Some(5717)));
        check_amount("57.166", "EUR", Ok(Some(5717)));
        check_amount("0.999", "EUR", Ok(Some(100)));
        check_amount("1.5", "JPY", Ok(Some(2)));
        check_amount("2.5", "JPY", Ok(Some(2)));
        check_amount("1.2345", "KWD", Ok(Some(1234)));
        check_amount("10000000000.00", "EUR", Ok(Some(1_000_000_000_000)));
    }

    #[test]
    fn what_is_not_positive_is_no_purchase() {
        for text in ["0", "0.00", "-0", "-12.50", "0.005", "0.001", "-99999999999999999999"] {
            check_amount(text, "EUR", Ok(None));
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in
            ["", "-", ".", "5.", ".5", "1e3", "+1", "1,000", "NaN", "1.2.3", "$5", "5 EUR", "--1", "10000000000.01"]
        {
            check_amount(text, "EUR", Err(AMOUNT));
        }
    }

    #[test]
    fn labels_are_known_or_not() {
        let check = |text: &str, expect| assert_eq!(read_label(text.as_bytes()), expect, "{text}");
        for text in ["1", "1.0", "true", "True", "TRUE"] {
            check(text, Ok(Some(true)));
        }
        for text in ["0", "0.0", "false", "False"] {
            check(text, Ok(Some(false)));
        }
        check("", Ok(None));
        for text in ["2", "-1", "yes", "fraud"] {
            check(text, Err(LABEL));
        }
    }

    #[test]
    fn a_currency_that_is_not_said_is_the_usual_one() {
        let (euro, yen) = (Currency::parse("EUR").unwrap(), Currency::parse("JPY").unwrap());
        assert_eq!(read_currency(b"", euro), Ok(euro));
        assert_eq!(read_currency(b"EUR", yen), Ok(euro));
        assert_eq!(read_currency(b"eur", yen), Err(CURRENCY));
    }
}
