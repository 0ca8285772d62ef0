//! A review as a JSON document, as it lies beside the policies.
//!
//! ```json
//! {
//!   "format": 1,
//!   "made_at": "2026-11-08T14:00:02.113Z",
//!   "policy": "2026-11-a",
//!   "from": "2026-08-10",
//!   "to": "2026-11-08",
//!   "stopped": [
//!     { "experiment": "longer-wait", "arm": "two-days", "at": "2026-11-03T09:00:01.870Z",
//!       "interventions": 412, "annoying": 121, "annoyed_max": 0.2 }
//!   ],
//!   "strategies": { "reflection": { "helped": 301, "not_helped": 822 } }
//! }
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Review, Stopped};
use crate::decision::Strategy;
use crate::profile::StrategyCounts;
use crate::time::{Day, Instant, LocalInstant};

/// The format that this code writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// The largest document, in bytes: all variants of as many experiments as there may be, with the longest names, need half of it.
pub const REVIEW_BYTES_MAX: usize = 100_000;

/// Why a document is no review.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// It was written by a newer version of Guardian.
    #[error("the review has format {found}; this version reads up to {FORMAT}")]
    Newer {
        /// The format found.
        found: u32,
    },
    /// It is not what this crate writes.
    #[error("the review is damaged: {0}")]
    Damaged(String),
}

/// What can be read of any format.
#[derive(Deserialize)]
struct AnyDocument {
    format: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    made_at: String,
    policy: String,
    from: String,
    to: String,
    stopped: Vec<StoppedDocument>,
    /// By name; what was not counted is left out.
    strategies: BTreeMap<String, SumsDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoppedDocument {
    experiment: String,
    arm: String,
    at: String,
    interventions: u32,
    annoying: u32,
    annoyed_max: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SumsDocument {
    helped: u32,
    not_helped: u32,
}

fn damaged(what: impl std::fmt::Display) -> ReviewError {
    ReviewError::Damaged(what.to_string())
}

fn instant(text: &str) -> Result<Instant, ReviewError> {
    LocalInstant::parse(text).map(LocalInstant::instant).map_err(damaged)
}

impl Review {
    /// Reads a review.
    ///
    /// # Errors
    /// [`ReviewError`] if it is none, or one of a newer format.
    pub fn from_json(json: &[u8]) -> Result<Self, ReviewError> {
        if json.len() > REVIEW_BYTES_MAX {
            return Err(damaged(format!("{} bytes, expected at most {REVIEW_BYTES_MAX}", json.len())));
        }
        let AnyDocument { format } = serde_json::from_slice(json).map_err(damaged)?;
        if format > FORMAT {
            return Err(ReviewError::Newer { found: format });
        }
        let document: Document = serde_json::from_slice(json).map_err(damaged)?;
        let mut strategies = [StrategyCounts::default(); Strategy::ALL.len()];
        for (name, SumsDocument { helped, not_helped }) in document.strategies {
            let mut known = Strategy::ALL.into_iter().zip(&mut strategies);
            let sums = known.find(|(strategy, _)| strategy.name() == name);
            let (_, sums) = sums.ok_or_else(|| damaged(format!("there is no strategy `{name}`")))?;
            *sums = StrategyCounts { helped, not_helped };
        }
        let stopped = document.stopped.into_iter().map(|stopped| {
            let StoppedDocument { experiment, arm, at, interventions, annoying, annoyed_max } = stopped;
            Ok(Stopped { experiment, arm, at: instant(&at)?, interventions, annoying, annoyed_max })
        });
        Ok(Self {
            made_at: instant(&document.made_at)?,
            policy: document.policy,
            from: Day::parse(&document.from).map_err(damaged)?,
            to: Day::parse(&document.to).map_err(damaged)?,
            stopped: stopped.collect::<Result<_, _>>()?,
            strategies,
        })
    }

    /// The review as a document.
    ///
    /// # Errors
    /// [`ReviewError::Damaged`] if a share in it is no number, which none of a valid policy is.
    pub fn to_json(&self) -> Result<String, ReviewError> {
        let counted = Strategy::ALL.into_iter().zip(self.strategies);
        let counted = counted.filter(|(_, sums)| *sums != StrategyCounts::default());
        let stopped = self.stopped.iter().map(|stopped| StoppedDocument {
            experiment: stopped.experiment.clone(),
            arm: stopped.arm.clone(),
            at: stopped.at.to_string(),
            interventions: stopped.interventions,
            annoying: stopped.annoying,
            annoyed_max: stopped.annoyed_max,
        });
        let document = Document {
            format: FORMAT,
            made_at: self.made_at.to_string(),
            policy: self.policy.clone(),
            from: self.from.to_string(),
            to: self.to.to_string(),
            stopped: stopped.collect(),
            strategies: counted
                .map(|(strategy, StrategyCounts { helped, not_helped })| {
                    (strategy.name().to_owned(), SumsDocument { helped, not_helped })
                })
                .collect(),
        };
        serde_json::to_string(&document).map_err(damaged)
    }
}
