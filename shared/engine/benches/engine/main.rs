//! What the engine costs: each stage and the whole, in time and in allocations.
//!
//! `cargo bench -p engine` runs all, `cargo bench -p engine -- decision` a part. What a call is given differs from call to
//! call, so that no branch predictor learns it by heart.
//!
//! On a machine with neighbours, instructions repeat where times do not. Under Callgrind, what a thousand calls more cost
//! is the cost of a thousand calls, whatever the start costs:
//! `valgrind --tool=callgrind <the benchmark's binary> --bench <its name> --exact --sample-count 1 --sample-size 1000`,
//! and the same with 2000.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark may panic: that is how it says that it cannot run"
)]

mod customers;
mod decision;
mod models;
mod profile;
mod random;

use divan::AllocProfiler;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}
