//! The backtest: what another policy would have done with a history, beside the one in force.
//!
//! ```text
//! history, in order of time:   labels that arrived by now → profile
//!                              profile + last hour + merchant's record + breaker → decide → count the stop
//!                              the purchase, which went through as the history says → profile
//! ```
//! Each policy lives through the whole history alone, with profiles and a circuit breaker of its own: what it did moves each
//! customer's alarm rate and restraint, as it would in live work. Both draw the same for the same purchase, so that nobody is held
//! out under one policy and not under the other by chance.
//!
//! What a backtest cannot know is what customers would have done otherwise: in the history every purchase went through.

mod comparison;
mod life;

pub use comparison::{Changed, Comparison, Example, PolicyFigures, RuleCounts, Segment, Side, compare};
pub use life::{Life, Ruling, live};
