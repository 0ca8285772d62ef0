//! How counters are named in the table: as short as can be, because a roll-up is written again and again, and DynamoDB charges
//! each writing by the size of the whole item, names included.
//!
//! A name's first word says what is counted, and is one capital, digit or mark; so no counter can be called like one of the
//! item's keys. A word that is known is one character, and so is the number of a bin; another number of two digits is a colon with
//! one; anything else stands between a dot and a comma.

/// What is counted. Only ever add at the end: the place is the code.
const KINDS: [&str; 32] = [
    "attempts",
    "imported",
    "action",
    "score",
    "alarm",
    "deviation",
    "model",
    "policy",
    "customer_months",
    "learning",
    "degraded",
    "missing",
    "quiet",
    "rule",
    "shadow",
    "amount",
    "reason",
    "outcome",
    "feedback",
    "regret",
    "label",
    "labelled",
    "opinion",
    "annoyed_again",
    "strategy",
    "withheld",
    "arm",
    "cooling_off",
    "trial",
    "took",
    "answers",
    "lag",
];

/// The words after the first. Only ever add at the end: the place is the code.
const WORDS: [&str; 87] = [
    "allow",
    "nudge",
    "warn",
    "cool_off",
    "block",
    "proceeded",
    "cancelled",
    "postponed",
    "abandoned",
    "regret",
    "normal_for_me",
    "not_me",
    "useful",
    "annoying",
    "plain_information",
    "reflection",
    "salient_cost",
    "goal_reminder",
    "delay",
    "alternatives",
    "protection",
    "confirmed",
    "overridden",
    "bypassed",
    "started",
    "shown",
    "helped",
    "not_helped",
    "regretted",
    "held_out",
    "known",
    "spent",
    "spent_squared",
    "regretted_squared",
    "customers_wish",
    "restraint",
    "hold_out",
    "acted",
    "tried",
    "capped",
    "erred",
    "rule",
    "interventions",
    "attempts",
    "alarm",
    "quiet",
    "positive",
    "genuine",
    "sum",
    "attempted",
    "intervened",
    "read",
    "engine",
    "write",
    "whole",
    "recorded",
    "unrecorded",
    "refused",
    "failed",
    "amount",
    "category",
    "timing",
    "payment",
    "velocity",
    "merchant",
    "customer",
    "profile",
    "EUR",
    "USD",
    "GBP",
    "AMOUNT_UNUSUAL",
    "CATEGORY_UNUSUAL",
    "TIMING_UNUSUAL",
    "PAYMENT_UNUSUAL",
    "VELOCITY_HIGH",
    "MERCHANT_NEW",
    "MERCHANT_RISKY",
    "CUSTOMER_HISTORY",
    "NOVEL",
    "INSUFFICIENT_HISTORY",
    "CUSTOMER_CHOSE_QUIET",
    "LIMIT_EXCEEDED",
    "CATEGORY_BLOCKED_BY_CUSTOMER",
    "RULE_APPLIED",
    "QUIET_FOR_NOW",
    "STOPS_CAPPED",
    "HELD_OUT",
];

/// Which word of a counter that is kept by bin is the bin: a number of two digits, and one character without a colon.
const BINNED: [(&str, usize); 6] =
    [("score", 1), ("alarm", 1), ("lag", 1), ("deviation", 2), ("labelled", 2), ("took", 2)];

/// Before any other number of two digits.
const NUMBER: char = ':';
/// Before and after any other word.
const LITERAL: (char, char) = ('.', ',');

/// The first character of codes: what comes before the small letters is for kinds.
const FIRST: u8 = b'!';

/// The character of a place, passing over the three marks.
fn code(place: usize) -> Option<char> {
    alphabet().nth(place)
}

/// The place of a character.
fn place(code: char) -> Option<usize> {
    alphabet().position(|known| known == code)
}

fn alphabet() -> impl Iterator<Item = char> {
    (FIRST..=b'~').map(char::from).filter(|known| ![NUMBER, LITERAL.0, LITERAL.1].contains(known))
}

/// A counter's name as the table has it.
pub(crate) fn shortened(name: &str) -> String {
    let mut words = name.split('.');
    let mut short = String::new();
    let kind = words.next().unwrap_or_default();
    let bin_at = bin_at(kind);
    match KINDS.iter().position(|known| *known == kind).and_then(code) {
        Some(code) => short.push(code),
        None => push_literal(&mut short, kind),
    }
    for (position, word) in (1..).zip(words) {
        let known = WORDS.iter().position(|known| *known == word).and_then(code);
        let number = || (word.len() == 2).then(|| code(word.parse().ok()?)).flatten();
        if bin_at == Some(position)
            && let Some(code) = number()
        {
            short.push(code);
        } else if let Some(code) = known {
            short.push(code);
        } else if let Some(code) = number() {
            short.extend([NUMBER, code]);
        } else {
            push_literal(&mut short, word);
        }
    }
    short
}

fn bin_at(kind: &str) -> Option<usize> {
    BINNED.iter().find(|(binned, _)| *binned == kind).map(|(_, position)| *position)
}

fn push_literal(short: &mut String, word: &str) {
    short.push(LITERAL.0);
    short.push_str(word);
    short.push(LITERAL.1);
}

/// The name of a counter of the table; `None` for an attribute that is none.
pub(crate) fn full(short: &str) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = short;
    while let Some(first) = rest.chars().next() {
        rest = rest.get(first.len_utf8()..)?;
        let word = if first == LITERAL.0 {
            let (literal, after) = rest.split_once(LITERAL.1)?;
            rest = after;
            literal.to_owned()
        } else if words.first().and_then(|kind| bin_at(kind)) == Some(words.len()) {
            format!("{:02}", place(first)?)
        } else if first == NUMBER {
            let number = rest.chars().next()?;
            rest = rest.get(number.len_utf8()..)?;
            format!("{:02}", place(number)?)
        } else {
            let known: &[&str] = if words.is_empty() { &KINDS } else { &WORDS };
            (*known.get(place(first)?)?).to_owned()
        };
        words.push(word);
    }
    (!words.is_empty()).then(|| words.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[track_caller]
    fn check(name: &str, length: usize) {
        let short = shortened(name);
        assert_eq!(full(&short).as_deref(), Some(name), "{short}");
        assert_eq!(short.len(), length, "{name}: {short}");
    }

    #[test]
    fn names_are_short_and_come_back() {
        check("attempts", 1);
        check("outcome.warn.cancelled", 3);
        check("labelled.positive.07", 3);
        check("took.whole.90", 3);
        check("took.whole.93", 6);
        check("score.31", 2);
        check("score.other", 8);
        check("policy.2026.1", 10);
        check("arm.wait.longer.not_helped", 16);
        check("rule.07.acted", 4);
        check("rule.acted.acted", 3);
        check("amount.JPY.attempted", 7);
        check("withheld.hold_out.warn.proceeded", 4);
        check("something.new", 16);
    }

    #[test]
    fn every_code_has_its_word_and_none_is_a_key() {
        for (kind, name) in KINDS.iter().enumerate() {
            let code = code(kind).unwrap();
            assert!(code < 'a', "{name}: keys begin with small letters, counters with what comes before");
            assert_eq!(full(&code.to_string()).as_deref(), Some(*name));
        }
        for word in WORDS {
            assert_eq!(shortened(&format!("action.{word}")).len(), 2, "{word}");
        }
        for key in [keys::PARTITION, keys::SORT, keys::EXPIRES_AT] {
            assert_eq!(full(key), None);
        }
        assert_eq!(full(""), None);
    }
}
