//! `cargo lab report`: the report of a running Guardian, as tables for a terminal.

use std::io::{self, Write};
use std::time::Duration;

use clap::Args;
use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::Value;

use super::CommandError;

/// How long the answer may take: a function that starts cold and reads 400 days.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much of what is no report an error repeats.
const SAID_CHARS_MAX: usize = 300;

/// Print the report of a running Guardian as tables
///
/// Asks `GET /v1/report`: the same figures as on the dashboard. Shares are followed by their 95 % interval and by what they were
/// counted from.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where the API answers, such as `http://127.0.0.1:9000` or the `ApiUrl` that a deployment prints
    #[arg(long, value_name = "URL")]
    url: String,

    /// The first day, UTC; thirty days before the last without it
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<String>,

    /// The last day, included; today without it
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<String>,

    /// Only customers who were new, known or established when their attempt was scored
    #[arg(long, value_name = "SEGMENT")]
    segment: Option<String>,

    /// Print the answer as it is, in JSON or as a table of comma-separated values
    #[arg(long, value_name = "json|csv")]
    format: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let text = fetch(arguments)?;
    let mut out = io::stdout().lock();
    if arguments.format.is_some() {
        return writeln!(out, "{}", text.trim_end()).map_err(CommandError::Output);
    }
    let report: Value = serde_json::from_str(&text).map_err(|error| CommandError::Report {
        url: arguments.url.clone(),
        what: format!("this is no report: {error}: {}", beginning(&text)),
    })?;
    print(&Report(&report), &mut out).map_err(CommandError::Output)
}

