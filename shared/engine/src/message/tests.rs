//! What is said, all of it: see `sweep` for what is varied.

mod source;
mod sweep;

use std::collections::BTreeSet;

use super::content::BODY_CHARS_MAX;
use super::quoted::quoted;
use super::templates::files;
use super::{About, Key, Language, MonthBudget, TemplateError, Templates, Tone, Voice, fits};
use crate::decision::{ReasonCode, Strategy};
use crate::message::{GoalView, compose};
use crate::signal::{Signals, Window};

use sweep::{at, attempt, messages, money, profile, reasons, told, voices};

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

fn templates() -> Templates {
    Templates::compiled_in().unwrap()
}

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

/// The sentence of a reason, after a twist, in both languages.
#[track_caller]
fn check_reason(purchases: u32, disowned: u32, code: ReasonCode, twist: &dyn Fn(&mut Signals), expect: [&str; 2]) {
    let templates = templates();
    let profile = profile(purchases, disowned);
    for (language, expect) in Language::ALL.into_iter().zip(expect) {
        let voice = Voice { language, ..Voice::default() };
        let told = told(&templates, voice, &attempt(money(129_900, "EUR"), "electronics"), &profile, twist);
        let text = told.iter().find(|(told, _)| *told == code).map(|(_, text)| text.replace('\u{A0}', " "));
        assert_eq!(text.as_deref(), Some(expect), "{told:?}");
    }
}

#[test]
fn reasons_have_their_plurals_and_numbers() {
    let as_it_is: &dyn Fn(&mut Signals) = &|_| {};
    for (purchases, disowned, code, expect) in [
        (
            0,
            0,
            ReasonCode::InsufficientHistory,
            ["No earlier purchase of yours is known yet.", "Noch ist kein früherer Einkauf von dir bekannt."],
        ),
        (
            1,
            1,
            ReasonCode::InsufficientHistory,
            [
                "Only 1 earlier purchase of yours is known yet; you disowned 1.",
                "Erst 1 früherer Einkauf von dir ist bekannt; 1 hast du nicht anerkannt.",
            ],
        ),
        (
            2,
            0,
            ReasonCode::InsufficientHistory,
            ["Only 2 earlier purchases of yours are known yet.", "Erst 2 frühere Einkäufe von dir sind bekannt."],
        ),
        (
            60,
            2,
            ReasonCode::CustomerHistory,
            [
                "60 purchases of yours are known since 30 November 2025; you disowned 2.",
                "60 Einkäufe von dir sind seit dem 30.11.2025 bekannt; 2 hast du nicht anerkannt.",
            ],
        ),
    ] {
        check_reason(purchases, disowned, code, as_it_is, expect);
    }
    for (ratio, nats, code, expect) in [
        (
            1.0,
            0.0,
            ReasonCode::AmountUsual,
            [
                "€1,299.00 is within reach of your usual purchase (€12.50).",
                "1.299,00 € liegen im Rahmen dessen, was bei dir üblich ist (12,50 €).",
            ],
        ),
        (
            5.66,
            2.0,
            ReasonCode::AmountUnusual,
            ["5.7 times your usual purchase (€12.50).", "5,7-mal so viel wie dein üblicher Einkauf (12,50 €)."],
        ),
        (
            123.0,
            7.25,
            ReasonCode::AmountUnusual,
            [
                "120 times your usual purchase (€12.50), about 1 in 1,400.",
                "120-mal so viel wie dein üblicher Einkauf (12,50 €), etwa 1 von 1.400.",
            ],
        ),
    ] {
        let twist = |signals: &mut Signals| {
            (signals.amount.ratio, signals.amount.nats, signals.amount.usual) = (ratio, nats, money(1250, "EUR"));
        };
        check_reason(60, 0, code, &twist, expect);
    }
    for (attempts, window, expect) in [
        (
            1.0,
            Window::Hour,
            [
                "1 purchase attempt within an hour, more than you usually make.",
                "1 Kaufversuch innerhalb von einer Stunde, mehr als bei dir üblich.",
            ],
        ),
        (
            6.0,
            Window::TenMinutes,
            [
                "6 purchase attempts within ten minutes, more than you usually make.",
                "6 Kaufversuche innerhalb von zehn Minuten, mehr als bei dir üblich.",
            ],
        ),
    ] {
        let twist = |signals: &mut Signals| {
            (signals.velocity.count, signals.velocity.window, signals.velocity.nats) = (attempts, window, 9.0);
        };
        check_reason(60, 0, ReasonCode::VelocityHigh, &twist, expect);
    }
    for (labelled, positive, expect) in [
        (
            1,
            1,
            [
                "Of 1 purchase at this merchant in the last 30 days that we were told about, 1 was disowned or regretted.",
                "Von 1 Einkauf bei diesem Händler, von dem wir aus den letzten 30 Tagen wissen, wurde 1 nicht anerkannt oder bereut.",
            ],
        ),
        (
            40,
            6,
            [
                "Of 40 purchases at this merchant in the last 30 days that we were told about, 6 were disowned or regretted.",
                "Von 40 Einkäufen bei diesem Händler, von denen wir aus den letzten 30 Tagen wissen, wurden 6 nicht anerkannt oder bereut.",
            ],
        ),
    ] {
        let twist = |signals: &mut Signals| {
            signals.merchant.risk_nats = 9.0;
            (signals.merchant.labels.labelled, signals.merchant.labels.positive) = (labelled, positive);
        };
        check_reason(60, 0, ReasonCode::MerchantRisky, &twist, expect);
    }
    check_reason(
        60,
        0,
        ReasonCode::CategoryUnusual,
        &|signals| signals.category.share = 0.02,
        [
            "About 2% of your purchases are in electronics.",
            "Etwa 2 % deiner Einkäufe fallen in die Kategorie „Elektronik“.",
        ],
    );
}

