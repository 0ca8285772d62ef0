//! Fresh processes: from their start to the first poll for an event, the first request, and the requests after it.
//!
//! Each is started alone, on a runtime API with nothing in between: a first request is what the function makes of it, with whatever
//! it connects to and loads only then. What Lambda does before (placing and unpacking the process) is the same for every function.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use crate::bench::caller::{body_of, event};
use crate::bench::latency::median_ms;
use crate::bench::processes::cpu_of;
use crate::bench::runtime_api::RuntimeApi;
use crate::bench::{Bench, BenchError};
use crate::build::{FLOOR, FUNCTIONS};
use crate::stack::{SCORER, UPDATER, function_environment};

/// How often each process is started.
const STARTS: usize = 61;

/// How many requests are made of a fresh process after its first.
const LATER: usize = 20;

/// How long a process may take to ask for an event, or to answer one.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is known of one function's fresh processes: medians, in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Fresh {
    pub(super) name: &'static str,
    /// From the start to the first poll.
    pub(super) start_ms: f64,
    /// What of it the process spent on a core, which others on the machine hardly change.
    pub(super) start_cpu_ms: Option<f64>,
    /// The first request, of those functions that are asked.
    pub(super) first_ms: Option<f64>,
    /// The requests after it.
    pub(super) later_ms: Option<f64>,
}

/// What one function's processes took.
#[derive(Debug, Default)]
struct Times {
    start: Vec<Duration>,
    start_cpu: Vec<Duration>,
    first: Vec<Duration>,
    later: Vec<Duration>,
}

impl Bench<'_> {
    /// Starts every process several times, in turn; the one that scores and the bare one are asked.
    pub(super) async fn fresh(&self) -> Result<Vec<Fresh>, BenchError> {
        self.console.line(&format!("starting each process {STARTS} times"));
        let names: Vec<_> = FUNCTIONS.into_iter().chain([FLOOR]).collect();
        let mut times: Vec<Times> = names.iter().map(|_| Times::default()).collect();
        let held = self.processes.hold(UPDATER);
        for _ in 0..STARTS {
            for (name, times) in names.iter().zip(&mut times) {
                let failed = |what| BenchError::Fresh { name: (*name).to_owned(), what };
                let used = timeout(PATIENCE, self.use_fresh(name, times)).await;
                used.unwrap_or_else(|_| Err(format!("nothing was heard for {} s", PATIENCE.as_secs())))
                    .map_err(failed)?;
            }
        }
        drop(held);
        let of = |(name, times): (&'static str, Times)| {
            let median = |times: Vec<Duration>| (!times.is_empty()).then(|| median_ms(times));
            let Times { start, start_cpu, first, later } = times;
            Fresh {
                name,
                start_ms: median_ms(start),
                start_cpu_ms: median(start_cpu),
                first_ms: median(first),
                later_ms: median(later),
            }
        };
        Ok(names.into_iter().zip(times).map(of).collect())
    }

    /// Starts one process, asks it, and ends it.
    async fn use_fresh(&self, name: &str, times: &mut Times) -> Result<(), String> {
        let mut api = RuntimeApi::start().await.map_err(|error| format!("cannot listen: {error}"))?;
        let mut command = self.command(name, &self.surroundings.program.with_file_name(name), &api);
        let started = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("cannot start: {error}"))?;
        times.start.push(api.polled().await?.duration_since(started));
        times.start_cpu.extend(child.id().and_then(cpu_of));
        if [SCORER, FLOOR].contains(&name) {
            let mut took = Vec::new();
            for number in self.samples.take(1 + LATER as u32) {
                let event = event(&self.samples.attempt(number)).to_string();
                let (answer, elapsed) = api.invoke(Bytes::from(event)).await?;
                let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
                body_of(&answer).ok_or_else(|| format!("answered {answer}"))?;
                took.push(elapsed);
                api.polled().await?;
            }
            times.first.extend(took.first());
            times.later.extend(took.iter().skip(1));
        }
        child.kill().await.map_err(|error| format!("cannot be ended: {error}"))
    }

    fn command(&self, name: &str, program: &Path, api: &RuntimeApi) -> Command {
        let mut command = Command::new(program);
        let runtime_api = format!("http://{}", api.address());
        let environment = function_environment(name, &runtime_api, self.stack.table_endpoint, self.surroundings);
        command.env_clear().envs(environment).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}