/// Asks for the report. A token in `GUARDIAN_TOKEN` goes along.
fn fetch(arguments: &Arguments) -> Result<String, CommandError> {
    let url = format!("{}/v1/report", arguments.url.trim_end_matches('/'));
    let failed = |what: String| CommandError::Report { url: url.clone(), what };
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build().into();
    let mut request = agent.get(&url);
    let parameters = [
        ("from", &arguments.from),
        ("to", &arguments.to),
        ("segment", &arguments.segment),
        ("format", &arguments.format),
    ];
    for (name, value) in parameters {
        if let Some(value) = value {
            request = request.query(name, value);
        }
    }
    #[expect(clippy::disallowed_methods, reason = "a secret does not belong on a command line")]
    if let Ok(token) = std::env::var("GUARDIAN_TOKEN") {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut response = request.call().map_err(|error| failed(error.to_string()))?;
    let text = response.body_mut().read_to_string().map_err(|error| failed(error.to_string()))?;
    if response.status().is_success() { Ok(text) } else { Err(failed(refusal(response.status().as_u16(), &text))) }
}

/// What a refusal says: its detail and what was expected, where it is a problem of the API's.
fn refusal(status: u16, text: &str) -> String {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    let said = |name: &str| problem.get(name).and_then(Value::as_str);
    match (said("detail"), said("expected")) {
        (Some(detail), Some(expected)) => format!("{status}: {detail} Expected {expected}."),
        (Some(detail), None) => format!("{status}: {detail}"),
        _ => format!("{status}: {}", beginning(text)),
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(SAID_CHARS_MAX).collect()
}

/// The report, as far as it has what is asked for: an older or newer function may say less or more.
struct Report<'a>(&'a Value);

impl Report<'_> {
    fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    fn list(&self, pointer: &str) -> impl Iterator<Item = Report<'_>> {
        self.at(pointer).as_array().into_iter().flatten().map(Report)
    }

    fn fields(&self, pointer: &str) -> impl Iterator<Item = (&str, Report<'_>)> {
        let fields = self.at(pointer).as_object().into_iter().flatten();
        fields.map(|(name, value)| (name.as_str(), Report(value)))
    }

    fn text(&self, pointer: &str) -> String {
        match self.at(pointer) {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            Value::Number(number) => number.as_i64().map_or_else(|| number.to_string(), thousands),
            other => other.to_string(),
        }
    }

    /// A share with its interval and what it was counted from.
    fn share(&self, pointer: &str) -> String {
        let number = |rest: &str| self.at(&format!("{pointer}/{rest}")).as_f64();
        let counted = format!("{} of {}", self.text(&format!("{pointer}/count")), self.text(&format!("{pointer}/of")));
        match (number("value"), number("ci95/0"), number("ci95/1")) {
            (Some(value), Some(low), Some(high)) => {
                format!("{} ({} to {}; {counted})", percent(value), percent(low), percent(high))
            }
            _ => format!("- ({counted})"),
        }
    }

    /// An estimate with its interval.
    fn estimate(&self, pointer: &str, digits: usize) -> String {
        let number = |rest: &str| self.at(&format!("{pointer}/{rest}")).as_f64();
        match (number("value"), number("ci95/0"), number("ci95/1")) {
            (Some(value), Some(low), Some(high)) => format!("{value:.digits$} ({low:.digits$} to {high:.digits$})"),
            _ => "-".to_owned(),
        }
    }

    fn number(&self, pointer: &str, digits: usize) -> String {
        self.at(pointer).as_f64().map_or_else(|| "-".to_owned(), |number| format!("{number:.digits$}"))
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn thousands(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", super::thousands(number.unsigned_abs()))
}

/// Prints a table under a heading: the first column to the left, numbers to the right.
fn table(
    out: &mut impl Write,
    heading: &str,
    columns: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if columns.iter().any(|name| !name.is_empty()) {
        table.set_header(columns.iter().enumerate().map(|(place, name)| cell(place, name)));
    }
    let mut is_empty = true;
    for row in rows {
        is_empty = false;
        table.add_row(row.iter().enumerate().map(|(place, text)| cell(place, text)));
    }
    writeln!(out, "\n{heading}")?;
    if is_empty {
        return writeln!(out, "  nothing yet");
    }
    for line in table.to_string().lines() {
        writeln!(out, " {}", line.trim_end())?;
    }
    Ok(())
}

fn cell(place: usize, text: &str) -> Cell {
    Cell::new(text).set_alignment(if place == 0 { CellAlignment::Left } else { CellAlignment::Right })
}

fn row<const N: usize>(cells: [String; N]) -> Vec<String> {
    cells.into()
}

fn print(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let segment = report.at("/segment").as_str().map_or_else(String::new, |name| format!(", {name} customers"));
    writeln!(out, "Financial Guardian, {} to {} (UTC){segment}", report.text("/from"), report.text("/to"))?;
    writeln!(out, "{} attempts scored, {} purchases imported", report.text("/attempts"), report.text("/imported"))?;
    working(report, out)?;
    helping(report, out)?;
    annoying(report, out)?;
    changing(report, out)
}

/// Is it working?
fn working(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let shares = [
        ("failed", "/system/failed"),
        ("refused", "/system/refused"),
        ("not recorded", "/system/unrecorded"),
        ("degraded", "/system/degraded"),
    ];
    table(
        out,
        "IS IT WORKING",
        &["share of requests or attempts", ""],
        shares.map(|(name, at)| row([name.to_owned(), report.share(at)])),
    )?;
    let times = ["read", "engine", "write", "whole"].map(|part| (part, format!("/system/latency/{part}")));
    let times = times.into_iter().chain([("learning", "/system/learning_lag".to_owned())]);
    let times = times.map(|(name, at)| {
        let quantile = |which: &str| report.number(&format!("{at}/{which}_ms"), 2);
        row([name.to_owned(), quantile("p50"), quantile("p95"), quantile("p99"), report.text(&format!("{at}/count"))])
    });
    table(out, "How long it takes, in milliseconds", &["part", "p50", "p95", "p99", "measured"], times)
}

/// Is it helping?
fn helping(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let shares = [
        ("base rate", "/quality/base_rate"),
        ("precision", "/quality/precision"),
        ("recall", "/quality/recall"),
        ("FPR, of the genuine", "/quality/fpr"),
        ("FDR, of the alarms", "/quality/fdr"),
    ];
    let labelled = format!(
        "IS IT HELPING: {} attempts are labelled; {} are not, of {} of them a label may still come",
        report.text("/quality/labelled"),
        report.text("/quality/unlabelled"),
        report.text("/quality/expected_late"),
    );
    let average = row(["average precision".to_owned(), report.estimate("/quality/average_precision", 3)]);
    let rows = shares.map(|(name, at)| row([name.to_owned(), report.share(at)])).into_iter().chain([average]);
    table(out, &labelled, &["of the labelled", ""], rows)?;
    let saved = report.fields("/impact").map(|(currency, impact)| {
        row([
            currency.to_owned(),
            impact.estimate("/hold_out/spending_avoided", 0),
            impact.estimate("/hold_out/regret_avoided", 0),
            impact.text("/hold_out/shown"),
            impact.text("/hold_out/held_out"),
        ])
    });
    let heading =
        "Spending avoided, by comparison with those who were held out (an upper bound: later purchases are not seen)";
    table(out, heading, &["currency", "all", "regretted or disowned", "shown", "held out"], saved)?;
    let actions = report
        .list("/actions")
        .map(|action| row([action.text("/action"), action.text("/attempts"), action.share("/heeded")]));
    table(out, "What Guardian did", &["action", "attempts", "did not go ahead"], actions)?;
    let strategies = report.list("/strategies").map(|strategy| {
        row([
            strategy.text("/strategy"),
            strategy.text("/shown"),
            strategy.share("/helped"),
            strategy.share("/annoying"),
        ])
    });
    table(out, "How it spoke", &["strategy", "shown", "helped", "called annoying"], strategies)
}

/// Is it annoying?
fn annoying(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let rows = [
        ("interventions per customer and month", report.estimate("/engagement/per_customer_month", 2)),
        ("the policy allows at most", report.number("/engagement/per_customer_month_max", 2)),
        ("attempts stepped in on", report.share("/intervention_rate")),
        ("called annoying", report.share("/engagement/annoying")),
        ("of them once more", report.share("/engagement/annoyed_again")),
        ("called useful", report.share("/engagement/useful")),
        ("attempts with feedback", report.share("/engagement/feedback")),
        ("attempts of those who wish for quiet", report.share("/engagement/quiet")),
        ("cooling-offs not waited for", report.share("/cooling_offs/overridden")),
    ];
    table(out, "IS IT ANNOYING", &["", ""], rows.map(|(name, value)| row([name.to_owned(), value])))
}

/// What is changing?
fn changing(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let arms = report.list("/experiments").flat_map(|experiment| {
        let name = experiment.text("/experiment");
        let arms = experiment.list("/arms").map(|arm| {
            let effect =
                |at: &str| arm.at(at).as_f64().map_or_else(|| "-".to_owned(), |share| format!("{:+.2}", 100.0 * share));
            let interval =
                format!("{} ({} to {})", effect("/effect/effect"), effect("/effect/ci95/0"), effect("/effect/ci95/1"));
            let p_value = arm.at("/effect/p_value").as_f64().map_or_else(|| "-".to_owned(), |p| format!("{p:.4}"));
            row([
                format!("{name}: {}", arm.text("/arm")),
                arm.text("/interventions"),
                arm.share("/helped"),
                interval,
                p_value,
                arm.text("/verdict"),
            ])
        });
        arms.collect::<Vec<_>>()
    });
    let columns = ["experiment: arm", "interventions", "helped", "percentage points against control", "p", "verdict"];
    table(out, "Experiments (may be looked at as often as one likes)", &columns, arms)?;
    let drift = report.list("/drift/signals").map(|signal| {
        let psi = signal.at("/psi").as_f64().map_or_else(|| "-".to_owned(), |psi| format!("{psi:.3}"));
        row([signal.text("/signal"), psi, signal.text("/shift")])
    });
    let heading = format!(
        "WHAT CHANGED against what {} was calibrated on; to do: {}",
        report.text("/drift/model"),
        report.text("/drift/suggestion")
    );
    table(out, &heading, &["signal", "stability index", ""], drift)?;
    let days = report.list("/days").map(|day| {
        row(["/day", "/attempts", "/interventions", "/labelled", "/positive", "/caught", "/false_alarms"]
            .map(|at| day.text(at)))
    });
    table(out, "Day by day", &["day", "attempts", "stepped in", "labelled", "positive", "caught", "false alarms"], days)
}
