//! Building the functions, in sight of the person who waits for it.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use tokio::process::Command;

use crate::processes::{GroupChild, Watchdog};

/// The functions: name, package, binary and log have the same name.
pub const FUNCTIONS: [&str; 4] = ["score", "customers", "profile-updater", "metrics-report"];

/// The bare function of `cargo local bench`: a binary of this package.
pub const FLOOR: &str = "floor";

/// What `cargo run` tells this program about its own package
/// (<https://doc.rust-lang.org/cargo/reference/environment-variables.html>). It must not reach the cargo that builds the
/// functions: build scripts (that of `ring`, for one) ask to be run again when such a variable has changed, and half of the
/// dependencies would be compiled anew, now and at the next start.
pub(crate) const ABOUT_THIS_PACKAGE: [&str; 16] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_LICENSE_FILE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_README",
    "CARGO_PKG_REPOSITORY",
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

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

/// Builds the functions with the profile that this program was built with, so that the binaries lie next to this one; and
/// together with this program, which is up to date, so that cargo chooses the same features for what they share and does
/// not compile it again. Where nothing has changed this takes cargo a moment to see.
///
/// # Errors
/// [`BuildError`]. What the compiler says goes to standard error.
pub async fn functions(cargo: &OsStr, workspace: &Path, watchdog: &Watchdog) -> Result<(), BuildError> {
    build(cargo, workspace, watchdog, &FUNCTIONS).await
}

/// Builds the bare function that scoring is measured against.
///
/// # Errors
/// As [`functions`].
pub async fn floor(cargo: &OsStr, workspace: &Path, watchdog: &Watchdog) -> Result<(), BuildError> {
    build(cargo, workspace, watchdog, &[FLOOR]).await
}

async fn build(cargo: &OsStr, workspace: &Path, watchdog: &Watchdog, binaries: &[&str]) -> Result<(), BuildError> {
    let mut command = Command::new(cargo);
    command.args(["build", "--profile", "local"]).current_dir(workspace).stdin(Stdio::null()).stdout(Stdio::null());
    for variable in ABOUT_THIS_PACKAGE {
        command.env_remove(variable);
    }
    let this = env!("CARGO_PKG_NAME");
    for package in FUNCTIONS.iter().chain(&[this]) {
        command.args(["--package", package]);
    }
    for binary in binaries.iter().chain(&[this]) {
        command.args(["--bin", binary]);
    }
    let mut child = GroupChild::spawn(command, watchdog).map_err(BuildError::NoCargo)?;
    match child.wait().await.map_err(BuildError::NoCargo)? {
        status if status.success() => Ok(()),
        status => Err(BuildError::Failed(status)),
    }
}
