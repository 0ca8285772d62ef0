//! Scores and labels: how they are spread, how well they tell apart, whether they are the probabilities that they claim to be.

use maud::{Markup, html};

use crate::charts::{
    Bar, CalibrationPlot, CalibrationPoint, Chart, ForestPlot, ForestRow, Histogram, Line, LineChart, Table, XLabel,
};
use crate::report::Report;
use crate::report::quality::CalibrationBin;
use crate::statistics::share::Share;
use crate::words;

/// How many labels a group of scores has at least where calibration is drawn; the table has every bin.
const GROUPED_LABELS_MIN: i64 = 5;

/// All of it.
pub(super) fn quality(report: &Report) -> Markup {
    let quality = &report.quality;
    html! {
        p {
            (words::counted(quality.labelled, "attempt has", "attempts have")) " a confirmed label; "
            (words::count(quality.unlabelled)) " have none, " (words::count(quality.expected_late))
            " of them young enough that one may still come. What follows of labels is about the labelled."
        }
        div.grid {
            div.panel { (scores(report)) }
            div.panel { (rates(report)) }
            div.panel { (curve(report)) }
            div.panel { (calibration(report)) }
        }
    }
}

fn scores(report: &Report) -> Markup {
    let bars: Vec<Bar> =
        report.scores.iter().map(|bin| Bar { scores: bin.scores, all: bin.attempts, alarms: bin.alarms }).collect();
    // No single score is the threshold: it moves with the customer, the policy and restraint. Shown is from where on most are
    // stepped in on.
    let mostly = bars.iter().find(|bar| bar.alarms > 0 && bar.alarms * 2 >= bar.all).map(|bar| bar.scores[0]);
    let mut table = Table::new(&["Risk score", "Attempts", "Stepped in on"]);
    table.rows = bars
        .iter()
        .rev()
        .filter(|bar| bar.all > 0)
        .map(|bar| {
            let [from, to] = bar.scores.map(words::percent);
            vec![format!("{from} to {to}"), words::count(bar.all), words::count(bar.alarms)]
        })
        .collect();
    let threshold = mostly.map_or_else(
        || "In no part of the scale most attempts were stepped in on.".to_owned(),
        |score| format!("From a risk of about {} on, most were stepped in on.", words::percent(score)),
    );
    Chart {
        id: "scores",
        title: "Risk scores, and the threshold",
        caption: format!("{threshold} Counts are on a logarithmic scale, scores in log-odds."),
        legend: vec![("plain", "attempts".to_owned()), ("block", "stepped in on".to_owned())],
        drawing: Histogram {
            bars: &bars,
            threshold: mostly.map(|score| (score, format!("most from {} on", words::percent(score)))),
        }
        .render(),
        table,
    }
    .render()
}

/// The rates, as intervals one below the other.
fn rates(report: &Report) -> Markup {
    let quality = &report.quality;
    let rates: [(&str, &str, Share); 5] = [
        ("Base rate", "positive, of the labelled", quality.base_rate),
        ("Precision", "positive, of the labelled alarms", quality.precision),
        ("FDR", "genuine, of the labelled alarms", quality.fdr),
        ("Recall", "alarms, of the positive", quality.recall),
        ("FPR", "alarms, of the genuine", quality.fpr),
    ];
    let mut table = Table::new(&["Rate", "Value", "95 % interval", "Count", "What of what"]);
    table.rows = rates
        .iter()
        .map(|(name, meaning, share)| {
            vec![
                (*name).to_owned(),
                words::share(*share),
                words::interval(*share),
                words::of(*share),
                (*meaning).to_owned(),
            ]
        })
        .collect();
    let rows = rates.iter().map(|(name, _, share)| ForestRow {
        name: (*name).to_owned(),
        value: share.value,
        interval: share.ci95,
        words: words::share(*share),
    });
    Chart {
        id: "label-rates",
        title: "Rates, with their intervals",
        caption: format!(
            "Of the alarms with a label {} were right (precision), where {} of all labelled attempts are positive (base rate). \
             Of the positive {} were caught (recall).",
            words::share(quality.precision),
            words::share(quality.base_rate),
            words::share(quality.recall)
        ),
        legend: Vec::new(),
        drawing: ForestPlot {
            rows: rows.collect(),
            in_words: words::percent,
            lowest: Some(0.0),
            highest: Some(1.0),
            marks: &[],
        }
        .render(),
        table,
    }
    .render()
}

