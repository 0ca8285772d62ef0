//! Reasons word for word: plurals, numbers, money.

use super::sweep::{attempt, money, profile, told};
use super::templates;
use crate::decision::ReasonCode;
use crate::message::{Language, Voice};
use crate::signal::{Signals, Window};

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

const AS_IT_IS: &dyn Fn(&mut Signals) = &|_| {};

#[test]
fn a_history_is_counted() {
    let newcomer = ReasonCode::InsufficientHistory;
    check_reason(
        0,
        0,
        newcomer,
        AS_IT_IS,
        ["No earlier purchase of yours is known yet.", "Noch ist kein früherer Einkauf von dir bekannt."],
    );
    check_reason(
        1,
        1,
        newcomer,
        AS_IT_IS,
        [
            "Only 1 earlier purchase of yours is known yet; you disowned 1.",
            "Erst 1 früherer Einkauf von dir ist bekannt; 1 hast du nicht anerkannt.",
        ],
    );
    check_reason(
        2,
        0,
        newcomer,
        AS_IT_IS,
        ["Only 2 earlier purchases of yours are known yet.", "Erst 2 frühere Einkäufe von dir sind bekannt."],
    );
    check_reason(
        60,
        2,
        ReasonCode::CustomerHistory,
        AS_IT_IS,
        [
            "60 purchases of yours are known since 30 November 2025; you disowned 2.",
            "60 Einkäufe von dir sind seit dem 30.11.2025 bekannt; 2 hast du nicht anerkannt.",
        ],
    );
}

#[test]
fn amounts_are_compared_in_money_and_multiples() {
    let check = |ratio, nats, code, expect| {
        let twist = |signals: &mut Signals| {
            (signals.amount.ratio, signals.amount.nats, signals.amount.usual) = (ratio, nats, money(1250, "EUR"));
        };
        check_reason(60, 0, code, &twist, expect);
    };
    check(
        1.0,
        0.0,
        ReasonCode::AmountUsual,
        [
            "€1,299.00 is within reach of your usual purchase (€12.50).",
            "1.299,00 € liegen im Rahmen dessen, was bei dir üblich ist (12,50 €).",
        ],
    );
    check(
        5.66,
        2.0,
        ReasonCode::AmountUnusual,
        ["5.7 times your usual purchase (€12.50).", "5,7-mal so viel wie dein üblicher Einkauf (12,50 €)."],
    );
    check(
        123.0,
        7.25,
        ReasonCode::AmountUnusual,
        [
            "120 times your usual purchase (€12.50), about 1 in 1,400.",
            "120-mal so viel wie dein üblicher Einkauf (12,50 €), etwa 1 von 1.400.",
        ],
    );
}

#[test]
fn attempts_are_counted() {
    let check = |attempts, window, expect| {
        let twist = |signals: &mut Signals| {
            (signals.velocity.count, signals.velocity.window, signals.velocity.nats) = (attempts, window, 9.0);
        };
        check_reason(60, 0, ReasonCode::VelocityHigh, &twist, expect);
    };
    check(
        1.0,
        Window::Hour,
        [
            "1 purchase attempt within an hour, more than you usually make.",
            "1 Kaufversuch innerhalb von einer Stunde, mehr als bei dir üblich.",
        ],
    );
    check(
        6.0,
        Window::TenMinutes,
        [
            "6 purchase attempts within ten minutes, more than you usually make.",
            "6 Kaufversuche innerhalb von zehn Minuten, mehr als bei dir üblich.",
        ],
    );
}

#[test]
fn what_others_disowned_is_counted() {
    let check = |labelled, positive, expect| {
        let twist = |signals: &mut Signals| {
            signals.merchant.risk_nats = 9.0;
            (signals.merchant.labels.labelled, signals.merchant.labels.positive) = (labelled, positive);
        };
        check_reason(60, 0, ReasonCode::MerchantRisky, &twist, expect);
    };
    check(
        1,
        1,
        [
            "Of 1 purchase at this merchant in the last 30 days that we were told about, 1 was disowned or regretted.",
            "Von 1 Einkauf bei diesem Händler, von dem wir aus den letzten 30 Tagen wissen, wurde 1 nicht anerkannt oder bereut.",
        ],
    );
    check(
        40,
        6,
        [
            "Of 40 purchases at this merchant in the last 30 days that we were told about, 6 were disowned or regretted.",
            "Von 40 Einkäufen bei diesem Händler, von denen wir aus den letzten 30 Tagen wissen, wurden 6 nicht anerkannt oder bereut.",
        ],
    );
}

#[test]
fn categories_have_names_of_the_language() {
    let twist = |signals: &mut Signals| signals.category.share = 0.02;
    check_reason(
        60,
        0,
        ReasonCode::CategoryUnusual,
        &twist,
        [
            "About 2% of your purchases are in electronics.",
            "Etwa 2 % deiner Einkäufe fallen in die Kategorie „Elektronik“.",
        ],
    );
}
