//! Whether what is scored now is like what the model was calibrated on.

use engine::reference::Reference;
use engine::rollup::Counters;
use engine::rollup::bins::{DEVIATION_BINS, SCORE_BINS};
use engine::signal::Dimension;
use serde::Serialize;

use super::two_digits;
use crate::statistics::drift::{Shift, stability};

/// How far today's attempts are from those that the model was calibrated on.
#[derive(Debug, Clone, Serialize)]
pub struct Drift {
    /// The model whose card it is.
    pub model: String,
    /// Of the attempts: how many another model scored, of which this card says nothing.
    pub other_models: i64,
    /// Each signal, and the score.
    pub signals: Vec<SignalDrift>,
    /// What to do: a suggestion, never done by itself.
    pub suggestion: &'static str,
}

/// How far one of them is.
#[derive(Debug, Clone, Serialize)]
pub struct SignalDrift {
    /// The dimension, or `score`.
    pub signal: &'static str,
    /// The population stability index.
    pub psi: f64,
    /// What it means.
    pub shift: Shift,
}

/// How far these counters are from the reference; nothing without a single attempt.
pub(super) fn drift(counters: &Counters, reference: &Reference) -> Option<Drift> {
    let all = counters.get("attempts");
    let of_model = counters.get(&format!("model.{}", reference.model));
    let counts = |name: &str, bins: usize| -> Vec<i64> {
        (0..bins).map(|bin| counters.get(&format!("{name}.{}", two_digits(bin))).max(0)).collect()
    };
    let of = reference.purchases as f64;
    let dimensions = Dimension::ALL.into_iter().map(|dimension| {
        let now = counts(&format!("deviation.{}", dimension.name()), DEVIATION_BINS);
        (dimension.name(), stability(&reference.deviations[dimension], of, &now))
    });
    let score = ("score", stability(&reference.scores, of, &counts("score", SCORE_BINS)));
    let signals: Vec<SignalDrift> = dimensions
        .chain([score])
        .filter_map(|(signal, stability)| stability.map(|(psi, shift)| SignalDrift { signal, psi, shift }))
        .collect();
    let worst = |shift| signals.iter().any(|signal| signal.shift == shift);
    let suggestion = if of_model < all {
        "another model scored a part of these attempts: compare within one model"
    } else if worst(Shift::Changed) {
        "evaluate on labels of the last weeks (`cargo lab evaluate`), and train anew if precision or recall fell"
    } else if worst(Shift::Shifted) {
        "watch it; evaluate when labels of these days have arrived"
    } else {
        "nothing"
    };
    (!signals.is_empty()).then(|| Drift {
        model: reference.model.clone(),
        other_models: all.saturating_sub(of_model),
        signals,
        suggestion,
    })
}
