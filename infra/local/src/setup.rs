//! Finding cargo-lambda, or installing it where git does not look.
//!
//! Its authors publish prebuilt binaries as a Python wheel; that is the one source used here. Compiling it would take
//! longer than everything else together. Only `cargo lambda watch` is needed, so the wheel comes without its dependency on
//! zig, which is for cross-compiling.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::console::Console;
use crate::processes::{GroupChild, Watchdog};

/// The version that is installed.
pub const CARGO_LAMBDA_VERSION: &str = "1.9.2";

/// The oldest version on PATH that is taken as it is: the first whose routes are known to work with this stack.
const VERSION_MIN: (u32, u32) = (1, 9);

/// The first version that is not taken, because nothing is known of it.
const MAJOR_END: u32 = 2;

/// How long downloading may take.
const INSTALL_TIMEOUT: Duration = Duration::from_mins(5);

/// Why there is no cargo-lambda.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is no python3.
    #[error("cargo-lambda is missing and needs python3 to install it, which is missing too: install either")]
    NoPython,
    /// A step of the installation failed.
    #[error("installing cargo-lambda failed at `{step}`: {reason} (its output: {log})")]
    Step {
        /// The command.
        step: String,
        /// Its last line, or why it could not be run.
        reason: String,
        /// Where all of its output is.
        log: PathBuf,
    },
    /// It was installed and does not run.
    #[error("cargo-lambda was installed as {0} and does not run")]
    DoesNotRun(PathBuf),
    /// The folder for it could not be made.
    #[error("cannot make {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The path of a cargo-lambda that runs: the one on PATH, the one installed here before, or one installed now into
/// `tools`.
///
/// # Errors
/// [`SetupError`], each with what to do about it or where to look.
pub async fn cargo_lambda(tools: &Path, watchdog: &Watchdog, console: &Console) -> Result<PathBuf, SetupError> {
    let on_path = PathBuf::from("cargo-lambda");
    if is_usable(&on_path).await {
        return Ok(on_path);
    }
    let environment = tools.join(format!("cargo-lambda-{CARGO_LAMBDA_VERSION}"));
    let installed = environment.join("bin/cargo-lambda");
    if is_usable(&installed).await {
        return Ok(installed);
    }
    install(tools, &environment, watchdog, console).await?;
    if is_usable(&installed).await { Ok(installed) } else { Err(SetupError::DoesNotRun(installed)) }
}

/// Whether the program is there, runs, and has a version that will do.
async fn is_usable(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(["lambda", "--version"]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    match command.output().await {
        Ok(output) if output.status.success() => version_will_do(&String::from_utf8_lossy(&output.stdout)),
        _ => false,
    }
}

/// Reads `cargo-lambda 1.9.2 (55e15b0 2026-08-31Z)`.
fn version_will_do(output: &str) -> bool {
    let mut numbers = output.split_whitespace().nth(1).unwrap_or_default().split('.').map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { return false };
    (major, minor) >= VERSION_MIN && major < MAJOR_END
}

async fn install(tools: &Path, environment: &Path, watchdog: &Watchdog, console: &Console) -> Result<(), SetupError> {
    let started = Instant::now();
    console.line(&format!("cargo-lambda {CARGO_LAMBDA_VERSION}: installing its wheel into {}", environment.display()));
    std::fs::create_dir_all(tools).map_err(|source| SetupError::Folder { path: tools.to_owned(), source })?;
    let log = tools.join("install.log");

    let mut make_environment = Command::new("python3");
    make_environment.args(["-m", "venv", "--clear"]).arg(environment);
    run("python3 -m venv", make_environment, &log, watchdog).await?;

    let mut install = Command::new(environment.join("bin/python3"));
    let wheel = format!("cargo-lambda=={CARGO_LAMBDA_VERSION}");
    install.args(["-m", "pip", "install", "--no-deps", "--no-input", "--disable-pip-version-check", &wheel]);
    run("pip install", install, &log, watchdog).await?;

    console
        .line(&format!("cargo-lambda {CARGO_LAMBDA_VERSION}: installed in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(())
}

/// Runs one step to its end, with its output in the log.
async fn run(step: &str, mut command: Command, log: &Path, watchdog: &Watchdog) -> Result<(), SetupError> {
    let failed = |reason: String| SetupError::Step { step: step.to_owned(), reason, log: log.to_owned() };
    let output = std::fs::File::create(log).map_err(|error| failed(error.to_string()))?;
    let errors = output.try_clone().map_err(|error| failed(error.to_string()))?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut child = GroupChild::spawn(command, watchdog).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SetupError::NoPython,
        _ => failed(error.to_string()),
    })?;
    match tokio::time::timeout(INSTALL_TIMEOUT, child.wait()).await {
        Err(_) => Err(failed(format!("not done after {} s", INSTALL_TIMEOUT.as_secs()))),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => {
            let text = std::fs::read_to_string(log).unwrap_or_default();
            let last = text.lines().rev().find(|line| !line.trim().is_empty());
            Err(failed(last.map_or_else(|| status.to_string(), |line| line.trim().to_owned())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, expect: bool) {
        assert_eq!(version_will_do(output), expect, "{output}");
    }

    #[test]
    fn versions_from_1_9_to_before_2_will_do() {
        check("cargo-lambda 1.9.2 (55e15b0 2026-08-31Z)\n", true);
        check("cargo-lambda 1.9.0", true);
        check("cargo-lambda 1.12.1", true);
        check("cargo-lambda 1.8.6", false);
        check("cargo-lambda 2.0.0", false);
        check("cargo-lambda", false);
        check("", false);
        check("cargo-lambda one.two", false);
    }
}
