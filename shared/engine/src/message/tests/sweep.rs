//! Everything that can be said: every strategy, reason, language and tone, with awkward numbers and names.

use super::source::names_chosen_by;
use crate::currency::Currency;
use crate::decision::{Message, ReasonCode, Strategy};
use crate::entry::{Attempt, Entry, Feedback};
use crate::id::{AttemptId, Category, CustomerId, ID_LENGTH_MAX, IdempotencyKey, MerchantId, PaymentMethod};
use crate::merchant::LabelCounts;
use crate::message::{
    About, GoalView, Key, Language, MonthBudget, Said, Templates, Tone, Voice, Wording, compose, fits,
};
use crate::money::{AMOUNT_MINOR_MAX, Amount};
use crate::profile::Profile;
use crate::reason::{Subject, novel};
use crate::score::Contributions;
use crate::settings::{CategoryBlock, Limit};
use crate::signal::{Known, PerDimension, Signals, Window};
use crate::text::Note;
use crate::time::{DAY_MS, Instant, LocalInstant};

/// What customers write, and what must come out of it as it is.
pub(super) const NAMES: [&str; 7] = [
    "Japan",
    "\"Quotes\" & ‘more’, “of” them",
    "🏖️👩‍👩‍👧 beach",
    "رحلة إلى اليابان",
    "{ $x } { missing } -term",
    "one. two! three? four.",
    "a goal with a name so long that nobody could ever want to read it in one go, and so it is cut",
];

pub(super) fn money(minor: i64, currency: &str) -> Amount {
    Amount::from_minor(minor, Currency::parse(currency).unwrap()).unwrap()
}

pub(super) fn at(text: &str) -> LocalInstant {
    LocalInstant::parse(text).unwrap()
}

pub(super) fn attempt(amount: Amount, category: &str) -> Attempt {
    Attempt {
        customer: CustomerId::parse("ada").unwrap(),
        amount,
        category: Category::parse(category).unwrap(),
        payment_method: PaymentMethod::parse("credit_card").unwrap(),
        merchant: Some(MerchantId::parse("shop").unwrap()),
        occurred_at: at("2026-03-14T09:26:53+01:00"),
    }
}

/// A profile of so many purchases, one a day, some of them disowned.
pub(super) fn profile(purchases: u32, disowned: u32) -> Profile {
    let entries = (0..purchases).map(|number| {
        let at = at("2025-11-30T12:00:00Z").instant().plus_ms(i64::from(number) * DAY_MS);
        let attempt = Attempt {
            occurred_at: LocalInstant::new(at, 0).unwrap(),
            merchant: None,
            ..attempt(money(3000, "EUR"), "groceries")
        };
        let key = IdempotencyKey::parse(&number.to_string()).unwrap();
        let entry = Entry::imported(AttemptId::derive(&attempt.customer, &key, at), attempt, at);
        Entry { feedback: (number < disowned).then_some(Feedback::NotMe), ..entry }
    });
    Profile::of_entries(&entries.collect::<Vec<_>>())
}

pub(super) fn voices() -> impl Iterator<Item = Voice> {
    Language::ALL.into_iter().flat_map(|language| Tone::ALL.map(|tone| Voice { language, tone }))
}

fn amounts() -> Vec<Amount> {
    let mut amounts = vec![
        money(1, "EUR"),
        money(129_900, "EUR"),
        money(AMOUNT_MINOR_MAX, "EUR"),
        money(1, "JPY"),
        money(5, "KWD"),
        money(AMOUNT_MINOR_MAX, "CLF"),
    ];
    let signed = names_chosen_by("currency").into_iter().filter(|name| name != "other");
    amounts.extend(signed.map(|currency| money(5000, &currency)));
    amounts
}

fn longest_id() -> String {
    "x".repeat(ID_LENGTH_MAX)
}

/// Categories with words of their own, one without, and the longest.
fn categories() -> Vec<String> {
    names_chosen_by("category").into_iter().chain([longest_id(), "mcc_5411".to_owned()]).collect()
}

/// A change to the usual signals that makes a reason say something else.
type Twist = Box<dyn Fn(&mut Signals)>;

