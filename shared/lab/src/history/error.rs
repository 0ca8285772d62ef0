//! What can be wrong with a history, in words that say where to look.

use std::io;

use super::columns::Role;

/// Why a history, or the mapping of its columns, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file cannot be opened.
    #[error("cannot open {file}: {source}")]
    Open {
        /// The file.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The file cannot be read or decompressed to its end.
    #[error("{file}, line {line}: cannot read on: {source}")]
    Read {
        /// The file.
        file: String,
        /// The last line that was reached, from 1.
        line: u64,
        /// The system's or the decoder's reason.
        source: io::Error,
    },
    /// The file has no header line, or is not text.
    #[error("{file} is not CSV text with a header line (.gz, .xz and .zst are unpacked, archives are not)")]
    NotCsv {
        /// The file.
        file: String,
    },
    /// A mapping is not `role=COLUMN`.
    #[error("`{0}` is not role=COLUMN, such as amount=TX_AMOUNT")]
    MappingSyntax(String),
    /// A mapping names a role that there is not.
    #[error("`{0}` is no role; the roles are {roles}", roles = Role::names())]
    UnknownRole(String),
    /// A mapping names a role twice.
    #[error("`{0}` is mapped twice")]
    RoleMappedTwice(Role),
    /// A mapping leaves out a role that every history needs.
    #[error("`{0}` is not mapped; every history needs occurred_at, customer_id and amount")]
    RoleNotMapped(Role),
    /// The file has no column of the name mapped to a role.
    #[error("{file} has no column `{column}` for {role}; its columns are {available}")]
    UnknownColumn {
        /// The file.
        file: String,
        /// What the column was wanted for.
        role: Role,
        /// The name looked for.
        column: String,
        /// The names that there are, separated by commas.
        available: String,
    },
    /// A row has more or fewer fields than the header.
    #[error("{file}, line {line}: found {found} fields, expected {expected} as in the header")]
    FieldCount {
        /// The file.
        file: String,
        /// The line on which the row begins, from 1.
        line: u64,
        /// Fields in the row.
        found: u64,
        /// Fields in the header.
        expected: u64,
    },
    /// A field cannot be understood.
    #[error("{file}, line {line}, column {column}: found `{found}`, expected {expected}")]
    Field {
        /// The file.
        file: String,
        /// The line on which the row begins, from 1.
        line: u64,
        /// The column's name.
        column: String,
        /// The text at fault, shortened.
        found: String,
        /// What a text in its place looks like.
        expected: &'static str,
    },
}
