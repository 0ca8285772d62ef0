//! `cargo lab`: offline work on data, one file in `commands` for each command.

mod commands;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{
    CommandError, backtest, calibrate, evaluate, evaluate_interventions, features, import, inspect, policy, report,
    simulate, train,
};
use lab::import::ImportError;

/// Offline work on data: look at a history, make a simulated one, train models on it, evaluate them, import it, and read the report of a running
/// Guardian.
#[derive(Parser)]
#[command(name = "cargo lab", bin_name = "cargo lab", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What shells call a program that Ctrl-C ended: 128 and the signal's number.
const INTERRUPTED: u8 = 130;

#[derive(Subcommand)]
enum Command {
    Simulate(simulate::Arguments),
    Inspect(inspect::Arguments),
    Evaluate(evaluate::Arguments),
    Train(train::Arguments),
    Features(features::Arguments),
    Calibrate(calibrate::Arguments),
    Import(import::Arguments),
    Policy(policy::Arguments),
    Backtest(backtest::Arguments),
    EvaluateInterventions(evaluate_interventions::Arguments),
    Report(report::Arguments),
}

fn main() -> ExitCode {
    // Wrong usage ends here, with exit code 2.
    let result = match Cli::parse().command {
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Features(arguments) => features::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Policy(arguments) => policy::run(&arguments),
        Command::Backtest(arguments) => backtest::run(&arguments),
        Command::EvaluateInterventions(arguments) => evaluate_interventions::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough of it.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // Where even stderr is gone, the exit code still tells.
            let _ = writeln!(io::stderr(), "error: {error}");
            match error {
                CommandError::Import(ImportError::Interrupted) => ExitCode::from(INTERRUPTED),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
