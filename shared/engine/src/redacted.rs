//! What a person's own values look like where a program describes itself: their type's name, and no more.
//!
//! A log line, a panic or an error's text is written by whoever is in a hurry, and read by people who have no business with a
//! customer's life. So ids, amounts and texts of people have no `Display`, which keeps them from being formatted at all, and a
//! `Debug` that tells nothing. Who means the value asks for it by name: `as_str()`, `minor()`, `to_decimal()`.

use std::fmt;

/// Writes `Name(…)`.
pub(crate) fn redacted(name: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(out, "{name}(…)")
}
