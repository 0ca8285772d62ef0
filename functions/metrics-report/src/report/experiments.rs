//! Experiments: what each arm does, against the control.

use std::collections::BTreeMap;

use engine::rollup::Counters;
use serde::Serialize;

use crate::statistics::comparison::{Rate, Sequential, sequential};
use crate::statistics::share::Share;

/// The name of the arm that others are compared with, unless the policy says which is first.
const CONTROL: &str = "control";

/// Differences of shares under this are not worth having: an arm whose interval lies within is as good as the control.
pub const RELEVANT_DIFFERENCE: f64 = 0.05;

/// Under how many interventions of which it is known whether they helped an arm is not judged, whatever the interval says.
pub const JUDGED_FROM: i64 = 50;

/// One experiment.
#[derive(Debug, Clone, Serialize)]
pub struct ExperimentReport {
    /// Its id in the policy.
    pub experiment: String,
    /// Its arms, the control first.
    pub arms: Vec<ArmReport>,
}

/// One arm.
#[derive(Debug, Clone, Serialize)]
pub struct ArmReport {
    /// Its name.
    pub arm: String,
    /// Attempts of customers in it.
    pub attempts: i64,
    /// Interventions that they met.
    pub interventions: i64,
    /// Of those of which it is known: they helped.
    pub helped: Share,
    /// Of the interventions: called annoying.
    pub annoying: Share,
    /// How much more often they helped than in the control; nothing for the control itself.
    pub effect: Option<Sequential>,
    /// What to make of it; nothing for the control itself.
    pub verdict: Option<Verdict>,
}

/// What to make of an arm. Every one of them may be acted on as soon as it appears: the test is made for being looked at daily.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing can be said yet: let it run.
    KeepRunning,
    /// It helps more often than the control.
    Better,
    /// It helps less often.
    Worse,
    /// If there is a difference, it is not worth having.
    NoRelevantDifference,
    /// It annoys more often than the control does: end it, whatever it helps.
    MoreAnnoying,
}

/// Every experiment that anybody was exposed to.
pub(super) fn experiments(counters: &Counters) -> Vec<ExperimentReport> {
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, _) in counters.under("arm") {
        let mut words = name.split('.');
        if let (Some(experiment), Some(arm)) = (words.next(), words.next()) {
            let arms = names.entry(experiment).or_default();
            if !arms.contains(&arm) {
                arms.push(arm);
            }
        }
    }
    names.into_iter().map(|(experiment, arms)| report(counters, experiment, arms)).collect()
}

fn report(counters: &Counters, experiment: &str, mut arms: Vec<&str>) -> ExperimentReport {
    arms.sort_by_key(|arm| (*arm != CONTROL, *arm));
    let count = |arm: &str, what: &str| counters.get(&format!("arm.{experiment}.{arm}.{what}"));
    let helped = |arm: &str| {
        let helped = count(arm, "helped").max(0);
        Rate { count: helped, of: helped.saturating_add(count(arm, "not_helped").max(0)) }
    };
    let annoying = |arm: &str| Rate { count: count(arm, "annoying").max(0), of: count(arm, "interventions").max(0) };
    let control = arms.first().copied().unwrap_or(CONTROL);
    let arms = arms.iter().map(|arm| {
        let against_control =
            |rate: &dyn Fn(&str) -> Rate| (*arm != control).then(|| sequential(rate(arm), rate(control)))?;
        let (effect, annoyance) = (against_control(&helped), against_control(&annoying));
        let (Rate { count: helped_count, of: helped_of }, annoyed) = (helped(arm), annoying(arm));
        ArmReport {
            arm: (*arm).to_owned(),
            attempts: count(arm, "attempts"),
            interventions: annoyed.of,
            helped: Share::new(helped_count, helped_of),
            annoying: Share::new(annoyed.count, annoyed.of),
            effect,
            verdict: (*arm != control).then(|| verdict(effect, annoyance, helped_of.min(helped(control).of))),
        }
    });
    ExperimentReport { experiment: experiment.to_owned(), arms: arms.collect() }
}

fn verdict(effect: Option<Sequential>, annoyance: Option<Sequential>, known: i64) -> Verdict {
    let Some(Sequential { ci95: [low, high], .. }) = effect.filter(|_| known >= JUDGED_FROM) else {
        return Verdict::KeepRunning;
    };
    if annoyance.is_some_and(|annoyance| annoyance.ci95[0] > 0.0) {
        Verdict::MoreAnnoying
    } else if low > 0.0 {
        Verdict::Better
    } else if high < 0.0 {
        Verdict::Worse
    } else if -RELEVANT_DIFFERENCE < low && high < RELEVANT_DIFFERENCE {
        Verdict::NoRelevantDifference
    } else {
        Verdict::KeepRunning
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Helped and not helped of the variant and of the control, and annoying of 1000 interventions each.
    #[track_caller]
    fn check(variant: (i64, i64), control: (i64, i64), annoying: (i64, i64), expect: Verdict) {
        let mut counters = Counters::default();
        for (arm, (helped, not_helped), annoying) in [("control", control, annoying.1), ("bold", variant, annoying.0)] {
            for (what, count) in [
                ("attempts", 9_000),
                ("interventions", 1_000),
                ("helped", helped),
                ("not_helped", not_helped),
                ("annoying", annoying),
            ] {
                counters.add(format!("arm.tone.{arm}.{what}"), count);
            }
        }
        let reports = experiments(&counters);
        let [report] = reports.as_slice() else { panic!("{reports:?}") };
        let arms: Vec<_> = report.arms.iter().map(|arm| (arm.arm.as_str(), arm.verdict)).collect();
        assert_eq!(arms, [("control", None), ("bold", Some(expect))], "{report:?}");
    }

    #[test]
    fn each_verdict_has_its_case() {
        check((30, 10), (10, 30), (0, 0), Verdict::KeepRunning);
        check((60, 40), (50, 50), (0, 0), Verdict::KeepRunning);
        check((600, 400), (400, 600), (20, 20), Verdict::Better);
        check((400, 600), (600, 400), (20, 20), Verdict::Worse);
        check((50_000, 50_000), (50_100, 49_900), (20, 20), Verdict::NoRelevantDifference);
        check((600, 400), (400, 600), (200, 20), Verdict::MoreAnnoying);
    }
}
