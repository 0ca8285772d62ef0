//! Messages: what an intervention says. Plain, personal, never guilt or shame.

use crate::decision::{Message, Strategy};

/// Whether a strategy has something true to say.
pub(crate) fn fits(strategy: Strategy) -> bool {
    !matches!(strategy, Strategy::SalientCost | Strategy::GoalReminder)
}

/// The message of a strategy, beginning with what is most unusual about the attempt.
pub(crate) fn message(strategy: Strategy, headline: Option<&str>) -> Message {
    let headline = headline.unwrap_or("Several things about this purchase are slightly unusual.");
    let (title, rest) = match strategy {
        Strategy::PlainInformation | Strategy::SalientCost | Strategy::GoalReminder => ("Just so you know", ""),
        Strategy::Alternatives => ("Another way?", "Comparing prices or buying it used might do as well."),
        Strategy::Reflection => ("A moment before you pay", "Is this what you want to do?"),
        Strategy::Delay => (
            "Sleep on it?",
            "Many people are glad to have waited a day. You can confirm tomorrow, or go ahead now if it is urgent.",
        ),
        Strategy::Protection => (
            "We stopped this payment",
            "If this is you, please confirm it with your bank; if it is not, nothing was paid.",
        ),
    };
    let body = if rest.is_empty() { headline.to_owned() } else { format!("{headline} {rest}") };
    Message { title: title.to_owned(), body }
}