fn curve(report: &Report) -> Markup {
    let quality = &report.quality;
    let mut table = Table::new(&["Alarming from a risk of", "Precision", "Recall"]);
    table.rows = quality
        .curve
        .iter()
        .map(|point| {
            vec![words::percent(point.score_from), words::percent(point.precision), words::percent(point.recall)]
        })
        .collect();
    let caption = quality.average_precision.map_or_else(
        || "Needs a labelled attempt of each kind: one disowned or regretted, and one genuine.".to_owned(),
        |average| {
            format!(
                "Average precision {:.2} (95 % interval {:.2} to {:.2}); chance would have the base rate, {}.",
                average.value,
                average.ci95[0],
                average.ci95[1],
                words::share(quality.base_rate)
            )
        },
    );
    let line = Line {
        class: "accent",
        points: quality.curve.iter().map(|point| (point.recall, Some(point.precision))).collect(),
        band: Vec::new(),
        dots: true,
    };
    let labels = (0..=4).map(|quarter| XLabel {
        at: f64::from(quarter) / 4.0,
        text: format!("{} %", quarter * 25),
        minor: quarter % 2 == 1,
    });
    let base = quality.base_rate.value.map(|value| (value, "base rate".to_owned()));
    Chart {
        id: "precision-recall",
        title: "Precision (up) against recall (across)",
        caption,
        legend: Vec::new(),
        drawing: LineChart {
            lines: vec![line],
            labels: labels.collect(),
            at_least: 1.0,
            in_words: words::percent,
            levels: base.into_iter().collect(),
        }
        .render(),
        table,
    }
    .render()
}

/// Neighbouring bins taken together until each group has enough labels to say something; what is left over joins the last.
fn groups(bins: &[CalibrationBin]) -> Vec<([f64; 2], Share)> {
    let mut groups: Vec<([f64; 2], Share)> = Vec::new();
    let mut open: Option<([f64; 2], Share)> = None;
    let together = |([from, _], before): ([f64; 2], Share), bin: &CalibrationBin| {
        ([from, bin.scores[1]], Share::new(before.count + bin.positive.count, before.of + bin.positive.of))
    };
    for bin in bins {
        let group = open.take().map_or((bin.scores, bin.positive), |group| together(group, bin));
        if group.1.of >= GROUPED_LABELS_MIN { groups.push(group) } else { open = Some(group) }
    }
    match (groups.last_mut(), open) {
        (Some(last), Some(([_, to], rest))) => {
            *last = ([last.0[0], to], Share::new(last.1.count + rest.count, last.1.of + rest.of));
        }
        (None, Some(rest)) => groups.push(rest),
        _ => {}
    }
    groups
}

fn calibration(report: &Report) -> Markup {
    let bins = &report.quality.calibration;
    let mut table = Table::new(&["Risk score", "Came true", "95 % interval", "Of"]);
    table.rows = bins
        .iter()
        .map(|bin| {
            let [from, to] = bin.scores.map(words::percent);
            let share = bin.positive;
            vec![format!("{from} to {to}"), words::share(share), words::interval(share), words::count(share.of)]
        })
        .collect();
    let points: Vec<CalibrationPoint> = groups(bins)
        .into_iter()
        .filter_map(|(scores, positive)| {
            Some(CalibrationPoint { scores, observed: positive.value?, interval: positive.ci95? })
        })
        .collect();
    let agree = points
        .iter()
        .filter(|point| point.interval[0] <= point.scores[1] && point.scores[0] <= point.interval[1])
        .count();
    let caption = if points.is_empty() {
        "No attempt has a label yet.".to_owned()
    } else {
        format!(
            "In {agree} of {} groups of scores the share that came true agrees with the score. On the dashed line scores are the \
             probabilities that they claim to be.",
            words::count(points.len() as i64)
        )
    };
    Chart {
        id: "calibration",
        title: "Came true (up) against the risk score (across)",
        caption,
        legend: Vec::new(),
        drawing: CalibrationPlot { points }.render(),
        table,
    }
    .render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(counts: &[(i64, i64)], expect: &[([f64; 2], i64, i64)]) {
        let bins: Vec<CalibrationBin> = counts
            .iter()
            .enumerate()
            .map(|(place, (count, of))| CalibrationBin {
                scores: [place as f64 / 8.0, (place + 1) as f64 / 8.0],
                positive: Share::new(*count, *of),
            })
            .collect();
        let found: Vec<_> = groups(&bins).into_iter().map(|(scores, share)| (scores, share.count, share.of)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn few_labels_are_taken_together_with_their_neighbours() {
        check(&[], &[]);
        check(&[(1, 2)], &[([0.0, 0.125], 1, 2)]);
        check(&[(0, 9), (1, 5)], &[([0.0, 0.125], 0, 9), ([0.125, 0.25], 1, 5)]);
        check(&[(0, 2), (1, 3), (1, 1)], &[([0.0, 0.375], 2, 6)]);
    }
}
