//! The report: from counters to figures, each with what it is a share of.

use std::collections::BTreeMap;

use engine::decision::Action;
use engine::entry::Outcome;
use engine::rollup::{Counters, SCORE_BINS};
use engine::time::Day;
use serde::Serialize;

use crate::interval::Share;

/// What Guardian did in a period and what became of it.
///
/// Alarms are attempts on which Guardian stepped in; positives are attempts that the customer disowned or regretted. Figures
/// about positives concern labelled attempts only: labels come late and not for every attempt, and customers who were warned
/// may answer differently from those who were not.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The first day, UTC.
    pub from: String,
    /// The last day, included.
    pub to: String,
    /// Attempts scored.
    pub attempts: i64,
    /// Purchases of the past that were imported.
    pub imported: i64,
    /// Attempts by action.
    pub actions: BTreeMap<&'static str, i64>,
    /// The share of attempts on which Guardian stepped in.
    pub intervention_rate: Share,
    /// Attempts scored without something they should have had.
    pub degraded: Share,
    /// Attempts of customers who are not known yet.
    pub learning: Share,
    /// Outcomes by action.
    pub outcomes: BTreeMap<&'static str, BTreeMap<&'static str, i64>>,
    /// Of the attempts on which Guardian stepped in and whose outcome is known: those that did not go ahead.
    pub heeded: Share,
    /// What customers said.
    pub feedback: FeedbackReport,
    /// How right the alarms were, where labels say.
    pub labels: LabelReport,
    /// Attempts by risk score, in equal parts of 0 to 1.
    pub score_histogram: Vec<i64>,
    /// Money in minor units by currency.
    pub amounts: BTreeMap<String, AmountReport>,
    /// The same for each day that has anything.
    pub days: Vec<DayReport>,
}

/// What customers said.
#[derive(Debug, Serialize)]
pub struct FeedbackReport {
    /// "This is normal for me."
    pub normal_for_me: i64,
    /// "This was not me."
    pub not_me: i64,
    /// How many gave a regret.
    pub regret: i64,
    /// Their mean regret, 1 to 10.
    pub regret_mean: Option<f64>,
    /// The share of attempts with any feedback.
    pub rate: Share,
}

/// How right the alarms were. FPR and FDR are two things: the first is of the genuine, the second of the alarms.
#[derive(Debug, Serialize)]
pub struct LabelReport {
    /// Attempts with a confirmed label.
    pub labelled: i64,
    /// Attempts without one yet.
    pub unlabelled: i64,
    /// Positives among the labelled. Every precision is to be read beside it.
    pub base_rate: Share,
    /// Positives among the labelled alarms.
    pub precision: Share,
    /// Alarms among the positives.
    pub recall: Share,
    /// False positive rate: alarms among the genuine.
    pub fpr: Share,
    /// False discovery rate: genuine among the labelled alarms, which is 1 - precision.
    pub fdr: Share,
}

/// Money in minor units.
#[derive(Debug, Default, Serialize)]
pub struct AmountReport {
    /// Of all attempts.
    pub attempted: i64,
    /// Of attempts on which Guardian stepped in. Not what was saved: whoever is warned may buy later or elsewhere.
    pub intervened: i64,
}

/// One day.
#[derive(Debug, Serialize)]
pub struct DayReport {
    /// The day, UTC.
    pub day: String,
    /// Attempts scored.
    pub attempts: i64,
    /// Purchases imported.
    pub imported: i64,
    /// Attempts on which Guardian stepped in.
    pub interventions: i64,
}

impl Report {
    /// The report on these days' counters.
    pub fn of_days(from: Day, to: Day, days: &[(Day, Counters)]) -> Self {
        let mut all = Counters::default();
        days.iter().for_each(|(_, counters)| all.merge(counters));
        let attempts = all.get("attempts");
        Self {
            from: from.to_string(),
            to: to.to_string(),
            attempts,
            imported: all.get("imported"),
            actions: Action::ALL.map(|action| (action.name(), by_action(&all, action))).into(),
            intervention_rate: Share::new(interventions(&all), attempts),
            degraded: Share::new(all.get("degraded"), attempts),
            learning: Share::new(all.get("learning"), attempts),
            outcomes: Action::ALL.map(|action| (action.name(), outcomes(&all, action))).into(),
            heeded: heeded(&all),
            feedback: feedback(&all, attempts),
            labels: labels(&all, attempts),
            score_histogram: (0..SCORE_BINS).map(|bin| all.get(&format!("score.{bin:02}"))).collect(),
            amounts: amounts(&all),
            days: days.iter().map(|(day, counters)| day_report(*day, counters)).collect(),
        }
    }
}

/// As far as 64 bits go: a counter that was damaged must not cost the rest of the report.
fn sum(counts: impl IntoIterator<Item = i64>) -> i64 {
    counts.into_iter().fold(0, i64::saturating_add)
}

