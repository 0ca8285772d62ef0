//! The engine's types on the wire: the JSON of the API, in one place for all functions that speak it.

mod attempt;
mod decision;

pub use attempt::{NewAttempt, read_amount, read_attempt, read_purchase};
pub use decision::{AmountBody, DecisionBody};
