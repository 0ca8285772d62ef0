//! The stack as a process of its own: started as a person starts it, and killed as nobody should be.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use store::Table;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::client::Client;
use crate::gateway::issuer::IssuerError;
use crate::kills::KillError;
use crate::ports::{Ports, ports_from};
use crate::processes::{GroupChild, Watchdog, pid_file};
use crate::stack::{self, EMULATOR, Surroundings, TABLE_NAME, table_client};
use crate::trigger::{Checkpoint, OnFailure, RecordSource, StreamSource};

/// How long anything may take to be there again, or the trigger to learn everything: much longer than it should on any machine.
pub(super) const RECOVERED_WITHIN: Duration = Duration::from_mins(5);

/// How often it is looked whether something is so.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How long the stack may take to end when it is asked to.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// The stack of one round.
pub(super) struct StackProcess {
    /// Where the API is.
    pub(super) api: SocketAddr,
    child: GroupChild,
    program: PathBuf,
    table_endpoint: SocketAddr,
    /// The folder of this round.
    folder: PathBuf,
    /// The folder of the logs of the stack's services.
    logs: PathBuf,
}

impl StackProcess {
    /// Starts the stack with an empty table, and waits until it answers.
    pub(super) async fn start(
        port: u16,
        seed: u64,
        surroundings: &Surroundings,
        watchdog: &Watchdog,
    ) -> Result<Self, KillError> {
        let logs = stack::logs(surroundings, port);
        let folder = logs.join(format!("kill-{seed}"));
        // An error means that there was none.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(system("cannot make the folder of the round"))?;
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let [api, table_endpoint, _] = ports_from(port).map(local);
        let program = surroundings.program.clone();
        let child = spawn(&program, port, &folder, watchdog)?;
        let mut stack = Self { api, child, program, table_endpoint, folder, logs };
        stack.until_answering().await?;
        Ok(stack)
    }

    /// A client of the API, as a backend has it. The issuer's key outlives the stack.
    pub(super) fn client(&self, surroundings: &Surroundings) -> Result<Client, IssuerError> {
        Ok(Client::new(self.api).with_token(&stack::backend_token(&stack::issuer(surroundings)?)?))
    }

    /// Kills the process of a service, which must be running or be started just now, and does not wait for the next one.
    pub(super) async fn kill_service(&mut self, name: &str) -> Result<(), KillError> {
        let file = pid_file(&self.logs, name);
        let mut killed = None;
        self.until(&format!("{name} was not started again"), || {
            // Killed only if it still was there to be killed: it may have ended by itself, because the table is away.
            killed = pid(&file).filter(|pid| kill_process(*pid, Signal::KILL).is_ok());
            killed.is_some()
        })
        .await?;
        // The next kill is of the next process.
        self.until(&format!("{name} was killed, and did not end"), || pid(&file) != killed).await
    }

    /// Kills the stack itself. Its watchdog kills the rest; when that is gone, it is started again.
    pub(super) async fn kill_and_start_again(&mut self, watchdog: &Watchdog) -> Result<(), KillError> {
        let id = Pid::from_raw(self.child.id());
        id.map_or(Ok(()), |id| kill_process(id, Signal::KILL))
            .map_err(|error| system("cannot kill the stack")(error.into()))?;
        self.child.wait().await.map_err(system("cannot wait for the stack"))?;
        let port = self.api.port();
        let until = Instant::now() + RECOVERED_WITHIN;
        while Ports::claim(port).is_err() {
            self.look_again("the killed stack left its ports taken", until).await?;
        }
        for service in crate::build::FUNCTIONS.iter().chain(&[EMULATOR]) {
            // It was the supervisor's to remove.
            let _ = fs::remove_file(pid_file(&self.logs, service));
        }
        self.child = spawn(&self.program, port, &self.folder, watchdog)?;
        self.until_answering().await
    }

