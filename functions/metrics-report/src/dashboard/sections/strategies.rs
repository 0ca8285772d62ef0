//! What customers were told, what they did then, and what they thought of it.

use maud::{Markup, html};

use crate::charts::{Chart, ForestPlot, ForestRow, Table};
use crate::report::Report;
use crate::words;

/// Strategies as intervals, and actions with outcomes as a table.
pub(super) fn strategies(report: &Report) -> Markup {
    html! {
        div.grid {
            div.panel.whole { (by_strategy(report)) }
            div.panel.whole { (by_action(report)) }
        }
    }
}

fn by_strategy(report: &Report) -> Markup {
    let mut table = Table::new(&[
        "Strategy",
        "Shown",
        "Helped",
        "95 % interval",
        "Of",
        "Went ahead",
        "Regretted",
        "Useful",
        "Annoying",
    ]);
    let mut strategies: Vec<_> = report.strategies.iter().collect();
    strategies.sort_by_key(|strategy| -strategy.shown);
    let mut rows = Vec::new();
    for strategy in strategies {
        let helped = strategy.helped;
        table.rows.push(vec![
            words::name(strategy.strategy),
            words::count(strategy.shown),
            words::share(helped),
            words::interval(helped),
            words::count(helped.of),
            words::share(strategy.went_ahead),
            words::share(strategy.regretted),
            words::share(strategy.useful),
            words::share(strategy.annoying),
        ]);
        let words = if helped.of > 0 {
            format!("{}, {}", words::share(helped), words::of(helped))
        } else {
            format!("shown {}", words::counted(strategy.shown, "time", "times"))
        };
        rows.push(ForestRow {
            name: words::name(strategy.strategy),
            value: helped.value,
            interval: helped.ci95,
            words,
        });
    }
    let best = report
        .strategies
        .iter()
        .filter_map(|strategy| Some((strategy.helped.ci95?[0], strategy)))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let caption = match best {
        None if report.strategies.is_empty() => "Nothing was said to anybody in this period.".to_owned(),
        None => "Of no intervention is it known yet whether it helped.".to_owned(),
        Some((_, best)) => format!(
            "Surest of helping: {}, in {} ({}). Helped means: the customer thought better of it or called it useful.",
            words::name(best.strategy),
            words::share(best.helped),
            words::of(best.helped)
        ),
    };
    Chart {
        id: "by-strategy",
        title: "How often each strategy helped",
        caption,
        legend: Vec::new(),
        drawing: ForestPlot { rows, in_words: words::percent, lowest: Some(0.0), highest: Some(1.0), marks: &[] }
            .render(),
        table,
    }
    .render()
}

fn by_action(report: &Report) -> Markup {
    let mut table = Table::new(&["Action", "Attempts", "Proceeded", "Cancelled", "Postponed", "Abandoned", "Heeded"]);
    table.rows = report
        .actions
        .iter()
        .map(|action| {
            let outcome = |name: &str| words::count(action.outcomes.get(name).copied().unwrap_or_default());
            let outcomes = ["proceeded", "cancelled", "postponed", "abandoned"].map(outcome);
            let mut row = vec![words::name(action.action), words::count(action.attempts)];
            row.extend(outcomes);
            row.push(words::share(action.heeded));
            row
        })
        .collect();
    let cooling = &report.cooling_offs;
    let mut withheld: Vec<_> = report.engagement.withheld.iter().filter(|(_, count)| **count > 0).collect();
    withheld.sort_by_key(|(_, count)| -**count);
    let withheld: Vec<String> =
        withheld.into_iter().map(|(why, count)| format!("{} for {}", words::count(*count), words::name(why))).collect();
    html! {
        h3 { "What customers did then" }
        p {
            "Of interventions with a known outcome " (words::share(report.heeded)) " were heeded ("
            (words::of(report.heeded)) "). "
            @if cooling.started > 0 {
                (words::counted(cooling.started, "cooling-off", "cooling-offs")) ", "
                (words::share(cooling.overridden)) " of them overridden. "
            }
            @if !withheld.is_empty() { "Withheld: " (withheld.join(", ")) "." }
        }
        (table.render("What customers did then"))
    }
}
