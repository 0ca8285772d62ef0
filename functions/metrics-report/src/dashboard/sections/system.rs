//! Times, failures, and whether attempts are still like those that the model was made for.

use maud::{Markup, html};

use crate::charts::{Chart, ForestPlot, ForestRow, RangeRow, Ranges, Table};
use crate::report::Report;
use crate::report::drift::SignalDrift;
use crate::report::system::Quantiles;
use crate::statistics::drift::Shift;
use crate::words;

/// From which stability index on a spread is called shifted, and from which on changed.
const SHIFTS: &[f64] = &[0.1, 0.25];

/// Times, failures, drift.
pub(super) fn system(report: &Report) -> Markup {
    html! {
        div.grid {
            div.panel { (latency(report)) }
            div.panel { (drift(report)) }
            div.panel { (reliability(report)) }
            div.panel { (versions(report)) }
        }
    }
}

fn latency(report: &Report) -> Markup {
    let latency = &report.system.latency;
    let parts: [(&str, Option<Quantiles>); 5] = [
        ("whole attempt", latency.whole),
        ("reading", latency.read),
        ("deciding", latency.engine),
        ("recording", latency.write),
        ("learning of it", report.system.learning_lag),
    ];
    let mut table = Table::new(&["Part", "p50", "p95", "p99", "Measured"]);
    let mut rows = Vec::new();
    for (name, quantiles) in parts {
        let Some(Quantiles { p50_ms, p95_ms, p99_ms, count }) = quantiles else { continue };
        let [half, most, nearly_all] = [p50_ms, p95_ms, p99_ms].map(words::ms);
        rows.push(RangeRow {
            name: name.to_owned(),
            range: [p50_ms, p99_ms],
            typical: p95_ms,
            words: format!("{half} – {nearly_all}"),
            strong: name == "whole attempt",
        });
        table.rows.push(vec![name.to_owned(), half, most, nearly_all, words::count(count as i64)]);
    }
    let caption = latency.whole.map_or_else(
        || "No time was measured in this period.".to_owned(),
        |Quantiles { p50_ms, p99_ms, .. }| {
            format!(
                "Half of all attempts are answered within {}, 99 of 100 within {}. Each bar goes from the median to p99, the dot is p95.",
                words::ms(p50_ms),
                words::ms(p99_ms)
            )
        },
    );
    let drawing = Ranges { rows, in_words: words::ms }.render();
    Chart { id: "latency", title: "How long it takes", caption, legend: Vec::new(), drawing, table }.render()
}

fn shift(shift: Shift) -> &'static str {
    match shift {
        Shift::TooFew => "too few to say",
        Shift::Stable => "stable",
        Shift::Shifted => "shifted",
        Shift::Changed => "changed",
    }
}

fn drift(report: &Report) -> Markup {
    let Some(drift) = &report.drift else {
        return html! {
            h3 { "Drift" }
            p { "Too few attempts to compare with those that the model was calibrated on." }
        };
    };
    let mut table = Table::new(&["Signal", "PSI", "What it means"]);
    let mut signals: Vec<&SignalDrift> = drift.signals.iter().collect();
    signals.sort_by(|one, other| other.psi.total_cmp(&one.psi));
    table.rows = signals
        .iter()
        .map(|signal| vec![words::name(signal.signal), format!("{:.3}", signal.psi), shift(signal.shift).to_owned()])
        .collect();
    let rows = signals.iter().map(|signal| ForestRow {
        name: words::name(signal.signal),
        value: Some(signal.psi),
        interval: Some([0.0, signal.psi]),
        words: format!("{:.2}, {}", signal.psi, shift(signal.shift)),
    });
    let worst = signals.first().map_or_else(String::new, |worst| {
        format!("Furthest: {}, with a stability index (PSI) of {:.2}. ", words::name(worst.signal), worst.psi)
    });
    Chart {
        id: "drift",
        title: "Drift from what the model was calibrated on",
        caption: format!("{worst}Suggestion: {}.", drift.suggestion),
        legend: Vec::new(),
        drawing: ForestPlot {
            rows: rows.collect(),
            in_words: |psi| format!("{psi:.2}"),
            lowest: Some(0.0),
            highest: None,
            marks: SHIFTS,
        }
        .render(),
        table,
    }
    .render()
}

fn reliability(report: &Report) -> Markup {
    let system = &report.system;
    let mut table = Table::new(&["What went wrong", "Share", "Count"]);
    let rows = [
        ("Failed", system.failed),
        ("Refused for the caller's fault", system.refused),
        ("Decided, not recorded", system.unrecorded),
        ("Degraded", system.degraded),
    ];
    table.rows = rows.map(|(name, share)| vec![name.to_owned(), words::share(share), words::of(share)]).into();
    for (what, count) in system.missing.iter().filter(|(_, count)| **count > 0) {
        table.rows.push(vec![format!("… without the {}", words::name(what)), String::new(), words::count(*count)]);
    }
    html! {
        h3 { "Reliability" }
        p { (words::counted(system.requests, "request", "requests")) " to score; " (words::count(system.failed.count)) " failed." }
        (table.render("Reliability"))
    }
}

fn versions(report: &Report) -> Markup {
    let mut table = Table::new(&["Version", "Attempts"]);
    for (kind, versions) in [("model", &report.models), ("policy", &report.policies)] {
        table.rows.extend(versions.iter().map(|(name, count)| vec![format!("{kind} {name}"), words::count(*count)]));
    }
    for (rule, results) in &report.rules {
        for (result, count) in results {
            table.rows.push(vec![format!("rule {rule}: {}", words::name(result)), words::count(*count)]);
        }
    }
    for (shadow, actions) in &report.shadows {
        for (action, count) in actions {
            table.rows.push(vec![format!("shadow {shadow} would: {}", words::name(action)), words::count(*count)]);
        }
    }
    html! {
        h3 { "Versions, rules and shadows" }
        p { "Which model and policy decided, what rules did, and what a policy that looks on would have done." }
        (table.render("Versions, rules and shadows"))
    }
}
