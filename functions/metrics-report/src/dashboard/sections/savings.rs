//! Money: what interventions kept from being spent, by the hold-out.

use maud::{Markup, html};

use crate::charts::{Chart, ForestPlot, ForestRow, Table};
use crate::dashboard::Look;
use crate::report::Report;
use crate::report::impact::Impact;
use crate::words;

/// A chart for each currency, or why there is none.
pub(super) fn savings(report: &Report) -> Markup {
    if report.impact.is_empty() {
        return html! { div.panel.empty { p { "No amount was attempted in this period." } } };
    }
    html! {
        p {
            "Some interventions, drawn by chance, are not shown. What those customers then spend more is what the others were "
            "kept from spending: an estimate, with its interval. It is never the sum of what was cancelled."
        }
        div.grid {
            @for (currency, impact) in &report.impact { div.panel.whole { (of_currency(currency, impact)) } }
        }
    }
}

fn of_currency(code: &str, impact: &Impact) -> Markup {
    let currency = Look::currency(code);
    let attempted = words::minor(impact.attempted_minor, currency);
    let intervened = words::minor(impact.intervened_minor, currency);
    let Some(hold_out) = &impact.hold_out else {
        return html! {
            h3 { "Spending avoided, " (code) }
            p {
                (attempted) " attempted, " (intervened) " of it stepped in on. Nothing was held out and has a known outcome, so "
                "nobody can say what would have been spent without Guardian."
            }
        };
    };
    let estimates =
        [("All spending", hold_out.spending_avoided), ("Spending disowned or regretted", hold_out.regret_avoided)];
    let whole = |number: f64| words::whole(number, code);
    let mut table = Table::new(&["Avoided", "Estimate", "95 % interval"]);
    let mut rows = Vec::new();
    for (name, estimate) in estimates {
        let value = estimate.map_or_else(|| words::UNKNOWN.to_owned(), |estimate| whole(estimate.value));
        let interval =
            estimate.map_or_else(|| words::UNKNOWN.to_owned(), |estimate| estimate.ci95.map(whole).join(" to "));
        table.rows.push(vec![name.to_owned(), value.clone(), interval]);
        rows.push(ForestRow {
            name: name.to_owned(),
            value: estimate.map(|estimate| estimate.value),
            interval: estimate.map(|estimate| estimate.ci95),
            words: value,
        });
    }
    let verdict = match hold_out.spending_avoided.map(|estimate| estimate.ci95) {
        Some([low, _]) if low > 0.0 => "It is above zero.",
        Some([_, high]) if high < 0.0 => "It is below zero: more was spent.",
        Some(_) => "It may as well be nothing.",
        None => "There are too few to say.",
    };
    let estimate = hold_out.spending_avoided.map_or_else(String::new, |estimate| {
        format!("{} avoided (95 % interval {}). ", whole(estimate.value), estimate.ci95.map(whole).join(" to "))
    });
    let title = format!("Spending avoided, {code}");
    Chart {
        id: &format!("savings-{code}"),
        title: &title,
        caption: format!(
            "{estimate}{verdict} From {} shown and {} held out, of {attempted} attempted.",
            words::counted(hold_out.shown, "intervention", "interventions"),
            words::count(hold_out.held_out)
        ),
        legend: Vec::new(),
        drawing: ForestPlot { rows, in_words: words::compact_signed, lowest: None, highest: None, marks: &[] }.render(),
        table,
    }
    .render()
}
