//! The pure core of Financial Guardian: what a purchase attempt is, what is learned of a customer, how an attempt is
//! compared with it, and what follows.
//!
//! Architecture Invariant: no I/O, clock, environment, global, randomness of the system or hash-map order in this crate.
//! `clippy.toml` bans the calls; the shells in `functions/` pass in what they read.
//!
//! The way of one attempt: [`signal`] compares it with the [`profile`] and the [`merchant`] record, [`features`] makes numbers
//! of that, [`score`] asks the [`model`]s and reads in the [`calibration`] how rare their answer is, [`policy`], the customer's own
//! [`alarm_rate`] and their [`settings`] make an action of it, [`reason`] and [`message`] find the words, and [`decide`] puts it
//! together.
//! The way back: an [`entry`] changes, and its change moves the profile, the merchant's record and the day's [`rollup`]; of many
//! days' roll-ups a [`review`] makes what the next decisions go by.

pub mod alarm_rate;
pub mod calibration;
mod choice;
pub mod cooling_off;
pub mod currency;
pub mod decide;
pub mod decision;
pub mod entry;
pub mod features;
pub mod habits;
mod hash;
pub mod id;
pub mod measured;
pub mod merchant;
pub mod message;
pub mod model;
pub mod money;
pub mod novelty;
pub mod policy;
pub mod population;
pub mod profile;
pub mod reason;
mod redacted;
pub mod reference;
pub mod review;
pub mod rollup;
pub mod score;
pub mod settings;
pub mod signal;
pub mod text;
pub mod time;
mod verdict;

pub use hash::Hasher;
