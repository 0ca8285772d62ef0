//! Bars, one on the other: counts of several kinds in time.

use maud::{Markup, html};

use super::frame::{Frame, XLabel, rectangles};
use super::scale::{Scale, label_places};
use crate::words;

/// The height of the plot in pixels.
const HEIGHT_PX: f64 = 180.0;

/// The share of a bar's place that it fills.
const BAR_SHARE: f64 = 0.82;

/// Counts of one kind, one for each place along the axis.
#[derive(Debug)]
pub(crate) struct Stack<'a> {
    /// The class of its colour.
    pub(crate) class: &'a str,
    /// The counts.
    pub(crate) counts: Vec<i64>,
}

/// Bars along an axis.
#[derive(Debug)]
pub(crate) struct StackedBars<'a> {
    /// What stands at each place of the axis.
    pub(crate) labels: Vec<String>,
    /// From the lowest to the highest.
    pub(crate) stacks: Vec<Stack<'a>>,
    /// What each bar says of itself to a pointer.
    pub(crate) hints: Vec<String>,
}

impl StackedBars<'_> {
    /// The drawing.
    pub(crate) fn render(&self) -> Markup {
        let places = self.labels.len();
        let total =
            |place: usize| self.stacks.iter().filter_map(|stack| stack.counts.get(place)).sum::<i64>().max(0) as f64;
        let scale = Scale::holding((0..places).map(total).fold(0.0, f64::max), true);
        let y_labels = scale.ticks.iter().map(|tick| words::compact(*tick)).collect();
        let frame = Frame { height: HEIGHT_PX, scale, y_labels };
        let mut heights = vec![0.0; places];
        let mut paths = Vec::new();
        for stack in &self.stacks {
            let rows = stack.counts.iter().zip(&mut heights).enumerate().filter(|(_, (count, _))| **count > 0);
            let rectangle = |(place, (count, height)): (usize, (&i64, &mut f64))| {
                let left = place as f64 + (1.0 - BAR_SHARE) / 2.0;
                let bottom = HEIGHT_PX * (1.0 - frame.scale.at(*height));
                *height += *count as f64;
                let top = HEIGHT_PX * (1.0 - frame.scale.at(*height));
                [left, left + BAR_SHARE, top, bottom]
            };
            paths.push((stack.class, rectangles(rows.map(rectangle))));
        }
        let drawing = html! {
            @for (class, path) in &paths { path class={ "fill " (class) } d=(path) {} }
            @for (place, hint) in self.hints.iter().enumerate() {
                rect.hint x=(place) y="0" width="1" height=(HEIGHT_PX) { title { (hint) } }
            }
        };
        let labels = label_places(places).into_iter().filter_map(|(place, minor)| {
            let text = self.labels.get(place)?.clone();
            Some(XLabel { at: (place as f64 + 0.5) / places as f64, text, minor })
        });
        let labels: Vec<XLabel> = labels.collect();
        frame.around(&labels, &frame.stretched(places.max(1) as f64, &drawing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_stands_on_the_one_below() {
        let bars = StackedBars {
            labels: vec!["1 March".to_owned(), "2 March".to_owned()],
            stacks: vec![Stack { class: "allow", counts: vec![3, 0] }, Stack { class: "block", counts: vec![1, 2] }],
            hints: vec!["four".to_owned()],
        };
        let drawing = bars.render().into_string();
        // The axis goes to four: three quarters, and the last quarter on them.
        assert!(drawing.contains(r#"<path class="fill allow" d="M0.09 45.0H0.91V180.0H0.09z">"#), "{drawing}");
        assert!(drawing.contains(r#"d="M0.09 0.0H0.91V45.0H0.09zM1.09 90.0H1.91V180.0H1.09z""#), "{drawing}");
        assert!(drawing.contains("<title>four</title>"));
    }
}
