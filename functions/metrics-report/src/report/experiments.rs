//! Experiments: what each arm does, against the control.

use std::collections::BTreeMap;

use engine::policy::{Experiment, Policy};
use engine::review::{Review, Stopped};
use engine::rollup::Counters;
use serde::Serialize;

use crate::statistics::comparison::{Rate, Sequential, sequential};
use crate::statistics::share::Share;

/// The name of the arm that others are compared with, of an experiment that the policy no longer has; otherwise it is the first.
const CONTROL: &str = "control";

/// Differences of shares under this are not worth having: an arm whose interval lies within is as good as the control.
pub const RELEVANT_DIFFERENCE: f64 = 0.05;

/// Under how many interventions an arm is not judged, of an experiment that the policy no longer has.
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
    /// Whether a review stopped it, and why. Leave out the days from then on: its customers are in no arm since.
    pub stopped: Option<StoppedArm>,
}

/// Why a review stopped an arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoppedArm {
    /// When.
    pub at: String,
    /// How many interventions it had by then.
    pub interventions: u32,
    /// How many of them were called annoying.
    pub annoying: u32,
    /// The share of them that the policy allows.
    pub annoyed_max: f64,
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
    /// It annoys more often than the control does, or than the policy allows: end it, whatever it helps.
    MoreAnnoying,
}

/// Every experiment that anybody was exposed to.
pub(super) fn experiments(counters: &Counters, policy: &Policy, review: Option<&Review>) -> Vec<ExperimentReport> {
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
    let reports = names.into_iter().map(|(experiment, arms)| {
        let known = policy.experiments.iter().find(|known| known.id == experiment);
        report(counters, experiment, arms, known, review)
    });
    reports.collect()
}

fn report(
    counters: &Counters,
    experiment: &str,
    mut arms: Vec<&str>,
    known: Option<&Experiment>,
    review: Option<&Review>,
) -> ExperimentReport {
    let first = known.and_then(|known| known.arms.first()).map_or(CONTROL, |arm| arm.name.as_str());
    arms.sort_by_key(|arm| (*arm != first, *arm));
    let judged_from = known.map_or(JUDGED_FROM, |known| known.minimum_sample.into());
    let stopped = |arm: &str| {
        let stopped = review?.stopped.iter().find(|stopped| stopped.experiment == experiment && stopped.arm == arm)?;
        let Stopped { at, interventions, annoying, annoyed_max, .. } = *stopped;
        Some(StoppedArm { at: at.to_string(), interventions, annoying, annoyed_max })
    };
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
        let stopped = stopped(arm);
        let is_judged = annoyed.of.min(annoying(control).of) >= judged_from;
        let verdict = || match &stopped {
            Some(_) => Verdict::MoreAnnoying,
            None if is_judged => verdict(effect, annoyance),
            None => Verdict::KeepRunning,
        };
        ArmReport {
            arm: (*arm).to_owned(),
            attempts: count(arm, "attempts"),
            interventions: annoyed.of,
            helped: Share::new(helped_count, helped_of),
            annoying: Share::new(annoyed.count, annoyed.of),
            effect,
            verdict: (*arm != control).then(verdict),
            stopped,
        }
    });
    ExperimentReport { experiment: experiment.to_owned(), arms: arms.collect() }
}

fn verdict(effect: Option<Sequential>, annoyance: Option<Sequential>) -> Verdict {
    let Some(Sequential { ci95: [low, high], .. }) = effect else { return Verdict::KeepRunning };
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
    use engine::policy::Arm;

    use super::*;

    /// What is said of `bold` against `control`, given helped and not helped of the one and of the other, and annoying of 1000
    /// interventions of each.
    fn bold(
        (variant, control): ((i64, i64), (i64, i64)),
        annoying: (i64, i64),
        policy: &Policy,
        review: Option<&Review>,
    ) -> ArmReport {
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
        let reports = experiments(&counters, policy, review);
        let [ExperimentReport { arms, .. }] = reports.as_slice() else { panic!("{reports:?}") };
        let [control, bold] = arms.as_slice() else { panic!("{arms:?}") };
        assert_eq!((control.arm.as_str(), control.verdict, bold.arm.as_str()), ("control", None, "bold"));
        bold.clone()
    }

    #[track_caller]
    fn check(variant: (i64, i64), control: (i64, i64), annoying: (i64, i64), expect: Verdict) {
        let report = bold((variant, control), annoying, &Policy::default(), None);
        assert_eq!(report.verdict, Some(expect), "{report:?}");
    }

    #[test]
    fn the_policy_says_how_many_interventions_it_takes_and_a_review_has_the_last_word() {
        let better = ((600, 400), (400, 600));
        let arm = |name: &str| Arm {
            name: name.to_owned(),
            share: 0.5,
            change: engine::policy::Change::default(),
            stopped: false,
        };
        let tone = Experiment {
            id: "tone".to_owned(),
            running: true,
            arms: vec![arm("control"), arm("bold")],
            minimum_sample: 1_001,
            annoyed_max: 0.2,
        };
        let policy = Policy { experiments: vec![tone], ..Policy::default() };
        assert_eq!(bold(better, (20, 20), &policy, None).verdict, Some(Verdict::KeepRunning));
        let made_at = engine::time::Instant::EPOCH;
        let stopped = Stopped {
            experiment: "tone".to_owned(),
            arm: "bold".to_owned(),
            at: made_at,
            interventions: 412,
            annoying: 121,
            annoyed_max: 0.2,
        };
        let counted = engine::review::Counted::default();
        let review = Review { stopped: vec![stopped], ..Review::of(&policy, None, &counted, made_at) };
        let report = bold(better, (20, 20), &policy, Some(&review));
        assert_eq!(report.verdict, Some(Verdict::MoreAnnoying));
        assert_eq!(report.stopped.map(|stopped| stopped.annoying), Some(121));
    }

    #[test]
    fn each_verdict_has_its_case() {
        check((0, 0), (10, 30), (0, 0), Verdict::KeepRunning);
        check((60, 40), (50, 50), (0, 0), Verdict::KeepRunning);
        check((600, 400), (400, 600), (20, 20), Verdict::Better);
        check((400, 600), (600, 400), (20, 20), Verdict::Worse);
        check((50_000, 50_000), (50_100, 49_900), (20, 20), Verdict::NoRelevantDifference);
        check((600, 400), (400, 600), (200, 20), Verdict::MoreAnnoying);
    }
}
