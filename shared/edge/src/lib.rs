//! What every function's shell needs, once: start-up and configuration, structured logs, metrics, who calls and what they may,
//! HTTP answers and problems, and the reading of bodies into the engine's types.
//!
//! Architecture Invariant: only this crate and the functions' `main.rs` read the environment.

pub mod access;
pub mod clock;
pub mod http;
pub mod json;
pub mod metrics;
pub mod problem;
pub mod route;
pub mod start;
pub mod wire;

pub use http::{Answer, Call, Handler};
pub use problem::Problem;
pub use route::Route;
