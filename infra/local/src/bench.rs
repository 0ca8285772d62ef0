//! `cargo local bench`: what a cold start, a request, a crowd and the memory of a process cost, beside the floor: a bare function
//! that makes the same two calls to the table.
//!
//! Whatever the watcher, the emulator and the machine cost, function and floor both pay it; what counts is the ratio. The
//! story: requests in turn (`turns`), fresh processes (`fresh`), many at once (`load`), and a [`crowd`] of customers of whom none
//! may be lost. The updater is held (`processes`) while requests are timed: in AWS it has processes of its own, and here it would
//! take its share of the same cores. With the crowd it runs.
//!
//! What this cannot show: Lambda gives every request under way a process of its own, `cargo local` has one process for each
//! function. With many at once, requests wait for that one here, and would not there: latencies at 10 and at 100 are those of a
//! queue, and requests a second are those of one process on a machine that does all the rest as well.

mod budgets;
mod caller;
pub mod crowd;
mod error;
mod figures;
mod fresh;
mod latency;
mod load;
mod processes;
mod runtime_api;
mod samples;
mod turns;

use std::path::PathBuf;
use std::process::ExitCode;

use edge::clock;

use crate::console::Console;
use crate::stack::{Stack, StackOptions, Surroundings};
use crate::summary::write_json;
use crate::trigger::{Settings, pump};

pub use budgets::Budget;
pub use error::BenchError;
pub use figures::{Figures, Process};
pub use latency::Latency;
pub use load::Load;
pub use processes::Work;

use caller::Caller;
use processes::Processes;
use samples::Samples;

/// What is up to the person who measures.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// The port of the HTTP API.
    pub port: u16,
    /// How many requests of each kind are timed: in turn, and again with each number at once.
    pub requests: u32,
    /// How many customers the crowd has.
    pub customers: u32,
    /// The file that the figures are written to, if any.
    pub json: Option<PathBuf>,
}

/// Measures, prints, and writes the figures to a file if one is named. Fails if a request failed or something of the crowd was lost;
/// never because something took long.
pub async fn run(options: &BenchOptions, surroundings: &Surroundings) -> ExitCode {
    let console = Console::new();
    match measure_and_write(options, surroundings, &console).await {
        Ok(figures) if figures.is_clean() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            console.warn(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn measure_and_write(
    options: &BenchOptions,
    surroundings: &Surroundings,
    console: &Console,
) -> Result<Figures, BenchError> {
    let stack_options = StackOptions { trigger: Settings::in_a_hurry, ..StackOptions::at(options.port) };
    let mut stack = Stack::start(stack_options, surroundings, console).await?;
    let interrupted = async {
        // An error means that there is no such signal to wait for.
        let _ = tokio::signal::ctrl_c().await;
    };
    let measured = tokio::select! {
        measured = measure(&mut stack, options, surroundings, console) => measured,
        () = interrupted => Err(BenchError::Interrupted),
    };
    stack.stop().await;
    let figures = measured?;
    console.line(&figures.in_words());
    if let Some(path) = &options.json {
        let failed = |source| BenchError::System { what: format!("cannot write {}", path.display()), source };
        write_json(path, &figures).map_err(failed)?;
    }
    Ok(figures)
}

async fn measure(
    stack: &mut Stack,
    options: &BenchOptions,
    surroundings: &Surroundings,
    console: &Console,
) -> Result<Figures, BenchError> {
    console.line("building the bare function");
    stack.start_floor(surroundings).await?;
    let (caller, processes) = (Caller::of(stack)?, Processes::of(stack));
    let bench = Bench { stack, surroundings, console, caller, processes, samples: Samples::new(clock::system()) };
    bench.import().await?;
    let turns = bench.in_turn(options.requests).await?;
    let fresh = bench.fresh().await?;
    let load = bench.load(options.requests).await?;
    let (crowd, learning) = bench.crowd(options.customers).await?;
    let processes = bench.about_processes(&fresh)?;
    Ok(Figures::new(turns, &fresh, processes, load, crowd, learning))
}

/// Everything that measuring needs.
struct Bench<'a> {
    stack: &'a Stack,
    surroundings: &'a Surroundings,
    console: &'a Console,
    caller: Caller,
    processes: Processes,
    samples: Samples,
}

impl Bench<'_> {
    /// Gives the customers who take turns a past.
    async fn import(&self) -> Result<(), BenchError> {
        let (customers, purchases) = (samples::CUSTOMERS, samples::PURCHASES);
        self.console.line(&format!("importing {customers} customers with {purchases} purchases each"));
        for customer in 0..customers {
            let path = format!("/v1/customers/{}/purchases", samples::customer(customer));
            self.caller.post(&path, &self.samples.history()).await?;
        }
        self.learned().await
    }

    /// Waits until everything that was written has been learned.
    async fn learned(&self) -> Result<(), BenchError> {
        if pump::drained(self.stack.trigger_state()).await { Ok(()) } else { Err(BenchError::TriggerEnded) }
    }
}
