//! What every page has: its head, its style and script, its policy, and a way to say that it could not be made.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::{Answer, Problem};
use engine::time::Instant;
use lambda_http::http::StatusCode;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::words;

/// How often the page refreshes itself, in milliseconds.
const REFRESH_MS: u32 = 10_000;

/// How often it loads again where scripts do not run, in seconds.
const RELOAD_S: u32 = 30;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A shield, so that browsers do not ask for an icon.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%232458c6' \
                    d='M8 1l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V3z'/%3E%3C/svg%3E";

/// The page runs the one script and wears the one style that this program holds, asks only its own host, and loads nothing.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
});

/// Whether a page asks for itself again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// It keeps itself up to date.
    Refreshed,
    /// It could not be made, and is asked for until it can.
    Awaited,
    /// It will be the same for ever.
    Never,
    /// It holds nothing yet: the script puts another page in its place.
    SignIn,
}

/// A page to be answered.
pub(super) struct Page<'a> {
    /// What the window is called.
    pub(super) title: &'a str,
    /// The way back to the dashboard, and with which words the page begins.
    pub(super) heading: Markup,
    /// What does not change while the page refreshes itself: the choice of what it shows.
    pub(super) controls: Markup,
    /// What it shows, in parts that are replaced one by one.
    pub(super) main: Markup,
    /// When it was made.
    pub(super) now: Instant,
}

impl Page<'_> {
    /// The answer.
    pub(super) fn answer(&self) -> Answer {
        Answer::html(StatusCode::OK, self.render(Again::Refreshed), &POLICY)
    }

    /// The answer, into whose place the script puts pages that are asked for with a token. Where that is issued by a provider, the
    /// page may ask it.
    pub(super) fn answer_to_anybody(&self, asks_a_provider: bool) -> Answer {
        let page = self.render(Again::SignIn);
        if asks_a_provider {
            // Where a provider issues tokens is not known before it is asked, and need not be where it answers.
            return Answer::html(
                StatusCode::OK,
                page,
                &POLICY.replace("connect-src 'self'", "connect-src 'self' https:"),
            );
        }
        Answer::html(StatusCode::OK, page, &POLICY)
    }

    fn render(&self, again: Again) -> String {
        let Self { title, heading, controls, main, now, .. } = self;
        html! {
            (DOCTYPE)
            html lang="en" data-refresh-ms=(REFRESH_MS) data-awaited[again == Again::Awaited] data-sign-in[again == Again::SignIn] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) }
                    link rel="icon" href=(ICON);
                    style { (PreEscaped(STYLE)) }
                    @if matches!(again, Again::Refreshed | Again::Awaited) { noscript { meta http-equiv="refresh" content=(RELOAD_S); } }
                }
                body {
                    a.skip href="#main" { "Skip to the figures" }
                    header { div.wrap {
                        (heading)
                        p.state {
                            i {}
                            span id="state" role="status" { "Made at " (words::instant(*now)) }
                            span id="as-of" {}
                        }
                    } }
                    div.wrap {
                        (controls)
                        main id="main" tabindex="-1" { (main) }
                        footer {
                            "Days are UTC. Shares come with 95 % intervals where they are of a sample. "
                            "This page is made by the function " code { "metrics-report" } " and loads nothing from anywhere else."
                        }
                    }
                    @if again != Again::Never { script { (PreEscaped(SCRIPT)) } }
                }
            }
        }
        .into_string()
    }
}

/// The page that says why there is none. With a status that is no success, so that an open page knows that it is stale.
pub(super) fn failure(problem: &Problem, now: Instant) -> Answer {
    let (code, cause) = (problem.code, problem.internal.as_deref().unwrap_or_default());
    tracing::warn!(code, cause, "a page was not made");
    let main = html! {
        div.panel.empty {
            h2 { @if problem.status.is_server_error() { "The figures cannot be read right now" } @else { "This cannot be shown" } }
            p { (problem.detail) }
            @if let Some(expected) = &problem.expected { p { "Expected: " (expected) "." } }
            p { a href="/dashboard" { "The last 30 days" } }
        }
    };
    let page = Page {
        title: "Financial Guardian",
        heading: html! { h1 { a href="/dashboard" { "Financial Guardian" } } },
        controls: html! {},
        main,
        now,
    };
    let again = if problem.status.is_server_error() { Again::Awaited } else { Again::Never };
    Answer::html(problem.status, page.render(again), &POLICY)
}

/// A part of a page that is replaced when it has changed.
pub(super) fn part(name: &str, content: &Markup) -> Markup {
    html! { section data-part=(name) aria-labelledby={ (name) "-title" } { (content) } }
}

/// A part with a heading.
pub(super) fn section(name: &str, title: &str, content: &Markup) -> Markup {
    part(name, &html! { h2 id={ (name) "-title" } { (title) } (content) })
}

/// An instant that the script tells as how long ago it was.
pub(super) fn ago(at: Instant) -> Markup {
    html! { time datetime=(at) data-ago { (words::instant(at)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_exactly_what_the_page_holds() {
        let main = html! { p { "here" } };
        let (heading, controls) = (html! {}, html! {});
        let page = Page { title: "t", heading, controls, main, now: Instant::EPOCH }.render(Again::Refreshed);
        let between = |from: &str, to: &str| page.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned();
        for (kind, text) in
            [("script-src", between("<script>", "</script>")), ("style-src", between("<style>", "</style>"))]
        {
            let hash = STANDARD.encode(Sha256::digest(&text));
            assert!(POLICY.contains(&format!("{kind} 'sha256-{hash}';")), "{kind}");
        }
        assert!(!page.contains("style=") && !page.contains("onclick"), "nothing that the policy forbids");
        assert_eq!(page.matches("<script").count(), 1);
    }
}
