//! `GET /dashboard`: the report's numbers on one plain page that refreshes itself.

use engine::time::Instant;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::Report;
use crate::statistics::share::Share;

/// Seconds between two loads of the page.
const REFRESH_S: u32 = 5;

const STYLE: &str = "
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --bar: #2f6fdb; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2.2rem 0 .5rem; }
.muted { opacity: .72; } .cards { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); margin-top: 1.2rem; }
.card { border: 1px solid var(--line); border-radius: .6rem; padding: .7rem .9rem; }
.card b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } thead th { font-weight: 600; }
meter { width: 8rem; }
";

/// The page for a report made at `now`.
pub(crate) fn page(report: &Report, now: Instant) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content=(REFRESH_S);
                title { "Financial Guardian" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Financial Guardian" }
                p.muted { "From " (report.from) " to " (report.to) " (UTC). As of " (now) "; refreshes every " (REFRESH_S) " seconds." }
                @if report.attempts == 0 && report.imported == 0 {
                    p { "Nothing was scored or imported in this period yet." }
                } @else {
                    (cards(report))
                    (actions(report))
                    (labels(report))
                    (days(report))
                }
            }
        }
    }
    .into_string()
}

fn cards(report: &Report) -> Markup {
    let card = |title: &str, value: String, note: String| {
        html! { div.card { span { (title) } b { (value) } span.muted { (note) } } }
    };
    html! {
        div.cards {
            (card("Attempts scored", report.attempts.to_string(), format!("{} purchases imported", report.imported)))
            (card("Stepped in", percent(report.intervention_rate), interval(report.intervention_rate)))
            (card("Heeded", percent(report.heeded), format!("of {} with a known outcome", report.heeded.of)))
            (card("Gave feedback", percent(report.engagement.feedback), interval(report.engagement.feedback)))
            (card("Degraded", percent(report.system.degraded), format!("{} of {}", report.system.degraded.count, report.system.degraded.of)))
        }
    }
}

fn actions(report: &Report) -> Markup {
    html! {
        h2 { "What Guardian did, and what customers did" }
        div.scroll { table {
            thead { tr { th { "Action" } th { "Attempts" } th { "Proceeded" } th { "Cancelled" } th { "Postponed" } th { "Abandoned" } } }
            tbody {
                @for action in &report.actions {
                    tr {
                        td { (action.action) }
                        td { (action.attempts) }
                        @for outcome in engine::entry::Outcome::ALL {
                            td { (action.outcomes.get(outcome.name()).copied().unwrap_or_default()) }
                        }
                    }
                }
            }
        } }
    }
}

fn labels(report: &Report) -> Markup {
    let row = |name: &str, meaning: &str, share: Share| {
        html! { tr {
            td { (name) br; span.muted { (meaning) } }
            td { (percent(share)) }
            td { (interval(share)) }
            td { (share.count) " of " (share.of) }
        } }
    };
    let labels = &report.quality;
    html! {
        h2 { "How right it was" }
        p.muted {
            (labels.labelled) " attempts have a confirmed label; " (labels.unlabelled)
            " have none yet. Labels come late, and not for every attempt."
        }
        div.scroll { table {
            thead { tr { th { "Rate" } th { "Value" } th { "95 % interval" } th { "Count" } } }
            tbody {
                (row("Base rate", "disowned or regretted, of the labelled", labels.base_rate))
                (row("Precision", "disowned or regretted, of the labelled alarms", labels.precision))
                (row("Recall", "alarms, of the disowned or regretted", labels.recall))
                (row("FPR", "alarms, of the genuine", labels.fpr))
                (row("FDR", "genuine, of the labelled alarms", labels.fdr))
            }
        } }
    }
}

fn days(report: &Report) -> Markup {
    let most = report.days.iter().map(|day| day.attempts).max().unwrap_or_default().max(1);
    html! {
        h2 { "Day by day" }
        div.scroll { table {
            thead { tr { th { "Day" } th { "Attempts" } th { "" } th { "Stepped in" } th { "Imported" } } }
            tbody {
                @for day in report.days.iter().rev() {
                    tr {
                        td { (day.day) }
                        td { (day.attempts) }
                        td { meter min="0" max=(most) value=(day.attempts) aria-label=(format!("{} attempts", day.attempts)) {} }
                        td { (day.interventions) }
                        td { (day.imported) }
                    }
                }
            }
        } }
    }
}

fn percent(share: Share) -> String {
    share.value.map_or_else(|| "–".to_owned(), |value| format!("{:.2} %", value * 100.0))
}

fn interval(share: Share) -> String {
    share.ci95.map_or_else(
        || "nothing to count yet".to_owned(),
        |[low, high]| format!("{:.2} – {:.2} %", low * 100.0, high * 100.0),
    )
}
