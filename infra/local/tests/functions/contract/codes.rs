//! The codes of problems: those that the contract lists, and those that stand in the functions' sources.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::document::Contract;

/// Where problems that a caller of the API may meet are made.
const SOURCES: [&str; 4] = ["functions/score", "functions/customers", "functions/metrics-report", "shared/edge"];

/// What only the schedule meets: it is in no API.
const IN_NO_API: &str = "review.rs";

/// `(409, "OUTCOME_IS_FINAL")`.
type Codes = BTreeSet<(u64, String)>;

/// Every status and code that the contract lists, wherever a problem is described.
pub(super) fn listed(contract: &Contract) -> Codes {
    fn look(value: &Value, found: &mut Codes) {
        if let Some(status) = value.pointer("/properties/status/const").and_then(Value::as_u64) {
            let code = &value["properties"]["code"];
            let codes = code["enum"].as_array().cloned().unwrap_or_else(|| vec![code["const"].clone()]);
            found.extend(codes.iter().map(|code| (status, code.as_str().unwrap().to_owned())));
        }
        match value {
            Value::Object(fields) => fields.values().for_each(|value| look(value, found)),
            Value::Array(items) => items.iter().for_each(|item| look(item, found)),
            _ => {}
        }
    }
    let mut found = Codes::new();
    look(contract.document(), &mut found);
    found
}

/// Every status and code that the functions' sources make a problem of.
pub(super) fn emitted() -> Codes {
    let mut found = Codes::new();
    for folder in SOURCES {
        look_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder).join("src"), &mut found);
    }
    found
}

fn look_in(folder: &Path, found: &mut Codes) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_in(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with(IN_NO_API) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(codes_of(text.split("#[cfg(test)]").next().unwrap_or_default()));
        }
    }
}

/// Codes stand first in what makes a problem, or after a status: `Problem::conflict("X", …)`, `(StatusCode::CONFLICT, "X", …)`.
fn codes_of(source: &str) -> Codes {
    let of_quote = |(at, _): (usize, &str)| {
        let (before, after) = source.split_at(at);
        let literal: String =
            after.chars().skip(1).take_while(|letter| letter.is_ascii_uppercase() || *letter == '_').collect();
        let is_whole = !literal.is_empty() && after[literal.len() + 1..].starts_with('"');
        Some((status_before(before.trim_end())?, literal)).filter(|_| is_whole)
    };
    source.match_indices('"').filter_map(of_quote).collect()
}

fn status_before(source: &str) -> Option<u64> {
    let makers = [
        ("Problem::field(", 400),
        ("Problem::foreign_field(", 400),
        ("Problem::not_found(", 404),
        ("Problem::conflict(", 409),
    ];
    let statuses = [
        ("BAD_REQUEST", 400),
        ("UNAUTHORIZED", 401),
        ("FORBIDDEN", 403),
        ("NOT_FOUND", 404),
        ("CONFLICT", 409),
        ("PAYLOAD_TOO_LARGE", 413),
        ("INTERNAL_SERVER_ERROR", 500),
        ("SERVICE_UNAVAILABLE", 503),
    ];
    let made = makers.into_iter().find(|(maker, _)| source.ends_with(maker));
    made.or_else(|| statuses.into_iter().find(|(name, _)| source.ends_with(&format!("StatusCode::{name},"))))
        .map(|(_, status)| status)
}

#[test]
fn codes_are_found_wherever_they_stand() {
    let source = r#"
        let text = "NOT_A_CODE"; Problem::field("INVALID_VALUE", "from", "A", "B");
        Err(Problem::conflict(
            "CHANGED", "again"));
        (StatusCode::CONFLICT,
            "NEWER", "…"); Self::new(StatusCode::UNAUTHORIZED, "NOBODY", "…")
    "#;
    let expect = [(400, "INVALID_VALUE"), (409, "CHANGED"), (409, "NEWER"), (401, "NOBODY")];
    assert_eq!(codes_of(source), expect.map(|(status, code)| (status, code.to_owned())).into());
}
