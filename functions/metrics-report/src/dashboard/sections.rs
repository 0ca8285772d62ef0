//! The report in charts, one question a file.

mod activity;
mod experiments;
mod quality;
mod savings;
mod strategies;
mod system;

use maud::{Markup, html};

use super::Look;
use super::page::section;

/// Every section.
pub(super) fn sections(look: &Look) -> Markup {
    html! {
        (section("activity", "What happened", &activity::activity(look)))
        (section("quality", "How right it is", &quality::quality(&look.report)))
        (section("savings", "What it is worth", &savings::savings(&look.report)))
        (section("strategies", "What was said to customers", &strategies::strategies(&look.report)))
        (section("experiments", "Experiments", &experiments::experiments(&look.report)))
        (section("system", "How fast and how reliable it is", &system::system(&look.report)))
    }
}
