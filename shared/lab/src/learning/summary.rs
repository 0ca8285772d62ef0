//! The report for people: every figure with its name, and the base rate beside every precision.

use std::fmt::{self, Display, Formatter};

use super::hidden::HiddenRecall;
use super::metrics::alerts::WeekRate;
use super::metrics::calibration::Bin;
use super::metrics::strata::{Stratum, StratumScenario};
use super::report::{Report, ScenarioRecall, TestReport};

/// Features shown, those that brought most.
const GAINS_SHOWN: usize = 12;

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for test in &self.tests {
            write_test(out, test)?;
        }
        let [low, high] = self.average_precision_ci95;
        let at = &self.at_alpha;
        writeln!(out, "\nbase rate                  {} of {} purchases tested", percent(self.base_rate), self.rows)?;
        writeln!(out, "AUC                        {:.4}", self.auc)?;
        writeln!(
            out,
            "average precision          {:.4}, 95 % interval by customers {low:.4} to {high:.4}",
            self.average_precision
        )?;
        writeln!(
            out,
            "\nat alpha {}, calibrated beforehand; the isolation forest has {} of it",
            percent(at.alpha),
            percent(self.novelty_share)
        )?;
        writeln!(out, "  precision                {} (base rate {})", percent(at.precision), percent(self.base_rate))?;
        writeln!(out, "  recall                   {}", percent(at.recall))?;
        writeln!(out, "  realised FPR             {}", percent(at.fpr))?;
        writeln!(out, "  FDR                      {}", percent(at.fdr))?;
        writeln!(out, "  alerts                   {}", at.alerts)?;
        let alone = &self.at_alpha_trees_alone;
        let (precision, recall, fpr) = (percent(alone.precision), percent(alone.recall), percent(alone.fpr));
        writeln!(out, "  trees alone              precision {precision}, recall {recall}, realised FPR {fpr}")?;
        writeln!(out, "  a customer and month     {:.4}", self.alerts_per_customer_month)?;
        writeln!(out, "  first of burst recall    {}", percent(self.first_of_burst_recall))?;
        write_weeks(out, &self.weekly_fpr)?;
        writeln!(
            out,
            "\ncard precision@100         {:.4}, a perfect ranking {:.4}",
            self.card_precision_at_100, self.card_precision_at_100_ceiling
        )?;
        write_scenarios(out, &self.scenarios)?;
        write_hidden(out, &self.hidden_scenarios)?;
        write_strata(out, "by earlier purchases", &self.cold_start)?;
        write_strata(out, "by earlier purchases, if nobody had been known before the test", &self.newcomers)?;
        write_bins(out, &self.calibration, self.calibration_error)?;
        writeln!(out, "\nwhat features brought")?;
        for (name, gain) in self.gains.iter().take(GAINS_SHOWN) {
            writeln!(out, "  {name:<28} {}", percent(*gain))?;
        }
        Ok(())
    }
}

fn write_test(out: &mut Formatter<'_>, test: &TestReport) -> fmt::Result {
    writeln!(
        out,
        "trained on {} ({} purchases, {} trees), tested on {} ({})",
        test.trained_on, test.train_rows, test.trees, test.tested_on, test.rows
    )?;
    let threshold = test.threshold.map_or_else(
        || "too few purchases to promise alpha by".to_owned(),
        |threshold| format!("flags from {threshold:.4} log-odds on"),
    );
    writeln!(
        out,
        "  rehearsal: average precision {:.4}; {threshold}, calibrated by its {} genuine purchases and {} not labelled yet",
        test.rehearsal_average_precision, test.calibrated_on, test.previewed
    )?;
    writeln!(
        out,
        "  test: base rate {}, AUC {:.4}, average precision {:.4}, card precision@100 {:.4} of at most {:.4}",
        percent(test.base_rate),
        test.auc,
        test.average_precision,
        test.card_precision_at_100,
        test.card_precision_at_100_ceiling
    )
}

fn write_weeks(out: &mut Formatter<'_>, weeks: &[WeekRate]) -> fmt::Result {
    let rates: Vec<String> = weeks.iter().map(|week| format!("{:.3}", 100.0 * week.fpr)).collect();
    writeln!(out, "  realised FPR by week     {} %", rates.join("  "))
}

fn write_scenarios(out: &mut Formatter<'_>, scenarios: &[ScenarioRecall]) -> fmt::Result {
    if !scenarios.is_empty() {
        writeln!(out, "\nby scenario                positives   recall at alpha   recall at 1 % FPR")?;
    }
    for scenario in scenarios {
        let ScenarioRecall { scenario, positives, recall, recall_at_1_percent_fpr } = scenario;
        let (recall, at_1_percent) = (percent(*recall), percent(*recall_at_1_percent_fpr));
        writeln!(out, "  {scenario:<24} {positives:>9} {recall:>17} {at_1_percent:>19}")?;
    }
    Ok(())
}

fn write_hidden(out: &mut Formatter<'_>, hidden: &[HiddenRecall]) -> fmt::Result {
    if !hidden.is_empty() {
        writeln!(out, "\nhidden from training       positives   recall at 1 % FPR: trees   forest   both")?;
    }
    for HiddenRecall { scenario, positives, trees, forest, both } in hidden {
        let (trees, forest, both) = (percent(*trees), percent(*forest), percent(*both));
        writeln!(out, "  {scenario:<24} {positives:>9} {trees:>27} {forest:>9} {both:>10}")?;
    }
    Ok(())
}

fn write_strata(out: &mut Formatter<'_>, title: &str, strata: &[Stratum]) -> fmt::Result {
    if !strata.is_empty() {
        writeln!(out, "\n{title}\n                                rows   positives   recall at 1 % FPR")?;
    }
    for stratum in strata {
        let Stratum { earlier_purchases, rows, positives, recall_at_1_percent_fpr, scenarios } = stratum;
        let recall = percent(*recall_at_1_percent_fpr);
        writeln!(out, "  {earlier_purchases:<24} {rows:>9} {positives:>11} {recall:>19}")?;
        for StratumScenario { scenario, positives, recall } in scenarios {
            let recall = percent(*recall);
            writeln!(out, "    scenario {scenario:<23} {positives:>11} {recall:>19}")?;
        }
    }
    Ok(())
}

fn write_bins(out: &mut Formatter<'_>, bins: &[Bin], error: f64) -> fmt::Result {
    writeln!(out, "\ncalibration                     rows   predicted    observed   (mean error {})", percent(error))?;
    for Bin { from, rows, predicted, observed } in bins {
        let (predicted, observed) = (percent(*predicted), percent(*observed));
        writeln!(out, "  from {:<19} {rows:>9} {predicted:>11} {observed:>11}", percent(*from))?;
    }
    Ok(())
}

/// A share as a percentage with as many decimals as small shares need.
fn percent(share: f64) -> String {
    if share >= 0.01 { format!("{:.2} %", 100.0 * share) } else { format!("{:.4} %", 100.0 * share) }
}
