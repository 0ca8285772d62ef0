//! The functions' handlers over the embedded emulator, or any other DynamoDB: the golden events of `events/`, bad input,
//! faults, and the templates.
//!
//! One table for each test, so that all run at the same time.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

mod access;
mod bad_input;
mod contract;
mod crowd;
mod customers;
mod dashboard;
#[path = "../support/dynamodb.rs"]
mod dynamodb;
mod faults;
mod hostile;
#[path = "../support/http_server.rs"]
mod http_server;
mod learning;
mod privacy;
mod proxy;
mod report;
mod reviews;
mod score;
mod story;
mod template;
mod traffic;
mod watching;
mod wire;
mod world;
