//! Recent decisions, each with what became of it and why.

use engine::decision::{Action, Decision, Reason};
use engine::entry::{Entry, Feedback};
use maud::{Markup, html};

use super::page::{ago, section};
use crate::words;

/// How many reasons a decision of the feed is told with.
const REASONS_TOLD: usize = 2;

/// The section; `None` if the feed could not be read.
pub(super) fn live_feed(feed: Option<&[Entry]>) -> Markup {
    let content = match feed {
        None => {
            html! { p.note.bad { "The latest decisions could not be read; the figures above were. The next refresh tries again." } }
        }
        Some([]) => html! { div.panel.empty { p { "No decision was learned of in the last day." } } },
        Some(entries) => html! {
            div.panel { ul.feed.columns { @for entry in entries { (item(entry)) } } }
        },
    };
    section("feed", "The latest decisions", &content)
}

fn item(entry: &Entry) -> Markup {
    let Some(decision) = entry.decision() else { return html! {} };
    let customer = entry.attempt.customer.as_str();
    html! {
        li id={ "d-" (entry.id) } data-decision {
            div.what {
                (badge(decision.action))
                b { (words::money(entry.attempt.amount)) }
                span { (words::name(entry.attempt.category.as_str())) }
                span { a href={ "/dashboard/customers/" (customer) "#d-" (entry.id) } { (customer) } }
                span.where { "risk " (words::percent(decision.risk_score)) }
                (aftermath(entry))
                (ago(entry.recorded_at))
            }
            p.why { (why(decision)) }
        }
    }
}

/// What Guardian did, as a badge.
pub(super) fn badge(action: Action) -> Markup {
    html! { span.badge.(action.name()) { i {} (words::name(action.name())) } }
}

/// What the customer did and said, and what was not as it should be.
pub(super) fn aftermath(entry: &Entry) -> Markup {
    let missing = entry.decision().map(|decision| &decision.missing).into_iter().flatten();
    html! {
        @if let Some(outcome) = entry.outcome { span.badge { (words::name(outcome.name())) } }
        @if let Some(feedback) = entry.feedback { span.badge { (said(feedback)) } }
        @if let Some(opinion) = entry.opinion { span.badge { "found it " (opinion.name()) } }
        @if let Some(withheld) = entry.decision().and_then(|decision| decision.withheld) {
            span.badge { (words::name(withheld.action.name())) " withheld: " (words::name(withheld.why.name())) }
        }
        @for missing in missing { span.badge.bad { "degraded: no " (missing.name()) } }
    }
}

fn said(feedback: Feedback) -> String {
    match feedback {
        Feedback::NormalForMe => "“normal for me”".to_owned(),
        Feedback::NotMe => "“not me”".to_owned(),
        Feedback::Regret(regret) => format!("regret {} of 10", regret.score()),
    }
}

/// The strongest reasons that raised the score; of one that nothing raised, those that lowered it most.
fn why(decision: &Decision) -> String {
    let raising: Vec<&Reason> = decision.reasons.iter().filter(|reason| reason.contribution > 0.0).collect();
    let told: Vec<&Reason> = if raising.is_empty() { decision.reasons.iter().rev().collect() } else { raising };
    let texts: Vec<&str> = told.into_iter().take(REASONS_TOLD).map(|reason| reason.text.as_str()).collect();
    texts.join(" ")
}
