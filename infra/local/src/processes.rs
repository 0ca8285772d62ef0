//! Child processes that never outlive the command: process groups, the watchdog over them, and the supervisor that
//! starts services again when they end.

pub mod group;
pub mod supervisor;
pub mod watchdog;

pub use group::GroupChild;
pub use supervisor::{Incident, Service, Supervisor};
pub use watchdog::Watchdog;
