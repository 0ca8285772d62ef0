//! The local stack: the whole of Financial Guardian on one machine, in one command.
//!
//! ```text
//!  cargo local ── traffic ──HTTP──▶ cargo lambda watch ──▶ score, customers, metrics-report
//!      │                                   ▲                          │ DynamoDB API
//!      │ starts, watches, stops all        │ invokes                  ▼
//!      └── trigger ────────────────────────┴──reads the stream── emulator (SQLite)
//! ```
//! The functions are the deployed ones, unchanged, behind the real `cargo lambda watch`. What AWS would do around them is
//! played here: the table by an embedded emulator, the event source mapping by the [`trigger`], the callers by the
//! [`traffic`].
//!
//! The story of a run is told in [`run`]; [`stack`] is what it starts and stops.

pub mod bench;
pub mod browser;
pub mod build;
pub mod client;
pub mod console;
pub mod costs;
mod direct;
pub mod dynamodb_local;
pub mod emulator;
pub mod gateway;
mod in_process;
pub mod kills;
pub mod options;
pub mod ports;
pub mod processes;
pub mod redrive;
pub mod run;
mod server;
pub mod setup;
pub mod simulation;
pub mod stack;
pub mod summary;
pub mod token;
pub mod traffic;
pub mod trigger;
pub mod verify;