/// Where an attempt is all that is known.
fn about<'a>(attempt: &'a crate::entry::Attempt, top_reason: Option<ReasonCode>) -> About<'a> {
    About {
        attempt,
        voice: Voice::default(),
        headline: Some("Headline."),
        top_reason,
        hourly_income: None,
        month: None,
        goal: None,
        wait_until: None,
        note_to_self: None,
    }
}

/// The body of a message in both languages and both tones.
#[track_caller]
fn check_bodies(strategy: Strategy, about: &About<'_>, expect: [[&str; 2]; 2]) {
    let templates = templates();
    for (language, expect) in Language::ALL.into_iter().zip(expect) {
        for (tone, expect) in Tone::ALL.into_iter().zip(expect) {
            let about = About { voice: Voice { language, tone }, ..*about };
            let body = compose(&templates, strategy, &about).unwrap().body.replace('\u{A0}', " ");
            assert_eq!(body.strip_prefix("Headline. "), Some(expect));
        }
    }
}

#[test]
fn costs_are_hours_of_work_and_the_months_limit() {
    let attempt = attempt(money(3000, "EUR"), "gaming");
    let about = about(&attempt, Some(ReasonCode::AmountUnusual));
    let earning = |minor| About { hourly_income: Some(money(minor, "EUR")), ..about };
    check_bodies(
        Strategy::SalientCost,
        &earning(3000),
        [
            [
                "At your hourly income this is about 1 hour of work.",
                "At what you earn, that is about 1 hour of your work.",
            ],
            [
                "Bei deinem Stundeneinkommen ist das etwa 1 Stunde Arbeit.",
                "Bei dem, was du verdienst, ist das etwa 1 Stunde deiner Arbeit.",
            ],
        ],
    );
    check_bodies(
        Strategy::SalientCost,
        &earning(2000),
        [
            [
                "At your hourly income this is about 1.5 hours of work.",
                "At what you earn, that is about 1.5 hours of your work.",
            ],
            [
                "Bei deinem Stundeneinkommen sind das etwa 1,5 Stunden Arbeit.",
                "Bei dem, was du verdienst, sind das etwa 1,5 Stunden deiner Arbeit.",
            ],
        ],
    );
    let budget = MonthBudget {
        spent: Some(money(15_000, "EUR")),
        limit: money(20_000, "EUR"),
        category: Some(&attempt.category),
    };
    let within = "With this, 90% of the €200.00 that you set for gaming this month is used.";
    let im_rahmen = "Damit sind 90 % der 200,00 € verbraucht, die du dir diesen Monat für die Kategorie „Spiele“ als Grenze gesetzt hast.";
    let month = |budget| About { month: Some(budget), ..about };
    check_bodies(Strategy::SalientCost, &month(budget), [[within; 2], [im_rahmen; 2]]);
    let over = "With this, you are €5.50 over the €200.00 that you set as your limit for this month.";
    let darueber =
        "Damit liegst du 5,50 € über den 200,00 €, die du dir diesen Monat insgesamt als Grenze gesetzt hast.";
    let above = MonthBudget { spent: Some(money(17_550, "EUR")), category: None, ..budget };
    check_bodies(Strategy::SalientCost, &month(above), [[over; 2], [darueber; 2]]);
}

