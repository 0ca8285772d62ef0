//! The progress file: how far an import came, and of what.
//!
//! It is there as long as an import is not finished. It is replaced whole, by renaming, so that a crash leaves the old one
//! or the new one; and because entries are put only where there is none, the old one is as good.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Confirmed, ImportError};

/// The format this code writes and reads.
const FORMAT: u32 = 1;

/// The largest progress file that is read, in bytes: many times what is written.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Bytes of the history that are hashed at a time.
const HASHED_BYTES: usize = 256 * 1024;

/// What is imported into what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The SHA-256 of the history's file, see [`sha256_of`]: a copy of the file is the same history, a file that was edited
    /// is another.
    pub data_sha256: String,
    /// How the file is read: its columns, its currency, with or without labels.
    pub reading: String,
    /// The table's name.
    pub table: String,
    /// Where it is: an endpoint or a region.
    pub place: String,
    /// What tells the table from one of the same name, see [`store::schema::identify`].
    pub table_id: String,
}

impl Job {
    /// What makes the job of a progress file another than this one; `None` if it is this one.
    fn difference(&self, other: &Self) -> Option<String> {
        let Self { data_sha256, reading, table, place, table_id } = other;
        if *data_sha256 != self.data_sha256 {
            return Some("of other data".to_owned());
        }
        if *reading != self.reading {
            return Some(format!("which read the data as `{reading}`, not as `{}`", self.reading));
        }
        if *table_id == self.table_id {
            return None;
        }
        if (table, place) == (&self.table, &self.place) {
            return Some(format!("into a table `{table}` at {place} that is there no more: this one was made later"));
        }
        Some(format!("into the table `{table}` at {place}, not `{}` at {}", self.table, self.place))
    }
}

/// The SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// [`ImportError::Data`] if it cannot be read, [`ImportError::NotAFile`] if it could not be read a second time.
pub fn sha256_of(path: &Path) -> Result<String, ImportError> {
    let refused = |source| ImportError::Data { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(refused)?.is_file() {
        return Err(ImportError::NotAFile(path.to_owned()));
    }
    let mut file = File::open(path).map_err(refused)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; HASHED_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hash.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(refused(error)),
        }
    }
    Ok(hash.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

/// The file of one import.
#[derive(Debug)]
pub struct ProgressFile {
    path: PathBuf,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    format: u32,
    job: Job,
    confirmed: Confirmed,
}

impl ProgressFile {
    /// The progress of a job, from its file if there is one and `restart` is not wanted; otherwise from the first row on.
    /// The file is written at once, so that what keeps it from being written is known before anything is imported.
    ///
    /// # Errors
    /// [`ImportError`] if the file is of another job, is no progress file, or cannot be read or written.
    pub fn open(path: PathBuf, job: Job, restart: bool) -> Result<Self, ImportError> {
        let found = if restart { None } else { Self::read(&path)? };
        let confirmed = match found {
            None => Confirmed::default(),
            Some(found) => match job.difference(&found.job) {
                None => found.confirmed,
                Some(what) => return Err(ImportError::OtherJob { path, what }),
            },
        };
        let progress = Self { path, content: Content { format: FORMAT, job, confirmed } };
        progress.write()?;
        Ok(progress)
    }

    /// How far the import is, as it was last saved.
    pub fn confirmed(&self) -> &Confirmed {
        &self.content.confirmed
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Saves how far the import is.
    pub(super) fn save(&mut self, confirmed: &Confirmed) -> Result<(), ImportError> {
        if *confirmed == self.content.confirmed {
            return Ok(());
        }
        self.content.confirmed = confirmed.clone();
        self.write()
    }

    /// The import is finished: there is nothing to resume.
    pub(super) fn remove(&self) -> Result<(), ImportError> {
        fs::remove_file(&self.path).map_err(|source| refused(&self.path, source))
    }

    fn write(&self) -> Result<(), ImportError> {
        let mut temporary = self.path.clone().into_os_string();
        temporary.push(".new");
        let temporary = PathBuf::from(temporary);
        let written = serde_json::to_vec_pretty(&self.content).map_err(io::Error::from).and_then(|mut text| {
            text.push(b'\n');
            let mut file = File::create(&temporary)?;
            file.write_all(&text)?;
            // Without it a crash of the machine could leave the new name on an empty file.
            file.sync_data()?;
            fs::rename(&temporary, &self.path)
        });
        written.map_err(|source| refused(&self.path, source))
    }

    fn read(path: &Path) -> Result<Option<Content>, ImportError> {
        let mut text = Vec::new();
        match File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(refused(path, source)),
        }
        let not_progress = |reason: String| ImportError::NotProgress { path: path.to_owned(), reason };
        let content: Content = serde_json::from_slice(&text).map_err(|error| not_progress(error.to_string()))?;
        if content.format != FORMAT {
            return Err(not_progress(format!("its format is {}, expected {FORMAT}", content.format)));
        }
        Ok(Some(content))
    }
}

fn refused(path: &Path, source: io::Error) -> ImportError {
    ImportError::Progress { path: path.to_owned(), source }
}
