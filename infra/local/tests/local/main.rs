//! Tests of the local stack on its real parts: the emulator and its stream, processes, the program itself, the simulation.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod costs;
mod costs_page;
mod differential;
#[path = "../support/dynamodb.rs"]
mod dynamodb;
mod emulator;
#[path = "../support/http_server.rs"]
mod http_server;
mod processes;
mod program;
mod pump;
mod simulation;
mod traffic;
mod trigger;
mod verify;
