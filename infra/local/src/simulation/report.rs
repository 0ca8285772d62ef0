//! Many seeds on all cores, and what they came to.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use engine::score::Models;

use crate::console::Console;
use crate::simulation::{Played, Scenario, SimulationError, Weather, play};

/// How many seeds with a difference are shown; the others are counted.
const SHOWN_MAX: usize = 10;

/// How many differences of one seed are shown.
const DIFFERENCES_SHOWN_MAX: usize = 5;

/// What many seeds came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Seeds that were played.
    pub seeds: u64,
    /// Changes of entries.
    pub changes: u64,
    /// Stream records delivered.
    pub delivered: u64,
    /// Requests to the table.
    pub requests: u64,
    /// What went wrong, how often.
    pub faults: BTreeMap<&'static str, u64>,
    /// What became of attempts, how often, see [`Played::happened`].
    pub happened: BTreeMap<String, u64>,
    /// The seeds that found something, in order.
    pub failed: Vec<Played>,
}

impl Report {
    fn add(&mut self, played: Played) {
        self.seeds += 1;
        self.changes += played.changes;
        self.delivered += played.delivered;
        self.requests += played.requests.values().sum::<u64>();
        for (fault, count) in &played.faults {
            *self.faults.entry(fault).or_default() += count;
        }
        for (what, count) in &played.happened {
            *self.happened.entry(what.clone()).or_default() += count;
        }
        if !played.differences.is_empty() {
            self.failed.push(played);
            self.failed.sort_by_key(|played| played.seed);
        }
    }
}

/// Plays these seeds, as many at a time as there are cores. `progress` is told what there is after each.
///
/// # Errors
/// [`SimulationError`] if a seed cannot be played.
pub fn run(seeds: Range<u64>, stories: u64, progress: impl Fn(&Report) + Sync) -> Result<Report, SimulationError> {
    let models = Models::compiled_in()?;
    let next = AtomicU64::new(seeds.start);
    let report = Mutex::new(Report::default());
    let worker = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return Ok(());
            }
            let scenario = Scenario { seed, stories, weather: Weather::OfSeed };
            let played = play(scenario, &models, |table| table)?;
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            report.add(played);
            progress(&report);
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let results: Vec<Result<(), SimulationError>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        // A worker does not panic: what panics in a simulation is a difference.
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    });
    results.into_iter().collect::<Result<(), _>>()?;
    Ok(report.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Plays `seeds` seeds from `first` on for a person, and fails if one finds a difference.
pub fn print(seeds: u64, first: u64, stories: u64) -> ExitCode {
    let console = Console::new();
    let started = Instant::now();
    let shown = |report: &Report| {
        console.progress(|| format!("{} of {seeds} seeds, {} with differences", report.seeds, report.failed.len()));
    };
    let report = match run(first..first.saturating_add(seeds), stories, shown) {
        Ok(report) => report,
        Err(error) => {
            console.warn(&format!("error: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let Report { seeds, changes, delivered, requests, faults, happened, failed } = &report;
    let seconds = started.elapsed().as_secs_f64();
    console.line(&format!(
        "{seeds} seeds from {first} on, {seconds:.1} s: {changes} changes of entries, told {delivered} times; {requests} \
         requests to the table"
    ));
    console.line(&format!("faults: {}", faults.values().sum::<u64>()));
    for (fault, count) in faults {
        console.line(&format!("  {count:>9} {fault}"));
    }
    let happened: Vec<String> = happened.iter().map(|(what, count)| format!("{what} {count}")).collect();
    console.line(&format!("happened: {}", happened.join(", ")));
    console.line(&format!("seeds with differences: {}", failed.len()));
    for played in failed.iter().take(SHOWN_MAX) {
        console.line(&format!(
            "  seed {0} (again: cargo local simulate --seeds 1 --seed {0} --stories {stories})",
            played.seed
        ));
        for difference in played.differences.iter().take(DIFFERENCES_SHOWN_MAX) {
            console.line(&format!("    {difference}"));
        }
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