#[test]
fn a_goal_is_recalled_with_what_is_missing() {
    let attempt = attempt(money(18_000, "EUR"), "electronics");
    let goal = GoalView { name: "Japan", target: money(300_000, "EUR"), saved: Some(money(120_000, "EUR")) };
    let about = About { goal: Some(goal), ..about(&attempt, None) };
    check_bodies(
        Strategy::GoalReminder,
        &about,
        [
            [
                "You are saving for “Japan” and have €1,200.00 of €3,000.00. This purchase costs about 10% of what is still missing.",
                "You are on your way to “Japan”, with €1,200.00 of €3,000.00 saved. This purchase costs about 10% of what is still missing.",
            ],
            [
                "Du sparst für „Japan“ und hast 1.200,00 € von 3.000,00 €. Dieser Einkauf kostet etwa 10 % von dem, was noch fehlt.",
                "Du bist auf dem Weg zu „Japan“ und hast schon 1.200,00 € von 3.000,00 € gespart. Dieser Einkauf kostet etwa 10 % von dem, was noch fehlt.",
            ],
        ],
    );
}

#[test]
fn a_delay_names_the_local_time_and_never_presses_on_where_it_may_be_fraud() {
    let attempt = attempt(money(18_000, "EUR"), "electronics");
    let wait_until = Some(at("2026-03-15T09:05:00+01:00"));
    let plain = |top_reason, language| {
        let about = About { wait_until, voice: Voice { language, tone: Tone::Plain }, ..about(&attempt, top_reason) };
        compose(&templates(), Strategy::Delay, &about).unwrap().body.replace('\u{A0}', " ")
    };
    let amount = Some(ReasonCode::AmountUnusual);
    assert_eq!(
        plain(amount, Language::English),
        "Headline. You can confirm it from 15 March 2026, 9:05 on, or go ahead now if it is urgent."
    );
    assert_eq!(
        plain(amount, Language::German),
        "Headline. Du kannst ab dem 15.3.2026, 9:05 Uhr bestätigen oder, wenn es eilt, gleich."
    );
    for voice in voices() {
        for (top_reason, goes_ahead) in [(amount, true), (Some(ReasonCode::Novel), false)] {
            for wait_until in [None, wait_until] {
                let about = About { wait_until, voice, ..about(&attempt, top_reason) };
                let body = compose(&templates(), Strategy::Delay, &about).unwrap().body;
                assert_eq!(body.contains("go ahead") || body.contains("wenn es eilt"), goes_ahead, "{body}");
            }
        }
    }
}

