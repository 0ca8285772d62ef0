//! `cargo local costs`: what each thing that Guardian does costs at the table, and whether that grows with what is in it.
//!
//! The real handlers, store and SDK over the embedded emulator, with a meter below the SDK ([`Cost`]). A table is filled with
//! more and more entries, and the same is done at each size: what costs more in a fuller table does not scale. Counting units
//! says more than a stopwatch would: they are what AWS charges and throttles by, and every machine counts the same.

mod actions;
mod ages;
mod meter;
mod sample;
mod table;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant as Stopwatch;

use engine::message::Templates;
use engine::score::Models;
use serde::Serialize;

use crate::console::Console;
use crate::emulator::{self, Emulator, EmulatorError};
use crate::stack::{Surroundings, TABLE_NAME, UPDATER};
use crate::summary::write_json;
use crate::trigger::mapping::MappingError;
use crate::trigger::{Settings, SourceError, StreamSource};

use actions::Actions;
use meter::{Meter, Place};
use sample::Sampler;
use table::Filled;

pub use ages::{ProfileAge, profile_ages};
pub use meter::Cost;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum CostsError {
    /// The emulator did not start.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// The templates do not load.
    #[error(transparent)]
    Templates(#[from] engine::message::TemplateError),
    /// The models do not load.
    #[error(transparent)]
    Models(#[from] engine::model::ModelError),
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The stream could not be read.
    #[error(transparent)]
    Stream(#[from] SourceError),
    /// The template does not say how the updater is fed.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The table could not be filled.
    #[error("filling the table: {0}")]
    Fill(String),
    /// The sample makes something that cannot be.
    #[error("the sample: {0}")]
    Sample(String),
    /// A handler answered what it should not.
    #[error("answered {status}: {body}")]
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The updater handed something back, or got nothing.
    #[error("not everything was learned")]
    NotLearned,
    /// An answer of the table did not say what it cost.
    #[error("without ConsumedCapacity: {0}")]
    Unmetered(String),
    /// The system refused something.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

impl CostsError {
    fn sample(error: impl std::fmt::Display) -> Self {
        Self::Sample(error.to_string())
    }
}

/// One thing that Guardian does, and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was done.
    pub name: String,
    /// Whether it must not cost more in a fuller table.
    pub hot: bool,
    /// What it cost.
    #[serde(flatten)]
    pub cost: Cost,
}

/// How large things were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// The item of the entry that was scored for the old customer.
    pub entry_bytes: usize,
    /// The item of the old customer's profile.
    pub profile_bytes: usize,
    /// Entries on the first page of their export.
    pub exported_entries: usize,
}

/// Everything that was measured at one size.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Entries in the table beside the old customer's.
    pub entries: u64,
    /// What was done.
    pub rows: Vec<Row>,
    /// How large things were.
    pub sizes: Sizes,
    /// Seconds that filling the table took.
    pub fill_s: f64,
    /// Changes a second that the updater's handler learned meanwhile, in batches of a hundred changes of ten customers, in
    /// one thread together with the emulator.
    pub learned_per_s: f64,
}

/// The hot rows that do not cost the same at every size, in words.
pub fn growth(figures: &[Figures]) -> Vec<String> {
    let mut costs: BTreeMap<&str, Vec<(u64, Cost)>> = BTreeMap::new();
    for size in figures {
        for row in size.rows.iter().filter(|row| row.hot) {
            costs.entry(&row.name).or_default().push((size.entries, row.cost));
        }
    }
    let differs = costs.into_iter().filter(|(_, costs)| {
        costs.len() != figures.len()
            || costs.windows(2).any(|pair| matches!(pair, [(_, one), (_, next)] if one != next))
    });
    differs.map(|(name, costs)| format!("{name}: {costs:?}")).collect()
}

/// Measures each size, prints a table of each, and writes all to a file if one is named. Fails if a hot row grows.
pub async fn run(sizes: &[u64], json: Option<&Path>, surroundings: &Surroundings) -> ExitCode {
    let console = Console::new();
    match Box::pin(measure_all(sizes, json, surroundings, &console)).await {
        Ok(code) => code,
        Err(error) => {
            console.warn(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// What is written as JSON.
#[derive(Serialize)]
struct All<'a> {
    sizes: &'a [Figures],
    profiles: &'a [ProfileAge],
}

async fn measure_all(
    sizes: &[u64],
    json: Option<&Path>,
    surroundings: &Surroundings,
    console: &Console,
) -> Result<ExitCode, CostsError> {
    let mut all = Vec::new();
    for entries in sizes {
        let tell = |done| console.progress(|| format!("{done} of {entries} entries"));
        let figures = Box::pin(measure(*entries, None, &surroundings.workspace, tell)).await?;
        console.clear();
        console.line(&figures.in_words());
        all.push(figures);
    }
    let profiles = profile_ages().await?;
    for age in &profiles {
        console.line(&age.to_string());
    }
    if let Some(path) = json {
        write_json(path, &All { sizes: &all, profiles: &profiles })?;
    }
    let grown = growth(&all);
    if grown.is_empty() {
        console.line("flat: what must not grow costs the same at every size");
        return Ok(ExitCode::SUCCESS);
    }
    grown.iter().for_each(|row| console.warn(&format!("grows with the table: {row}")));
    Ok(ExitCode::FAILURE)
}

/// Fills a table with so many entries and measures everything once: in the embedded emulator, or in the one at an address, in
/// a table of this name there.
///
/// # Errors
/// [`CostsError`] if anything goes wrong on the way.
pub async fn measure(
    entries: u64,
    at: Option<(SocketAddr, &str)>,
    workspace: &Path,
    progress: impl Fn(u64),
) -> Result<Figures, CostsError> {
    let settings = Settings::of_workspace(workspace, UPDATER)?;
    let (models, templates) = (Models::compiled_in()?, Templates::compiled_in()?);
    let sampler = Sampler::new(models.clone(), templates.clone())?;
    let (filled, address) = if let Some((address, name)) = at {
        (Filled::new(Meter::new(Place::at(address)), name, None).await?, address)
    } else {
        let database = emulator::open(None)?;
        // Only the stream is read over the network; requests to the table stay in this thread.
        let emulator = Emulator::start(std::net::TcpListener::bind("127.0.0.1:0")?, database.clone())?;
        let address = emulator.address();
        (Filled::new(Meter::new(Place::Here(database)), TABLE_NAME, Some(emulator)).await?, address)
    };
    let started = Stopwatch::now();
    let effort = filled.fill(entries, &sampler, progress).await?;
    let fill_s = started.elapsed().as_secs_f64();
    let stream = StreamSource::open(crate::client::Client::new(address), &filled.name).await?;
    let actions = Actions::new(&filled, &models, &templates, &sampler, stream, settings).await?;
    let (rows, sizes) = Box::pin(actions.measure()).await?;
    if let Some(unmetered) = filled.meter.read().1.into_iter().next() {
        return Err(CostsError::Unmetered(unmetered));
    }
    let learned_per_s = effort.changes as f64 / effort.learn.as_secs_f64();
    Ok(Figures { entries, rows, sizes, fill_s, learned_per_s })
}

impl Figures {
    /// The figures as a table.
    pub fn in_words(&self) -> String {
        let mut words = format!(
            "{:<60}{:>10}{:>12}{:>13}\n",
            format!("{} entries", self.entries),
            "requests",
            "read units",
            "write units"
        );
        for Row { name, cost, .. } in &self.rows {
            words += &format!("{name:<60}{:>10}{:>12}{:>13}\n", cost.requests, cost.read_units, cost.write_units);
        }
        let Sizes { entry_bytes, profile_bytes, exported_entries } = self.sizes;
        words += &format!(
            "an entry {entry_bytes} bytes, the old customer's profile {profile_bytes} bytes, {exported_entries} entries on a page\n"
        );
        words += &format!(
            "filled in {:.1} s; the updater learned {:.0} changes a second\n",
            self.fill_s, self.learned_per_s
        );
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(entries: u64, hot: bool, write_units: f64) -> Figures {
        let cost = Cost { requests: 2, read_units: 0.5, write_units };
        let sizes = Sizes { entry_bytes: 1, profile_bytes: 1, exported_entries: 1 };
        let rows = vec![Row { name: "scoring".to_owned(), hot, cost }];
        Figures { entries, rows, sizes, fill_s: 0.0, learned_per_s: 0.0 }
    }

    #[test]
    fn only_what_is_hot_must_not_grow() {
        assert_eq!(growth(&[figures(100, true, 2.0), figures(10_000, true, 2.0)]), [""; 0]);
        assert_eq!(growth(&[figures(100, false, 2.0), figures(10_000, false, 3.0)]), [""; 0]);
        let grown = growth(&[figures(100, true, 2.0), figures(10_000, true, 3.0)]);
        assert!(matches!(&grown[..], [row] if row.starts_with("scoring: [(100, ")), "{grown:?}");
        // A row that is missing at one size was not measured there.
        assert_eq!(growth(&[figures(100, true, 2.0), figures(10_000, false, 2.0)]).len(), 1);
    }
}
