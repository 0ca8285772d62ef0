//! The budgets of the design, beside what was measured. Missing one fails nothing: machines differ, and whoever reads it decides.

use std::fmt;

use serde::Serialize;

/// The most that scoring, or the start of its process, may take, as a multiple of the floor's.
const RATIO_MAX: f64 = 1.25;

/// The largest deployed binary, in megabytes.
const DEPLOYED_MB_MAX: f64 = 12.0;

/// The most memory that a process may hold, in megabytes.
const RESIDENT_MB_MAX: f64 = 40.0;

/// A budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Budget {
    /// Of what.
    pub what: &'static str,
    /// What it may be at most.
    pub at_most: f64,
    /// In what.
    pub unit: &'static str,
    /// What was measured; `null` if it was not, here and now.
    pub measured: Option<f64>,
    /// Whether it holds; `null` if it was not measured.
    pub holds: Option<bool>,
    /// What measures it.
    pub with: &'static str,
}

/// What this bench found that there is a budget for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    pub(super) score_p50_ratio: Option<f64>,
    pub(super) start_ratio: Option<f64>,
    pub(super) deployed_bytes_max: Option<u64>,
    pub(super) resident_bytes_max: Option<u64>,
}

/// All budgets of the design.
pub(super) fn budgets(found: Found) -> Vec<Budget> {
    let megabytes = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64 / 1e6);
    let this = "cargo local bench";
    vec![
        budget("scoring, median", RATIO_MAX, "of the floor's", found.score_p50_ratio, this),
        budget("start of score to its first poll, median", RATIO_MAX, "of the floor's", found.start_ratio, this),
        budget("resident memory of a function", RESIDENT_MB_MAX, "MB", megabytes(found.resident_bytes_max), this),
        budget("bootstrap for arm64", DEPLOYED_MB_MAX, "MB", megabytes(found.deployed_bytes_max), ".ci/sam-build"),
        budget("one decision in the engine, median", 25.0, "µs", None, "cargo bench -p engine"),
        budget("profile update, one purchase, median", 3.0, "µs", None, "cargo bench -p engine"),
        budget("evaluation of 1.75 million transactions", 60.0, "s", None, "cargo lab evaluate"),
        budget("a fresh clone to the first decision", 360.0, "s", None, "cargo local --exit --json FILE"),
    ]
}

fn budget(what: &'static str, at_most: f64, unit: &'static str, measured: Option<f64>, with: &'static str) -> Budget {
    let holds = measured.map(|measured| measured <= at_most);
    Budget { what, at_most, unit, measured, holds, with }
}

impl fmt::Display for Budget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, at_most, unit, measured, holds, with } = self;
        write!(out, "{what:<42}at most {at_most} {unit}: ")?;
        match (measured, holds) {
            (Some(measured), Some(true)) => write!(out, "{measured:.2}, holds"),
            (Some(measured), _) => write!(out, "{measured:.2}, DOES NOT HOLD"),
            (None, _) => write!(out, "not measured here ({with})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_holds_up_to_its_bound_and_is_open_while_nothing_is_measured() {
        let found = Found { score_p50_ratio: Some(1.25), start_ratio: Some(1.251), ..Found::default() };
        let found = Found { resident_bytes_max: Some(40_000_000), ..found };
        let holds: Vec<_> = budgets(found).iter().map(|budget| budget.holds).collect();
        assert_eq!(holds, [Some(true), Some(false), Some(true), None, None, None, None, None]);
        let words: Vec<_> = budgets(found).iter().map(ToString::to_string).collect();
        assert!(words[1].ends_with("at most 1.25 of the floor's: 1.25, DOES NOT HOLD"), "{words:?}");
        assert!(words[3].ends_with("at most 12 MB: not measured here (.ci/sam-build)"), "{words:?}");
    }
}
