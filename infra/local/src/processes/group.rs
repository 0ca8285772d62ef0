//! A child process at the head of its own process group.
//!
//! Its own group, so that Ctrl-C in the terminal reaches only `cargo local`, which then stops its children in order; and
//! so that a child is stopped together with whatever it started.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use crate::processes::watchdog::Watchdog;

/// A running child with its group. Dropping it kills the group.
pub struct GroupChild {
    child: Child,
    group: Pid,
    watchdog: Watchdog,
    ended: bool,
}

impl GroupChild {
    /// Starts a command as the head of a new process group, under the watchdog.
    ///
    /// # Errors
    /// What the system says when the program is not there or cannot be run.
    pub fn spawn(mut command: Command, watchdog: &Watchdog) -> io::Result<Self> {
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        let id = child.id().and_then(|id| Pid::from_raw(id as i32));
        let group = id.ok_or_else(|| io::Error::other("the child has no process id"))?;
        watchdog.watch(group);
        Ok(Self { child, group, watchdog: watchdog.clone(), ended: false })
    }

    /// The child's process id.
    pub fn id(&self) -> i32 {
        self.group.as_raw_pid()
    }

    /// Waits for the child to end by itself. Can be dropped and called again.
    ///
    /// # Errors
    /// What the system says when it cannot be waited for.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        self.end();
        Ok(status)
    }

    /// Asks the group to end and, when `grace` is over, makes it.
    pub async fn stop(mut self, grace: Duration) {
        // An error means that nobody is left in the group, which is what is wanted.
        let _ = kill_process_group(self.group, Signal::TERM);
        if tokio::time::timeout(grace, self.child.wait()).await.is_err() {
            let _ = kill_process_group(self.group, Signal::KILL);
            let _ = self.child.wait().await;
        }
        self.end();
    }

    /// Kills what is left of the group and takes it off the watchdog's list.
    fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            let _ = kill_process_group(self.group, Signal::KILL);
            self.watchdog.forget(self.group);
        }
    }
}

impl Drop for GroupChild {
    fn drop(&mut self) {
        self.end();
    }
}
