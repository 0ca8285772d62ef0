//! The report: from counters to figures, each with what it is a share of.

pub mod csv;
pub mod drift;
pub mod experiments;
pub mod impact;
pub mod interventions;
pub mod quality;
pub mod system;

use std::collections::BTreeMap;

use engine::policy::Policy;
use engine::reference::Reference;
use engine::review::Review;
use engine::rollup::{self, Counters, Rollup, Segment};
use engine::time::Day;
use serde::Serialize;

use self::drift::Drift;
use self::experiments::ExperimentReport;
use self::impact::Impact;
use self::interventions::{ActionReport, CoolingOffReport, Engagement, StrategyReport};
use self::quality::{Quality, ScoreBin};
use self::system::System;
use crate::statistics::share::Share;

/// What Guardian did in a period and what became of it.
///
/// Alarms are attempts on which Guardian stepped in; positives are attempts that the customer disowned or regretted. Figures
/// about positives concern labelled attempts only: labels come late and not for every attempt, and customers who were warned
/// may answer differently from those who were not.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The first day, UTC.
    pub from: String,
    /// The last day, included.
    pub to: String,
    /// The segment; everybody if there is none.
    pub segment: Option<&'static str>,
    /// Attempts scored.
    pub attempts: i64,
    /// Purchases of the past that were imported.
    pub imported: i64,
    /// The share of attempts on which Guardian stepped in.
    pub intervention_rate: Share,
    /// Of the interventions with a known outcome: the customer thought better of it.
    pub heeded: Share,
    /// Attempts of customers who are not known yet.
    pub learning: Share,
    /// How right the alarms were, where labels say.
    pub quality: Quality,
    /// Attempts and alarms by risk score, from the lowest up.
    pub scores: Vec<ScoreBin>,
    /// What Guardian did, by action, mildest first.
    pub actions: Vec<ActionReport>,
    /// And by strategy.
    pub strategies: Vec<StrategyReport>,
    /// What became of cooling-offs.
    pub cooling_offs: CoolingOffReport,
    /// The first reason of interventions, by code.
    pub reasons: BTreeMap<String, i64>,
    /// How customers live with it.
    pub engagement: Engagement,
    /// What it is worth, by currency.
    pub impact: BTreeMap<String, Impact>,
    /// The policy's experiments.
    pub experiments: Vec<ExperimentReport>,
    /// What rules did, by rule and result.
    pub rules: BTreeMap<String, BTreeMap<String, i64>>,
    /// What a shadow policy would have done, by its version and action.
    pub shadows: BTreeMap<String, BTreeMap<String, i64>>,
    /// Attempts by the version of the policy.
    pub policies: BTreeMap<String, i64>,
    /// Attempts by the version of the model.
    pub models: BTreeMap<String, i64>,
    /// Whether scoring is fast and reliable.
    pub system: System,
    /// Whether attempts are like those that the model was calibrated on.
    pub drift: Option<Drift>,
    /// The main figures of each day that has anything.
    pub days: Vec<DayReport>,
}

/// One day.
#[derive(Debug, Clone, Serialize)]
pub struct DayReport {
    /// The day, UTC.
    pub day: String,
    /// Attempts scored.
    pub attempts: i64,
    /// Purchases imported.
    pub imported: i64,
    /// Attempts on which Guardian stepped in.
    pub interventions: i64,
    /// Attempts by action.
    pub actions: BTreeMap<&'static str, i64>,
    /// Attempts with a confirmed label.
    pub labelled: i64,
    /// Positives among them.
    pub positive: i64,
    /// Alarms among the positives.
    pub caught: i64,
    /// Alarms among the genuine.
    pub false_alarms: i64,
    /// Attempts scored without something they should have had.
    pub degraded: i64,
    /// Interventions called annoying.
    pub annoying: i64,
}

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// The first day.
    pub from: Day,
    /// The last day, included.
    pub to: Day,
    /// One segment, or everybody.
    pub segment: Option<Segment>,
    /// The day of the report itself: labels of the latest attempts are still to come.
    pub today: Day,
}

