//! The frame of a drawing: axes, grid, labels, and coordinates in it.

use maud::{Markup, PreEscaped, html};

use super::scale::Scale;

/// Pixels above the highest grid line.
pub(super) const TOP: f64 = 8.0;

/// Pixels below the lowest grid line, for the labels of the x axis.
const BOTTOM: f64 = 26.0;

/// A label at the x axis.
#[derive(Debug)]
pub(crate) struct XLabel {
    /// Where, 0 at the left and 1 at the right.
    pub(crate) at: f64,
    /// What it says.
    pub(crate) text: String,
    /// Whether it stays away on a narrow page.
    pub(crate) minor: bool,
}

/// A frame with its y axis.
#[derive(Debug)]
pub(super) struct Frame {
    /// Pixels between the lowest grid line and the highest.
    pub(super) height: f64,
    /// The numbers at the y axis.
    pub(super) scale: Scale,
    /// What they say, in the same order.
    pub(super) y_labels: Vec<String>,
}

/// Pixels, as short as a tenth of them needs.
pub(super) fn px(pixels: f64) -> String {
    let text = format!("{pixels:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A share of the width.
pub(super) fn percent_of_width(at: f64) -> String {
    let text = format!("{:.2}", at * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

impl Frame {
    /// The pixel of a number.
    pub(super) fn y(&self, number: f64) -> f64 {
        TOP + self.height * (1.0 - self.scale.at(number))
    }

    /// Axes and labels around a drawing in percent and pixels.
    pub(super) fn around(&self, labels: &[XLabel], drawing: &Markup) -> Markup {
        let height = px(TOP + self.height + BOTTOM);
        html! {
            div.frame aria-hidden="true" {
                svg.axis height=(height) {
                    @for (tick, label) in self.scale.ticks.iter().zip(&self.y_labels) {
                        text x="100%" y=(px(self.y(*tick) + 4.0)) text-anchor="end" { (label) }
                    }
                }
                svg.plot height=(height) {
                    @for tick in &self.scale.ticks {
                        line class={ @if *tick == 0.0 { "base" } @else { "grid" } } x1="0" x2="100%" y1=(px(self.y(*tick))) y2=(px(self.y(*tick))) {}
                    }
                    (drawing)
                    @for label in labels {
                        text.minor[label.minor] x=(percent_of_width(label.at)) y=(px(TOP + self.height + 19.0)) text-anchor=(anchor(label.at)) { (label.text) }
                    }
                }
            }
        }
    }

    /// A drawing in coordinates of its own, `width` wide and [`Frame::height`] high, stretched to the plot's width.
    pub(super) fn stretched(&self, width: f64, drawing: &Markup) -> Markup {
        html! {
            svg x="0" y=(px(TOP)) width="100%" height=(px(self.height)) viewBox={ "0 0 " (px(width)) " " (px(self.height)) } preserveAspectRatio="none" overflow="visible" {
                (drawing)
            }
        }
    }
}

/// How a label at the x axis stands to its place: those at the ends stay within.
fn anchor(at: f64) -> &'static str {
    if at < 0.04 {
        "start"
    } else if at > 0.96 {
        "end"
    } else {
        "middle"
    }
}

/// The path of rectangles, each from left to right and from top to bottom.
pub(super) fn rectangles(rectangles: impl Iterator<Item = [f64; 4]>) -> PreEscaped<String> {
    let one = |[left, right, top, bottom]: [f64; 4]| format!("M{left:.2} {top:.1}H{right:.2}V{bottom:.1}H{left:.2}z");
    PreEscaped(rectangles.map(one).collect())
}
