//! `cargo lab evaluate-interventions`: what interventions are worth to simulated people, under several policies.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant as Stopwatch;

use clap::Args;
use engine::message::Templates;
use engine::policy::Policy;
use engine::time::Day;
use lab::interventions::{Estimate, Evaluation, Figures, Report, Settings, Variant, report};
use lab::simulate::World;

use super::{CommandError, ModelArguments, read_policy, thousands, to_json, write_file};

/// The most people: all of them are in memory with all that they attempt.
const CUSTOMERS_MAX: i64 = 20_000;

/// Put the same simulated people under several policies for a year, and show what interventions are worth
///
/// People are simulated and their reactions assumed: nothing here says how real people behave. It shows whether the loop works: whether
/// the estimate from the hold-out finds what was truly saved, whether choosing strategies pays, what each adaptive part adds.
#[derive(Args)]
pub(crate) struct Arguments {
    /// How many people
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(2..=CUSTOMERS_MAX))]
    customers: u32,

    /// How many days
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=365))]
    days: u16,

    /// The first day
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2025-01-01", value_parser = Day::parse)]
    start: Day,

    /// Another seed gives other people
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// The full policy: a JSON document; the default one without it
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Let interventions short of a block do nothing: the estimates should then find nothing
    #[arg(long)]
    null: bool,

    #[command(flatten)]
    models: ModelArguments,

    /// Write every figure to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let stopwatch = Stopwatch::now();
    let models = arguments.models.read()?;
    let policy = arguments.policy.as_deref().map_or_else(|| Ok(Policy::default()), read_policy)?;
    let world = if arguments.null { World::NULL } else { World::default() };
    let &Arguments { customers, days, start, seed, .. } = arguments;
    let settings = Settings { seed, customers, start, days, world, policy };
    let results = Evaluation::new(&settings, &models, &Templates::compiled_in()?).run_all(&Variant::ALL);
    let report = report(&settings, &results);
    if let Some(path) = &arguments.json {
        write_file(path, &to_json(&report)?)?;
    }
    print(&report, stopwatch.elapsed().as_secs_f64(), &mut io::stdout().lock()).map_err(CommandError::Output)
}

/// A row of a table: its name, its figure, and what to multiply that with.
type Row = (&'static str, fn(&Figures) -> Estimate, f64);

fn print(report: &Report, seconds: f64, out: &mut impl Write) -> io::Result<()> {
    let Report { note, seed, customers, days, policy, variants } = report;
    writeln!(out, "{note}")?;
    writeln!(
        out,
        "{} simulated people, {days} days, seed {seed}, policy {policy}; each figure with its 95 % interval over people; {seconds:.1} s",
        thousands(u64::from(*customers)),
    )?;
    let mut table = |title: &str, rows: &[Row]| {
        writeln!(out, "\n{title}")?;
        for figures in variants {
            writeln!(out, "  {}", figures.variant)?;
            for (name, of, unit) in rows {
                let Estimate { value, ci95: [low, high] } = of(figures);
                let [value, low, high] = [value, low, high].map(|number| number * unit);
                writeln!(out, "    {name:<62}{value:>9.2}  ({low:.2} to {high:.2})")?;
            }
        }
        Ok::<(), io::Error>(())
    };
    table(
        "per customer and year; amounts in euros",
        &[
            ("regretted purchases", |figures| figures.regretted, 1.0),
            ("less spent on them than without interventions", |figures| figures.spared, 1.0),
            ("saved by nudges and warnings: estimated from the hold-out", |figures| figures.saved_estimated, 1.0),
            ("  estimated from what people told", |figures| figures.saved_told, 1.0),
            ("  true, known to the simulation", |figures| figures.saved_truly, 1.0),
            ("genuine purchases given up", |figures| figures.genuine_lost, 1.0),
        ],
    )?;
    table(
        "interventions",
        &[
            ("per customer and month", |figures| figures.interventions, 1.0),
            ("helped, %", |figures| figures.helped_share, 100.0),
            ("called annoying, %", |figures| figures.annoying_share, 100.0),
            ("called useful, %", |figures| figures.useful_share, 100.0),
            ("customers who opted out, %", |figures| figures.opted_out_share, 100.0),
        ],
    )?;
    writeln!(out, "\nhelped interventions lost against the best fixed strategy in hindsight, cumulated by month")?;
    for figures in variants {
        let months = figures.bandit_regret.map(|regret| format!("{regret:>7.0}")).concat();
        writeln!(out, "  {:<28}{months}", figures.variant)?;
    }
    Ok(())
}
