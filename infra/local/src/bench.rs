//! `cargo local bench`: what scoring costs, beside the floor: a bare function that makes the same two calls.
//!
//! Both are invoked in turn through the same `cargo lambda watch` on the same table, so that whatever the watcher, the
//! emulator and the machine cost, both pay it; what counts is the ratio.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use edge::access::Scope;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::build::{FLOOR, FUNCTIONS};
use crate::client::{Client, ClientError};
use crate::console::Console;
use crate::gateway::issuer::IssuerError;
use crate::stack::{Stack, StackError, StackOptions, Surroundings, function_environment};
use crate::summary::write_json;
use crate::trigger::{Settings, pump};

/// How many customers take turns.
const CUSTOMERS: u32 = 20;

/// How many purchases of the past each of them has.
const PURCHASES: u32 = 60;

/// How many requests are made before the clock counts.
const WARM_UP: u32 = 50;

/// How often each process is started.
const STARTS: usize = 11;

/// How long a process may take to ask for its first event.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The stack did not start.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// There is no token.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// A request got no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A request got an answer that it should not.
    #[error("{path} answered {status}: {body}")]
    Answer {
        /// What was asked.
        path: String,
        /// The HTTP status.
        status: StatusCode,
        /// The beginning of the body.
        body: String,
    },
    /// The stream trigger ended before everything was learned.
    #[error("the stream trigger ended")]
    TriggerEnded,
    /// A process did not ask for its first event.
    #[error("{name} did not ask for an event within {} s", START_TIMEOUT.as_secs())]
    NoPoll {
        /// The function.
        name: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A file or process was refused by the system.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Latencies of one kind of request, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Latency {
    /// Median.
    pub p50_ms: f64,
    /// 95 % did not exceed it.
    pub p95_ms: f64,
    /// 99 % did not exceed it.
    pub p99_ms: f64,
}

/// One process: how long it takes to its first poll for work, and how large its file is.
#[derive(Debug, Clone, Serialize)]
pub struct Process {
    /// The function.
    pub name: String,
    /// Median milliseconds from its start to its first poll.
    pub start_ms: f64,
    /// Bytes of the binary that `cargo local` runs; the deployed one is smaller.
    pub bytes: u64,
}

/// All figures.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Requests of each kind.
    pub requests: u32,
    /// Scoring, invoked directly.
    pub score: Latency,
    /// The bare function, invoked directly.
    pub floor: Latency,
    /// Scoring through its HTTP route.
    pub score_by_route: Latency,
    /// Median of scoring over median of the floor.
    pub score_p50_ratio_to_floor: f64,
    /// Median start of `score` over that of the floor.
    pub start_ratio_to_floor: f64,
    /// Every process.
    pub processes: Vec<Process>,
}

