//! Two lives side by side: what would have changed, where, and what it was worth.

use std::collections::BTreeMap;

use engine::decision::{Action, WithheldFor};
use engine::policy::{Policy, RuleResult};
use engine::time::DAY_MS;
use serde::Serialize;

use super::life::{Life, Ruling};
use crate::learning::ledger::{Ledger, Purchase};
use crate::learning::metrics::alerts::{Alerts, MONTH_DAYS};
use crate::learning::metrics::share;

/// Bands of amounts, in about-euros: from the last bound below it to before the next.
const AMOUNT_BANDS: [(f64, &str); 5] =
    [(0.0, "below 10"), (10.0, "10 to 50"), (50.0, "50 to 200"), (200.0, "200 to 1,000"), (1000.0, "from 1,000")];

/// What one policy did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PolicyFigures {
    /// Its version.
    pub version: String,
    /// How often each action was taken, mildest first.
    pub actions: [u64; Action::ALL.len()],
    /// How often an intervention did not take place, by why.
    pub withheld: BTreeMap<&'static str, u64>,
    /// Interventions for each customer and month.
    pub alerts_per_customer_month: f64,
    /// Positives among labelled purchases that were stepped in on; with the base rate beside it, see [`Comparison`].
    pub precision: f64,
    /// Positives that were stepped in on.
    pub recall: f64,
    /// False alarms among the genuine.
    pub fpr: f64,
    /// False alarms among alarms with a label.
    pub fdr: f64,
    /// By the rule's id.
    pub rules: BTreeMap<String, RuleCounts>,
}

/// What became of one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RuleCounts {
    /// It held and acted.
    pub acted: u64,
    /// It held in trial.
    pub tried: u64,
    /// It held, and could stop no more.
    pub capped: u64,
    /// It could not be evaluated.
    pub erred: u64,
}

/// Purchases that have something in common.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Segment {
    /// What they have in common: `category`, `amount`, `customer` or `payment_method`.
    pub of: &'static str,
    /// Which.
    pub name: String,
    /// How many there are.
    pub purchases: u64,
    /// How many would have been answered otherwise.
    pub changed: Changed,
    /// How many were stepped in on by the live policy, and by the candidate.
    pub alerts: [u64; 2],
}

/// How many would have been answered otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// By a harder action.
    pub harder: u64,
    /// By a milder one.
    pub milder: u64,
}

impl Changed {
    /// Either way.
    pub fn all(self) -> u64 {
        self.harder + self.milder
    }

    fn count(&mut self, live: Action, candidate: Action) {
        self.harder += u64::from(candidate > live);
        self.milder += u64::from(candidate < live);
    }
}

/// A purchase that would have been answered otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// Who.
    pub customer: String,
    /// When.
    pub occurred_at: String,
    /// How much, with its currency.
    pub amount: String,
    /// What.
    pub category: String,
    /// To whom.
    pub merchant: Option<String>,
    /// How it was paid.
    pub payment_method: String,
    /// Whether it was disowned or regretted, if that is known.
    pub label: Option<bool>,
    /// The live policy's answer.
    pub live: Side,
    /// The candidate's.
    pub candidate: Side,
}

/// One answer of two.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The action.
    pub action: &'static str,
    /// How rare such a score is.
    pub p_value: f64,
    /// Up to which p-value this customer's purchases were stepped in on.
    pub alpha: f64,
    /// Why; empty where the purchase was let through without a word.
    pub reasons: Vec<String>,
}

/// All that a backtest shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Purchases that were judged.
    pub purchases: u64,
    /// Customers who made them.
    pub customers: u64,
    /// From the first to the last of them.
    pub days: f64,
    /// How many have a label.
    pub labelled: u64,
    /// Positives among those.
    pub base_rate: f64,
    /// The policy in force.
    pub live: PolicyFigures,
    /// The other one.
    pub candidate: PolicyFigures,
    /// How many would have been answered otherwise.
    pub changed: Changed,
    /// How often the live policy took the action of the row and the candidate that of the column, mildest first.
    pub table: [[u64; Action::ALL.len()]; Action::ALL.len()],
    /// Segments, those with most changes first.
    pub segments: Vec<Segment>,
    /// Examples of changes, spread over the history.
    pub examples: Vec<Example>,
}

/// Compares what two policies did with the same history.
pub fn compare(
    ledger: &Ledger,
    (live_policy, live): (&Policy, &Life),
    (candidate_policy, candidate): (&Policy, &Life),
    examples_max: usize,
) -> Comparison {
    let rulings = live.rulings.iter().zip(&candidate.rulings);
    let judged: Vec<Judged<'_>> = ledger
        .purchases()
        .iter()
        .zip(rulings)
        .filter_map(|(purchase, (live, candidate))| {
            Some(Judged { purchase, live: live.as_ref()?, candidate: candidate.as_ref()? })
        })
        .collect();
    let customers: std::collections::BTreeSet<u32> = judged.iter().map(|judged| judged.purchase.customer).collect();
    let instants = || judged.iter().map(|judged| judged.purchase.instant());
    let span_ms = instants().max().zip(instants().min()).map_or(0, |(last, first)| last.since_ms(first));
    // A history of an hour is no reason to speak of thousands of alerts a month.
    let days = (span_ms as f64 / DAY_MS as f64).max(1.0);
    let customer_months = customers.len() as f64 * days / MONTH_DAYS;
    let figures = |policy: &Policy, of: for<'j> fn(&'j Judged<'_>) -> &'j Ruling| {
        let rulings = judged.iter().map(|judged| (judged.purchase.label, of(judged)));
        PolicyFigures::of(policy, rulings, customer_months)
    };
    let mut table = [[0; Action::ALL.len()]; Action::ALL.len()];
    let mut changed = Changed::default();
    for Judged { live, candidate, .. } in &judged {
        if let Some(count) = table.get_mut(live.action as usize).and_then(|row| row.get_mut(candidate.action as usize))
        {
            *count += 1;
        }
        changed.count(live.action, candidate.action);
    }
    let labels = || judged.iter().filter_map(|judged| judged.purchase.label);
    let labelled = labels().count() as u64;
    Comparison {
        purchases: judged.len() as u64,
        customers: customers.len() as u64,
        days,
        labelled,
        base_rate: share(labels().filter(|label| *label).count() as f64, labelled as f64),
        live: figures(live_policy, |judged| judged.live),
        candidate: figures(candidate_policy, |judged| judged.candidate),
        changed,
        table,
        segments: segments(ledger, &judged),
        examples: examples(ledger, &judged, examples_max),
    }
}

