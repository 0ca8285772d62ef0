//! The distribution of scores, and which of them Guardian steps in on.
//!
//! Nearly all scores are low, and the few high ones matter: bars are as high as the logarithm of their count, and lie along an
//! axis of log-odds.

use maud::{Markup, html};

use super::frame::{Frame, percent_of_width, px, rectangles};
use super::logit;
use super::scale::Scale;
use crate::words;

/// The height of the plot in pixels.
const HEIGHT_PX: f64 = 200.0;

/// How high a count of one is, in decades: it must be seen.
const ONE: f64 = 0.15;

/// The width of the coordinates that bars are drawn in.
const WIDTH: f64 = 1000.0;

/// Scores from one to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bar {
    /// From which probability to which.
    pub(crate) scores: [f64; 2],
    /// Attempts.
    pub(crate) all: i64,
    /// Those that Guardian stepped in on.
    pub(crate) alarms: i64,
}

/// The distribution.
#[derive(Debug)]
pub(crate) struct Histogram<'a> {
    /// The bars, from the lowest scores up.
    pub(crate) bars: &'a [Bar],
    /// The score of the threshold, with its words.
    pub(crate) threshold: Option<(f64, String)>,
}

impl Histogram<'_> {
    /// The drawing.
    pub(crate) fn render(&self) -> Markup {
        let most = self.bars.iter().map(|bar| bar.all).max().unwrap_or_default().max(1);
        let decades = (most as f64).log10().ceil().max(1.0);
        let end = decades + ONE;
        let height = |count: i64| if count > 0 { ((count as f64).log10() + ONE) / end } else { 0.0 };
        let ticks: Vec<f64> = (0..=decades as u32).map(|decade| f64::from(decade) + ONE).collect();
        let y_labels = (0..=decades as i32).map(|decade| words::compact(10_f64.powi(decade))).collect();
        let frame = Frame { height: HEIGHT_PX, scale: Scale { end, ticks }, y_labels };
        let sides = |bar: &Bar| bar.scores.map(|score| logit::place(score) * WIDTH);
        let path = |count: fn(&Bar) -> i64| {
            let bars = self.bars.iter().filter(|bar| count(bar) > 0);
            rectangles(bars.map(|bar| {
                let [left, right] = sides(bar);
                [left + 1.5, (right - 1.5).max(left + 3.0), HEIGHT_PX * (1.0 - height(count(bar))), HEIGHT_PX]
            }))
        };
        let bars = html! {
            path.fill.plain d=(path(|bar| bar.all)) {}
            path.fill.block d=(path(|bar| bar.alarms)) {}
            @for bar in self.bars.iter().filter(|bar| bar.all > 0) {
                @let [left, right] = sides(bar);
                rect.hint x=(px(left)) y="0" width=(px(right - left)) height=(HEIGHT_PX) {
                    title { (words::percent(bar.scores[0])) " to " (words::percent(bar.scores[1])) ": " (words::count(bar.all)) ", " (words::count(bar.alarms)) " stepped in on" }
                }
            }
        };
        let drawing = html! {
            line.base x1="0" x2="100%" y1=(px(frame.y(0.0))) y2=(px(frame.y(0.0))) {}
            (frame.stretched(WIDTH, &bars))
            @if let Some((score, text)) = &self.threshold {
                @let at = logit::place(*score);
                line.threshold x1=(percent_of_width(at)) x2=(percent_of_width(at)) y1="0" y2=(px(frame.y(0.0))) {}
                text.level x=(percent_of_width(at)) y="12" dx=(if at < 0.5 { 6 } else { -6 }) text-anchor=(if at < 0.5 { "start" } else { "end" }) { (text) }
            }
        };
        frame.around(&logit::labels(), &drawing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_seen_beside_a_thousand() {
        let low = Bar { scores: [0.0, 0.5], all: 1_000, alarms: 0 };
        let high = Bar { scores: [0.5, 1.0], all: 1, alarms: 1 };
        let histogram = Histogram { bars: &[low, high], threshold: Some((0.5, "steps in".to_owned())) };
        let drawing = histogram.render().into_string();
        assert!(drawing.contains("M1.50 0.0H631.83V200.0H1.50zM634.83 190.5H998.50V200.0H634.83z"), "{drawing}");
        assert!(drawing.contains(r#"class="fill block" d="M634.83 190.5"#), "{drawing}");
        assert!(drawing.contains(r#"<line class="threshold" x1="63.33%""#), "{drawing}");
        assert!(drawing.contains("<title>50\u{a0}% to 100\u{a0}%: 1, 1 stepped in on</title>"), "{drawing}");
    }
}
