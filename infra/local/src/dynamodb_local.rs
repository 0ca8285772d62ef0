//! `cargo local dynamodb-local`: Amazon's own emulator, for tests that otherwise run on the embedded one.
//!
//! Two emulators written by different people rarely err in the same way: what holds on both probably holds in DynamoDB.

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::Command;

use crate::build::ABOUT_THIS_PACKAGE;
use crate::console::Console;
use crate::processes::{GroupChild, Watchdog};
use crate::setup::{self, DynamoDbLocal, SetupError, Workshop};
use crate::stack::{self, Surroundings};

/// The variable that makes tests use the DynamoDB at this URL instead of the embedded emulator.
pub const ENDPOINT_VARIABLE: &str = "GUARDIAN_TEST_DYNAMODB";

/// How long it may take until it listens. On an idle machine it takes two seconds.
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// How long it may take to end.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// The name of its log.
const LOG: &str = "dynamodb-local.log";

/// What ends the command early.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("DynamoDB Local did not start ({reason}): see {log}")]
    NotUp { reason: String, log: PathBuf },
    #[error("{what}: {source}")]
    System { what: String, source: io::Error },
}

/// Sets up and starts DynamoDB Local, runs the command with [`ENDPOINT_VARIABLE`] set, and gives its exit code; without a
/// command it runs until Ctrl-C. Tables are in memory and gone afterwards.
pub async fn run(port: Option<u16>, command: &[OsString], surroundings: &Surroundings) -> ExitCode {
    let console = Console::new();
    match start_and_run(port, command, surroundings, &console).await {
        Ok(code) => code,
        Err(error) => {
            console.warn(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn start_and_run(
    port: Option<u16>,
    command: &[OsString],
    surroundings: &Surroundings,
    console: &Console,
) -> Result<ExitCode, CommandError> {
    let watchdog = Watchdog::start(&surroundings.program).map_err(system("cannot start the watchdog"))?;
    let tools = stack::tools(surroundings);
    let found = setup::dynamodb_local(Workshop { tools: &tools, watchdog: &watchdog, console }).await?;
    let folder = stack::logs_folder(surroundings);
    std::fs::create_dir_all(&folder).map_err(system("cannot make the folder of the logs"))?;
    let (mut emulator, address) = start(&found, port, &folder.join(LOG), &watchdog).await?;
    console.line(&format!("DynamoDB Local on http://{address}, in memory"));
    let ended = tokio::select! {
        ended = follow(command, address, &watchdog) => ended,
        gone = emulator.wait() => Err(not_up(&folder.join(LOG), gone)),
        // An error means that there is no such signal to wait for.
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(if command.is_empty() { 0 } else { 130 })),
    };
    emulator.stop(STOP_GRACE).await;
    watchdog.finish();
    ended
}

/// Starts it, and waits until it listens.
async fn start(
    found: &DynamoDbLocal,
    port: Option<u16>,
    log: &Path,
    watchdog: &Watchdog,
) -> Result<(GroupChild, SocketAddr), CommandError> {
    let address = address(port).map_err(system("cannot listen"))?;
    let output = std::fs::File::create(log).map_err(system("cannot make the log"))?;
    let errors = output.try_clone().map_err(system("cannot make the log"))?;
    let mut command = Command::new(&found.java);
    command
        .current_dir(&found.folder)
        .args([
            "-Djava.library.path=./DynamoDBLocal_lib",
            "-jar",
            "DynamoDBLocal.jar",
            "-inMemory",
            "-disableTelemetry",
        ])
        .args(["-port", &address.port().to_string()])
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors);
    let mut emulator = GroupChild::spawn(command, watchdog).map_err(system("cannot run java"))?;
    let listening = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        up = tokio::time::timeout(START_TIMEOUT, listening) => if up.is_ok() {
            Ok((emulator, address))
        } else {
            let reason = format!("not listening after {} s", START_TIMEOUT.as_secs());
            Err(CommandError::NotUp { reason, log: log.to_owned() })
        },
        gone = emulator.wait() => Err(not_up(log, gone)),
    }
}

/// Where it will listen: it cannot say which port it was given, so a free one is looked for here.
fn address(port: Option<u16>) -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0)))?.local_addr()
}

/// Runs the command to its end, with its exit code; or waits for ever, if there is none.
async fn follow(command: &[OsString], address: SocketAddr, watchdog: &Watchdog) -> Result<ExitCode, CommandError> {
    let Some((program, arguments)) = command.split_first() else { return std::future::pending().await };
    let mut command = Command::new(program);
    command.args(arguments).env(ENDPOINT_VARIABLE, format!("http://{address}"));
    for variable in ABOUT_THIS_PACKAGE {
        command.env_remove(variable);
    }
    let what = format!("cannot run {}", program.display());
    let mut child = GroupChild::spawn(command, watchdog).map_err(system(&what))?;
    let status = child.wait().await.map_err(system(&what))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn not_up(log: &Path, gone: io::Result<ExitStatus>) -> CommandError {
    let reason = gone.map_or_else(|error| error.to_string(), |status| status.to_string());
    CommandError::NotUp { reason, log: log.to_owned() }
}

fn system(what: &str) -> impl FnOnce(io::Error) -> CommandError {
    let what = what.to_owned();
    move |source| CommandError::System { what, source }
}
