//! `cargo lab backtest`: what another policy would have done with a history.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use engine::decision::Action;
use engine::message::Templates;
use engine::policy::Policy;
use lab::backtest::{Comparison, Example, PolicyFigures, Side, compare, live};
use lab::learning::LearningError;
use lab::learning::ledger::Ledger;
use lab::learning::period::DayChoice;
use lab::learning::replay::Replay;

use super::{
    CommandError, HistoryArguments, LabelArguments, ModelArguments, percent, percent_of, read_policy, thousands,
    to_json, write_file,
};

/// Segments shown, those with most changes first; the file has all of them.
const SEGMENTS_SHOWN: usize = 12;

/// Replay a history under two policies and show what would have changed
///
/// Every purchase is decided on by the real engine, from what was known when it was an attempt. A label is used from the label
/// delay after its purchase on, and not before. Each policy has profiles of its own, so that its interventions count against its
/// restraint and its alarm rate; purchases went through as the history says, whatever a policy made of them.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The candidate: a JSON document
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,

    /// The policy to compare it with; the default one without it
    #[arg(long, value_name = "FILE")]
    live: Option<PathBuf>,

    #[command(flatten)]
    history: HistoryArguments,

    #[command(flatten)]
    labels: LabelArguments,

    #[command(flatten)]
    models: ModelArguments,

    /// The first day to judge: a date, or a number of days after the history's first day. What lies before teaches the profiles
    #[arg(long, value_name = "DAY")]
    from: Option<DayChoice>,

    /// How many changed purchases to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    examples: usize,

    /// Write every figure to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let candidate_policy = read_policy(&arguments.policy)?;
    let live_policy = arguments.live.as_deref().map_or_else(|| Ok(Policy::default()), read_policy)?;
    let (models, templates) = (arguments.models.read()?, Templates::compiled_in()?);
    let ledger = Ledger::read(&mut arguments.history.open()?)?;
    let (first, _) = ledger.days().ok_or(LearningError::Empty)?;
    let judged_from = arguments.from.map_or(first, |choice| choice.day(first)).start();
    let label_delay_ms = arguments.labels.label_delay.ms();
    let replay = Replay::new(&ledger, label_delay_ms);
    let life = |policy| live(&ledger, &replay, (label_delay_ms, judged_from), (&models, &templates), policy);
    let (live_life, candidate_life) = rayon::join(|| life(&live_policy), || life(&candidate_policy));
    let comparison =
        compare(&ledger, (&live_policy, &live_life), (&candidate_policy, &candidate_life), arguments.examples);
    if let Some(path) = &arguments.json {
        write_file(path, &to_json(&comparison)?)?;
    }
    print(&comparison, &mut io::stdout().lock()).map_err(CommandError::Output)
}

fn print(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let Comparison { purchases, customers, days, labelled, base_rate, live, candidate, changed, .. } = comparison;
    writeln!(
        out,
        "{} purchases of {} customers in {days:.0} days; {} labelled, base rate {}",
        thousands(*purchases),
        thousands(*customers),
        thousands(*labelled),
        percent_of(*base_rate),
    )?;
    writeln!(
        out,
        "{} would have been answered otherwise ({}): {} harder, {} milder",
        thousands(changed.all()),
        percent(changed.all(), *purchases),
        thousands(changed.harder),
        thousands(changed.milder),
    )?;
    writeln!(out, "\n{:<34}{:>14}{:>14}", "", "live", "candidate")?;
    writeln!(out, "{:<34}{:>14}{:>14}", "policy", live.version, candidate.version)?;
    let mut row =
        |name: &str, of: fn(&PolicyFigures) -> String| writeln!(out, "{name:<34}{:>14}{:>14}", of(live), of(candidate));
    row("alerts per customer and month", |figures| format!("{:.3}", figures.alerts_per_customer_month))?;
    row("held out, or kept quiet", |figures| thousands(figures.withheld.values().sum()))?;
    if *labelled > 0 {
        row("precision", |figures| percent_of(figures.precision))?;
        row("recall", |figures| percent_of(figures.recall))?;
        row("FPR (false alarms / genuine)", |figures| percent_of(figures.fpr))?;
        row("FDR (false alarms / alarms)", |figures| percent_of(figures.fdr))?;
    }

    let names = Action::ALL.map(Action::name);
    writeln!(out, "\nlive ↓ candidate → {}", names.map(|name| format!("{name:>11}")).concat())?;
    for (name, counts) in names.iter().zip(comparison.table) {
        writeln!(out, "{name:<18} {}", counts.map(|count| format!("{:>11}", thousands(count))).concat())?;
    }
    for (whose, figures) in [("live", live), ("candidate", candidate)] {
        for (id, counts) in &figures.rules {
            let [acted, tried, capped, erred] =
                [counts.acted, counts.tried, counts.capped, counts.erred].map(thousands);
            writeln!(out, "{whose} rule {id}: acted {acted}, tried {tried}, capped {capped}, erred {erred}")?;
        }
    }

    writeln!(out, "\nwhere most changed            purchases    harder    milder    alerts live → candidate")?;
    for segment in comparison.segments.iter().take(SEGMENTS_SHOWN) {
        let [harder, milder] = [segment.changed.harder, segment.changed.milder].map(thousands);
        let [live, candidate] = segment.alerts.map(thousands);
        let name = format!("{} {}", segment.of.replace('_', " "), segment.name);
        writeln!(
            out,
            "{name:<28}{:>11}{harder:>10}{milder:>10}    {live} → {candidate}",
            thousands(segment.purchases)
        )?;
    }
    comparison.examples.iter().try_for_each(|example| print_example(example, out))
}

fn print_example(example: &Example, out: &mut impl Write) -> io::Result<()> {
    let Example { customer, occurred_at, amount, category, merchant, payment_method, label, live, candidate } = example;
    let merchant = merchant.as_ref().map(|merchant| format!(" at {merchant}")).unwrap_or_default();
    let label = match label {
        Some(true) => "disowned or regretted",
        Some(false) => "genuine",
        None => "no label",
    };
    writeln!(out, "\n{customer}, {occurred_at}: {amount}, {category}{merchant}, by {payment_method} ({label})")?;
    for (whose, Side { action, p_value, alpha, reasons }) in [("live", live), ("candidate", candidate)] {
        writeln!(out, "  {whose}: {action}; p-value {}, alpha {}", percent_of(*p_value), percent_of(*alpha))?;
        reasons.iter().try_for_each(|reason| writeln!(out, "    {reason}"))?;
    }
    Ok(())
}
