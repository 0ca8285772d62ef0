//! `GET /dashboard/sign-in`: how a browser gets to the dashboard.
//!
//! A browser that follows a link sends no token, and API Gateway lets nobody in without one. This page is for anybody and holds
//! nothing of anyone. Its script gets a token, from the operator's identity provider (`OpenID` Connect: authorization code with PKCE,
//! RFC 7636) or by being handed one, keeps it for as long as the tab is open (`sessionStorage`), asks for the dashboard's pages with it,
//! and shows them in its own place. What comes behind the `#` of an address reaches no server and no log; a token may stand there
//! (`#token=…`), and is taken out of the address at once.

use edge::{Answer, Call, Route};
use engine::time::Instant;
use maud::html;

use super::page::Page;

/// Nothing of anyone.
pub(crate) const ROUTE: Route = Route::for_anybody("GET /dashboard/sign-in");

/// Where operators sign in: an issuer of tokens, and a client of its.
struct Provider {
    issuer: String,
    client_id: String,
}

impl Provider {
    /// The provider that the variables of the API's stage name, if they do.
    fn of(call: &Call<'_>) -> Option<Self> {
        Some(Self { issuer: call.stage_variable("signInIssuer")?, client_id: call.stage_variable("signInClientId")? })
    }
}

/// The page.
pub(crate) fn page(call: &Call<'_>, now: Instant) -> Answer {
    let provider = Provider::of(call);
    let main = html! {
        section.panel.sign-in aria-labelledby="sign-in-title" {
            h2 id="sign-in-title" { "Sign in" }
            p id="sign-in-why" role="status" { "The dashboard is for operators." }
            @if let Some(Provider { issuer, client_id }) = &provider {
                p { button id="provider" type="button" data-issuer=(issuer) data-client-id=(client_id) { "Sign in with " (host(issuer)) } }
            }
            form id="sign-in" {
                label for="token" { "A token with the scope " code { "guardian/operator" } }
                textarea id="token" rows="4" spellcheck="false" autocomplete="off" required {}
                button type="submit" { "Open the dashboard" }
            }
            p { "It is kept in this tab until the tab is closed, and sent to nobody but this API." }
            noscript { p { "This needs JavaScript: a browser by itself sends no token." } }
        }
    };
    let heading = html! { h1 { "Financial Guardian" } };
    let page = Page { title: "Financial Guardian: sign in", heading, controls: html! {}, main, now };
    page.answer_to_anybody(provider.is_some())
}

/// The host in an address, for people.
fn host(issuer: &str) -> &str {
    let rest = issuer.strip_prefix("https://").unwrap_or(issuer);
    rest.split('/').next().unwrap_or(rest)
}
