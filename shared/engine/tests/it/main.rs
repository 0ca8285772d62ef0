//! The engine from outside: whole decisions and whole profiles.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic: that is how it fails")]

mod decisions;
mod fixture;
mod profiles;
