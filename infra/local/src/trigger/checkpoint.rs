//! How far the trigger got, kept across restarts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The file's name in the folder of `--keep`.
const FILE_NAME: &str = "checkpoint.json";

/// All records up to a sequence number are done with.
#[derive(Debug)]
pub struct Checkpoint {
    state: Saved,
    /// Where it is kept; `None`: only in memory, as the table is.
    path: Option<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    stream_arn: String,
    sequence_number: Option<String>,
}

/// Why a checkpoint could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the trigger's checkpoint {path}: {source}")]
pub struct CheckpointError {
    path: PathBuf,
    source: io::Error,
}

impl Checkpoint {
    /// The checkpoint of a stream, from the folder if it holds one. That of another stream (of a table since deleted)
    /// says nothing about this one and is left aside.
    ///
    /// # Errors
    /// [`CheckpointError`] if there is a file that cannot be read as one.
    pub fn open(folder: Option<&Path>, stream_arn: &str) -> Result<Self, CheckpointError> {
        let fresh = || Saved { stream_arn: stream_arn.to_owned(), sequence_number: None };
        let Some(path) = folder.map(|folder| folder.join(FILE_NAME)) else {
            return Ok(Self { state: fresh(), path: None });
        };
        let read = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice::<Saved>(&bytes).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(fresh()),
            Err(error) => Err(error),
        };
        match read {
            Ok(saved) if saved.stream_arn == stream_arn => Ok(Self { state: saved, path: Some(path) }),
            Ok(_of_another_stream) => Ok(Self { state: fresh(), path: Some(path) }),
            Err(source) => Err(CheckpointError { path, source }),
        }
    }

    /// The last record that is done with, together with all before it.
    pub fn sequence_number(&self) -> Option<&str> {
        self.state.sequence_number.as_deref()
    }

    /// Moves on to a record. Written aside and renamed, so that a crash leaves the old checkpoint or the new one.
    ///
    /// # Errors
    /// [`CheckpointError`] if it could not be written.
    pub fn advance(&mut self, sequence_number: &str) -> Result<(), CheckpointError> {
        self.state.sequence_number = Some(sequence_number.to_owned());
        let Some(path) = &self.path else { return Ok(()) };
        let aside = path.with_extension("new");
        serde_json::to_vec(&self.state)
            .map_err(io::Error::from)
            .and_then(|bytes| fs::write(&aside, bytes))
            .and_then(|()| fs::rename(&aside, path))
            .map_err(|source| CheckpointError { path: path.clone(), source })
    }
}