/// A purchase with what both policies made of it.
struct Judged<'a> {
    purchase: &'a Purchase,
    live: &'a Ruling,
    candidate: &'a Ruling,
}

impl PolicyFigures {
    fn of<'a>(
        policy: &Policy,
        rulings: impl Iterator<Item = (Option<bool>, &'a Ruling)>,
        customer_months: f64,
    ) -> Self {
        // A rule that never held says something as well.
        let rules = policy.rules.iter().map(|rule| (rule.id.clone(), RuleCounts::default())).collect();
        let withheld = WithheldFor::ALL.map(|why| (why.name(), 0)).into();
        let mut figures = Self { version: policy.version.clone(), rules, withheld, ..Self::default() };
        let (mut alerts, mut alarms) = (Alerts::default(), 0_u64);
        for (label, ruling) in rulings {
            if let Some(count) = figures.actions.get_mut(ruling.action as usize) {
                *count += 1;
            }
            let is_alarm = u64::from(ruling.is_alarm());
            alarms += is_alarm;
            match label {
                Some(true) => {
                    alerts.positives += 1;
                    alerts.hits += is_alarm;
                }
                Some(false) => {
                    alerts.genuine += 1;
                    alerts.false_alarms += is_alarm;
                }
                None => {}
            }
            let Some(details) = &ruling.details else { continue };
            if let Some((_, why)) = details.withheld {
                *figures.withheld.entry(why.name()).or_default() += 1;
            }
            for hit in &details.rules {
                figures.rules.entry(hit.id.clone()).or_default().count(hit.result);
            }
        }
        figures.alerts_per_customer_month = share(alarms as f64, customer_months);
        figures.precision = alerts.precision();
        figures.recall = alerts.recall();
        figures.fpr = alerts.fpr();
        figures.fdr = alerts.fdr();
        figures
    }
}

impl RuleCounts {
    fn count(&mut self, result: RuleResult) {
        *match result {
            RuleResult::Acted => &mut self.acted,
            RuleResult::Tried => &mut self.tried,
            RuleResult::Capped => &mut self.capped,
            RuleResult::Erred => &mut self.erred,
        } += 1;
    }
}

fn segments(ledger: &Ledger, judged: &[Judged<'_>]) -> Vec<Segment> {
    let mut segments: BTreeMap<(&'static str, &str), Segment> = BTreeMap::new();
    for Judged { purchase, live, candidate } in judged {
        let size = purchase.amount.size();
        let band = AMOUNT_BANDS.iter().rev().find(|(from, _)| size >= *from).map_or("", |(_, name)| *name);
        let names = [
            ("category", ledger.category(purchase)),
            ("amount", band),
            ("customer", if live.newcomer { "newcomer" } else { "known" }),
            ("payment_method", ledger.payment_method(purchase)),
        ];
        for (of, name) in names {
            let segment = segments.entry((of, name)).or_default();
            segment.purchases += 1;
            segment.changed.count(live.action, candidate.action);
            for (count, ruling) in segment.alerts.iter_mut().zip([live, candidate]) {
                *count += u64::from(ruling.is_alarm());
            }
        }
    }
    let mut segments: Vec<_> =
        segments.into_iter().map(|((of, name), segment)| Segment { of, name: name.to_owned(), ..segment }).collect();
    segments.sort_by_key(|segment| std::cmp::Reverse(segment.changed.all()));
    segments
}

/// At most so many changed purchases, spread evenly over all of them.
fn examples(ledger: &Ledger, judged: &[Judged<'_>], most: usize) -> Vec<Example> {
    let changed: Vec<_> = judged.iter().filter(|judged| judged.live.action != judged.candidate.action).collect();
    let step = changed.len().div_ceil(most.max(1)).max(1);
    let chosen = changed.into_iter().step_by(step).take(most);
    chosen
        .filter_map(|Judged { purchase, live, candidate }| {
            let attempt = ledger.attempt(purchase)?;
            Some(Example {
                customer: attempt.customer.as_str().to_owned(),
                occurred_at: attempt.occurred_at.to_string(),
                amount: format!("{} {}", attempt.amount.to_decimal(), attempt.amount.currency().code()),
                category: attempt.category.as_str().to_owned(),
                merchant: attempt.merchant.map(|merchant| merchant.as_str().to_owned()),
                payment_method: attempt.payment_method.as_str().to_owned(),
                label: purchase.label,
                live: Side::of(live),
                candidate: Side::of(candidate),
            })
        })
        .collect()
}

impl Side {
    fn of(ruling: &Ruling) -> Self {
        let reasons = ruling.details.as_ref().map(|details| details.reasons.clone()).unwrap_or_default();
        Self { action: ruling.action.name(), p_value: ruling.p_value, alpha: ruling.alpha, reasons }
    }
}
