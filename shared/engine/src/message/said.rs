//! What a reason says that does not come from the score: the customer's wishes, the operator's rules, restraint.

use super::quoted::quoted;
use super::{Key, Wording};
use crate::money::Amount;
use crate::settings::{CategoryBlock, Limit};

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Said<'a> {
    /// A sentence without anything in it.
    Plain(Key),
    /// With this, so much is spent in the month that a limit does not hold.
    OverLimit { limit: &'a Limit, with_this: Amount },
    /// The customer asked to be kept from this.
    Blocked(&'a CategoryBlock),
    /// A rule applies, in the operator's words; without any, by its id.
    Rule { id: &'a str, text: Option<&'a str> },
}

impl Said<'_> {
    /// The sentence.
    pub(crate) fn text(self, wording: Wording<'_>) -> String {
        match self {
            Self::Plain(key) => wording.text(key),
            Self::OverLimit { limit, with_this } => {
                let sentence = match &limit.category {
                    Some(category) => wording.sentence(Key::LimitCategory).category(category),
                    None => wording.sentence(Key::LimitAll),
                };
                sentence.money("spent", with_this).money("limit", limit.monthly).text()
            }
            Self::Blocked(block) => match block.note.as_ref().and_then(|note| quoted(note.as_str())) {
                Some(note) => wording.sentence(Key::BlockedNote).category(&block.category).quote("note", &note).text(),
                None => wording.sentence(Key::Blocked).category(&block.category).text(),
            },
            Self::Rule { text: Some(text), .. } => text.to_owned(),
            Self::Rule { id, text: None } => wording.sentence(Key::Rule).quote("rule", id).text(),
        }
    }
}
