//! `cargo local`: Financial Guardian on this machine.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use local::bench;
use local::browser;
use local::console::Console;
use local::costs;
use local::dynamodb_local;
use local::emulator;
use local::kills;
use local::options::{Command, Options};
use local::processes::watchdog;
use local::redrive;
use local::run::run;
use local::simulation;
use local::stack::Surroundings;
use local::token;

/// What the functions log unless `RUST_LOG` says otherwise.
const LOG_FILTER: &str = "info";

fn main() -> ExitCode {
    let started = Instant::now();
    let mut options = Options::parse();
    let command = options.command.take();
    if let Some(Command::Watchdog) = command {
        watchdog::run(std::io::stdin().lock());
        return ExitCode::SUCCESS;
    }
    if let Some(Command::Simulate { seeds, seed, stories }) = command {
        return simulation::print(seeds, seed, stories);
    }
    if let Some(Command::Emulator { port, keep }) = command {
        return match emulator::serve(port, &keep) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                Console::new().warn(&format!("error: {error}"));
                ExitCode::FAILURE
            }
        };
    }
    // One thread is enough for whatever waits; the emulator brings its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match (runtime, surroundings()) {
        (Ok(runtime), Ok(surroundings)) => match command {
            Some(Command::Bench { port, requests, json }) => {
                runtime.block_on(bench::run(port, requests, json.as_deref(), &surroundings))
            }
            Some(Command::Browser { port, screenshots }) => {
                runtime.block_on(browser::run(port, screenshots.as_deref(), &surroundings))
            }
            Some(Command::Kill { port, rounds, seed }) => {
                runtime.block_on(kills::run(port, rounds, seed, &surroundings))
            }
            Some(Command::Token { scope, subject, hours }) => token::print(&scope, &subject, hours, &surroundings),
            Some(Command::Redrive { port, keep, list }) => {
                runtime.block_on(redrive::run(port, keep.as_deref(), list, &surroundings))
            }
            Some(Command::Costs { entries, json }) => {
                runtime.block_on(costs::run(&entries, json.as_deref(), &surroundings))
            }
            Some(Command::DynamodbLocal { port, command }) => {
                runtime.block_on(dynamodb_local::run(port, &command, &surroundings))
            }
            _ => runtime.block_on(run(options, surroundings, started)),
        },
        _ => ExitCode::FAILURE,
    }
}

#[expect(clippy::disallowed_methods, reason = "the main function of a program for people reads its environment")]
fn surroundings() -> std::io::Result<Surroundings> {
    let variable = |name: &str| std::env::var_os(name);
    Ok(Surroundings {
        workspace: workspace(),
        program: std::env::current_exe()?,
        cargo: variable("CARGO").unwrap_or_else(|| "cargo".into()),
        // From where it was typed: the functions run in another folder.
        model_path: variable("MODEL_PATH").filter(|path| !path.is_empty()).map(std::path::absolute).transpose()?,
        log_filter: variable("RUST_LOG").map_or_else(|| LOG_FILTER.to_owned(), |it| it.to_string_lossy().into_owned()),
    })
}

/// The root of the workspace that this program was built in: two folders above this crate.
fn workspace() -> PathBuf {
    let this_crate = Path::new(env!("CARGO_MANIFEST_DIR"));
    this_crate.ancestors().nth(2).unwrap_or(this_crate).to_owned()
}
