//! Text that customers or callers wrote, as it may stand within a sentence.

use std::borrow::Cow;

/// How many characters of such a text are quoted.
pub(super) const QUOTED_CHARS_MAX: usize = 60;

/// A text as it is quoted: on one line, at most [`QUOTED_CHARS_MAX`] characters, without characters that cannot be seen but steer
/// what can, and unable to reorder the sentence around it. `None` if nothing is left.
pub(super) fn quoted(text: &str) -> Option<String> {
    let visible = text.chars().map(|character| if character.is_whitespace() { ' ' } else { character });
    let visible: String = visible.filter(|character| !steers(*character)).collect();
    let words: Vec<&str> = visible.split(' ').filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.is_empty() {
        return None;
    }
    let line = shortened(&line, QUOTED_CHARS_MAX);
    Some(if line.chars().any(is_right_to_left) { format!("\u{2068}{line}\u{2069}") } else { line.into_owned() })
}

/// The text, or of a longer one so many characters and an ellipsis: whole words where that leaves at least half of it.
pub(super) fn shortened(line: &str, chars_max: usize) -> Cow<'_, str> {
    let Some((end, _)) = line.char_indices().nth(chars_max) else { return Cow::Borrowed(line) };
    let beginning = line.get(..end).unwrap_or_default();
    let last_word = beginning.rfind(' ').filter(|space| *space >= end / 2);
    let beginning = last_word.and_then(|space| beginning.get(..space)).unwrap_or(beginning);
    // A joiner with nothing to join would show as a box.
    Cow::Owned(format!("{}…", beginning.trim_end_matches('\u{200D}')))
}

/// Control characters, and those that embed, override or isolate directions (UAX #9).
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether the character is in a block that Unicode reserves for right-to-left scripts (`DerivedBidiClass.txt`).
fn is_right_to_left(character: char) -> bool {
    matches!(character,
        '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(quoted(text).as_deref(), expect, "{text:?}");
    }

    #[test]
    fn what_customers_wrote_stays_on_its_line_and_in_its_direction() {
        check("Japan", Some("Japan"));
        check("  a\n\nlong \t way ", Some("a long way"));
        check("{ $x } \"quoted\" 🎌", Some("{ $x } \"quoted\" 🎌"));
        check("evil\u{202E}txt\u{0007}", Some("eviltxt"));
        check("שלום", Some("\u{2068}שלום\u{2069}"));
        check("\u{2069}مرحبا\u{2069}", Some("\u{2068}مرحبا\u{2069}"));
        for nothing in ["", "  ", "\u{200F}\u{0000}"] {
            check(nothing, None);
        }
    }

    #[test]
    fn what_is_long_is_cut_between_words_where_there_are_some() {
        let words = "word ".repeat(40);
        let cut = quoted(&words).unwrap();
        assert!(cut.ends_with("word…") && cut.chars().count() <= QUOTED_CHARS_MAX + 1, "{cut}");
        check(&"ä".repeat(QUOTED_CHARS_MAX), Some(&"ä".repeat(QUOTED_CHARS_MAX)));
        check(&"ä".repeat(QUOTED_CHARS_MAX + 1), Some(&("ä".repeat(QUOTED_CHARS_MAX) + "…")));
    }
}
