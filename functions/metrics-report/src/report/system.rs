//! Whether scoring is fast and reliable.

use std::collections::BTreeMap;

use engine::decision::Missing;
use engine::measured::Answers;
use engine::rollup::Counters;
use engine::rollup::bins::{DURATION_BINS, duration_quantile};
use serde::Serialize;

use super::{sum, two_digits};
use crate::statistics::share::Share;

/// How scoring does.
#[derive(Debug, Clone, Serialize)]
pub struct System {
    /// Requests to score that were answered in any way. Those that a process answered after the last decision that it recorded are
    /// not told to anybody.
    pub requests: i64,
    /// Of the requests: the caller had to change something.
    pub refused: Share,
    /// Of the requests: they failed through no fault of the caller.
    pub failed: Share,
    /// Of the requests: decided, but not recorded.
    pub unrecorded: Share,
    /// Of the attempts: decided without something that there should have been.
    pub degraded: Share,
    /// What was missing, how often.
    pub missing: BTreeMap<&'static str, i64>,
    /// How long the parts of scoring took.
    pub latency: Latency,
    /// How late the updater learned of new entries: from their writing on.
    pub learning_lag: Option<Quantiles>,
}

/// How long the parts of scoring took.
#[derive(Debug, Clone, Serialize)]
pub struct Latency {
    /// Reading the customer and the merchant.
    pub read: Option<Quantiles>,
    /// Comparing and deciding.
    pub engine: Option<Quantiles>,
    /// Recording the entry.
    pub write: Option<Quantiles>,
    /// From the request to the answer, inside the function.
    pub whole: Option<Quantiles>,
}

/// Quantiles of times, in milliseconds; each is off by an eighth at most, because times are counted in bins.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Quantiles {
    /// Half of them are shorter.
    pub p50_ms: f64,
    /// 95 % are shorter.
    pub p95_ms: f64,
    /// 99 % are shorter.
    pub p99_ms: f64,
    /// How many were measured.
    pub count: u64,
}

pub(super) fn system(counters: &Counters) -> System {
    let answers = |name: &str| counters.get(&format!("answers.{name}"));
    let requests = sum(Answers::default().iter().map(|(name, _)| answers(name)));
    let took = |part: &str| quantiles(counters, &format!("took.{part}"));
    System {
        requests,
        refused: Share::new(answers("refused"), requests),
        failed: Share::new(answers("failed"), requests),
        unrecorded: Share::new(answers("unrecorded"), requests),
        degraded: Share::new(counters.get("degraded"), counters.get("attempts")),
        missing: Missing::ALL.map(|what| (what.name(), counters.get(&format!("missing.{}", what.name())))).into(),
        latency: Latency { read: took("read"), engine: took("engine"), write: took("write"), whole: took("whole") },
        learning_lag: quantiles(counters, "lag"),
    }
}

fn quantiles(counters: &Counters, name: &str) -> Option<Quantiles> {
    let mut counts = [0; DURATION_BINS];
    for (bin, count) in counts.iter_mut().enumerate() {
        *count = counters.get(&format!("{name}.{}", two_digits(bin))).max(0) as u64;
    }
    let ms = |quantile| duration_quantile(&counts, quantile).map(|time| time.as_secs_f64() * 1e3);
    Some(Quantiles { p50_ms: ms(0.5)?, p95_ms: ms(0.95)?, p99_ms: ms(0.99)?, count: counts.iter().sum() })
}
