//! One stable hash for everything that must not change between versions, machines and runs.

use sha2::{Digest, Sha256};

/// Hashes a sequence of fields so that no two sequences of fields give the same bytes. SHA-256, because callers choose
/// some of the fields and must not be able to choose the result.
pub struct Hasher(Sha256);

impl Hasher {
    /// A hash for one purpose; the same fields under another purpose give another hash.
    pub fn new(purpose: &str) -> Self {
        Self(Sha256::new()).text(purpose)
    }

    /// Adds a text, preceded by its length.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u32).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.0.update(number.to_le_bytes());
        self
    }

    /// The first 128 bits.
    pub fn finish_u128(self) -> u128 {
        let mut first = [0; 16];
        self.0.finalize().iter().zip(first.iter_mut()).for_each(|(from, to)| *to = *from);
        u128::from_le_bytes(first)
    }

    /// The first 64 bits.
    pub fn finish_u64(self) -> u64 {
        self.finish_u128() as u64
    }
}