fn twists() -> Vec<Twist> {
    let mut twists: Vec<Twist> = Vec::new();
    for ratio in [1e-9, 1.0, 1.5, 9.96, 400.0, 1e12] {
        for nats in [0.0, 2.0, 2.5, 30.0] {
            for category_known in [true, false] {
                twists.push(Box::new(move |signals| {
                    signals.amount.ratio = ratio;
                    signals.amount.nats = nats;
                    signals.amount.category_known = category_known;
                }));
            }
        }
    }
    for share in [0.0, 0.001, 0.02, 0.5, 1.0] {
        twists.push(Box::new(move |signals| signals.category.share = share));
        twists.push(Box::new(move |signals| signals.payment.share = share));
    }
    for (hour, nats) in [(0, 0.0), (3, 9.0), (23, 2.0)] {
        twists.push(Box::new(move |signals| (signals.timing.hour, signals.timing.nats) = (hour, nats)));
    }
    for window in [Window::TenMinutes, Window::Hour, Window::Day, Window::Week, Window::DaySpending] {
        for count in [1.0, 2.0, 1234.0] {
            twists.push(Box::new(move |signals| {
                (signals.velocity.window, signals.velocity.count, signals.velocity.nats) = (window, count, 8.0);
            }));
        }
    }
    twists.push(Box::new(|signals| signals.velocity.nats = 0.0));
    for (labelled, positive) in [(1, 1), (40, 1), (40, 6), (1_000_000, 999_999)] {
        twists.push(Box::new(move |signals| {
            signals.merchant.risk_nats = 9.0;
            signals.merchant.labels = LabelCounts { labelled, positive, explained: 0 };
        }));
    }
    for days_since in [None, Some(-1), Some(0), Some(1), Some(2), Some(4000)] {
        twists.push(Box::new(move |signals| signals.merchant.days_since = days_since));
    }
    twists.push(Box::new(|signals| signals.merchant.is_named = false));
    twists
}

/// The sentences of all reasons.
pub(super) fn reasons(templates: &Templates, voice: Voice) -> Vec<String> {
    let profiles = [profile(0, 0), profile(1, 1), profile(2, 0), profile(60, 0), profile(60, 3)];
    let mut texts = Vec::new();
    let mut tell = |attempt: &Attempt, twist: &dyn Fn(&mut Signals)| {
        for profile in &profiles {
            texts.extend(told(templates, voice, attempt, profile, twist).into_iter().map(|(_, text)| text));
        }
    };
    for twist in twists() {
        tell(&attempt(money(129_900, "EUR"), "groceries"), &twist);
    }
    for amount in amounts() {
        tell(&attempt(amount, "groceries"), &|_| {});
    }
    for category in categories() {
        tell(&attempt(money(1234, "EUR"), &category), &|signals| signals.amount.category_known = true);
    }
    for method in names_chosen_by("method").into_iter().chain([longest_id()]) {
        let payment_method = PaymentMethod::parse(&method).unwrap();
        tell(&Attempt { payment_method, ..attempt(money(1234, "EUR"), "groceries") }, &|_| {});
    }
    let wording = Wording::new(templates, voice);
    texts.extend([1.0, 0.2, 0.02, 1e-9].map(|p_value| novel(p_value, wording)));
    texts.extend(unscored().into_iter().map(|said| said.text(wording)));
    let (limits, blocks) = (limits(), blocks());
    texts.extend(limits.iter().map(|limit| Said::OverLimit { limit, with_this: money(129_900, "EUR") }.text(wording)));
    texts.extend(blocks.iter().map(|block| Said::Blocked(block).text(wording)));
    texts
}

/// What is said besides the score, without the customer's own words and numbers.
fn unscored() -> Vec<Said<'static>> {
    let plain = [
        Key::QuietOptedOut,
        Key::QuietSnoozed,
        Key::QuietHours,
        Key::QuietTrivial,
        Key::QuietLate,
        Key::QuietWeek,
        Key::QuietGap,
        Key::StopsCapped,
        Key::HeldOut,
    ];
    let rules =
        [Said::Rule { id: "gift-cards", text: None }, Said::Rule { id: "r", text: Some("The operator says so.") }];
    plain.map(Said::Plain).into_iter().chain(rules).collect()
}

/// A limit of all purchases, and one of every category that has a name of its own.
fn limits() -> Vec<Limit> {
    let of = |category| Limit { category, monthly: money(30_000, "EUR") };
    let named = categories().into_iter().map(|name| of(Category::parse(&name).ok()));
    named.chain([of(None)]).collect()
}

