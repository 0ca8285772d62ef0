//! What a message may speak about.

use crate::decision::ReasonCode;
use crate::entry::Attempt;
use crate::id::Category;
use crate::message::Voice;
use crate::money::Amount;
use crate::time::LocalInstant;

/// Everything a message may speak about. What is `None` was not told or is not known, and is not spoken about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The attempt.
    pub attempt: &'a Attempt,
    /// How to speak.
    pub voice: Voice,
    /// The sentence of the strongest unusual reason, in the voice's language.
    pub headline: Option<&'a str>,
    /// The code of that reason.
    pub top_reason: Option<ReasonCode>,
    /// What the customer says that they earn in an hour.
    pub hourly_income: Option<Amount>,
    /// The limit that the customer set for a month, and what of it is used.
    pub month: Option<MonthBudget<'a>>,
    /// What the customer saves for.
    pub goal: Option<GoalView<'a>>,
    /// From when on the attempt can be confirmed, if it is to wait.
    pub wait_until: Option<LocalInstant>,
    /// What the customer wrote to themselves for such moments.
    pub note_to_self: Option<&'a str>,
}

/// A limit for the purchases of a calendar month.
#[derive(Debug, Clone, Copy)]
pub struct MonthBudget<'a> {
    /// What was spent in the month so far, this attempt not included; `None` if nothing was.
    pub spent: Option<Amount>,
    /// The limit.
    pub limit: Amount,
    /// The category that the limit is for; `None` if it is for all purchases.
    pub category: Option<&'a Category>,
}

/// Something a customer saves for.
#[derive(Debug, Clone, Copy)]
pub struct GoalView<'a> {
    /// What the customer calls it.
    pub name: &'a str,
    /// How much it takes.
    pub target: Amount,
    /// How much is saved; `None` if nothing is yet.
    pub saved: Option<Amount>,
}
