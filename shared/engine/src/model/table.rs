//! Models as bytes: what `train` makes of a model file, and what a function loads when it starts.
//!
//! A table begins with its kind and its format, ends with its last node, and holds its trees level by level. Whose children a
//! node's are follows from the order alone, so a table has no indexes that could point anywhere: damaged bytes are other
//! trees, or no table, but never a cycle. Numbers are little-endian; counts are LEB128, seven bits a byte, least first.

use super::ModelError;
use super::grove::NODES_MAX;

/// The format this code writes, and the newest it reads.
pub const TABLE_VERSION: u8 = 1;

/// How many trees a model may have.
pub const TREES_MAX: usize = 5_000;

/// How long a feature's name may be, in bytes.
pub const FEATURE_NAME_BYTES_MAX: usize = 64;

/// What a table holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Boosted trees.
    Trees,
    /// An isolation forest.
    Forest,
}

impl Kind {
    fn first_byte(self) -> u8 {
        match self {
            Self::Trees => b'T',
            Self::Forest => b'F',
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Trees => "boosted trees",
            Self::Forest => "an isolation forest",
        }
    }
}

/// A table being written.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(kind: Kind, bytes: usize) -> Self {
        let mut out = Vec::with_capacity(bytes);
        out.extend([kind.first_byte(), TABLE_VERSION]);
        Self(out)
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn float(&mut self, float: f32) {
        self.0.extend(float.to_le_bytes());
    }

    pub(super) fn count(&mut self, mut count: usize) {
        while count >= 0x80 {
            self.0.push(count as u8 | 0x80);
            count >>= 7;
        }
        self.0.push(count as u8);
    }

    pub(super) fn name(&mut self, name: &str) {
        self.count(name.len());
        self.0.extend(name.as_bytes());
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

const ENDS_EARLY: ModelError = ModelError::DamagedTable("it ends early");

/// A table being read.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads the kind and the format.
    pub(super) fn new(kind: Kind, table: &'a [u8]) -> Result<Self, ModelError> {
        let mut input = Self(table);
        match input.byte()? {
            first if first == kind.first_byte() => {}
            found => {
                return Err(ModelError::OtherTable { found, expected: kind.first_byte(), kind: kind.name() });
            }
        }
        match input.byte()? {
            0 => Err(ModelError::DamagedTable("format 0")),
            TABLE_VERSION => Ok(input),
            found => Err(ModelError::NewerTable { found }),
        }
    }

    /// How many nodes there are at most in what is left of so many trees, if a split and a leaf together have at least so many
    /// bytes: each tree has one leaf more than splits. Never more than a model may have.
    pub(super) fn nodes_max(&self, trees: usize, split_and_leaf_bytes: usize) -> usize {
        (2 * self.0.len() / split_and_leaf_bytes + trees).min(NODES_MAX)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ModelError> {
        let Some((taken, rest)) = self.0.split_at_checked(length) else { return Err(ENDS_EARLY) };
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        // Not `ok_or`: an error made and dropped for each number is a sixth of what loading costs.
        let Some((taken, rest)) = self.0.split_first_chunk() else { return Err(ENDS_EARLY) };
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, ModelError> {
        self.array().map(|[byte]| byte)
    }

    /// A number that is neither infinite nor NaN.
    pub(super) fn finite(&mut self) -> Result<f32, ModelError> {
        let float = self.float()?;
        if float.is_finite() { Ok(float) } else { Err(ModelError::DamagedTable("a number that is not finite")) }
    }

    /// A number, perhaps infinite, not NaN.
    pub(super) fn float(&mut self) -> Result<f32, ModelError> {
        let float = f32::from_le_bytes(self.array()?);
        if float.is_nan() { Err(ModelError::DamagedTable("a number that is NaN")) } else { Ok(float) }
    }

    /// A count; `max` keeps damaged bytes from asking for time or memory.
    pub(super) fn count(&mut self, max: usize) -> Result<usize, ModelError> {
        let mut count = 0_usize;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            count |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return if count <= max { Ok(count) } else { Err(ModelError::DamagedTable("a count out of range")) };
            }
        }
        Err(ModelError::DamagedTable("a count without end"))
    }

    pub(super) fn name(&mut self) -> Result<Box<str>, ModelError> {
        let length = self.count(FEATURE_NAME_BYTES_MAX)?;
        let name = std::str::from_utf8(self.take(length)?);
        name.map(Box::from).map_err(|_| ModelError::DamagedTable("a name that is no text"))
    }

    /// Checks that nothing follows.
    pub(super) fn finish(self) -> Result<(), ModelError> {
        if self.0.is_empty() { Ok(()) } else { Err(ModelError::DamagedTable("bytes after the end")) }
    }
}
