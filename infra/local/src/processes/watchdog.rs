//! The watchdog: one small process that outlives a killed `cargo local` just long enough to kill its children.
//!
//! `kill -9` leaves a process no time to clean up, and the kernel's own remedy (`PR_SET_PDEATHSIG`) is Linux only, tied to
//! one thread, and needs `unsafe` between fork and exec. A pipe does it everywhere: `cargo local` keeps the writing end and
//! tells the watchdog which process groups are alive; when it is gone, however it went, the pipe reads as ended, and
//! the watchdog kills the groups still on its list.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// The subcommand under which this binary is the watchdog.
pub const SUBCOMMAND: &str = "watchdog";

/// The line to the watchdog: a clone for everyone who starts processes.
#[derive(Clone)]
pub struct Watchdog(Arc<Mutex<Option<(Child, ChildStdin)>>>);

impl Watchdog {
    /// Starts `program` (this binary) as the watchdog.
    ///
    /// # Errors
    /// What the system says when it cannot be started.
    pub fn start(program: &Path) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg(SUBCOMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Out of the terminal's foreground group: Ctrl-C must not reach it before the children are stopped.
            .process_group(0)
            .spawn()?;
        let line = child.stdin.take().ok_or_else(|| io::Error::other("the watchdog has no input"))?;
        Ok(Self(Arc::new(Mutex::new(Some((child, line))))))
    }

    /// Puts a process group on the list of those to kill.
    pub fn watch(&self, group: Pid) {
        self.tell('+', group);
    }

    /// Takes a process group off the list, because it has ended.
    pub fn forget(&self, group: Pid) {
        self.tell('-', group);
    }

    /// Ends the watchdog, and waits until it is gone.
    pub fn finish(&self) {
        if let Some((mut child, line)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(line);
            let _ = child.wait();
        }
    }

    fn tell(&self, change: char, group: Pid) {
        if let Some((_, line)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            // A watchdog that somebody killed is missed only if this process is killed as well.
            let _ = writeln!(line, "{change}{}", group.as_raw_pid());
        }
    }
}

/// What the watchdog does: keeps the list that `line` tells, and when the line ends kills what is on it.
pub fn run(line: impl BufRead) {
    let mut groups = BTreeSet::new();
    for change in line.lines().map_while(Result::ok) {
        let (kind, number) = change.split_at_checked(1).unwrap_or_default();
        match (kind, number.parse().ok().and_then(Pid::from_raw)) {
            ("+", Some(group)) => groups.insert(group.as_raw_pid()),
            ("-", Some(group)) => groups.remove(&group.as_raw_pid()),
            _ => false,
        };
    }
    for group in groups.into_iter().filter_map(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}