fn by_action(counters: &Counters, action: Action) -> i64 {
    counters.get(&format!("action.{}", action.name()))
}

fn interventions(counters: &Counters) -> i64 {
    let stepped_in = Action::ALL.into_iter().filter(|action| *action > Action::Allow);
    sum(stepped_in.map(|action| by_action(counters, action)))
}

fn outcome(counters: &Counters, action: Action, outcome: Outcome) -> i64 {
    counters.get(&format!("outcome.{}.{}", action.name(), outcome.name()))
}

fn outcomes(counters: &Counters, action: Action) -> BTreeMap<&'static str, i64> {
    Outcome::ALL.map(|known| (known.name(), outcome(counters, action, known))).into()
}

fn heeded(counters: &Counters) -> Share {
    let stepped_in = Action::ALL.into_iter().filter(|action| *action > Action::Allow);
    let known = |of: Outcome| sum(stepped_in.clone().map(|action| outcome(counters, action, of)));
    let all = sum(Outcome::ALL.map(known));
    Share::new(all.saturating_sub(known(Outcome::Proceeded)), all)
}

fn feedback(counters: &Counters, attempts: i64) -> FeedbackReport {
    let said = |name: &str| counters.get(&format!("feedback.{name}"));
    let (normal_for_me, not_me, regret) = (said("normal_for_me"), said("not_me"), said("regret"));
    FeedbackReport {
        normal_for_me,
        not_me,
        regret,
        regret_mean: (regret > 0).then(|| counters.get("regret.sum") as f64 / regret as f64),
        rate: Share::new(sum([normal_for_me, not_me, regret]), attempts),
    }
}

fn labels(counters: &Counters, attempts: i64) -> LabelReport {
    let label = |alarm: &str, truth: &str| counters.get(&format!("label.{alarm}.{truth}"));
    let (alarm_positive, alarm_genuine) = (label("alarm", "positive"), label("alarm", "genuine"));
    let (quiet_positive, quiet_genuine) = (label("quiet", "positive"), label("quiet", "genuine"));
    let positive = sum([alarm_positive, quiet_positive]);
    let genuine = sum([alarm_genuine, quiet_genuine]);
    let alarms = sum([alarm_positive, alarm_genuine]);
    let labelled = sum([positive, genuine]);
    LabelReport {
        labelled,
        unlabelled: attempts.saturating_sub(labelled),
        base_rate: Share::new(positive, labelled),
        precision: Share::new(alarm_positive, alarms),
        recall: Share::new(alarm_positive, positive),
        fpr: Share::new(alarm_genuine, genuine),
        fdr: Share::new(alarm_genuine, alarms),
    }
}

fn amounts(counters: &Counters) -> BTreeMap<String, AmountReport> {
    let mut amounts: BTreeMap<String, AmountReport> = BTreeMap::new();
    for (name, minor) in counters.iter() {
        let mut words = name.split('.');
        if let (Some("amount"), Some(currency), Some(kind)) = (words.next(), words.next(), words.next()) {
            let amount = amounts.entry(currency.to_owned()).or_default();
            if kind == "attempted" {
                amount.attempted = minor;
            } else {
                amount.intervened = minor;
            }
        }
    }
    amounts
}

fn day_report(day: Day, counters: &Counters) -> DayReport {
    DayReport {
        day: day.to_string(),
        attempts: counters.get("attempts"),
        imported: counters.get("imported"),
        interventions: interventions(counters),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_and_labels_become_the_four_rates() {
        let mut counters = Counters::default();
        for (name, count) in [
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
            ("feedback.regret", 4),
            ("regret.sum", 22),
            ("amount.EUR.attempted", 5000),
        ] {
            counters.add(name, count);
        }
        let day = Day::parse("2026-03-14").unwrap();
        let report = Report::of_days(day, day, &[(day, counters)]);
        let value = |share: Share| share.value.unwrap();
        assert_eq!(report.intervention_rate, Share::new(20, 1000));
        assert_eq!(report.heeded, Share::new(6, 10));
        assert_eq!((report.labels.labelled, report.labels.unlabelled), (400, 600));
        assert!((value(report.labels.base_rate) - 0.025).abs() < 1e-12);
        assert!((value(report.labels.precision) - 0.8).abs() < 1e-12);
        assert!((value(report.labels.recall) - 0.8).abs() < 1e-12);
        assert!((value(report.labels.fpr) - 2.0 / 390.0).abs() < 1e-12);
        assert!((value(report.labels.fdr) - 0.2).abs() < 1e-12);
        assert_eq!(report.feedback.regret_mean, Some(5.5));
        assert_eq!(report.amounts["EUR"].attempted, 5000);
    }
}
