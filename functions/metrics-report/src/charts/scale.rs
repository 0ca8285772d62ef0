//! Scales: which numbers stand at an axis.

/// From zero to a round number, in round steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    /// The end of the axis.
    pub(crate) end: f64,
    /// The numbers at the axis, 0 and `end` among them.
    pub(crate) ticks: Vec<f64>,
}

/// How many steps an axis has at most.
const STEPS_MAX: f64 = 4.0;

impl Scale {
    /// The smallest scale of at most four round steps that holds `most`; of counts the steps are whole.
    pub(crate) fn holding(most: f64, counts: bool) -> Self {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let rough = most / STEPS_MAX;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|round| round * power);
        // A little less than the step will do: 0.30000000000000004 is 0.3.
        let fits = |step: &f64| *step * (1.0 + 1e-9) >= rough && (!counts || step.fract() == 0.0);
        let step = steps.into_iter().find(fits).unwrap_or(power * 10.0);
        let step = if counts { step.max(1.0) } else { step };
        let count = ((most / step) * (1.0 - 1e-9)).ceil().max(1.0);
        Self { end: step * count, ticks: (0..=count as u32).map(|number| f64::from(number) * step).collect() }
    }

    /// Where a number lies, 0 at the beginning and 1 at the end.
    pub(crate) fn at(&self, number: f64) -> f64 {
        (number / self.end).clamp(0.0, 1.0)
    }
}

/// How many steps there are between the labels of an axis, where there are as many places.
const LABEL_STEPS: usize = 4;

/// At which of `count` places along an axis a label stands: the first, the last and a few between, as evenly as places allow. With
/// each whether it stays away on a narrow page.
pub(crate) fn label_places(count: usize) -> Vec<(usize, bool)> {
    let Some(last) = count.checked_sub(1) else { return Vec::new() };
    let steps = last.min(LABEL_STEPS);
    let place = |step: usize| (step * last + steps / 2).checked_div(steps).unwrap_or_default();
    (0..=steps).map(|step| (place(step), steps == LABEL_STEPS && step % 2 == 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(most: f64, counts: bool, ticks: &[f64]) {
        let scale = Scale::holding(most, counts);
        assert_eq!(scale.ticks.len(), ticks.len(), "{scale:?}");
        assert!(scale.ticks.iter().zip(ticks).all(|(one, other)| (one - other).abs() < 1e-9), "{scale:?}");
        assert!(scale.end >= most * (1.0 - 1e-9) || !most.is_finite());
    }

    #[test]
    fn axes_end_at_round_numbers() {
        check(1.0, false, &[0.0, 0.25, 0.5, 0.75, 1.0]);
        check(0.03, false, &[0.0, 0.01, 0.02, 0.03]);
        check(0.0013, false, &[0.0, 0.0005, 0.001, 0.0015]);
        check(97.0, true, &[0.0, 25.0, 50.0, 75.0, 100.0]);
        check(1_234.0, true, &[0.0, 500.0, 1_000.0, 1_500.0]);
        check(3.0, true, &[0.0, 1.0, 2.0, 3.0]);
        check(9.0, true, &[0.0, 5.0, 10.0]);
        check(0.0, true, &[0.0, 1.0]);
        check(f64::NAN, false, &[0.0, 0.25, 0.5, 0.75, 1.0]);
    }

    #[track_caller]
    fn check_labels(count: usize, expect: &[(usize, bool)]) {
        assert_eq!(label_places(count), expect);
    }

    #[test]
    fn labels_are_few_and_even_and_the_ends_are_there() {
        check_labels(0, &[]);
        check_labels(1, &[(0, false)]);
        check_labels(2, &[(0, false), (1, false)]);
        check_labels(4, &[(0, false), (1, false), (2, false), (3, false)]);
        check_labels(7, &[(0, false), (2, true), (3, false), (5, true), (6, false)]);
        check_labels(30, &[(0, false), (7, true), (15, false), (22, true), (29, false)]);
    }
}
