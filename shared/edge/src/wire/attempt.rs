//! An attempt, or a purchase of the past, as a caller sends it.

use engine::currency::Currency;
use engine::entry::Attempt;
use engine::id::{AttemptId, Category, CustomerId, IdempotencyKey, MerchantId, PaymentMethod};
use engine::money::Amount;
use engine::time::{CLOCK_SKEW_MS_MAX, Instant, LocalInstant};

use crate::json::Object;
use crate::problem::Problem;

const EXPECTED_ID: &str = "an id of 1 to 64 of the characters A-Z a-z 0-9 _ -";

/// What a caller sent, with the id that it gives the entry.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAttempt {
    /// The same for the same customer, key and time.
    pub id: AttemptId,
    /// What is attempted or was bought.
    pub attempt: Attempt,
}

/// Reads the body of an attempt: `{customer_id, idempotency_key, amount: {value, currency}, category, payment_method,
/// merchant_id?, occurred_at}`.
///
/// # Errors
/// A problem that names the field.
pub fn read_attempt(mut body: Object<'_>, now: Instant) -> Result<NewAttempt, Problem> {
    let customer = body.required("customer_id", EXPECTED_ID, CustomerId::parse)?;
    let read = read_rest(&mut body, customer, now)?;
    let known = "customer_id, idempotency_key, amount, category, payment_method, merchant_id, occurred_at";
    body.finish(known)?;
    Ok(read)
}

/// Reads a purchase of the past of a customer whom the path names: as an attempt without `customer_id`.
///
/// # Errors
/// A problem that names the field.
pub fn read_purchase(mut body: Object<'_>, customer: CustomerId, now: Instant) -> Result<NewAttempt, Problem> {
    let read = read_rest(&mut body, customer, now)?;
    body.finish("idempotency_key, amount, category, payment_method, merchant_id, occurred_at")?;
    Ok(read)
}

fn read_rest(body: &mut Object<'_>, customer: CustomerId, now: Instant) -> Result<NewAttempt, Problem> {
    let key = body.required("idempotency_key", EXPECTED_ID, IdempotencyKey::parse)?;
    let amount = read_amount(body.object("amount")?)?;
    let category = body.required("category", EXPECTED_ID, Category::parse)?;
    let payment_method = body.required("payment_method", EXPECTED_ID, PaymentMethod::parse)?;
    let merchant = body.optional("merchant_id", MerchantId::parse)?;
    let occurred_at = body.required("occurred_at", "an RFC 3339 time with its offset", LocalInstant::parse)?;
    if occurred_at.instant().since_ms(now) > CLOCK_SKEW_MS_MAX {
        let expected = format!("it must not be later than now, {now}, by more than five minutes");
        return Err(body.invalid("occurred_at", &occurred_at.to_string(), expected));
    }
    let id = AttemptId::derive(&customer, &key, occurred_at.instant());
    Ok(NewAttempt { id, attempt: Attempt { customer, amount, category, payment_method, merchant, occurred_at } })
}