/// What figures are compared with.
#[derive(Debug, Clone, Copy)]
pub struct Yardsticks<'a> {
    /// What the model was calibrated on, where its card says so.
    pub reference: Option<&'a Reference>,
    /// The policy in force.
    pub policy: &'a Policy,
    /// The latest review, if there is one.
    pub review: Option<&'a Review>,
}

impl Report {
    /// The report of these roll-ups, of which those outside the scope are left out. Drift is told where the model's card has a
    /// reference.
    pub fn of(scope: Scope, rollups: &[Rollup], yardsticks: Yardsticks<'_>) -> Self {
        let Scope { from, to, segment, today } = scope;
        let Yardsticks { reference, policy, review } = yardsticks;
        let within = |rollup: &&Rollup| {
            (from..=to).contains(&rollup.day) && segment.is_none_or(|segment| segment == rollup.segment)
        };
        let rollups: Vec<&Rollup> = rollups.iter().filter(within).collect();
        let all = rollup::sum(rollups.iter().copied());
        let young_from = quality::young_from(today);
        let young = rollup::sum(rollups.iter().copied().filter(|rollup| rollup.day >= young_from));
        let attempts = all.get("attempts");
        let actions = interventions::actions(&all);
        Self {
            from: from.to_string(),
            to: to.to_string(),
            segment: segment.map(Segment::name),
            attempts,
            imported: all.get("imported"),
            intervention_rate: Share::new(interventions::stepped_in(&all), attempts),
            heeded: interventions::heeded(&actions),
            learning: Share::new(all.get("learning"), attempts),
            quality: Quality::of(&all, &young),
            scores: quality::scores(&all),
            actions,
            strategies: interventions::strategies(&all),
            cooling_offs: interventions::cooling_offs(&all),
            reasons: by_name(&all, "reason"),
            engagement: interventions::engagement(&all, policy),
            impact: impact::impact(&all),
            experiments: experiments::experiments(&all, policy, review),
            rules: by_two_names(&all, "rule"),
            shadows: by_two_names(&all, "shadow"),
            policies: by_name(&all, "policy"),
            models: by_name(&all, "model"),
            system: system::system(&all),
            drift: reference.and_then(|reference| drift::drift(&all, reference)),
            days: days(&rollups),
        }
    }
}

/// As far as 64 bits go: a counter that was damaged must not cost the rest of the report.
fn sum(counts: impl IntoIterator<Item = i64>) -> i64 {
    counts.into_iter().fold(0, i64::saturating_add)
}

/// A bin as counters name it.
fn two_digits(bin: usize) -> String {
    format!("{bin:02}")
}

fn by_name(counters: &Counters, words: &str) -> BTreeMap<String, i64> {
    counters.under(words).map(|(name, count)| (name.to_owned(), count)).collect()
}

/// By all words but the last, and by the last.
fn by_two_names(counters: &Counters, words: &str) -> BTreeMap<String, BTreeMap<String, i64>> {
    let mut names: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for (name, count) in counters.under(words) {
        if let Some((first, last)) = name.rsplit_once('.') {
            names.entry(first.to_owned()).or_default().insert(last.to_owned(), count);
        }
    }
    names
}

fn days(rollups: &[&Rollup]) -> Vec<DayReport> {
    let days = rollups.chunk_by(|one, other| one.day == other.day);
    days.filter_map(|of_day| Some(day_report(of_day.first()?.day, &rollup::sum(of_day.iter().copied())))).collect()
}

fn day_report(day: Day, counters: &Counters) -> DayReport {
    let label = |alarm: &str, truth: &str| counters.get(&format!("label.{alarm}.{truth}"));
    let (caught, missed) = (label("alarm", "positive"), label("quiet", "positive"));
    let (false_alarms, quiet) = (label("alarm", "genuine"), label("quiet", "genuine"));
    DayReport {
        day: day.to_string(),
        attempts: counters.get("attempts"),
        imported: counters.get("imported"),
        interventions: interventions::stepped_in(counters),
        actions: interventions::attempts_by_action(counters),
        labelled: sum([caught, missed, false_alarms, quiet]),
        positive: sum([caught, missed]),
        caught,
        false_alarms,
        degraded: counters.get("degraded"),
        annoying: counters.get("opinion.annoying"),
    }
}

