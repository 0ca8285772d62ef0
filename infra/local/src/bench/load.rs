//! Many requests at once, to the function that scores, to the bare one, and by the route.

use std::ops::Range;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use serde::Serialize;

use crate::bench::caller::{Caller, Way};
use crate::bench::samples::Samples;
use crate::bench::{Bench, BenchError, Latency};
use crate::stack::UPDATER;

/// How many requests are under way at once.
const AT_ONCE: [usize; 3] = [1, 10, 100];

/// Requests of one kind, so many at once.
#[derive(Debug, Clone, Serialize)]
pub struct Load {
    /// What was asked: `score` and `floor` are invoked directly, `score by its route` as callers do.
    pub name: &'static str,
    /// How many requests were under way at once.
    pub at_once: usize,
    /// How many were made.
    pub requests: usize,
    /// How many were not answered as they should be: 200, recorded, nothing missing.
    pub failed: usize,
    /// The first of them.
    pub first_failure: Option<String>,
    /// Good answers a second.
    pub per_second: f64,
    /// How long good answers took, with waiting for the one process.
    #[serde(flatten)]
    pub latency: Latency,
}

impl Load {
    /// Sums up what came of requests in this time.
    fn of(way: Way, at_once: usize, answers: Vec<Result<Duration, BenchError>>, elapsed: Duration) -> Self {
        let requests = answers.len();
        let mut first_failure = None;
        let mut good = Vec::new();
        for answer in answers {
            match answer {
                Ok(elapsed) => good.push(elapsed),
                Err(error) => first_failure = first_failure.or_else(|| Some(error.to_string())),
            }
        }
        let (failed, per_second) = (requests - good.len(), good.len() as f64 / elapsed.as_secs_f64());
        let latency = Latency::of(good);
        Self { name: way.name(), at_once, requests, failed, first_failure, per_second, latency }
    }
}

impl Bench<'_> {
    /// So many requests of each kind, at each number at once.
    pub(super) async fn load(&self, requests: u32) -> Result<Vec<Load>, BenchError> {
        let mut all = Vec::new();
        for at_once in AT_ONCE {
            self.console.line(&format!("{requests} requests of each kind, {at_once} at once"));
            for way in Way::ALL {
                let held = self.processes.hold(UPDATER);
                // Opens the connections.
                answers(&self.caller, &self.samples, way, at_once, self.samples.take(at_once as u32)).await;
                let started = Instant::now();
                let answers = answers(&self.caller, &self.samples, way, at_once, self.samples.take(requests)).await;
                all.push(Load::of(way, at_once, answers, started.elapsed()));
                drop(held);
                self.learned().await?;
            }
        }
        Ok(all)
    }
}

async fn answers(
    caller: &Caller,
    samples: &Samples,
    way: Way,
    at_once: usize,
    numbers: Range<u32>,
) -> Vec<Result<Duration, BenchError>> {
    let ask = |number| async move { caller.ask(way, &samples.attempt(number)).await.map(|asked| asked.elapsed) };
    stream::iter(numbers).map(ask).buffer_unordered(at_once).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_and_do_not_flatter_the_rest() {
        let bad = |what: &str| Err(BenchError::Sample(what.to_owned()));
        let good = |ms| Ok(Duration::from_millis(ms));
        let answers = vec![good(30), bad("first"), good(10), bad("second"), good(20)];
        let load = Load::of(Way::Route, 10, answers, Duration::from_secs(2));
        assert_eq!((load.requests, load.failed), (5, 2));
        assert_eq!(load.first_failure.as_deref(), Some("the sample: first"));
        assert!((load.per_second - 1.5).abs() < 1e-9);
        assert_eq!([load.latency.p50_ms, load.latency.p99_ms].map(|ms| ms.round() as u64), [20, 30]);
    }
}
