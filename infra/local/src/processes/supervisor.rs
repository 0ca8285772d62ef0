//! The supervisor: starts services, writes down what they say, and starts them again when they end.
//!
//! As long as a service runs, its process id stands in `NAME.pid` beside its log, for whoever wants to look at it or kill it.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::process::Command;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::processes::group::GroupChild;
use crate::processes::watchdog::Watchdog;

/// How often in a row a service is started again before it is given up. One that was killed did nothing wrong: it is started
/// again however often that happens, as Lambda does.
const RESTARTS_MAX: u32 = 5;

/// The pause before the first restart; doubled for each one after it.
const RESTART_PAUSE: Duration = Duration::from_millis(200);

/// A service that ran this long has recovered: its restarts are counted from zero again.
const RECOVERED_AFTER: Duration = Duration::from_secs(10);

/// How long a service may take to end when it is asked to.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// How much of the end of a log is shown when a service has ended.
const LAST_LINES: usize = 5;

/// How much of each of these lines: a structured one can be long, and the log has it whole.
const LINE_CHARACTERS: usize = 200;

/// How many bytes of a log those lines are looked for in.
const LAST_BYTES: u64 = 16 * 1024;

/// A program that is to run as long as the stack does.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name, also that of its log.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where its environment comes from.
    pub environment: Environment,
    /// The folder it runs in.
    pub folder: PathBuf,
}

/// The environment of a service.
#[derive(Debug, Clone)]
pub enum Environment {
    /// That of this process: for tools that need `PATH`, `HOME` and the like.
    Inherited,
    /// These variables and nothing else, as in Lambda.
    Only(Vec<(String, String)>),
}

/// A service that ended by itself.
#[derive(Debug, Clone)]
pub struct Incident {
    /// Which.
    pub service: String,
    /// How it ended, or why it could not be started.
    pub how: String,
    /// Its log.
    pub log: PathBuf,
    /// The end of the log.
    pub last_lines: Vec<String>,
    /// When it is started again; `None` when it has been given up.
    pub restart_in: Option<Duration>,
}

impl fmt::Display for Incident {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ended ({})", self.service, self.how)?;
        match self.restart_in {
            Some(pause) => write!(out, ", starting again in {} ms", pause.as_millis())?,
            None => write!(out, " {} times in a row and is given up", RESTARTS_MAX + 1)?,
        }
        write!(out, "; its log {}", self.log.display())?;
        if self.last_lines.is_empty() {
            return out.write_str(" is empty");
        }
        out.write_str(" ends:")?;
        self.last_lines.iter().try_for_each(|line| write!(out, "\n    {line}"))
    }
}

/// Services that are running. Dropping it kills them; [`Supervisor::stop`] lets them end.
pub struct Supervisor {
    logs: PathBuf,
    watchdog: Watchdog,
    running: Vec<Running>,
    incidents: mpsc::UnboundedSender<Incident>,
}

/// How a service has ended, each time that it has: what Lambda tells of a runtime that is no more. Nothing at first.
pub type Endings = watch::Receiver<Option<String>>;

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Supervisor {
    /// A supervisor that keeps its logs in a folder, and the channel on which it reports what ended by itself.
    ///
    /// # Errors
    /// What the system says when the folder cannot be made.
    pub fn new(logs: PathBuf, watchdog: Watchdog) -> io::Result<(Self, mpsc::UnboundedReceiver<Incident>)> {
        std::fs::create_dir_all(&logs)?;
        let (incidents, receiver) = mpsc::unbounded_channel();
        Ok((Self { logs, watchdog, running: Vec::new(), incidents }, receiver))
    }

    /// Starts a service, with a fresh log. Tells how it ends, each time that it does.
    ///
    /// # Errors
    /// What the system says when the log cannot be made. A program that cannot be started is an [`Incident`].
    pub fn start(&mut self, service: Service) -> io::Result<Endings> {
        let path = self.logs.join(format!("{}.log", service.name));
        File::create(&path)?;
        let (stop, stopped) = oneshot::channel();
        let (ended, endings) = watch::channel(None);
        let pid = pid_file(&self.logs, &service.name);
        let watched = Watched { service, log: path, pid, watchdog: self.watchdog.clone(), ended };
        let task = tokio::spawn(watched.keep_running(stopped, self.incidents.clone()));
        self.running.push(Running { stop, task });
        Ok(endings)
    }

    /// Stops every service, the last one started first, and returns when none is left.
    pub async fn stop(mut self) {
        while let Some(Running { stop, task }) = self.running.pop() {
            // An error on either means that the service had been given up and is gone.
            let _ = stop.send(());
            let _ = task.await;
        }
    }
}