    /// Waits until the trigger is done with everything in the stream.
    pub(super) async fn until_drained(&mut self) -> Result<(), KillError> {
        let until = Instant::now() + RECOVERED_WITHIN;
        let mut source = StreamSource::open(Client::new(self.table_endpoint), TABLE_NAME).await?;
        loop {
            // What the filter holds back is passed by the checkpoint as well.
            let checkpoint = Checkpoint::open(Some(&self.folder), source.stream_arn())?;
            if source.read(checkpoint.sequence_number(), 1).await?.is_empty() {
                return Ok(());
            }
            self.look_again("not everything was learned", until).await?;
        }
    }

    /// The table.
    pub(super) fn table(&self) -> Table {
        Table::new(table_client(self.table_endpoint), TABLE_NAME)
    }

    /// What the trigger gave up, in words.
    pub(super) fn given_up(&self) -> Vec<String> {
        match OnFailure::new(&self.folder).messages() {
            Ok(messages) => messages
                .iter()
                .map(|it| format!("{} records were given up: {}", it.batch.batch_size, it.request_context.condition))
                .collect(),
            Err(error) => vec![error.to_string()],
        }
    }

    /// Stops the stack, and removes its table unless it is to be looked at.
    pub(super) async fn stop(self, remove: bool) {
        self.child.stop(STOP_GRACE).await;
        if remove {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    /// What answers where there is no route is the last that the stack starts.
    async fn until_answering(&mut self) -> Result<(), KillError> {
        let client = Client::new(self.api).with_timeout(Duration::from_secs(1));
        let until = Instant::now() + RECOVERED_WITHIN;
        loop {
            tokio::select! {
                answer = client.get("/no/such/route") => if answer.is_ok() { return Ok(()) },
                _ = self.child.wait() => return Err(KillError::StackEnded(self.log())),
            }
            self.look_again("the stack does not answer", until).await?;
        }
    }

    /// Waits until it is so, as long as the stack runs.
    pub(super) async fn until(&mut self, otherwise: &str, mut so: impl FnMut() -> bool) -> Result<(), KillError> {
        let until = Instant::now() + RECOVERED_WITHIN;
        while !so() {
            tokio::select! {
                () = sleep(LOOK_EVERY) => (),
                _ = self.child.wait() => return Err(KillError::StackEnded(self.log())),
            }
            self.in_time(otherwise, until)?;
        }
        Ok(())
    }

    async fn look_again(&self, otherwise: &str, until: Instant) -> Result<(), KillError> {
        sleep(LOOK_EVERY).await;
        self.in_time(otherwise, until)
    }

    fn in_time(&self, otherwise: &str, until: Instant) -> Result<(), KillError> {
        let late = Instant::now() > until;
        if late {
            return Err(KillError::NotRecovered { what: otherwise.to_owned(), log: self.logs.clone() });
        }
        Ok(())
    }

    fn log(&self) -> PathBuf {
        log(&self.folder)
    }
}

fn spawn(program: &Path, port: u16, folder: &Path, watchdog: &Watchdog) -> Result<GroupChild, KillError> {
    let log = File::options().create(true).append(true).open(log(folder));
    let log = log.map_err(system("cannot make the log of the stack"))?;
    let mut command = Command::new(program);
    command
        .args(["--no-traffic", "--port", &port.to_string(), "--keep"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(system("cannot make the log of the stack"))?)
        .stderr(log);
    GroupChild::spawn(command, watchdog).map_err(system("cannot start the stack"))
}

/// The process that runs, if one does.
fn pid(file: &Path) -> Option<Pid> {
    // Without the end of the line it is not all written.
    Pid::from_raw(fs::read_to_string(file).ok()?.strip_suffix('\n')?.parse().ok()?)
}

fn log(folder: &Path) -> PathBuf {
    folder.join("stack.log")
}

fn system(what: &'static str) -> impl Fn(std::io::Error) -> KillError {
    move |source| KillError::System { what: what.to_owned(), source }
}
