//! The stream trigger: what an AWS Lambda event source mapping does between a table's stream and the function, here.
//!
//! It reads the emulator's stream ([`source`]), lets through what the mapping's filter lets through ([`record`]), delivers
//! it in order to the function ([`lambda`]), and does with the function's answer what Lambda does ([`rules`]): checkpoint,
//! replay, halve, retry, give up. How far it got is kept in a file ([`checkpoint`]), what it gave up in another
//! ([`on_failure`]). [`pump`] holds these together.
//!
//! Not done here: several shards or invocations at once, a maximum record age, tumbling windows.

pub mod checkpoint;
pub mod lambda;
pub mod on_failure;
pub mod pump;
pub mod record;
pub mod rules;
pub mod source;

pub use checkpoint::Checkpoint;
pub use lambda::{Handler, LambdaFunction, Reply, Undelivered};
pub use on_failure::OnFailure;
pub use pump::{Pump, PumpState, Settings};
pub use record::{Filter, Record};
pub use source::{RecordSource, SourceError, StreamSource};
