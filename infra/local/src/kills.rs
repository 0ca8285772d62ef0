//! `cargo local kill`: the real processes are killed under load, and nothing that was promised or learned may be lost by it, or
//! counted twice.
//!
//! ```text
//!  traffic, insisting ──HTTP──▶ cargo local --keep … (watcher, functions, trigger, emulator on disk)
//!      │ what it was told                  ▲ kill -9: one of its processes, or all of it
//!      ▼                                   │
//!  check ◀── the table in the end       victims, at moments of the seed
//! ```
//! The [`crate::simulation`] tries far more orders of events, and repeats each exactly; but its processes die by being dropped
//! at an `await`, and its table cannot die. Here the kernel kills, at any instruction, and `SQLite`'s file is what is left. The
//! seed repeats who is killed after how long, not what they were doing then.

mod check;
mod stack_process;
mod victim;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use edge::clock;
use engine::currency::Currency;
use store::StoreError;

use crate::console::Console;
use crate::gateway::issuer::IssuerError;
use crate::kills::check::Checked;
use crate::kills::stack_process::StackProcess;
use crate::kills::victim::{Target, Victim};
use crate::processes::{Interrupts, Watchdog};
use crate::simulation::dice::Dice;
use crate::stack::Surroundings;
use crate::traffic::simulated::{self, Group};
use crate::traffic::{Api, Insisting, Pace, Player, Tally, Testimony, Witness};
use crate::trigger::SourceError;
use crate::trigger::checkpoint::CheckpointError;

/// How often each victim is killed in a round.
const KILLS_EACH: usize = 3;

/// How many simulated customers live at a time.
const CUSTOMERS: u32 = 8;

/// How many requests are under way at a time.
const CONCURRENCY: u16 = 12;

/// Live attempts a second: enough that every function has something to do at any time, and no backlog on a slow machine.
const ATTEMPTS_PER_SECOND: f64 = 80.0;

/// How long a victim is left alone before it is killed, in milliseconds.
const ALONE_MS_MIN: u64 = 20;
const ALONE_MS_MAX: u64 = 2_000;

/// How many differences of one round are shown.
const DIFFERENCES_SHOWN_MAX: usize = 10;

