//! What the customer reads: reasons and messages, in their language and tone.
//!
//! Every word stands in a template (`messages/<language>/*.ftl`, Project Fluent), compiled in; code only decides which templates
//! apply, and with which numbers. [`compose`] makes the message of a [`Strategy`], or says that the strategy has nothing true and
//! sensible to say to this customer. No template blames, shames or presses: consumers reject it (see [`Strategy`]).

mod about;
mod alternatives;
mod content;
mod cost;
mod goal;
mod key;
mod number;
mod quoted;
mod said;
mod templates;
#[cfg(test)]
mod tests;
mod theme;
mod voice;
mod wording;

pub use about::{About, GoalView, MonthBudget};
pub use templates::{TemplateError, Templates};
pub use voice::{Language, Tone, Voice};

pub(crate) use key::Key;
pub(crate) use said::Said;
pub(crate) use wording::{Wording, two_digits, two_digits_in_tenths};

use content::Content;

use crate::decision::{Message, Strategy};

/// The message of a strategy: what is most unusual about the attempt, then what the strategy has to say of it. `None` where it
/// has nothing true and sensible to say.
pub fn compose(templates: &Templates, strategy: Strategy, about: &About<'_>) -> Option<Message> {
    Some(Content::of(strategy, about)?.message(Wording::new(templates, about.voice), about))
}

/// Whether [`compose`] has a message for this strategy.
pub fn fits(strategy: Strategy, about: &About<'_>) -> bool {
    Content::of(strategy, about).is_some()
}

/// The message of plain information, which always has one.
pub(crate) fn plain(templates: &Templates, about: &About<'_>) -> Message {
    Content::plain(about).message(Wording::new(templates, about.voice), about)
}
