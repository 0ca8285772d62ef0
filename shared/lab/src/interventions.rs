//! What interventions are worth: the whole loop, with the same simulated people under several policies.
//!
//! ```text
//! attempt → decide (the real engine) → the person meets what is shown → outcome, opinion, feedback, a later attempt
//!    ▲                                                                              │
//!    └── profile ◀── Profile::learn ◀── changes of entries, each when it is told ◀──┘
//!                    every week: counts of all people → a review's beliefs; labels → merchants' records
//! ```
//! **Everything here is simulated.** How people react is assumed ([`crate::simulate::World`]); what comes out shows that the machinery
//! works as built and that the estimate from the hold-out finds what is there, not that people are so.
//!
//! Labels of one week reach merchants' records at its end, and the cap on stops is not played: it belongs to a process, and people are
//! taken in parallel here.

mod beliefs;
mod life;
mod report;
mod tally;
mod variants;
mod year;

pub use report::{Estimate, Figures, Report, report};
pub use tally::{Arm, MONTHS, Tally};
pub use variants::{Choice, Variant};
pub use year::{Evaluation, RunResult, Settings};
