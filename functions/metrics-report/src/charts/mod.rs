//! Charts: SVG made on the server, one kind a file.
//!
//! A chart is a figure with a title, a caption that says what it shows in numbers, a drawing, and the same numbers as a table.
//! Whoever cannot see the drawing loses nothing.
//!
//! Drawings are as wide as the page lets them be, while their text keeps its size: what lies along the x axis is placed in per
//! cent, what lies along the y axis in pixels. Colours are classes, which the style sheet fills in light and in dark. Nothing
//! has a `style` attribute: the page's policy forbids them.

mod bars;
mod calibration;
mod contributions;
mod forest;
mod frame;
mod histogram;
mod hours;
mod lines;
mod logit;
mod ranges;
mod scale;
mod spark;

use maud::{Markup, html};

pub(crate) use bars::{Stack, StackedBars};
pub(crate) use calibration::{CalibrationPlot, CalibrationPoint};
pub(crate) use contributions::{Contribution, contribution_bars};
pub(crate) use forest::{ForestPlot, ForestRow};
pub(crate) use frame::XLabel;
pub(crate) use histogram::{Bar, Histogram};
pub(crate) use hours::HoursChart;
pub(crate) use lines::{Line, LineChart};
pub(crate) use ranges::{RangeRow, Ranges};
pub(crate) use scale::label_places;
pub(crate) use spark::sparkline;

/// A drawing with all that makes it readable.
#[derive(Debug)]
pub(crate) struct Chart<'a> {
    /// Names it on the page; unique there.
    pub(crate) id: &'a str,
    /// What it is about.
    pub(crate) title: &'a str,
    /// What it shows, in numbers.
    pub(crate) caption: String,
    /// Classes of colours, and what they stand for.
    pub(crate) legend: Vec<(&'a str, String)>,
    /// The drawing.
    pub(crate) drawing: Markup,
    /// The same as a table.
    pub(crate) table: Table,
}

/// The numbers of a chart.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// The names of the columns.
    pub(crate) head: Vec<String>,
    /// The rows; the first cell of each names it.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|name| (*name).to_owned()).collect(), rows: Vec::new() }
    }

    /// The table as markup.
    pub(crate) fn render(&self, label: &str) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label=(label) {
                table {
                    thead { tr { @for name in &self.head { th scope="col" { (name) } } } }
                    tbody {
                        @for row in &self.rows {
                            tr {
                                @for (position, cell) in row.iter().enumerate() {
                                    @if position == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Chart<'_> {
    /// The figure.
    pub(crate) fn render(&self) -> Markup {
        let Self { id, title, caption, legend, drawing, table } = self;
        html! {
            figure.chart id=(id) {
                figcaption { h3 { (title) } p { (caption) } }
                @if !legend.is_empty() {
                    ul.legend aria-hidden="true" {
                        @for (class, name) in legend { li { i class={ "swatch " (class) } {} (name) } }
                    }
                }
                div.drawing role="img" aria-label={ (title) ". " (caption) } { (drawing) }
                details id={ (id) "-table" } {
                    summary { "The same as a table" span.hidden { ": " (title) } }
                    (table.render(title))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_says_everything_twice_and_escapes_it() {
        let mut table = Table::new(&["Day", "Attempts"]);
        table.rows.push(vec!["14 March".to_owned(), "1,234".to_owned()]);
        let chart = Chart {
            id: "x",
            title: "Attempts",
            caption: "1,234 < 2,000.".to_owned(),
            legend: vec![("allow", "<b>".to_owned())],
            drawing: html! { svg {} },
            table,
        };
        let page = chart.render().into_string();
        assert!(page.contains(r#"role="img" aria-label="Attempts. 1,234 &lt; 2,000.""#), "{page}");
        assert!(page.contains(r#"<th scope="row">14 March</th><td>1,234</td>"#), "{page}");
        assert!(!page.contains("<b>") && !page.contains("style="), "{page}");
    }
}