/// The report of one day with these counters.
#[cfg(test)]
pub(crate) fn of_one_day(counts: &[(&str, i64)]) -> Report {
    let mut counters = Counters::default();
    counts.iter().for_each(|(name, count)| counters.add(*name, *count));
    let day = Day::parse("2026-03-14").unwrap();
    let scope = Scope { from: day, to: day, segment: None, today: day.plus_days(3) };
    let rollups = [Rollup { day, segment: Segment::Known, counters }];
    let reference = Reference::compiled_in().ok();
    let yardsticks = Yardsticks { reference: reference.as_ref(), policy: &Policy::default(), review: None };
    Report::of(scope, &rollups, yardsticks)
}

#[cfg(test)]
mod tests {
    use super::of_one_day as report;
    use super::*;

    #[track_caller]
    fn close(share: Share, expect: f64) {
        assert!(share.value.is_some_and(|value| (value - expect).abs() < 1e-12), "{share:?}");
    }

    #[test]
    fn alarms_and_labels_become_the_four_rates() {
        let report = report(&[
            ("attempts", 1000),
            ("action.allow", 980),
            ("action.warn", 15),
            ("action.block", 5),
            ("outcome.warn.cancelled", 6),
            ("outcome.warn.proceeded", 4),
            ("outcome.allow.proceeded", 900),
            ("label.alarm.positive", 8),
            ("label.alarm.genuine", 2),
            ("label.quiet.positive", 2),
            ("label.quiet.genuine", 388),
            ("labelled.positive.30", 10),
            ("labelled.genuine.02", 390),
            ("feedback.regret", 4),
            ("regret.sum", 22),
            ("amount.EUR.attempted", 5000),
            ("customer_months", 12_500),
            ("strategy.delay.shown", 20),
        ]);
        assert_eq!(report.intervention_rate, Share::new(20, 1000));
        assert_eq!(report.heeded, Share::new(6, 10));
        let quality = &report.quality;
        assert_eq!((quality.labelled, quality.unlabelled, quality.expected_late), (400, 600, 600));
        close(quality.base_rate, 0.025);
        close(quality.precision, 0.8);
        close(quality.recall, 0.8);
        close(quality.fpr, 2.0 / 390.0);
        close(quality.fdr, 0.2);
        assert!((quality.average_precision.unwrap().value - 1.0).abs() < 1e-12);
        assert_eq!(report.engagement.regret_mean, Some(5.5));
        assert!((report.engagement.per_customer_month.unwrap().value - 1.6).abs() < 1e-12);
        assert_eq!(report.impact["EUR"].attempted_minor, 5000);
        assert!(report.impact["EUR"].hold_out.is_none(), "nothing was held out");
    }

    #[test]
    fn savings_are_what_the_held_out_spent_more_and_not_what_was_cancelled() {
        // Four were held out and spent 100, 0, 200, 100; sixteen were shown and half of them spent 100.
        let report = report(&[
            ("amount.EUR.attempted", 1),
            ("trial.held_out.EUR.known", 4),
            ("trial.held_out.EUR.spent", 400),
            ("trial.held_out.EUR.spent_squared", 60_000),
            ("trial.shown.EUR.known", 16),
            ("trial.shown.EUR.spent", 800),
            ("trial.shown.EUR.spent_squared", 80_000),
        ]);
        let hold_out = report.impact["EUR"].hold_out.clone().unwrap();
        assert_eq!((hold_out.shown, hold_out.held_out), (16, 4));
        let avoided = hold_out.spending_avoided.unwrap();
        assert!((avoided.value - 16.0 * 50.0).abs() < 1e-9, "{avoided:?}");
        assert!(avoided.ci95[0] < 0.0 && avoided.ci95[1] > 1600.0, "four say little: {avoided:?}");
    }

    #[test]
    fn nothing_counted_is_no_figure_and_no_fault() {
        let report = report(&[]);
        let text = serde_json::to_string(&report).unwrap();
        assert!(!text.contains("NaN") && report.drift.is_none() && report.system.latency.whole.is_none());
        assert_eq!(report.engagement.per_customer_month, None);
    }
}