/// Measures, prints, and writes the figures to a file if one is named.
pub async fn run(port: u16, requests: u32, json: Option<&Path>, surroundings: &Surroundings) -> ExitCode {
    let console = Console::new();
    match measure_and_write(port, requests, json, surroundings, &console).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console.warn(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn measure_and_write(
    port: u16,
    requests: u32,
    json: Option<&Path>,
    surroundings: &Surroundings,
    console: &Console,
) -> Result<(), BenchError> {
    let mut stack = Stack::start(
        StackOptions { port, keep: None, stage_variables: &[], trigger: Settings::in_a_hurry },
        surroundings,
        console,
    )
    .await?;
    let interrupted = async {
        // An error means that there is no such signal to wait for.
        let _ = tokio::signal::ctrl_c().await;
    };
    let measured = tokio::select! {
        measured = measure(&mut stack, requests, surroundings, console) => measured,
        () = interrupted => Err(BenchError::Interrupted),
    };
    stack.stop().await;
    let figures = measured?;
    console.line(&figures.in_words());
    let Some(path) = json else { return Ok(()) };
    write_json(path, &figures)
        .map_err(|source| BenchError::System { what: format!("cannot write {}", path.display()), source })
}

async fn measure(
    stack: &mut Stack,
    requests: u32,
    surroundings: &Surroundings,
    console: &Console,
) -> Result<Figures, BenchError> {
    console.line("building the bare function");
    stack.start_floor(surroundings).await?;
    let (client, lambdas) = (stack.client()?, Client::new(stack.lambdas));
    console.line(&format!("importing {CUSTOMERS} customers with {PURCHASES} purchases each"));
    for customer in 0..CUSTOMERS {
        let path = format!("/v1/customers/bench-{customer}/purchases");
        let purchases: Vec<Value> = (0..PURCHASES).map(purchase).collect();
        post(&client, &path, &json!({ "purchases": purchases })).await?;
    }
    learned(stack).await?;

    console.line(&format!("{requests} requests of each kind, in turn"));
    let (mut score, mut floor, mut by_route) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..requests + WARM_UP {
        let bodies = [0, 1, 2].map(|kind| attempt(number * 3 + kind));
        // What one request left to be learned must not run while the next is timed.
        learned(stack).await?;
        let scored = invoke(&lambdas, "score", &bodies[0]).await?;
        learned(stack).await?;
        let bare = invoke(&lambdas, FLOOR, &bodies[1]).await?;
        learned(stack).await?;
        let routed = post(&client, "/v1/attempts", &bodies[2]).await?;
        if number >= WARM_UP {
            score.push(scored);
            floor.push(bare);
            by_route.push(routed);
        }
    }
    let processes = starts(stack.table_endpoint, surroundings, console).await?;
    let start_of =
        |name: &str| processes.iter().find(|process| process.name == name).map_or(f64::NAN, |it| it.start_ms);
    let (score, floor, score_by_route) = (latency(score), latency(floor), latency(by_route));
    Ok(Figures {
        requests,
        score,
        floor,
        score_by_route,
        score_p50_ratio_to_floor: score.p50_ms / floor.p50_ms,
        start_ratio_to_floor: start_of("score") / start_of(FLOOR),
        processes,
    })
}

/// Waits until everything that was written has been learned.
async fn learned(stack: &Stack) -> Result<(), BenchError> {
    if pump::drained(stack.trigger_state()).await { Ok(()) } else { Err(BenchError::TriggerEnded) }
}

impl Figures {
    /// The figures as a table.
    pub fn in_words(&self) -> String {
        let row = |name: &str, latency: Latency| {
            format!("{name:<28}{:>8.2} ms{:>8.2} ms{:>8.2} ms\n", latency.p50_ms, latency.p95_ms, latency.p99_ms)
        };
        let mut words =
            format!("{:<28}{:>11}{:>11}{:>11}\n", format!("{} requests each", self.requests), "p50", "p95", "p99");
        words += &row("score", self.score);
        words += &row("floor (same two calls)", self.floor);
        words += &row("score by its route", self.score_by_route);
        words += &format!("score / floor, p50: {:.2}\n", self.score_p50_ratio_to_floor);
        words += &format!("start of score / start of floor: {:.2}\n", self.start_ratio_to_floor);
        for process in &self.processes {
            let megabytes = process.bytes as f64 / 1e6;
            words +=
                &format!("{:<28}{:>8.1} ms to its first poll, {megabytes:.1} MB\n", process.name, process.start_ms);
        }
        words
    }
}

/// A purchase of the past: about two months of groceries.
fn purchase(number: u32) -> Value {
    let (month, day, hour) = (9 + number / 28, 1 + number % 28, 8 + number % 12);
    json!({
        "idempotency_key": format!("past-{number}"),
        "amount": { "value": format!("{}.{:02}", 20 + number * 7 % 40, number % 100), "currency": "EUR" },
        "category": if number.is_multiple_of(3) { "dining" } else { "groceries" },
        "payment_method": "debit_card",
        "merchant_id": format!("shop-{}", number % 7),
        "occurred_at": format!("2025-{month:02}-{day:02}T{hour:02}:15:00+01:00"),
    })
}

/// An attempt of one of the customers, 45 minutes after the one before, so that the last hour holds what it usually holds.
fn attempt(number: u32) -> Value {
    let minutes = number / CUSTOMERS * 45;
    let (day, hour, minute) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let (month, day) = (1 + day / 28, 1 + day % 28);
    json!({
        "customer_id": format!("bench-{}", number % CUSTOMERS),
        "idempotency_key": format!("attempt-{number}"),
        "amount": { "value": "47.11", "currency": "EUR" },
        "category": "groceries",
        "payment_method": "debit_card",
        "merchant_id": format!("shop-{}", number % 7),
        "occurred_at": format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00+01:00"),
    })
}

async fn post(client: &Client, path: &str, body: &Value) -> Result<Duration, BenchError> {
    let answer = client.post(path, body).await?;
    if answer.status.is_success() {
        return Ok(answer.elapsed);
    }
    Err(BenchError::Answer { path: path.to_owned(), status: answer.status, body: answer.excerpt() })
}

/// Invokes a function with the event that API Gateway would make of the body.
async fn invoke(client: &Client, function: &str, body: &Value) -> Result<Duration, BenchError> {
    let http = json!({ "method": "POST", "path": "/v1/attempts", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench" });
    let event = json!({
        "version": "2.0",
        "routeKey": "POST /v1/attempts",
        "rawPath": "/v1/attempts",
        "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "requestContext": { "authorizer": { "jwt": { "claims": { "scope": Scope::Score.name() } } }, "http": http, "stage": "$default", "requestId": "bench", "timeEpoch": 0 },
        "body": body.to_string(),
        "isBase64Encoded": false,
    });
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let answer = client.post(&path, &event).await?;
    let said: Value = answer.json()?;
    if said.get("statusCode").and_then(Value::as_u64) == Some(200) {
        return Ok(answer.elapsed);
    }
    Err(BenchError::Answer { path, status: answer.status, body: answer.excerpt() })
}

fn latency(mut durations: Vec<Duration>) -> Latency {
    durations.sort_unstable();
    let at = |share: f64| {
        let position = ((durations.len() as f64 * share).ceil() as usize).saturating_sub(1);
        durations.get(position).map_or(f64::NAN, |duration| duration.as_secs_f64() * 1e3)
    };
    Latency { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99) }
}

/// Starts every process several times, in turn, on a runtime API that only hears the first poll.
async fn starts(
    table_endpoint: SocketAddr,
    surroundings: &Surroundings,
    console: &Console,
) -> Result<Vec<Process>, BenchError> {
    console.line(&format!("starting each process {STARTS} times"));
    let names = FUNCTIONS.iter().copied().chain([FLOOR]);
    let programs: Vec<_> = names.map(|name| (name, surroundings.program.with_file_name(name))).collect();
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); programs.len()];
    for _ in 0..STARTS {
        for ((name, program), times) in programs.iter().zip(&mut times) {
            times.push(start(name, program, table_endpoint, surroundings).await?);
        }
    }
    let process = |((name, program), times): (&(&str, PathBuf), Vec<Duration>)| {
        let bytes = std::fs::metadata(program).map(|file| file.len());
        let bytes = bytes.map_err(|source| BenchError::System { what: program.display().to_string(), source })?;
        Ok(Process { name: (*name).to_owned(), start_ms: latency(times).p50_ms, bytes })
    };
    programs.iter().zip(times).map(process).collect()
}

/// Milliseconds from the start of a process to its first poll for an event.
async fn start(
    name: &str,
    program: &Path,
    table_endpoint: SocketAddr,
    surroundings: &Surroundings,
) -> Result<Duration, BenchError> {
    let failed = |what: &str| {
        let what = format!("{name}: {what}");
        move |source| BenchError::System { what, source }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed("cannot listen"))?;
    let api = listener.local_addr().map_err(failed("cannot listen"))?;
    let mut command = Command::new(program);
    command.env_clear().envs(function_environment(name, &format!("http://{api}"), table_endpoint, surroundings));
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).kill_on_drop(true);
    let started = Instant::now();
    let mut child = command.spawn().map_err(failed("cannot start"))?;
    let polled = async {
        let (mut connection, _) = listener.accept().await?;
        let mut first = [0; 1];
        connection.read_exact(&mut first).await
    };
    let elapsed = match tokio::time::timeout(START_TIMEOUT, polled).await {
        Ok(Ok(_)) => started.elapsed(),
        Ok(Err(source)) => return Err(failed("was not heard")(source)),
        Err(_) => return Err(BenchError::NoPoll { name: name.to_owned() }),
    };
    child.kill().await.map_err(failed("cannot be ended"))?;
    Ok(elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let of = latency((1..=200).map(Duration::from_millis).collect());
        assert_eq!([of.p50_ms, of.p95_ms, of.p99_ms].map(|ms| ms.round() as u64), [100, 190, 198]);
        assert!(latency(Vec::new()).p50_ms.is_nan());
    }
}
