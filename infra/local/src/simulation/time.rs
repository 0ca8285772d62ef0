//! The simulation's time: tokio's, which stands still while anything can run and then leaps to the next thing that waits.

use std::cell::Cell;
use std::time::Duration;

use engine::time::Instant;

/// When every simulation begins: 2026-03-01T00:00:00Z.
const BEGIN_EPOCH_MS: i64 = 1_772_323_200_000;

/// How many processes of each HTTP function there are, each with a clock of its own.
pub(crate) const PROCESSES: usize = 2;

thread_local! {
    /// When the simulation that this thread runs began, by tokio's clock. Handlers take their clock as a plain function, so
    /// what it reads cannot be handed to it; a thread runs one simulation at a time.
    static BEGAN: Cell<Option<tokio::time::Instant>> = const { Cell::new(None) };
    /// By how many milliseconds each process's clock is wrong.
    static SKEWS_MS: Cell<[i64; PROCESSES]> = const { Cell::new([0; PROCESSES]) };
}

/// Begins a simulation on this thread, inside its runtime.
pub(crate) fn begin(skews_ms: [i64; PROCESSES]) {
    BEGAN.set(Some(tokio::time::Instant::now()));
    SKEWS_MS.set(skews_ms);
}

/// The true time.
pub(crate) fn now() -> Instant {
    let elapsed = BEGAN.get().map_or(Duration::ZERO, |began| began.elapsed());
    Instant::EPOCH.plus_ms(BEGIN_EPOCH_MS + elapsed.as_millis() as i64)
}

/// When the simulation began.
pub(crate) fn beginning() -> Instant {
    Instant::EPOCH.plus_ms(BEGIN_EPOCH_MS)
}

/// The time as the clock of a process shows it.
pub(crate) fn clock_of<const PROCESS: usize>() -> Instant {
    now().plus_ms(SKEWS_MS.get().get(PROCESS).copied().unwrap_or_default())
}

/// Waits, in virtual time.
pub(crate) async fn wait_ms(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
