//! Traffic: customers who use the API as an integrating app would.
//!
//! A [`plan`] says what there is to play: purchases of the past, and attempts to score live, each with the person behind
//! it. Plans come from a recorded [`history`] or from [`simulated`] customers. [`play`] sends them through HTTP: the past
//! as imports, then each attempt followed by what the person does and, when their own clock says so, by what they say.

pub mod api;
pub mod history;
pub mod insisting;
pub mod latency;
pub mod plan;
pub mod play;
pub mod simulated;
pub mod tally;

pub use api::Api;
pub use insisting::{Insisting, Testimony, Told, Witness};
pub use plan::{Job, Person, Plan};
pub use play::{Pace, Player};
pub use tally::{Counts, Tally};
