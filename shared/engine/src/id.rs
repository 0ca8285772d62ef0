//! Identifiers: names that callers choose, and the attempt id that is derived from them.
//!
//! A caller's name for a person, a merchant or a purchase is not printed by accident (see `redacted.rs`). An attempt id is:
//! it is a pseudonym, which only who can read the table can lead back to a person.

use std::fmt;

use crate::hash::Hasher;
use crate::redacted::redacted;
use crate::time::Instant;

/// The longest identifier a caller may choose, in bytes.
pub const ID_LENGTH_MAX: usize = 64;

/// Why a text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to {ID_LENGTH_MAX} of the characters A-Z a-z 0-9 _ -")]
pub struct IdError;

fn parse_id(text: &str) -> Result<Box<str>, IdError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=ID_LENGTH_MAX).contains(&text.len()) && text.bytes().all(allowed) { Ok(text.into()) } else { Err(IdError) }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Reads an identifier: `[A-Za-z0-9_-]{1,64}`.
            ///
            /// # Errors
            /// [`IdError`] for anything else.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                parse_id(text).map(Self)
            }

            /// The identifier as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                redacted(stringify!($name), out)
            }
        }
    };
}

identifier! {
    /// The caller's name for one customer.
    CustomerId
}
identifier! {
    /// The caller's name for one merchant, terminal or payee.
    MerchantId
}
identifier! {
    /// The caller's name for one request, the same when it is sent again.
    IdempotencyKey
}
identifier! {
    /// A kind of purchase, in the caller's own words (`groceries`, `mcc_5411`, …).
    Category
}
identifier! {
    /// A way of paying, in the caller's own words (`debit_card`, `bnpl`, `wallet`, …).
    PaymentMethod
}

/// The id of an entry: a ULID whose time is `occurred_at` and whose other 80 bits are a hash of the customer and the
/// caller's idempotency key, so that a retry names the same entry and entries sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(ulid::Ulid);

impl AttemptId {
    /// The id of the attempt that this customer made under this key at this instant.
    pub fn derive(customer: &CustomerId, key: &IdempotencyKey, occurred_at: Instant) -> Self {
        let hash = Hasher::new("attempt").text(customer.as_str()).text(key.as_str()).finish_u128();
        Self(ulid::Ulid::from_parts(occurred_at.epoch_ms(), hash))
    }

    /// The smallest id an entry at `instant` can have: where a range of the timeline begins.
    pub fn first_at(instant: Instant) -> Self {
        Self(ulid::Ulid::from_parts(instant.epoch_ms(), 0))
    }

    /// Reads the 26 characters of a ULID in canonical form.
    ///
    /// # Errors
    /// [`AttemptIdError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, AttemptIdError> {
        let id = ulid::Ulid::from_string(text).map(Self).map_err(|_| AttemptIdError)?;
        if id.to_string() == text { Ok(id) } else { Err(AttemptIdError) }
    }

    /// When the attempt occurred, as the id holds it.
    pub fn occurred_at(self) -> Instant {
        Instant::from_epoch_ms(self.0.timestamp_ms() as i64).unwrap_or(Instant::EPOCH)
    }

    /// 64 bits of the id's hash part: the seed of whatever is drawn for this attempt.
    pub fn seed(self) -> u64 {
        self.0.random() as u64
    }
}

/// Why a text is not an attempt id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an attempt id is the 26-character ULID of a decision")]
pub struct AttemptIdError;

impl fmt::Display for AttemptId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain() {
        for text in ["a", "customer-1", "A_b-9", &"x".repeat(64)] {
            assert_eq!(CustomerId::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "a/b", "a b", "ä", "a#b", "%2F", &"x".repeat(65)] {
            assert_eq!(CustomerId::parse(text), Err(IdError), "{text}");
        }
    }

    #[test]
    fn an_attempt_id_repeats_for_a_retry_and_only_for_it() {
        let id = |customer: &str, key: &str, ms| {
            let (customer, key) = (CustomerId::parse(customer).unwrap(), IdempotencyKey::parse(key).unwrap());
            AttemptId::derive(&customer, &key, Instant::from_epoch_ms(ms).unwrap())
        };
        let first = id("ab", "c", 1_700_000_000_000);
        assert_eq!(first, id("ab", "c", 1_700_000_000_000));
        assert_ne!(first, id("a", "bc", 1_700_000_000_000));
        assert_ne!(first, id("ab", "c", 1_700_000_000_001));
        assert!(first < id("a", "a", 1_700_000_000_001));
        assert_eq!(first.occurred_at().epoch_ms(), 1_700_000_000_000);
        assert_eq!(AttemptId::parse(&first.to_string()), Ok(first));
        assert_eq!(AttemptId::parse(&first.to_string().to_lowercase()), Err(AttemptIdError));
    }
}
