//! A simulation: customers, the real handlers, the real store and the emulator in one thread, on virtual time, with everything
//! going wrong that can; and an oracle that says what must be true in the end.
//!
//! ```text
//!  stories ──▶ score, customers ──▶ store ──SDK──▶ wire (faults) ──▶ emulator
//!                                     ▲                                 │ its stream
//!              delivery ──▶ updater ──┘◀────────────────────────────────┘
//! ```
//! One number, the seed, decides everything: who does what when, which request fails how, which process dies where, in which
//! order what runs. A seed that finds a difference finds it again whenever it is run.
//!
//! The oracle is a fold over the entries that are in the table in the end: profiles, merchants' records and roll-ups must be
//! what one clean pass over them gives; no confirmed decision, outcome or word of the customer may be missing; every retry
//! must have been answered the first decision; and of what was erased nothing may be left.
//! Source of the method: the simulator of `TigerBeetle`; Zhou et al., `FoundationDB` (SIGMOD 2021), section 4.

mod callers;
mod delivery;
pub(crate) mod dice;
mod faults;
mod oracle;
mod report;
mod stories;
mod stream;
mod time;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::message::Templates;
use engine::score::Models;
use profile_updater::{Ports, ProfileUpdater};
use store::{Table, schema};

use callers::Processes;
use delivery::Delivery;
use dice::Dice;
use faults::Faults;
use stories::{Ledger, Plan, Stage};
use stream::Stream;
use time::PROCESSES;
use wire::Wire;

use crate::emulator::{self, EmulatorError};

pub use report::{Report, print, run};

const TABLE: &str = "guardian";

/// How many stories a simulation tells unless somebody says otherwise: an attempt with what follows it, an import, an erasure.
pub const STORIES_DEFAULT: u64 = 16;

/// By how many milliseconds a process's clock may be wrong: within what attempts are accepted with.
const SKEWS_MS: [i64; 5] = [0, 1, -700, 3_000, -240_000];

/// In how many parts a stream may be delivered.
const SHARDS_MAX: u64 = 3;

/// How long everything that is still under way is given in the end, in milliseconds.
const AFTERMATH_MS: u64 = 10 * 60 * 1000;

/// Why a simulation could not be played. A difference that it found is none of these.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The emulator could not be opened.
    #[error(transparent)]
    Open(#[from] EmulatorError),
    /// The models do not load.
    #[error(transparent)]
    Models(#[from] engine::model::ModelError),
    /// The templates do not load.
    #[error(transparent)]
    Templates(#[from] engine::message::TemplateError),
    /// The table could not be made or read although nothing went wrong.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The runtime was refused.
    #[error("cannot start a runtime: {0}")]
    Runtime(#[from] std::io::Error),
}

/// Which simulation is to be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    /// What everything is drawn from.
    pub seed: u64,
    /// How many stories are told.
    pub stories: u64,
    /// What goes wrong.
    pub weather: Weather,
}

/// What goes wrong in a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Nothing; one updater after the other, and nobody is erased. For counting what things cost.
    Calm,
    /// What the seed has in store.
    OfSeed,
}

/// What one simulation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Its seed.
    pub seed: u64,
    /// Changes of entries that there were.
    pub changes: u64,
    /// Stream records that were delivered, each as often as it was.
    pub delivered: u64,
    /// The sum over all batches of the customers in them: how often a customer was to be taught.
    pub customers_in_batches: u64,
    /// Requests to the table, by operation.
    pub requests: BTreeMap<String, u64>,
    /// What went wrong, how often.
    pub faults: BTreeMap<&'static str, u64>,
    /// What became of attempts, how often: actions, ends of cooling-offs, opinions and variants that were stopped.
    pub happened: BTreeMap<String, u64>,
    /// A hash of everything that went over the wire, with its times: equal for two runs that did the same.
    pub trace: u64,
    /// What must not be, in words.
    pub differences: Vec<String>,
}

/// Plays a simulation, with the profile updater on the ports that `ports` makes of the table.
///
/// # Errors
/// [`SimulationError`] if it cannot be played.
pub fn play<P: Ports>(
    scenario: Scenario,
    models: &Models,
    ports: impl Fn(Table) -> P,
) -> Result<Played, SimulationError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(play_in_runtime(scenario, models, ports))
}

async fn play_in_runtime<P: Ports>(
    scenario: Scenario,
    models: &Models,
    ports: impl Fn(Table) -> P,
) -> Result<Played, SimulationError> {
    let Scenario { seed, stories, weather } = scenario;
    let mut dice = Dice::of(seed, "world", 0);
    time::begin([(); PROCESSES].map(|()| dice.one_of(&SKEWS_MS).unwrap_or_default()));
    let faults = Faults::of_seed(seed);
    let shards = if weather == Weather::Calm { 1 } else { dice.number(1..SHARDS_MAX + 1) };
    let stream = Arc::new(Stream::new(shards as usize));
    let wire = Wire::new(emulator::open(None)?, Arc::clone(&faults), Arc::clone(&stream));
    let client = wire.client();
    schema::create_lasting_table(&client, TABLE).await?;
    faults.set_calm(weather == Weather::Calm);
    let table = Table::new(client, TABLE);

    let updater = ProfileUpdater::new(ports(table.clone()), time::clock_of::<0>);
    let delivery = Delivery::new(scenario, updater, Arc::clone(&stream), Arc::clone(&faults));
    let shards: Vec<_> =
        (0..stream.shards()).map(|shard| tokio::spawn(Arc::clone(&delivery).run(seed, shard))).collect();
    let plan = Arc::new(Plan::of(scenario));
    let processes = Arc::new(Processes::new(&table, models, &Templates::compiled_in()?, &faults));
    let ledger = Arc::new(Ledger::default());
    let stage = Stage { plan: Arc::clone(&plan), processes: Arc::clone(&processes), ledger: Arc::clone(&ledger) };
    let playing: Vec<_> = (0..stories).map(|number| tokio::spawn(stage.clone().play(number))).collect();

    let mut panics = 0;
    for story in playing {
        panics += u64::from(story.await.is_err());
    }
    // From here on nothing goes wrong any more, and what is still under way comes to its end.
    faults.set_calm(true);
    time::wait_ms(AFTERMATH_MS).await;
    delivery.complete();
    for shard in shards {
        panics += u64::from(shard.await.is_err());
    }
    time::wait_ms(AFTERMATH_MS).await;

    let wire::Seen { requests, trace } = wire.seen();
    let (told, unreadable) = stream.everything_told();
    let changes = told.len() as u64;
    let happened = oracle::happened(&table, &ledger).await?;
    let mut differences = oracle::differences(&table, &plan, &ledger, (told, unreadable)).await?;
    differences.extend(processes.wrong());
    if panics > 0 {
        differences.push(format!("{panics} tasks panicked"));
    }
    let (delivered, customers_in_batches) = delivery.counts();
    let faults = faults.counts();
    Ok(Played { seed, changes, delivered, customers_in_batches, requests, faults, happened, trace, differences })
}
