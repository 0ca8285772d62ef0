//! `cargo lab simulate`: a simulated history as CSV.

use std::fs::File;
use std::io::{self, Write};

use clap::Args;
use engine::currency::Currency;
use engine::time::Day;
use lab::export::AttemptWriter;
use lab::simulate::{CUSTOMERS_MAX, DAYS_MAX, Simulation, SimulationSettings, Truth};

use super::{CommandError, OutArguments, percent, thousands};

/// Simulate customers and write what they attempt to buy as CSV
///
/// The same options give the same file. Nothing in it comes from real people, and nothing measured on it says how real
/// people behave. `cargo lab inspect --data FILE` reads it back.
#[derive(Args)]
pub(crate) struct Arguments {
    /// How many customers
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(CUSTOMERS_MAX)))]
    customers: u32,

    /// How many days
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=i64::from(DAYS_MAX)))]
    days: u16,

    /// The first day
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2025-01-01", value_parser = Day::parse)]
    start: Day,

    /// Another seed gives other customers
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// The currency of all amounts; its units are taken to be worth about as much as euros
    #[arg(long, value_name = "CODE", default_value = "EUR", value_parser = Currency::parse)]
    currency: Currency,

    #[command(flatten)]
    out: OutArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let &Arguments { customers, days, start, seed, currency, .. } = arguments;
    let simulation = Simulation::new(SimulationSettings { seed, customers, start, days, currency });
    let Some(path) = arguments.out.file() else {
        return write(simulation, io::stdout().lock()).map(|_| ()).map_err(CommandError::Output);
    };
    let counts = File::create(path)
        .and_then(|file| write(simulation, file))
        .map_err(|source| CommandError::File { path: path.to_owned(), source })?;
    let Counts { attempts, compromised, regretted } = counts;
    writeln!(
        io::stdout(),
        "{}: {} attempts of {} simulated customers in {days} days, {} by somebody else, {} regretted",
        path.display(),
        thousands(attempts),
        thousands(u64::from(customers)),
        percent(compromised, attempts),
        percent(regretted, attempts),
    )
    .map_err(CommandError::Output)
}

/// What was written, by what it is.
#[derive(Default)]
struct Counts {
    attempts: u64,
    compromised: u64,
    regretted: u64,
}

fn write(simulation: Simulation, out: impl Write) -> io::Result<Counts> {
    let mut writer = AttemptWriter::new(out)?;
    let mut counts = Counts::default();
    for attempt in simulation {
        writer.write(&attempt)?;
        counts.attempts += 1;
        match attempt.truth {
            Truth::Compromised => counts.compromised += 1,
            truth => counts.regretted += u64::from(truth.label() == Some(true)),
        }
    }
    writer.finish()?;
    Ok(counts)
}
