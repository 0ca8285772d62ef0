//! `cargo local token`: a token for the API of this machine's stacks.

use std::process::ExitCode;
use std::time::Duration;

use edge::access::Scope;

use crate::console::Console;
use crate::gateway::issuer::Token;
use crate::stack::{Surroundings, issuer};

/// What backends and operators do together.
const BY_DEFAULT: [Scope; 3] = [Scope::Score, Scope::Customers, Scope::Operator];

/// Prints a token, and nothing else, so that a shell can put it where it belongs.
pub fn print(scopes: &[Scope], subject: &str, hours: u64, surroundings: &Surroundings) -> ExitCode {
    let console = Console::new();
    let scopes = if scopes.is_empty() { &BY_DEFAULT } else { scopes };
    let token = Token::new(subject, scopes, Duration::from_hours(hours));
    match issuer(surroundings).and_then(|issuer| issuer.issue(&token)) {
        Ok(token) => {
            console.line(&token);
            ExitCode::SUCCESS
        }
        Err(error) => {
            console.warn(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
