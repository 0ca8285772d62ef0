//! What each strategy says, and when it has nothing to say.

use super::sweep::{at, attempt, money, voices};
use super::templates;
use crate::decision::ReasonCode;
use crate::decision::Strategy::{self, Alternatives, GoalReminder, SalientCost};
use crate::entry::Attempt;
use crate::message::{About, GoalView, Language, MonthBudget, Tone, Voice, compose, fits};

/// Where an attempt is all that is known.
fn about(attempt: &Attempt, top_reason: Option<ReasonCode>) -> About<'_> {
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
        SalientCost,
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
        SalientCost,
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
    check_bodies(SalientCost, &month(budget), [[within; 2], [im_rahmen; 2]]);
    let over = "With this, you are €5.50 over the €200.00 that you set as your limit for this month.";
    let darueber =
        "Damit liegst du 5,50 € über den 200,00 €, die du dir diesen Monat insgesamt als Grenze gesetzt hast.";
    let above = MonthBudget { spent: Some(money(17_550, "EUR")), category: None, ..budget };
    check_bodies(SalientCost, &month(above), [[over; 2], [darueber; 2]]);
}

#[test]
fn a_goal_is_recalled_with_what_is_missing() {
    let attempt = attempt(money(18_000, "EUR"), "electronics");
    let goal = GoalView { name: "Japan", target: money(300_000, "EUR"), saved: Some(money(120_000, "EUR")) };
    let about = About { goal: Some(goal), ..about(&attempt, None) };
    check_bodies(
        GoalReminder,
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
                let about = About { voice, wait_until, ..about(&attempt, top_reason) };
                let body = compose(&templates(), Strategy::Delay, &about).unwrap().body;
                assert_eq!(body.contains("go ahead") || body.contains("wenn es eilt"), goes_ahead, "{body}");
            }
        }
    }
}

#[test]
fn what_is_not_true_or_not_sensible_is_not_said() {
    let gaming = attempt(money(3000, "EUR"), "gaming");
    let nothing = about(&gaming, Some(ReasonCode::AmountUnusual));
    let earning = |minor, currency| About { hourly_income: Some(money(minor, currency)), ..nothing };
    let month = |spent, limit, category| About { month: Some(MonthBudget { spent, limit, category }), ..nothing };
    let goal = |name, target, saved| About { goal: Some(GoalView { name, target, saved }), ..nothing };
    let euros = |minor| money(minor, "EUR");
    let (games, books) = (&gaming.category, &attempt(euros(1), "books").category);
    let groceries = attempt(euros(3000), "groceries");
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
        (Alternatives, About { attempt: &groceries, ..nothing }, false),
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
