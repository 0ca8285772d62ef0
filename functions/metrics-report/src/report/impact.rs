//! What interventions are worth in money: counterfactually, by the hold-out, and never as the sum of what was cancelled.

use std::collections::BTreeMap;

use engine::rollup::Counters;
use serde::Serialize;

use crate::statistics::Estimate;
use crate::statistics::comparison::{Side, difference_of_means};

/// Money in one currency.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Impact {
    /// What all attempts were about, in minor units.
    pub attempted_minor: i64,
    /// What those were about that Guardian stepped in on, in minor units. Not what was saved: whoever is warned may buy
    /// later or elsewhere.
    pub intervened_minor: i64,
    /// What the hold-out says; nothing without one.
    pub hold_out: Option<HoldOut>,
}

/// The hold-out: some interventions, drawn by chance, are not shown. What is then spent tells what the others saved.
///
/// An attempt counts whose outcome is known; a purchase that was put off and made later is another attempt, so these are upper
/// bounds of what was saved in the end. Figures hold as long as the share that is held out stays the same in the period.
#[derive(Debug, Clone, Serialize)]
pub struct HoldOut {
    /// Interventions that were shown and might have been held out.
    pub shown: i64,
    /// Those that were held out.
    pub held_out: i64,
    /// What the shown ones kept from being spent, in whole units of the currency.
    pub spending_avoided: Option<Estimate>,
    /// Likewise of purchases that customers disowned or came to regret: what was worth avoiding.
    pub regret_avoided: Option<Estimate>,
}

/// Money by currency.
pub(super) fn impact(counters: &Counters) -> BTreeMap<String, Impact> {
    let mut by_currency: BTreeMap<String, Impact> = BTreeMap::new();
    for (name, minor) in counters.under("amount") {
        match name.split_once('.') {
            Some((currency, "attempted")) => {
                by_currency.entry(currency.to_owned()).or_default().attempted_minor = minor;
            }
            Some((currency, "intervened")) => {
                by_currency.entry(currency.to_owned()).or_default().intervened_minor = minor;
            }
            _ => {}
        }
    }
    for (currency, impact) in &mut by_currency {
        impact.hold_out = hold_out(counters, currency);
    }
    by_currency
}

fn hold_out(counters: &Counters, currency: &str) -> Option<HoldOut> {
    let count = |side: &str, what: &str| counters.get(&format!("trial.{side}.{currency}.{what}"));
    let (shown, held_out) = (count("shown", "known"), count("held_out", "known"));
    if shown == 0 && held_out == 0 {
        return None;
    }
    let avoided = |what: &str| {
        let side = |name: &str| Side {
            count: count(name, "known") as f64,
            sum: count(name, what) as f64,
            squares: count(name, &format!("{what}_squared")) as f64,
        };
        let each = difference_of_means(side("held_out"), side("shown"))?;
        let all = shown as f64;
        Some(Estimate { value: each.value * all, ci95: each.ci95.map(|end| end * all) })
    };
    Some(HoldOut { shown, held_out, spending_avoided: avoided("spent"), regret_avoided: avoided("regretted") })
}
