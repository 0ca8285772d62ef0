//! Short texts that people write: notes, names, reasons.

use std::fmt;

use crate::redacted::redacted;

/// The longest such text, in characters.
pub const NOTE_LENGTH_MAX: usize = 280;

/// A text of 1 to [`NOTE_LENGTH_MAX`] characters without control characters, with no white space around it.
#[derive(Clone, PartialEq, Eq)]
pub struct Note(Box<str>);

/// Why a text is not a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text is 1 to {NOTE_LENGTH_MAX} characters on one line")]
pub struct NoteError;

impl Note {
    /// Reads a text; white space around it is dropped.
    ///
    /// # Errors
    /// [`NoteError`] if nothing or too much is left, or if it holds control characters.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let text = text.trim();
        let fits = (1..=NOTE_LENGTH_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(NoteError) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted("Note", out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_short_and_on_one_line() {
        assert_eq!(Note::parse("  for the trip ").unwrap().as_str(), "for the trip");
        assert!(Note::parse(&"ü".repeat(NOTE_LENGTH_MAX)).is_ok());
        for text in ["", " \t", "two\nlines", "\u{7}", &"ü".repeat(NOTE_LENGTH_MAX + 1)] {
            assert_eq!(Note::parse(text), Err(NoteError), "{text:?}");
        }
    }
}
