//! The CSV library's errors as what they are underneath.

use std::io;

use csv::ErrorKind;

/// The error of the file itself; its kind is lost in the library's own conversion, and a broken pipe must be known as one.
pub(crate) fn io_error(kind: ErrorKind) -> io::Error {
    match kind {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