#[test]
fn what_is_not_true_or_not_sensible_is_not_said() {
    let attempt = attempt(money(3000, "EUR"), "gaming");
    let nothing = about(&attempt, Some(ReasonCode::AmountUnusual));
    let earning = |minor, currency| About { hourly_income: Some(money(minor, currency)), ..nothing };
    let month = |spent, limit, category| About { month: Some(MonthBudget { spent, limit, category }), ..nothing };
    let goal = |name, target, saved| About { goal: Some(GoalView { name, target, saved }), ..nothing };
    let euros = |minor| money(minor, "EUR");
    let (games, books) = (&attempt.category, &sweep::attempt(euros(1), "books").category);
    let books_attempt = sweep::attempt(euros(3000), "groceries");
    use Strategy::{Alternatives, GoalReminder, SalientCost};
    for (strategy, about, expect) in [
        (SalientCost, nothing, false),
        (SalientCost, earning(2000, "EUR"), true),
        (SalientCost, earning(2000, "USD"), false),
        (SalientCost, earning(12_000, "EUR"), true),
        (SalientCost, earning(12_001, "EUR"), false),
        (SalientCost, earning(8, "EUR"), true),
        (SalientCost, earning(7, "EUR"), false),
        (SalientCost, month(None, euros(20_000), None), true),
        (SalientCost, month(None, euros(20_000), Some(games)), true),
        (SalientCost, month(None, euros(20_000), Some(books)), false),
        (SalientCost, month(None, money(20_000, "USD"), None), false),
        (SalientCost, month(Some(money(1, "USD")), euros(20_000), None), false),
        (SalientCost, month(None, euros(60_000), None), true),
        (SalientCost, month(None, euros(60_001), None), false),
        (SalientCost, month(None, euros(300), None), true),
        (SalientCost, month(None, euros(200), None), false),
        (GoalReminder, nothing, false),
        (GoalReminder, goal("Japan", euros(300_000), Some(euros(120_000))), true),
        (GoalReminder, goal("Japan", euros(300_000), None), true),
        (GoalReminder, goal("Japan", euros(300_001), None), false),
        (GoalReminder, goal("Japan", euros(300_000), Some(euros(300_000))), false),
        (GoalReminder, goal("Japan", euros(300_000), Some(euros(300_001))), false),
        (GoalReminder, goal("Japan", money(300_000, "USD"), None), false),
        (GoalReminder, goal("Japan", euros(300_000), Some(money(1, "USD"))), false),
        (GoalReminder, goal(" \u{200F}", euros(300_000), None), false),
        (Alternatives, nothing, true),
        (Alternatives, About { attempt: &books_attempt, ..nothing }, false),
    ] {
        assert_eq!(fits(strategy, &about), expect, "{strategy:?} {about:?}");
    }
    for strategy in [Strategy::PlainInformation, Strategy::Reflection, Strategy::Delay, Strategy::Protection] {
        assert!(fits(strategy, &nothing));
    }
}

#[test]
fn a_note_is_quoted_where_it_is_about_spending() {
    let attempt = attempt(money(3000, "EUR"), "gaming");
    let body = |top_reason| {
        let about = About { note_to_self: Some("Ask Grace first."), ..about(&attempt, top_reason) };
        compose(&templates(), Strategy::Reflection, &about).unwrap().body
    };
    assert_eq!(
        body(Some(ReasonCode::TimingUnusual)),
        "Headline. Would you buy this at another time of day, too? Your note to yourself: “Ask Grace first.”"
    );
    assert!(!body(Some(ReasonCode::MerchantRisky)).contains("Grace"));
}

#[test]
fn templates_that_cannot_be_used_are_named() {
    let with = |change: &dyn Fn(&str, String) -> String| {
        let files = |language| files(language).map(|(file, text)| (file, change(file, text)));
        Templates::of(files).map(|_| ()).unwrap_err()
    };
    let german =
        |then: &dyn Fn(String) -> String| with(&|file, text| if file == "de/messages.ftl" { then(text) } else { text });
    let missing = german(&|text| text.replace("protection = {", "protektion = {"));
    assert_eq!(missing, TemplateError::Missing { language: "de", name: "protection" });
    let twice = german(&|text| text + "\nprotection = Nein\n");
    assert!(matches!(&twice, TemplateError::Twice { file: "de/messages.ftl", .. }), "{twice}");
    let syntax = german(&|text| text + "\nbroken = {\n");
    assert!(syntax.to_string().starts_with("messages/de/messages.ftl: "), "{syntax}");
}

#[test]
fn voices_are_read_by_their_names() {
    for language in Language::ALL {
        assert_eq!(Language::from_tag(language.tag()), Some(language));
    }
    for tone in Tone::ALL {
        assert_eq!(Tone::from_name(tone.name()), Some(tone));
    }
    assert_eq!((Language::from_tag("EN"), Tone::from_name("")), (None, None));
}