/// Why a round could not be played to its end. A difference that it found is none of these.
#[derive(Debug, thiserror::Error)]
enum KillError {
    #[error("{what}: {source}")]
    System { what: String, source: io::Error },
    #[error("{what} within {} s; see {log}", stack_process::RECOVERED_WITHIN.as_secs())]
    NotRecovered { what: String, log: PathBuf },
    #[error("the stack ended by itself; see {0}")]
    StackEnded(PathBuf),
    #[error(transparent)]
    Stream(#[from] SourceError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("reading the table: {0}")]
    Table(#[from] StoreError),
    #[error("currency: {0}")]
    Currency(String),
    #[error(transparent)]
    Issuer(#[from] IssuerError),
}

/// What a round came to.
struct Round {
    kills: BTreeMap<Victim, u64>,
    checked: Checked,
    /// Tries of callers that got no answer, one that it did not work, one that was not recorded.
    unanswered: u64,
    failed: u64,
    unrecorded: u64,
}

/// Plays rounds from the seed `first` on, prints what they came to, and fails if one found a difference.
pub async fn run(port: u16, rounds: u64, first: u64, surroundings: &Surroundings) -> ExitCode {
    let console = Console::new();
    let playing = async {
        let mut total = Total::default();
        for seed in first..first.saturating_add(rounds) {
            let round = play(port, seed, surroundings, &console).await?;
            console.line(&round.in_words(seed));
            total.add(&round);
        }
        Ok::<_, KillError>(total)
    };
    let interrupted = async {
        match Interrupts::new() {
            Ok(mut interrupts) => interrupts.next().await,
            Err(_) => std::future::pending().await,
        }
    };
    let started = Instant::now();
    // Whoever is dropped in the middle kills the stack.
    let total = tokio::select! {
        total = playing => total,
        () = interrupted => return ExitCode::from(130),
    };
    match total {
        Ok(total) => {
            console.line(&format!("{rounds} rounds from seed {first} on, {:.0} s", started.elapsed().as_secs_f64()));
            console.line(&total.in_words());
            if total.differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            console.warn(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Plays one round: a new stack with a new table, traffic, kills, and the comparison. The table stays if something differs.
async fn play(port: u16, seed: u64, surroundings: &Surroundings, console: &Console) -> Result<Round, KillError> {
    let refused = |what: &'static str| move |source| KillError::System { what: what.to_owned(), source };
    let watchdog = Watchdog::start(&surroundings.program).map_err(refused("cannot start the watchdog"))?;
    let mut stack = StackProcess::start(port, seed, surroundings, &watchdog).await?;
    let mut dice = Dice::of(seed, "kills", 0);
    let witness = Arc::new(Witness::default());
    let tally = Arc::new(Tally::new(Instant::now()));
    let enough = Arc::new(AtomicBool::new(false));
    let api = Api::insisting(Insisting::new(stack.client(surroundings)?, &witness));

    let mut kills = BTreeMap::new();
    let killing = async {
        // The past of the first customers is imported undisturbed; that of the next is not.
        stack.until("no attempt was scored", || tally.read(|counts| counts.scored > 0)).await?;
        for victim in Victim::each(KILLS_EACH, &mut dice) {
            tokio::time::sleep(Duration::from_millis(dice.log_number(ALONE_MS_MIN, ALONE_MS_MAX))).await;
            match victim.target() {
                Target::Service(name) => stack.kill_service(name).await?,
                Target::Stack => stack.kill_and_start_again(&watchdog).await?,
            }
            *kills.entry(victim).or_default() += 1;
            console
                .progress(|| format!("round of seed {seed}: killed {kills:?}, {} scored", tally.read(|it| it.scored)));
        }
        enough.store(true, Ordering::Relaxed);
        Ok::<_, KillError>(())
    };
    tokio::try_join!(killing, live(&api, &tally, seed, &enough))?;

    let customers = tally.read(|counts| counts.customers.clone());
    let testimony = witness.testimony();
    stack.until_drained().await?;
    let mut checked = check::check(&stack.table(), &customers, &testimony).await?;
    checked.differences.extend(tally.read(|counts| counts.first_not_2xx.clone()));
    checked.differences.extend(stack.given_up());
    stack.stop(checked.differences.is_empty()).await;
    watchdog.finish();
    let Testimony { unanswered, failed, unrecorded, .. } = testimony;
    Ok(Round { kills, checked, unanswered, failed, unrecorded })
}

/// Group after group of simulated customers, until it is enough.
async fn live(api: &Api, tally: &Arc<Tally>, seed: u64, enough: &Arc<AtomicBool>) -> Result<(), KillError> {
    let currency = Currency::parse("EUR").map_err(|error| KillError::Currency(error.to_string()))?;
    for number in 0.. {
        let mut plan = simulated::plan(Group { number, seed, customers: CUSTOMERS, currency }, clock::system());
        let enough_now = Arc::clone(enough);
        plan.live = Box::new(plan.live.take_while(move |_| !enough_now.load(Ordering::Relaxed)));
        let mut player = Player::new(api, tally, CONCURRENCY);
        player.import(&mut plan).await;
        player.live(&mut plan, Pace::PerSecond(ATTEMPTS_PER_SECOND)).await;
        if enough.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(())
}

impl Round {
    fn in_words(&self, seed: u64) -> String {
        let Checked { promises, entries, profiles, differences, .. } = &self.checked;
        let kills: u64 = self.kills.values().sum();
        let mut text = format!(
            "seed {seed}: {kills} kills, {} decisions recorded, {entries} entries, {profiles} profiles, {} differences",
            promises.decisions,
            differences.len()
        );
        if !differences.is_empty() {
            text.push_str(&format!(" (again: cargo local kill --rounds 1 --seed {seed})"));
        }
        for difference in differences.iter().take(DIFFERENCES_SHOWN_MAX) {
            text.push_str(&format!("\n  {difference}"));
        }
        text
    }
}

/// The sum of all rounds.
#[derive(Default)]
struct Total {
    kills: BTreeMap<Victim, u64>,
    promises: check::Promises,
    entries: u64,
    profiles: u64,
    counts: u64,
    differences: usize,
    unanswered: u64,
    failed: u64,
    unrecorded: u64,
}

impl Total {
    fn add(&mut self, round: &Round) {
        for (victim, kills) in &round.kills {
            *self.kills.entry(*victim).or_default() += kills;
        }
        self.promises.add(round.checked.promises);
        self.entries += round.checked.entries;
        self.profiles += round.checked.profiles;
        self.counts += round.checked.counts;
        self.differences += round.checked.differences.len();
        self.unanswered += round.unanswered;
        self.failed += round.failed;
        self.unrecorded += round.unrecorded;
    }

    fn in_words(&self) -> String {
        let kills: Vec<String> =
            self.kills.iter().map(|(victim, kills)| format!("{} {kills}", victim.name())).collect();
        let check::Promises { decisions, retries, outcomes, feedback, purchases } = self.promises;
        format!(
            "killed      {}: {}\n\
             promised    {decisions} decisions recorded ({retries} of them asked for again), {outcomes} outcomes, \
             {feedback} times feedback, {purchases} purchases\n\
             asked again {} got no answer, {} failed, {} decisions were not recorded\n\
             compared    {} entries, {} profiles, {} counts of roll-ups and merchants\n\
             differences {}",
            self.kills.values().sum::<u64>(),
            kills.join(", "),
            self.unanswered,
            self.failed,
            self.unrecorded,
            self.entries,
            self.profiles,
            self.counts,
            self.differences,
        )
    }
}
