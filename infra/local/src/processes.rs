//! Child processes that never outlive the command: process groups, the watchdog over them, and the supervisor that
//! starts services again when they end.

pub mod group;
pub mod interrupts;
pub mod supervisor;
pub mod watchdog;

pub use group::GroupChild;
pub use interrupts::Interrupts;
pub use supervisor::{Endings, Incident, Service, Supervisor, pid_file};
pub use watchdog::Watchdog;
