//! What is read from texts: whatever is read at all is printed in a form that is read to the same.

use std::fmt::{Debug, Display};

use engine::currency::Currency;
use engine::id::{AttemptId, CustomerId};
use engine::money::{AMOUNT_MINOR_MAX, Amount};
use engine::time::{Day, Instant, LocalInstant};
use proptest::prelude::*;

fn check<T: Display + Debug + PartialEq, E: Debug>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<(), TestCaseError> {
    if let Ok(value) = parse(text) {
        prop_assert_eq!(parse(&value.to_string()).unwrap(), value, "{}", text);
    }
    Ok(())
}

/// Texts of any kind, and those that are nearly times, days, numbers or ids.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,12})?(Z|[+-][0-2][0-9]:[0-6][0-9])",
        "(19[67]|20[0-9]|210)[0-9]-[01][0-9]-[0-3][0-9]",
        "-?[0-9]{0,20}\\.?[0-9]{0,6}",
        "[0-9A-Za-z_-]{1,70}",
        "[0-7][0-9A-HJKMNP-TV-Z]{25}",
    ]
}

proptest! {
    #[test]
    fn what_is_read_is_printed_and_read_again(text in texts()) {
        check(&text, LocalInstant::parse)?;
        check(&text, Day::parse)?;
        check(&text, AttemptId::parse)?;
        if let Ok(customer) = CustomerId::parse(&text) {
            prop_assert_eq!(customer.as_str(), text.as_str());
        }
        check(&text, Currency::parse)?;
        for currency in ["EUR", "JPY", "KWD", "CLF"] {
            let currency = Currency::parse(currency).unwrap();
            if let Ok(amount) = Amount::parse(&text, currency) {
                prop_assert_eq!(Amount::parse(&amount.to_decimal(), currency), Ok(amount), "{}", text);
            }
        }
    }

    #[test]
    fn every_amount_and_every_instant_comes_back(
        minor in 1..=AMOUNT_MINOR_MAX,
        epoch_ms in 0..4_102_444_800_000_i64,
        offset_minutes in -1439..=1439_i16,
    ) {
        let amount = Amount::from_minor(minor, Currency::EUR).unwrap();
        prop_assert_eq!(Amount::parse(&amount.to_decimal(), Currency::EUR), Ok(amount));
        let local = LocalInstant::new(Instant::from_epoch_ms(epoch_ms).unwrap(), offset_minutes).unwrap();
        prop_assert_eq!(LocalInstant::parse(&local.to_string()), Ok(local));
    }
}
