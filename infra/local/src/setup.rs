//! What else the stack runs on, found on PATH or installed where git does not look.
//!
//! A machine has Rust, Python 3 and git; everything else comes from a wheel, in a virtual environment of its own, or from npm,
//! each in the version named here. What is there already is used again.

mod browser;
mod cargo_lambda;
mod dynamodb_local;
mod node;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::console::Console;
use crate::processes::{GroupChild, Watchdog};

pub use browser::{Browser, browser};
pub use cargo_lambda::cargo_lambda;
pub use dynamodb_local::{DynamoDbLocal, dynamodb_local};

/// How long one step, such as a download, may take.
const STEP_TIMEOUT: Duration = Duration::from_mins(5);

/// Why something is not there.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is no python3.
    #[error("{tool} is missing and needs python3 to install it, which is missing too: install either")]
    NoPython {
        /// What was to be installed.
        tool: String,
    },
    /// A step of the installation failed.
    #[error("installing {tool} failed at `{step}`: {reason} (its output: {log})")]
    Step {
        /// What was to be installed.
        tool: String,
        /// The command.
        step: String,
        /// Its last line, or why it could not be run.
        reason: String,
        /// Where all of its output is.
        log: PathBuf,
    },
    /// It was installed and does not run.
    #[error("{tool} was installed as {program} and does not run")]
    DoesNotRun {
        /// What was installed.
        tool: String,
        /// Its path.
        program: PathBuf,
    },
    /// A folder or file of it could not be made.
    #[error("cannot make {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Where tools are installed, and who is told of it.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    /// The folder for all tools.
    pub tools: &'a Path,
    /// Looks after the processes that install.
    pub watchdog: &'a Watchdog,
    /// Where a person sees what takes its time.
    pub console: &'a Console,
}

impl Workshop<'_> {
    /// The folder of one version of one tool.
    fn folder(&self, tool: &str, version: &str) -> PathBuf {
        self.tools.join(format!("{tool}-{version}"))
    }

    /// Installs a wheel, without what it depends on, into a virtual environment of its own.
    async fn wheel(&self, name: &str, version: &str) -> Result<(), SetupError> {
        let started = Instant::now();
        let environment = self.folder(name, version);
        self.console.line(&format!("{name} {version}: installing its wheel into {}", environment.display()));

        let mut make_environment = Command::new("python3");
        make_environment.args(["-m", "venv", "--clear"]).arg(&environment);
        self.step(name, "python3 -m venv", make_environment).await?;

        let mut install = Command::new(environment.join("bin/python3"));
        let wheel = format!("{name}=={version}");
        install.args(["-m", "pip", "install", "--no-deps", "--no-input", "--disable-pip-version-check", &wheel]);
        self.step(name, "pip install", install).await?;

        self.console.line(&format!("{name} {version}: installed in {:.1} s", started.elapsed().as_secs_f64()));
        Ok(())
    }

    /// A file of a wheel that is installed, if need be, by this.
    async fn in_wheel(&self, (name, version): (&str, &str), file: &str) -> Result<PathBuf, SetupError> {
        let environment = self.folder(name, version);
        if let Some(found) = in_site_packages(&environment, file) {
            return Ok(found);
        }
        self.wheel(name, version).await?;
        let missing = || SetupError::DoesNotRun { tool: name.to_owned(), program: environment.join(file) };
        in_site_packages(&environment, file).ok_or_else(missing)
    }

    /// Runs one step to its end, with its output in the log.
    async fn step(&self, tool: &str, step: &str, mut command: Command) -> Result<(), SetupError> {
        std::fs::create_dir_all(self.tools)
            .map_err(|source| SetupError::Folder { path: self.tools.to_owned(), source })?;
        let log = self.tools.join("install.log");
        let failed = |reason: String| SetupError::Step {
            tool: tool.to_owned(),
            step: step.to_owned(),
            reason,
            log: log.clone(),
        };
        let output = std::fs::File::create(&log).map_err(|error| failed(error.to_string()))?;
        let errors = output.try_clone().map_err(|error| failed(error.to_string()))?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let is_python = command.as_std().get_program() == "python3";
        let mut child = GroupChild::spawn(command, self.watchdog).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if is_python => SetupError::NoPython { tool: tool.to_owned() },
            _ => failed(error.to_string()),
        })?;
        match tokio::time::timeout(STEP_TIMEOUT, child.wait()).await {
            Err(_) => Err(failed(format!("not done after {} s", STEP_TIMEOUT.as_secs()))),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => {
                let text = std::fs::read_to_string(&log).unwrap_or_default();
                let last = text.lines().rev().find(|line| !line.trim().is_empty());
                Err(failed(last.map_or_else(|| status.to_string(), |line| line.trim().to_owned())))
            }
        }
    }
}

/// Looks for a file in the packages of an environment; the folder between is named after the version of Python.
fn in_site_packages(environment: &Path, file: &str) -> Option<PathBuf> {
    let pythons = std::fs::read_dir(environment.join("lib")).ok()?;
    let files = pythons.flatten().map(|python| python.path().join("site-packages").join(file));
    files.into_iter().find(|file| file.is_file())
}

/// What a program says of its version, on whichever output; `None` if it is not there or fails.
async fn said_by(program: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}