/// A service with where its output goes.
struct Watched {
    service: Service,
    log: PathBuf,
    pid: PathBuf,
    watchdog: Watchdog,
    ended: watch::Sender<Option<String>>,
}

impl Watched {
    async fn keep_running(self, mut stopped: oneshot::Receiver<()>, incidents: mpsc::UnboundedSender<Incident>) {
        let mut restarts = 0;
        loop {
            let started = Instant::now();
            let end = match self.spawn() {
                Err(error) => Err(error),
                Ok(mut child) => tokio::select! {
                    _ = &mut stopped => {
                        self.forget_pid();
                        return child.stop(STOP_GRACE).await;
                    }
                    ended = child.wait() => ended,
                },
            };
            self.forget_pid();
            let killed = end.as_ref().is_ok_and(|status| was_killed(*status));
            let how = end.map_or_else(|error| error.to_string(), |status| status.to_string());
            self.ended.send_replace(Some(how.clone()));
            restarts = if killed || started.elapsed() >= RECOVERED_AFTER { 0 } else { restarts };
            let restart_in = (restarts < RESTARTS_MAX).then(|| RESTART_PAUSE * 2_u32.pow(restarts));
            let last_lines = last_lines(&self.log).unwrap_or_default();
            let (service, log) = (self.service.name.clone(), self.log.clone());
            // Nobody listens any more when the stack is being taken down.
            let _ = incidents.send(Incident { service, how, log, last_lines, restart_in });
            let Some(pause) = restart_in else { return };
            tokio::select! {
                _ = &mut stopped => return,
                () = tokio::time::sleep(pause) => restarts += 1,
            }
        }
    }

    fn spawn(&self) -> io::Result<GroupChild> {
        let log = File::options().append(true).open(&self.log)?;
        let mut command = Command::new(&self.service.program);
        command
            .args(&self.service.arguments)
            .current_dir(&self.service.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Environment::Only(variables) = &self.service.environment {
            command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
        }
        let child = GroupChild::spawn(command, &self.watchdog)?;
        std::fs::write(&self.pid, format!("{}\n", child.id()))?;
        Ok(child)
    }

    /// The system may give its process id to another one at any time.
    fn forget_pid(&self) {
        // An error means that it could not be started, and there is none.
        let _ = std::fs::remove_file(&self.pid);
    }
}

/// Where the process id of a service stands as long as it runs.
pub fn pid_file(logs: &Path, service: &str) -> PathBuf {
    logs.join(format!("{service}.pid"))
}

fn was_killed(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::KILL.as_raw())
}

/// The last lines of a file that are not blank.
fn last_lines(path: &Path) -> io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_BYTES)))?;
    let mut end = Vec::new();
    file.take(LAST_BYTES).read_to_end(&mut end)?;
    let text = String::from_utf8_lossy(&end);
    let shortened = |line: &str| line.chars().take(LINE_CHARACTERS).collect();
    let mut lines: Vec<String> =
        text.lines().rev().filter(|line| !line.trim().is_empty()).take(LAST_LINES).map(shortened).collect();
    lines.reverse();
    Ok(lines)
}
