//! What holds of everything that can be said.

use std::collections::BTreeSet;

use super::sweep::{messages, reasons, voices};
use super::{source, templates};
use crate::decision::{ReasonCode, Strategy};
use crate::message::content::BODY_CHARS_MAX;
use crate::message::quoted::quoted;
use crate::message::{Key, Language, Tone, Voice};

const TITLE_CHARS_MAX: usize = 40;
const SENTENCES_MAX: usize = 3;

/// What blames, shames, or presses by what others do, in either language: beginnings of words.
const REJECTED: [&str; 36] = [
    "guilt",
    "shame",
    "asham",
    "should",
    "ought",
    "waste",
    "irrespons",
    "reckless",
    "foolish",
    "stupid",
    "selfish",
    "greed",
    "disappoint",
    "everyone",
    "everybody",
    "nobody else",
    "most people",
    "weak",
    "failure",
    "sin ",
    "can you really",
    "schuld",
    "schäm",
    "scham",
    "solltest",
    "müsstest",
    "verschwend",
    "unvernünft",
    "leichtsinn",
    "verantwortungslos",
    "dumm",
    "egoist",
    "gierig",
    "enttäusch",
    "die meisten",
    "versag",
];

/// A text without the customer's own words in it.
fn without_names(text: &str, names: &[&str]) -> String {
    names.iter().filter_map(|name| quoted(name)).fold(text.to_owned(), |text, name| text.replace(&name, "name"))
}

fn check_text(text: &str, what: &str) {
    assert!(!text.trim().is_empty(), "{what}: {text:?}");
    assert!(!text.contains(['{', '}', '⟦']), "a placeholder in {what}: {text}");
    assert!(!text.contains("NaN") && !text.contains("inf ") && !text.contains("∞"), "{what}: {text}");
    let characters: Vec<char> = text.chars().collect();
    for pair in characters.windows(2) {
        let (first, second) = (pair[0], pair[1]);
        assert!(!(first == '$' && second.is_alphabetic()), "an argument's name in {what}: {text}");
        assert!(!(matches!(first, '-' | '−') && second.is_ascii_digit()), "a negative number in {what}: {text}");
        assert!(!(first == ' ' && matches!(second, ' ' | ',' | '.' | '?')), "a gap in {what}: {text}");
    }
    // The largest amount has 13 digits.
    let numbers = text.split(|character: char| !character.is_ascii_digit() && !matches!(character, '.' | ','));
    for number in numbers {
        assert!(number.chars().filter(char::is_ascii_digit).count() <= 13, "an absurd number in {what}: {text}");
    }
    let words = text.to_lowercase().replace(|character: char| !character.is_alphabetic(), " ");
    for rejected in REJECTED {
        assert!(!format!(" {words}").contains(&format!(" {rejected}")), "{rejected:?} in {what}: {text}");
    }
}

fn sentences(text: &str) -> usize {
    let ends = text.char_indices().filter(|(index, character)| {
        let after = text[index + character.len_utf8()..].trim_start_matches(['“', '”', '"']);
        matches!(character, '.' | '!' | '?') && (after.is_empty() || after.starts_with(' '))
    });
    ends.count()
}

#[test]
fn every_reason_is_a_sentence_in_every_voice() {
    let templates = templates();
    for voice in voices() {
        for text in reasons(&templates, voice) {
            check_text(&text, &format!("{voice:?}"));
            assert_eq!((sentences(&text), text.chars().last()), (1, Some('.')), "{voice:?}: {text}");
            assert!(text.chars().count() <= 190, "{} {text}", text.chars().count());
        }
    }
}

#[test]
fn every_message_is_short_and_kind_in_every_voice() {
    let templates = templates();
    for voice in voices() {
        let headline = reasons(&templates, voice).into_iter().max_by_key(|text| text.chars().count()).unwrap();
        let said = messages(&templates, voice, &headline);
        for strategy in Strategy::ALL {
            for reason in ReasonCode::ALL {
                let spending =
                    matches!(strategy, Strategy::SalientCost | Strategy::GoalReminder | Strategy::Alternatives);
                let is_fraud_like = matches!(reason, ReasonCode::MerchantRisky | ReasonCode::Novel);
                let is_said = said.iter().any(|said| said.strategy == strategy && said.reason == Some(reason));
                assert_eq!(is_said, !(spending && is_fraud_like), "{strategy:?} {reason:?}");
            }
        }
        for said in said {
            let what = format!("{voice:?} {:?} {:?}", said.strategy, said.reason);
            let (title, body) = (&said.message.title, &said.message.body);
            check_text(title, &what);
            assert!(title.chars().count() <= TITLE_CHARS_MAX, "{what}: {title}");
            assert!(body.chars().count() <= BODY_CHARS_MAX, "{what}: {} {body}", body.chars().count());
            let says_something = !matches!(said.strategy, Strategy::PlainInformation);
            assert!(sentences(body) > 1 || !says_something, "only the headline in {what}: {body}");
            let body = without_names(body, &said.names);
            check_text(&body, &what);
            assert!((1..=SENTENCES_MAX).contains(&sentences(&body)), "{what}: {body}");
        }
    }
}

#[test]
fn all_languages_have_the_same_templates_with_the_same_arguments() {
    let english = source::templates(Language::English);
    for language in Language::ALL {
        let these = source::templates(language);
        for (name, refers) in &english {
            assert_eq!(these.get(name), Some(refers), "{language:?} {name}");
        }
        assert_eq!(these.len(), english.len(), "{language:?} has more than English");
    }
    let referred_to = |name: &String| english.values().any(|refers| refers.templates.contains(name));
    let asked_for = |name: &String| Key::ALL.iter().any(|key| key.name() == name);
    let unused: Vec<&String> = english.keys().filter(|name| !referred_to(name) && !asked_for(name)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_template_and_every_variant_is_reached() {
    let (templates, marks) = source::marked();
    for language in Language::ALL {
        let mut seen = BTreeSet::new();
        let mut note = |text: &str| {
            let marks = text.split_inclusive('⟧').filter_map(|part| Some(part.get(part.find('⟦')?..)?.to_owned()));
            seen.extend(marks.filter(|mark| mark.ends_with('⟧')));
        };
        for tone in Tone::ALL {
            let voice = Voice { language, tone };
            reasons(&templates, voice).iter().for_each(|text| note(text));
            for said in messages(&templates, voice, "Headline.") {
                note(&said.message.title);
                note(&said.message.body);
            }
        }
        let unreached: Vec<&String> =
            marks[&language].iter().filter(|(mark, _)| !seen.contains(*mark)).map(|(_, path)| path).collect();
        assert!(unreached.is_empty(), "{language:?}: {unreached:#?}");
    }
}
