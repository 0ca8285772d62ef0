//! Building the functions, in sight of the person who waits for it.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use tokio::process::Command;

use crate::processes::{GroupChild, Watchdog};

/// The functions: name, package, binary and log have the same name.
pub const FUNCTIONS: [&str; 4] = ["score", "customers", "profile-updater", "metrics-report"];

/// Why the functions are not there.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// cargo could not be started.
    #[error("cannot run cargo: {0}")]
    NoCargo(io::Error),
    /// cargo says why above.
    #[error("the functions do not build ({0})")]
    Failed(ExitStatus),
}

/// Builds the functions with the profile that this program was built with, so that what they share is compiled once, and
/// the binaries lie next to this one. Where nothing has changed this takes cargo a moment to see.
///
/// # Errors
/// [`BuildError`]. What the compiler says goes to standard error.
pub async fn functions(cargo: &OsStr, workspace: &Path, watchdog: &Watchdog) -> Result<(), BuildError> {
    let mut command = Command::new(cargo);
    command.args(["build", "--profile", "local"]).current_dir(workspace).stdin(Stdio::null()).stdout(Stdio::null());
    FUNCTIONS.iter().for_each(|function| {
        command.args(["--package", function]);
    });
    let mut child = GroupChild::spawn(command, watchdog).map_err(BuildError::NoCargo)?;
    match child.wait().await.map_err(BuildError::NoCargo)? {
        status if status.success() => Ok(()),
        status => Err(BuildError::Failed(status)),
    }
}
