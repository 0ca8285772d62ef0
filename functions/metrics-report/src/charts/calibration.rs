//! Calibration: how often what the model called likely came true, with intervals, beside the line on which it would be right.

use maud::{Markup, html};

use super::frame::{Frame, percent_of_width, px};
use super::logit::{self, place};
use super::scale::Scale;

/// The height of the plot in pixels.
const HEIGHT_PX: f64 = 200.0;

/// One group of attempts that were scored alike.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CalibrationPoint {
    /// From which score to which.
    pub(crate) scores: [f64; 2],
    /// The share that came true.
    pub(crate) observed: f64,
    /// Its interval.
    pub(crate) interval: [f64; 2],
}

/// The plot: both axes in log-odds.
#[derive(Debug)]
pub(crate) struct CalibrationPlot {
    /// The groups.
    pub(crate) points: Vec<CalibrationPoint>,
}

impl CalibrationPlot {
    /// The drawing.
    pub(crate) fn render(&self) -> Markup {
        let (ticks, y_labels) = logit::levels().unzip();
        let frame = Frame { height: HEIGHT_PX, scale: Scale { end: 1.0, ticks }, y_labels };
        let drawing = html! {
            line.base x1="0" x2="100%" y1=(px(frame.y(0.0))) y2=(px(frame.y(0.0))) {}
            line.level x1="0" x2="100%" y1=(px(frame.y(0.0))) y2=(px(frame.y(1.0))) {}
            @for CalibrationPoint { scores, observed, interval } in &self.points {
                @let x = percent_of_width(f64::midpoint(place(scores[0]), place(scores[1])));
                @let [low, high] = interval.map(|end| px(frame.y(place(end))));
                line.whisker x1=(x) x2=(x) y1=(low) y2=(high) {}
                circle.dot.accent cx=(x) cy=(px(frame.y(place(*observed)))) r="4" {}
            }
        };
        frame.around(&logit::labels(), &drawing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_stands_at_its_score_and_its_share_with_its_interval() {
        let point = CalibrationPoint { scores: [0.5, 0.5], observed: 0.5, interval: [0.0, 1.0] };
        let drawing = CalibrationPlot { points: vec![point] }.render().into_string();
        assert!(drawing.contains(r#"<line class="whisker" x1="63.33%" x2="63.33%" y1="208" y2="8">"#), "{drawing}");
        assert!(drawing.contains(r#"cx="63.33%" cy="81.3""#), "on the diagonal: {drawing}");
    }
}