/// Reads an amount of money: `{"value": "12.50", "currency": "EUR"}`.
///
/// # Errors
/// A problem that names the field.
pub fn read_amount(mut body: Object<'_>) -> Result<Amount, Problem> {
    let currency = body.required("currency", "an ISO 4217 code, such as EUR", Currency::parse)?;
    let value = body.decimal("value")?;
    let amount = Amount::parse(&value, currency).map_err(|error| body.invalid("value", &value, error))?;
    body.finish("value, currency")?;
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        LocalInstant::parse("2026-03-14T10:00:00Z").unwrap().instant()
    }

    const GOOD: &str = r#"{"customer_id":"ada","idempotency_key":"k-1","amount":{"value":"12.50","currency":"EUR"},
        "category":"groceries","payment_method":"debit_card","merchant_id":"m1","occurred_at":"2026-03-14T09:26:53+01:00"}"#;

    #[track_caller]
    fn check(from: &str, to: &str, code: &str, field: &str, detail: &str) {
        assert!(GOOD.contains(from), "{from}");
        let body = GOOD.replacen(from, to, 1);
        let problem = Object::parse(body.as_bytes()).and_then(|body| read_attempt(body, now())).unwrap_err();
        assert_eq!((problem.code, problem.field.as_deref().unwrap_or_default()), (code, field), "{}", problem.detail);
        assert!(problem.detail.contains(detail), "{}", problem.detail);
        assert_eq!(problem.status, 400);
    }

    #[test]
    fn a_good_body_is_read_exactly() {
        let read = read_attempt(Object::parse(GOOD.as_bytes()).unwrap(), now()).unwrap();
        assert_eq!(read.attempt.amount.minor(), 1250);
        assert_eq!(read.attempt.occurred_at.hour(), 9);
        for number in ["12.50", "12.5", "12.500"] {
            let body = GOOD.replacen("\"12.50\"", number, 1);
            assert_eq!(read_attempt(Object::parse(body.as_bytes()).unwrap(), now()).unwrap(), read, "{number}");
        }
    }

    #[test]
    fn whatever_is_wrong_is_named() {
        check("{\"customer_id\"", "[\"customer_id\"", "MALFORMED_JSON", "", "it is a list");
        check("{\"customer_id\"", "{customer_id", "MALFORMED_JSON", "", "line 1 column 2");
        check("\"ada\"", "\"a/b\"", "INVALID_VALUE", "customer_id", "`a/b`, but an id is 1 to 64");
        check("\"ada\"", "7", "WRONG_TYPE", "customer_id", "is a number");
        check("\"customer_id\":\"ada\",", "", "MISSING_FIELD", "customer_id", "is missing");
        check("\"ada\"", "null", "MISSING_FIELD", "customer_id", "is missing");
        check("\"category\"", "\"categorie\"", "MISSING_FIELD", "category", "is missing");
        check("{\"customer_id\"", "{\"vip\":true,\"customer_id\"", "UNKNOWN_FIELD", "vip", "is unknown");
        check("\"value\"", "\"x\":1,\"value\"", "UNKNOWN_FIELD", "amount.x", "is unknown");
        check("\"value\"", "\"value\":1,\"value\"", "DUPLICATE_FIELD", "amount.value", "stands twice");
        check("\"12.50\"", "\"-12.50\"", "INVALID_VALUE", "amount.value", "must be above 0");
        check("\"12.50\"", "0", "INVALID_VALUE", "amount.value", "must be above 0");
        check("\"12.50\"", "99999999999999999999", "INVALID_VALUE", "amount.value", "must be above 0");
        check(
            "\"12.50\"",
            "12.505",
            "INVALID_VALUE",
            "amount.value",
            "but an amount in EUR has no more than 2 decimals",
        );
        check("\"12.50\"", "1e2", "INVALID_VALUE", "amount.value", "but an amount is a plain");
        check("\"12.50\"", "\"1\u{7f}\"", "INVALID_VALUE", "amount.value", "is `1…`, but an amount is a plain");
        check("\"12.50\"", "true", "WRONG_TYPE", "amount.value", "is true or false");
        check("EUR", "BTC", "INVALID_VALUE", "amount.currency", "ISO 4217");
        check("{\"value\":\"12.50\",\"currency\":\"EUR\"}", "12.5", "WRONG_TYPE", "amount", "is a number");
        check("2026-03-14T09", "2026-03-14 noon", "INVALID_VALUE", "occurred_at", "RFC 3339");
        check(
            "2026-03-14T09:26:53",
            "2026-03-14T11:05:01",
            "INVALID_VALUE",
            "occurred_at",
            "must not be later than now",
        );
        check("2026", "1926", "INVALID_VALUE", "occurred_at", "between 1970 and 2100");
    }
}
