//! The stream trigger: what an AWS Lambda event source mapping does between a table's stream and the function, here.
//!
//! Its [`Settings`] are those of the SAM template ([`mapping`]). It reads the emulator's stream ([`source`]), lets through
//! what the mapping's filter lets through ([`filter`]), delivers it in order for each item to the function ([`lambda`]), and
//! does with the answers what Lambda does ([`rules`]): checkpoint, replay, halve, retry, give up. How far it got is kept in
//! a file ([`checkpoint`]), what it gave up in another ([`on_failure`]), from where it can be played back ([`redrive`]).
//! [`pump`] holds these together: a source, a handler, settings, a checkpoint and a clock, all of which a test may bring.
//!
//! Beside it stands what `EventBridge` does: the event of a function's [`schedule`], sent every so often.
//!
//! Not played: several shards (the emulator has one), tumbling windows, a start at `LATEST`. Settings that ask for these are
//! refused.

pub mod checkpoint;
pub mod filter;
pub mod lambda;
pub mod log;
pub mod mapping;
pub mod on_failure;
pub mod pump;
pub mod record;
pub mod redrive;
pub mod rules;
pub mod schedule;
mod shard;
pub mod source;

pub use checkpoint::Checkpoint;
pub use filter::Filter;
pub use lambda::{Handler, LambdaFunction, Reply, Undelivered};
pub use log::Log;
pub use mapping::Settings;
pub use on_failure::OnFailure;
pub use pump::{Clock, Pump, PumpState, Step};
pub use record::Record;
pub use schedule::Schedule;
pub use source::{RecordSource, SourceError, StreamSource};
