//! The functions' processes from outside: their memory, what they use of a core and write to the log, and holding one still.
//!
//! From `/proc`: where there is none, as on macOS, memory and work are unknown, and nothing is held.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;

use crate::processes::pid_file;
use crate::stack::Stack;

/// What a function does for one thing that it is asked: what AWS bills, less the waiting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Work {
    /// The function.
    pub function: &'static str,
    /// One of what.
    pub of: &'static str,
    /// How many there were.
    pub count: u64,
    /// Milliseconds of a core for each; `null` where the system does not tell.
    pub cpu_ms: Option<f64>,
    /// Bytes in the log for each, those that Lambda itself adds not included.
    pub log_bytes: f64,
}

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// Resident now.
    pub(super) resident: u64,
    /// Resident at most since its start.
    pub(super) peak: u64,
}

/// What a process has used until now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    cpu: Option<Duration>,
    log_bytes: u64,
}

impl Usage {
    /// What was used since, for each of so many things.
    pub(super) fn work(self, since: Self, function: &'static str, of: &'static str, count: u64) -> Work {
        let each = count.max(1) as f64;
        let cpu = self.cpu.zip(since.cpu).map(|(now, then)| now.saturating_sub(then));
        let log_bytes = self.log_bytes.saturating_sub(since.log_bytes) as f64 / each;
        Work { function, of, count, cpu_ms: cpu.map(|cpu| cpu.as_secs_f64() * 1e3 / each), log_bytes }
    }
}

/// The processes of a stack.
pub(super) struct Processes {
    logs: PathBuf,
}

impl Processes {
    pub(super) fn of(stack: &Stack) -> Self {
        Self { logs: stack.logs.clone() }
    }

    /// What a function has used until now.
    pub(super) fn usage(&self, function: &str) -> Usage {
        let log = fs::metadata(self.logs.join(format!("{function}.log")));
        Usage { cpu: self.pid(function).and_then(cpu_of), log_bytes: log.map_or(0, |log| log.len()) }
    }

    /// The memory of a function.
    pub(super) fn memory(&self, function: &str) -> Option<Memory> {
        memory(&fs::read_to_string(folder(self.pid(function)?).join("status")).ok()?)
    }

    /// Keeps a function from running until what is returned is dropped.
    pub(super) fn hold(&self, function: &str) -> Option<Held> {
        let pid = Pid::from_raw(i32::try_from(self.pid(function)?).ok()?)?;
        kill_process(pid, Signal::STOP).ok()?;
        Some(Held(pid))
    }

    fn pid(&self, function: &str) -> Option<u32> {
        fs::read_to_string(pid_file(&self.logs, function)).ok()?.trim().parse().ok()
    }
}

fn folder(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

/// A process that is held; it goes on when this is dropped.
#[must_use]
pub(super) struct Held(Pid);

impl Drop for Held {
    fn drop(&mut self) {
        // An error means that it is gone, and nothing is left to go on.
        let _ = kill_process(self.0, Signal::CONT);
    }
}

/// The time on a core of all threads that a process has (`man 5 proc`, `schedstat`).
pub(super) fn cpu_of(pid: u32) -> Option<Duration> {
    let of_task = |task: fs::DirEntry| spent(&fs::read_to_string(task.path().join("schedstat")).ok()?);
    let tasks: Vec<Duration> = fs::read_dir(folder(pid).join("task")).ok()?.flatten().filter_map(of_task).collect();
    (!tasks.is_empty()).then(|| tasks.into_iter().sum())
}

/// The first of three numbers: nanoseconds.
fn spent(schedstat: &str) -> Option<Duration> {
    schedstat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// `VmRSS` and `VmHWM` of `/proc/PID/status`.
fn memory(status: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
    };
    Some(Memory { resident: bytes("VmRSS")?, peak: bytes("VmHWM")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_status_of_a_process() {
        let status = "Name:\tscore\nVmPeak:\t   90000 kB\nVmHWM:\t   21504 kB\nVmRSS:\t   20480 kB\nThreads:\t1\n";
        assert_eq!(memory(status), Some(Memory { resident: 20 << 20, peak: 21 << 20 }));
        assert_eq!(memory("Name:\tzombie\n"), None);
    }

    #[test]
    fn time_on_a_core_is_the_first_number() {
        assert_eq!(spent("5203114 60470 2\n"), Some(Duration::from_nanos(5_203_114)));
        assert_eq!(spent(""), None);
    }

    #[test]
    fn work_is_what_was_used_in_between_for_each() {
        let usage = |ms, log_bytes| Usage { cpu: Some(Duration::from_millis(ms)), log_bytes };
        let work = usage(1_500, 40_000).work(usage(500, 10_000), "score", "request", 100);
        assert_eq!(work, Work { function: "score", of: "request", count: 100, cpu_ms: Some(10.0), log_bytes: 300.0 });
        // A log that began anew, a process of which nothing is known.
        let unknown = Usage { cpu: None, log_bytes: 0 }.work(usage(500, 10_000), "score", "request", 100);
        assert_eq!((unknown.cpu_ms, unknown.log_bytes), (None, 0.0));
    }
}
