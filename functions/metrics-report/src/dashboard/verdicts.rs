//! The four questions that everybody asks first, answered in words with numbers.

use engine::currency::Currency;
use engine::time::{HOUR_MS, Instant};
use maud::{Markup, html};

use super::Look;
use super::changes::{Change, changes};
use super::page::{ago, part};
use crate::charts::sparkline;
use crate::report::Report;
use crate::statistics::Estimate;
use crate::words;

/// From this share of degraded attempts or failed requests on, something is wrong.
const TROUBLE_FROM: f64 = 0.01;

/// Of fewer labelled alarms nothing is concluded.
const ALARMS_JUDGED_FROM: i64 = 10;

/// From this share of interventions on being called annoying, they are.
const ANNOYING_FROM: f64 = 0.1;

/// From this long without a decision on, the page says so, in milliseconds.
const QUIET_FROM_MS: i64 = HOUR_MS;

/// How many changes are named.
const CHANGES_TOLD: usize = 4;

/// How an answer is to be taken: a colour, which never says more than the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Good,
    Look,
    Bad,
    Unknown,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Look => "look",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// An answer in a sentence, of which the first words say it all.
type Answer = (Tone, &'static str, String);

/// One question with its answer.
struct Verdict {
    id: &'static str,
    question: &'static str,
    answer: Answer,
    curve: Markup,
    numbers: Vec<Number>,
}

/// A number with its name and a remark.
struct Number {
    name: &'static str,
    value: Markup,
    remark: String,
}

impl Number {
    fn new(name: &'static str, value: impl Into<String>, remark: impl Into<String>) -> Self {
        let value = value.into();
        Self { name, value: html! { (value) }, remark: remark.into() }
    }
}

/// The four cards.
pub(super) fn verdicts(look: &Look) -> Markup {
    let cards = [working(look), helping(look), annoying(look), changed(look)];
    let content = html! {
        h2.hidden id="verdicts-title" { "In short" }
        div.verdicts {
            @for Verdict { id, question, answer: (tone, short, rest), curve, numbers } in &cards {
                article.verdict.(tone.class()) id={ "verdict-" (id) } {
                    h3 { (question) }
                    p.answer { b { (short) } @if !rest.is_empty() { " " (rest) } }
                    (curve)
                    dl { @for Number { name, value, remark } in numbers {
                        div { dt { (name) } dd { (value) } @if !remark.is_empty() { dd.remark { (remark) } } }
                    } }
                }
            }
        }
    };
    part("verdicts", &content)
}

fn working(look: &Look) -> Verdict {
    let Look { report, now, .. } = look;
    let system = &report.system;
    let newest = look.feed.as_deref().and_then(|feed| feed.first()).map(|entry| entry.recorded_at);
    let quiet_ms = newest.map(|newest| now.since_ms(newest)).filter(|ms| *ms >= QUIET_FROM_MS);
    let answer = is_working(report, quiet_ms);
    let whole = system.latency.whole;
    let mut numbers = vec![
        Number::new("Degraded", words::share(system.degraded), words::of(system.degraded)),
        Number::new("Failed requests", words::share(system.failed), words::of(system.failed)),
        Number::new(
            "Answered within",
            whole.map_or_else(|| words::UNKNOWN.to_owned(), |whole| words::ms(whole.p99_ms)),
            if whole.is_some() { "99 of 100 attempts" } else { "" },
        ),
    ];
    numbers.push(Number { name: "Newest decision", value: freshness(newest), remark: String::new() });
    Verdict { id: "working", question: "Is it working?", answer, curve: curve(report, |day| day.attempts), numbers }
}

fn freshness(newest: Option<Instant>) -> Markup {
    newest.map_or_else(|| html! { (words::UNKNOWN) }, ago)
}

fn is_working(report: &Report, quiet_ms: Option<i64>) -> Answer {
    let worst = [report.system.degraded, report.system.failed, report.system.unrecorded];
    let worst = worst.into_iter().filter_map(|share| share.value).fold(0.0, f64::max);
    if report.attempts == 0 {
        (Tone::Unknown, "Nothing to judge:", "no attempt was scored in this period.".to_owned())
    } else if worst >= TROUBLE_FROM {
        (Tone::Bad, "Not well:", format!("up to {} of attempts were degraded, lost or failed.", words::percent(worst)))
    } else if let Some(ms) = quiet_ms {
        (Tone::Look, "Quiet:", format!("the newest decision is {} old.", words::span(ms)))
    } else if worst > 0.0 {
        (Tone::Look, "Nearly always:", format!("{} of attempts were degraded, lost or failed.", words::percent(worst)))
    } else {
        let attempts = words::counted(report.attempts, "attempt was", "attempts were");
        (Tone::Good, "Yes:", format!("{attempts} scored, each with all it needed."))
    }
}

fn helping(look: &Look) -> Verdict {
    let report = &look.report;
    let quality = &report.quality;
    let base = format!("base rate {}", words::share(quality.base_rate));
    let mut numbers = vec![
        Number::new("Alarms that were right", words::share(quality.precision), base),
        Number::new("Cases caught", words::share(quality.recall), words::of(quality.recall)),
    ];
    if let Some((currency, avoided)) = savings(report) {
        numbers.push(Number::new(
            "Spending avoided",
            words::whole(avoided.value, currency),
            format!("{} to {}", words::whole(avoided.ci95[0], currency), words::whole(avoided.ci95[1], currency)),
        ));
    } else {
        numbers.push(Number::new("Spending avoided", words::UNKNOWN, "no hold-out to compare with yet"));
    }
    numbers.push(Number::new("Heeded", words::share(report.heeded), words::of(report.heeded)));
    let answer = is_helping(report);
    Verdict { id: "helping", question: "Is it helping?", answer, curve: curve(report, |day| day.caught), numbers }
}

/// The spending avoided in the currency of which there is most.
fn savings(report: &Report) -> Option<(&str, Estimate)> {
    let known = report.impact.iter().filter_map(|(currency, impact)| {
        let hold_out = impact.hold_out.as_ref()?;
        Some((hold_out.shown, currency.as_str(), hold_out.spending_avoided?))
    });
    known.max_by_key(|(shown, ..)| *shown).map(|(_, currency, avoided)| (currency, avoided))
}

fn is_helping(report: &Report) -> Answer {
    let quality = &report.quality;
    let alarms = quality.precision.of;
    let (Some(precision), Some([low, high]), Some(base)) =
        (quality.precision.value, quality.precision.ci95, quality.base_rate.value)
    else {
        return (Tone::Unknown, "Too early to say:", "no alarm has been confirmed or denied yet.".to_owned());
    };
    if alarms < ALARMS_JUDGED_FROM {
        let judged = words::counted(alarms, "alarm has", "alarms have");
        return (Tone::Unknown, "Too early to say:", format!("only {judged} been confirmed or denied."));
    }
    let times = precision / base.max(f64::MIN_POSITIVE);
    if savings(report).is_some_and(|(_, avoided)| avoided.ci95[1] < 0.0) {
        (Tone::Bad, "No:", "those who were left alone spent less.".to_owned())
    } else if low > base {
        let saves = savings(report).is_some_and(|(_, avoided)| avoided.ci95[0] > 0.0);
        let found = format!("alarms are right {} times as often as chance", words::times(times));
        let rest = if saves { format!("{found}, and less is spent.") } else { format!("{found}.") };
        (Tone::Good, "Yes:", rest)
    } else if high < base {
        (Tone::Bad, "No:", "alarms are right less often than chance.".to_owned())
    } else {
        (Tone::Look, "Not shown:", "alarms may be no better than chance.".to_owned())
    }
}

fn annoying(look: &Look) -> Verdict {
    let report = &look.report;
    let engagement = &report.engagement;
    let per_month = engagement.per_customer_month;
    let numbers = vec![
        Number::new(
            "Per customer and month",
            per_month.map_or_else(|| words::UNKNOWN.to_owned(), |rate| words::rate(rate.value)),
            per_month.map_or_else(String::new, |rate| {
                format!("{} to {}", words::rate(rate.ci95[0]), words::rate(rate.ci95[1]))
            }),
        ),
        Number::new("Stepped in on", words::share(report.intervention_rate), words::of(report.intervention_rate)),
        Number::new("Called annoying", words::share(engagement.annoying), words::of(engagement.annoying)),
        Number::new("Wished for quiet", words::share(engagement.quiet), "of attempts"),
    ];
    let answer = is_annoying(report);
    Verdict {
        id: "annoying",
        question: "Is it annoying?",
        answer,
        curve: curve(report, |day| day.interventions),
        numbers,
    }
}

fn is_annoying(report: &Report) -> Answer {
    let annoying = report.engagement.annoying;
    let Some((value, [low, _])) = annoying.value.zip(annoying.ci95) else {
        return (Tone::Unknown, "Nobody was interrupted", "in this period.".to_owned());
    };
    let of_interventions = format!("{} of interventions were called annoying.", words::percent(value));
    if low >= ANNOYING_FROM {
        (Tone::Bad, "Yes:", of_interventions)
    } else if value >= ANNOYING_FROM {
        (Tone::Look, "Perhaps:", of_interventions)
    } else if annoying.count == 0 {
        let of = words::counted(annoying.of, "intervention was", "interventions were");
        (Tone::Good, "Nobody says so:", format!("{of} shown, none was called annoying."))
    } else {
        (Tone::Good, "Rarely:", of_interventions)
    }
}

fn changed(look: &Look) -> Verdict {
    let before = &look.before;
    let all = changes(&look.report, before);
    let clear: Vec<&Change> = all.iter().filter(|change| change.is_clear).collect();
    let answer = match clear.as_slice() {
        _ if before.attempts == 0 => {
            (Tone::Unknown, "Nothing to compare:", "no attempt was scored in the period before.".to_owned())
        }
        [] => (Tone::Good, "Nothing much:", "all differences are within chance.".to_owned()),
        [first, rest @ ..] => {
            let others = match rest.len() {
                0 => ".".to_owned(),
                1 => ", and one more figure changed.".to_owned(),
                more => format!(", and {more} more figures changed."),
            };
            let tone = if clear.iter().any(|change| change.is_worse) { Tone::Look } else { Tone::Good };
            (tone, first.headline, format!("{}{others}", first.in_words))
        }
    };
    let told = all.iter().take(CHANGES_TOLD);
    let numbers =
        told.map(|change| Number::new(change.name, change.difference.clone(), change.in_words.clone())).collect();
    Verdict { id: "changed", question: "What changed?", answer, curve: html! {}, numbers }
}

/// The days of a report as a curve.
fn curve(report: &Report, number: fn(&crate::report::DayReport) -> i64) -> Markup {
    sparkline(&report.days.iter().map(|day| number(day) as f64).collect::<Vec<_>>())
}

impl Look {
    /// The currency of that code, for its decimals; the euro's for one that is not known any more.
    pub(super) fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap_or(Currency::EUR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::of_one_day as report;

    #[track_caller]
    fn check((tone, short, rest): &Answer, expect: (Tone, &str)) {
        assert_eq!((*tone, *short), expect, "{rest}");
        assert!(rest.ends_with('.'), "{rest}");
    }

    #[test]
    fn it_works_unless_something_is_missing_or_nothing_comes() {
        let answer = |counts: &[(&str, i64)], quiet_ms| is_working(&report(counts), quiet_ms);
        check(&answer(&[], None), (Tone::Unknown, "Nothing to judge:"));
        check(&answer(&[("attempts", 1000)], None), (Tone::Good, "Yes:"));
        check(&answer(&[("attempts", 1000)], Some(2 * HOUR_MS)), (Tone::Look, "Quiet:"));
        check(&answer(&[("attempts", 1000), ("degraded", 1)], None), (Tone::Look, "Nearly always:"));
        check(&answer(&[("attempts", 1000), ("degraded", 10)], Some(2 * HOUR_MS)), (Tone::Bad, "Not well:"));
    }

    #[test]
    fn it_helps_where_alarms_are_right_more_often_than_chance() {
        let answer = |alarms: (i64, i64), quiet: (i64, i64)| {
            is_helping(&report(&[
                ("attempts", 10_000),
                ("label.alarm.positive", alarms.0),
                ("label.alarm.genuine", alarms.1),
                ("label.quiet.positive", quiet.0),
                ("label.quiet.genuine", quiet.1),
            ]))
        };
        check(&answer((0, 0), (5, 100)), (Tone::Unknown, "Too early to say:"));
        check(&answer((5, 4), (5, 100)), (Tone::Unknown, "Too early to say:"));
        check(&answer((20, 20), (5, 1000)), (Tone::Good, "Yes:"));
        check(&answer((2, 20), (5, 100)), (Tone::Look, "Not shown:"));
        check(&answer((0, 100), (50, 100)), (Tone::Bad, "No:"));
    }

    #[test]
    fn it_annoys_where_that_is_said_often_enough_to_be_no_chance() {
        let answer = |annoying| {
            is_annoying(&report(&[
                ("attempts", 1000),
                ("action.nudge", 100),
                ("strategy.delay.shown", 100),
                ("opinion.annoying", annoying),
            ]))
        };
        check(&is_annoying(&report(&[("attempts", 5)])), (Tone::Unknown, "Nobody was interrupted"));
        check(&answer(0), (Tone::Good, "Nobody says so:"));
        check(&answer(2), (Tone::Good, "Rarely:"));
        check(&answer(12), (Tone::Look, "Perhaps:"));
        check(&answer(40), (Tone::Bad, "Yes:"));
    }
}
