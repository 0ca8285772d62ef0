//! Lines: shares or amounts along an axis, with the interval around them where there is one.

use maud::{Markup, PreEscaped, html};

use super::frame::{Frame, XLabel, percent_of_width, px};
use super::scale::Scale;

/// The height of the plot in pixels.
const HEIGHT_PX: f64 = 180.0;

/// The width of the coordinates that lines are drawn in.
const WIDTH: f64 = 1000.0;

/// One line.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// The class of its colour.
    pub(crate) class: &'a str,
    /// Places from 0 to 1 along the axis, with the value there; where there is none, the line is interrupted.
    pub(crate) points: Vec<(f64, Option<f64>)>,
    /// The interval around the value at each point, where there is one.
    pub(crate) band: Vec<(f64, [f64; 2])>,
    /// Whether each point has a dot.
    pub(crate) dots: bool,
}

/// Lines over one axis.
#[derive(Debug)]
pub(crate) struct LineChart<'a> {
    /// The lines.
    pub(crate) lines: Vec<Line<'a>>,
    /// Labels at the x axis.
    pub(crate) labels: Vec<XLabel>,
    /// The end of the y axis at least.
    pub(crate) at_least: f64,
    /// A number of the y axis in words.
    pub(crate) in_words: fn(f64) -> String,
    /// Levels that are drawn across, such as a base rate, each with its words.
    pub(crate) levels: Vec<(f64, String)>,
}

impl LineChart<'_> {
    /// The drawing.
    pub(crate) fn render(&self) -> Markup {
        let values = self.lines.iter().flat_map(|line| line.points.iter().filter_map(|(_, value)| *value));
        let levels = self.levels.iter().map(|(level, _)| *level);
        // Intervals of a few cases reach far: they may be cut, the values may not.
        let most = values.chain(levels).fold(self.at_least, f64::max);
        let scale = Scale::holding(most, false);
        let y_labels = scale.ticks.iter().map(|tick| (self.in_words)(*tick)).collect();
        let frame = Frame { height: HEIGHT_PX, scale, y_labels };
        let drawing = html! {
            @for line in &self.lines {
                @if line.band.len() > 1 {
                    polygon class={ "band " (line.class) } points=(band(&frame, &line.band)) {}
                }
                @for part in parts(&line.points) {
                    polyline class={ "line " (line.class) } vector-effect="non-scaling-stroke" points=(coordinates(&frame, part.iter().copied())) {}
                }
            }
        };
        let drawing = html! {
            (frame.stretched(WIDTH, &drawing))
            @for (level, _) in &self.levels {
                line.level x1="0" x2="100%" y1=(px(frame.y(*level))) y2=(px(frame.y(*level))) {}
            }
            @for line in &self.lines {
                @for (at, value) in dots(line) {
                    circle class={ "dot " (line.class) } cx=(percent_of_width(at)) cy=(px(frame.y(value))) r="3" {}
                }
            }
            @for (level, words) in &self.levels {
                text.level x="100%" y=(px(level_label(&frame, *level))) text-anchor="end" { (words) }
            }
        };
        frame.around(&self.labels, &drawing)
    }
}

/// The pixel of a level's words: above it, or below where there is no room above.
fn level_label(frame: &Frame, level: f64) -> f64 {
    let y = frame.y(level);
    if y > 24.0 { y - 5.0 } else { y + 15.0 }
}

/// The points that have dots: all, or those that no line reaches because they have no neighbours.
fn dots<'a>(line: &'a Line<'_>) -> impl Iterator<Item = (f64, f64)> + 'a {
    let lonely = |part: &&[(f64, f64)]| line.dots || part.len() == 1;
    let parts: Vec<Vec<(f64, f64)>> = parts(&line.points);
    parts.into_iter().filter(move |part| lonely(&part.as_slice())).flatten()
}

/// The line without its gaps.
fn parts(points: &[(f64, Option<f64>)]) -> Vec<Vec<(f64, f64)>> {
    let parts = points.split(|(_, value)| value.is_none());
    let parts = parts.map(|part| part.iter().filter_map(|(at, value)| Some((*at, (*value)?))).collect::<Vec<_>>());
    parts.filter(|part| !part.is_empty()).collect()
}

fn coordinates(frame: &Frame, points: impl Iterator<Item = (f64, f64)>) -> PreEscaped<String> {
    let one = |(at, value): (f64, f64)| format!("{},{}", px(at * WIDTH), px(HEIGHT_PX * (1.0 - frame.scale.at(value))));
    PreEscaped(points.map(one).collect::<Vec<_>>().join(" "))
}

/// Along the upper ends of the intervals, and back along the lower ones.
fn band(frame: &Frame, band: &[(f64, [f64; 2])]) -> PreEscaped<String> {
    let upper = band.iter().map(|(at, [_, high])| (*at, *high));
    let lower = band.iter().rev().map(|(at, [low, _])| (*at, *low));
    coordinates(frame, upper.chain(lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_there_is_no_value_and_goes_on_after_it() {
        let points = vec![(0.0, Some(0.5)), (0.25, Some(1.0)), (0.5, None), (1.0, Some(0.0))];
        let line = Line { class: "accent", points, band: Vec::new(), dots: false };
        let levels = vec![(0.25, "base rate".to_owned())];
        let chart =
            LineChart { lines: vec![line], labels: Vec::new(), at_least: 1.0, in_words: |_| String::new(), levels };
        let drawing = chart.render().into_string();
        assert!(drawing.contains(r#"points="0,90 250,0""#), "{drawing}");
        assert_eq!(drawing.matches("<circle").count(), 1, "the lonely point is a dot");
        assert!(drawing.contains("base rate"));
    }
}