/// Blocks with a note and without. A note of several sentences is checked where names are taken out.
fn blocks() -> Vec<CategoryBlock> {
    let notes =
        [None, Note::parse("You have enough of these").ok(), Note::parse(NAMES[2]).ok(), Note::parse(NAMES[3]).ok()];
    let of = |name: &String, note: &Option<Note>| CategoryBlock {
        category: Category::parse(name).unwrap(),
        note: note.clone(),
        released_at: None,
    };
    categories().iter().flat_map(|name| notes.iter().map(move |note| of(name, note))).collect()
}

/// The reasons of one attempt with their codes, after a twist.
pub(super) fn told(
    templates: &Templates,
    voice: Voice,
    attempt: &Attempt,
    profile: &Profile,
    twist: &dyn Fn(&mut Signals),
) -> Vec<(ReasonCode, String)> {
    let mut signals = Signals::of(attempt, Known { profile, recent: &[], merchant: None });
    twist(&mut signals);
    let everything = Contributions { dimensions: PerDimension::from_fn(|_| 1.0), history: 1.0 };
    let (reasons, _) = Subject::new(attempt, &signals, profile, templates, voice).reasons(&everything);
    reasons.into_iter().map(|reason| (reason.code, reason.text)).collect()
}

/// A message with the texts in it that are the customer's and not ours.
pub(super) struct Composed {
    pub(super) strategy: Strategy,
    pub(super) reason: Option<ReasonCode>,
    pub(super) message: Message,
    pub(super) names: Vec<&'static str>,
}

/// The messages of all strategies after this headline.
pub(super) fn messages(templates: &Templates, voice: Voice, headline: &str) -> Vec<Composed> {
    let mut said = Vec::new();
    let mut say = |about: &About<'_>, names: &[&'static str]| {
        for strategy in Strategy::ALL {
            for top_reason in ReasonCode::ALL.map(Some).into_iter().chain([None]) {
                let about = About { top_reason, ..*about };
                let message = compose(templates, strategy, &about);
                assert_eq!(message.is_some(), fits(strategy, &about), "{strategy:?} {about:?}");
                let names = names.to_vec();
                said.extend(message.map(|message| Composed { strategy, reason: top_reason, message, names }));
            }
        }
    };
    let usual = attempt(money(129_900, "EUR"), &longest_id());
    let about = About {
        attempt: &usual,
        voice,
        headline: Some(headline),
        top_reason: None,
        hourly_income: None,
        month: None,
        goal: None,
        wait_until: None,
        note_to_self: None,
    };
    say(&about, &[]);
    say(&About { headline: None, ..about }, &[]);
    for category in categories() {
        say(&About { attempt: &attempt(money(1234, "EUR"), &category), ..about }, &[]);
    }
    for amount in amounts() {
        let attempt = attempt(amount, "electronics");
        let of = |numerator: i64, denominator: i64| {
            let minor = (i128::from(amount.minor()) * i128::from(numerator) / i128::from(denominator)) as i64;
            Amount::from_minor(minor.clamp(1, AMOUNT_MINOR_MAX), amount.currency()).unwrap()
        };
        for (numerator, denominator) in [(4, 1), (2, 1), (1, 1), (2, 3), (1, 40), (1, 399)] {
            let part = of(numerator, denominator);
            for spent in [None, Some(part)] {
                for category in [None, Some(&attempt.category)] {
                    let month = Some(MonthBudget { spent, limit: of(3, 2), category });
                    say(&About { attempt: &attempt, hourly_income: Some(part), month, ..about }, &[]);
                }
            }
            for saved in [None, Some(of(1, 10))] {
                let goal = Some(GoalView { name: "Japan", target: part, saved });
                say(&About { attempt: &attempt, goal, ..about }, &[]);
            }
        }
    }
    for name in NAMES {
        let goal = Some(GoalView { name, target: money(300_000, "EUR"), saved: Some(money(120_000, "EUR")) });
        say(&About { goal, note_to_self: Some(name), ..about }, &[name]);
    }
    for month in 0..12 {
        let later = usual.occurred_at.instant().plus_ms((1 + 31 * month) * DAY_MS);
        let wait_until = LocalInstant::new(later, -90).ok();
        say(&About { wait_until, ..about }, &[]);
    }
    say(&About { wait_until: LocalInstant::new(Instant::EPOCH, 0).ok(), ..about }, &[]);
    said
}
