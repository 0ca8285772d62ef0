//! Attempts and interventions, day by day.

use engine::decision::Action;
use engine::time::Day;
use maud::{Markup, html};

use super::super::Look;
use crate::charts::{Chart, Line, LineChart, Stack, StackedBars, Table, XLabel};
use crate::report::{DayReport, Report};
use crate::statistics::share::Share;
use crate::words;

/// A day of the period, with what happened on it if anything did.
type DayOf<'a> = (Day, Option<&'a DayReport>);

/// Both charts.
pub(super) fn activity(look: &Look) -> Markup {
    let period = look.period;
    let reports = |day: Day| look.report.days.iter().find(|report| report.day == day.to_string());
    let days: Vec<DayOf<'_>> =
        (0..period.days()).map(|number| period.from.plus_days(number)).map(|day| (day, reports(day))).collect();
    html! {
        div.grid {
            div.panel { (attempts(&look.report, &days)) }
            div.panel { (rates(&look.report, &days)) }
        }
    }
}

fn of_action(report: Option<&DayReport>, action: Action) -> i64 {
    report.and_then(|report| report.actions.get(action.name()).copied()).unwrap_or_default()
}

fn attempts(report: &Report, days: &[DayOf<'_>]) -> Markup {
    let names = Action::ALL.map(|action| words::name(action.name()));
    let mut table = Table::new(&["Day", "Attempts", "Stepped in", "Imported"]);
    table.head.extend(names.clone());
    let mut hints = Vec::new();
    for (day, report) in days {
        let counts = Action::ALL.map(|action| of_action(*report, action));
        let number = |of: fn(&DayReport) -> i64| words::count(report.map_or(0, of));
        let mut row = vec![
            words::day_and_year(*day),
            number(|report| report.attempts),
            number(|report| report.interventions),
            number(|report| report.imported),
        ];
        row.extend(counts.map(words::count));
        let stepped_in: Vec<String> = Action::ALL
            .into_iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(action, count)| format!("{} {}", words::count(count), words::name(action.name())))
            .collect();
        hints.push(format!(
            "{}: {}",
            words::day(*day),
            if stepped_in.is_empty() { "nothing".to_owned() } else { stepped_in.join(", ") }
        ));
        table.rows.push(row);
    }
    table.rows.reverse();
    let busiest = days.iter().filter_map(|(day, report)| Some((report.as_ref()?.attempts, *day))).max();
    let busiest = busiest.filter(|_| days.len() > 1).map_or_else(String::new, |(count, day)| {
        format!(" The most on one day: {}, on {}.", words::count(count), words::day(day))
    });
    let stacks = Action::ALL.map(|action| Stack {
        class: action.name(),
        counts: days.iter().map(|(_, report)| of_action(*report, action)).collect(),
    });
    Chart {
        id: "attempts",
        title: "Attempts by what Guardian did",
        caption: format!(
            "{}; {} stepped in on ({}).{busiest}{}",
            words::counted(report.attempts, "attempt", "attempts"),
            words::count(report.intervention_rate.count),
            words::share(report.intervention_rate),
            if report.imported > 0 {
                format!(" {} imported.", words::counted(report.imported, "purchase was", "purchases were"))
            } else {
                String::new()
            }
        ),
        legend: Action::ALL.into_iter().zip(names).map(|(action, name)| (action.name(), name)).collect(),
        drawing: StackedBars {
            labels: days.iter().map(|(day, _)| words::day(*day)).collect(),
            stacks: stacks.into(),
            hints,
        }
        .render(),
        table,
    }
    .render()
}

fn rates(report: &Report, days: &[DayOf<'_>]) -> Markup {
    let shares: Vec<(Day, Share)> = days
        .iter()
        .map(|(day, report)| {
            (*day, report.map_or(Share::new(0, 0), |report| Share::new(report.interventions, report.attempts)))
        })
        .collect();
    let last = (days.len().max(2) - 1) as f64;
    let place = |number: usize| if days.len() == 1 { 0.5 } else { number as f64 / last };
    let mut table = Table::new(&["Day", "Share stepped in on", "95 % interval", "Of"]);
    table.rows = shares
        .iter()
        .rev()
        .map(|(day, share)| {
            vec![words::day_and_year(*day), words::share(*share), words::interval(*share), words::count(share.of)]
        })
        .collect();
    let highest = shares
        .iter()
        .filter_map(|(day, share)| Some((share.value?, *day)))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let highest = highest.filter(|_| days.len() > 1).map_or_else(String::new, |(value, day)| {
        format!(" Highest on {}: {}.", words::day(day), words::percent(value))
    });
    let line = Line {
        class: "accent",
        points: shares.iter().enumerate().map(|(number, (_, share))| (place(number), share.value)).collect(),
        band: shares.iter().enumerate().filter_map(|(number, (_, share))| Some((place(number), share.ci95?))).collect(),
        dots: days.len() <= 31,
    };
    let labels = crate::charts::label_places(days.len())
        .into_iter()
        .filter_map(|(number, minor)| Some(XLabel { at: place(number), text: words::day(days.get(number)?.0), minor }));
    Chart {
        id: "rates",
        title: "Share of attempts stepped in on",
        caption: format!(
            "{} in all (95 % interval {}).{highest} The band is each day's interval.",
            words::share(report.intervention_rate),
            words::interval(report.intervention_rate)
        ),
        legend: Vec::new(),
        drawing: LineChart {
            lines: vec![line],
            labels: labels.collect(),
            at_least: 0.0,
            in_words: words::percent,
            levels: Vec::new(),
        }
        .render(),
        table,
    }
    .render()
}
