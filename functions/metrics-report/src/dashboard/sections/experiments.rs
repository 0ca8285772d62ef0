//! The policy's experiments: each arm against its control, and what to make of it.

use maud::{Markup, html};

use crate::charts::{Chart, ForestPlot, ForestRow, Table};
use crate::report::Report;
use crate::report::experiments::{ArmReport, ExperimentReport, StoppedArm, Verdict};
use crate::words;

/// A chart for each experiment.
pub(super) fn experiments(report: &Report) -> Markup {
    if report.experiments.is_empty() {
        return html! { div.panel.empty { p { "The policy ran no experiment in this period." } } };
    }
    html! {
        p { "Intervals and p-values hold however often one looks: an arm may be ended as soon as its verdict says so." }
        div.grid { @for experiment in &report.experiments { div.panel.whole { (of_experiment(experiment)) } } }
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::KeepRunning => "keep running",
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::NoRelevantDifference => "no relevant difference",
        Verdict::MoreAnnoying => "more annoying",
    }
}

/// What is to be made of an arm; nothing of the control.
fn said(arm: &ArmReport) -> Option<String> {
    let Some(StoppedArm { at, interventions, annoying, annoyed_max }) = &arm.stopped else {
        return arm.verdict.map(|said| verdict(said).to_owned());
    };
    let day = at.split('T').next().unwrap_or(at);
    let allowed = words::percent(*annoyed_max);
    Some(format!("stopped on {day}: {annoying} of {interventions} called annoying, {allowed} are allowed"))
}

fn in_words(arm: &ArmReport) -> String {
    let effect = arm.effect.map_or_else(|| "not known yet".to_owned(), |effect| words::signed_points(effect.effect));
    said(arm).map_or_else(|| "control".to_owned(), |said| format!("{effect}: {said}"))
}

fn of_experiment(experiment: &ExperimentReport) -> Markup {
    let mut table = Table::new(&[
        "Arm",
        "Attempts",
        "Interventions",
        "Helped",
        "Of",
        "Effect",
        "95 % interval",
        "p-value",
        "Annoying",
        "Verdict",
    ]);
    let unknown = || words::UNKNOWN.to_owned();
    table.rows = experiment
        .arms
        .iter()
        .map(|arm| {
            let effect = arm.effect.as_ref();
            vec![
                arm.arm.clone(),
                words::count(arm.attempts),
                words::count(arm.interventions),
                words::share(arm.helped),
                words::count(arm.helped.of),
                effect.map_or_else(unknown, |effect| words::signed_points(effect.effect)),
                effect.map_or_else(unknown, |effect| effect.ci95.map(words::signed_points).join(" to ")),
                effect.map_or_else(unknown, |effect| format!("{:.3}", effect.p_value)),
                words::share(arm.annoying),
                said(arm).unwrap_or_else(unknown),
            ]
        })
        .collect();
    let rows = experiment.arms.iter().filter(|arm| arm.verdict.is_some()).map(|arm| ForestRow {
        name: arm.arm.clone(),
        value: arm.effect.map(|effect| effect.effect),
        interval: arm.effect.map(|effect| effect.ci95),
        words: in_words(arm),
    });
    let verdicts: Vec<String> =
        experiment.arms.iter().filter_map(|arm| Some(format!("{}: {}", arm.arm, said(arm)?))).collect();
    Chart {
        id: &format!("experiment-{}", experiment.experiment),
        title: &experiment.experiment,
        caption: format!("How much more often each arm helps than the control. {}.", verdicts.join("; ")),
        legend: Vec::new(),
        drawing: ForestPlot {
            rows: rows.collect(),
            in_words: words::signed_points,
            lowest: None,
            highest: Some(1.0),
            marks: &[],
        }
        .render(),
        table,
    }
    .render()
}
