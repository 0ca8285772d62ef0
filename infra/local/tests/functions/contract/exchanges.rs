//! What the gateway wrote down (`cargo local --exchanges FILE`), held against the contract.

use std::collections::BTreeMap;
use std::path::Path;

use lambda_http::http::HeaderMap;
use local::gateway::exchanges::Exchange;
use serde_json::{Value, json};

use super::CONTRACT;
use crate::world::{Answer, golden, with_path};

/// The folder that holds files of exchanges. `.ci/run` has its end-to-end runs write there.
const FOLDER_VARIABLE: &str = "EXCHANGES";

/// How often each (operation or none, status) occurs in a file of exchanges, all of which are as the contract says.
pub(crate) fn checked(file: &Path) -> BTreeMap<(String, u16), u64> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut found = BTreeMap::new();
    for (line, text) in text.lines().enumerate() {
        let Exchange { method, path, query, body, status, headers, answer } = serde_json::from_str(text).unwrap();
        let mut event = with_path(golden("score"), &path);
        event["requestContext"]["http"]["method"] = json!(method);
        event["rawQueryString"] = json!(query);
        event["body"] = if body.is_empty() { Value::Null } else { json!(body) };
        let request = edge::http::request(serde_json::from_value(event).unwrap());
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let content_type = headers["content-type"].to_str().unwrap().to_owned();
        let answer = Answer { status, content_type, text: answer };
        if let Err(violation) = CONTRACT.check(&request, &answer, &headers) {
            panic!("{}:{}: {method} {path}: {violation}", file.display(), line + 1);
        }
        *found.entry((CONTRACT.route(&request).unwrap_or_default(), status)).or_default() += 1;
    }
    found
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says what was written where")]
fn what_real_processes_were_asked_and_answered_is_as_the_contract_says() {
    let Some(folder) = std::env::var_os(FOLDER_VARIABLE) else {
        eprintln!("skipped: {FOLDER_VARIABLE} names no folder of what `cargo local --exchanges FILE` wrote");
        return;
    };
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for file in files {
        let found = checked(&file.unwrap().path());
        eprintln!("{found:#?}");
        let good = |method_and_path: &str| found.get(&(method_and_path.to_owned(), 200)).copied().unwrap_or_default();
        for operation in [
            "POST /v1/attempts",
            "POST /v1/customers/{customer_id}/purchases",
            "POST /v1/customers/{customer_id}/attempts/{attempt_id}/outcome",
            "GET /v1/customers/{customer_id}/profile",
            "GET /v1/customers/{customer_id}/export",
            "GET /v1/report",
            "GET /dashboard",
            "GET /dashboard/customers/{customer_id}",
        ] {
            assert!(good(operation) > 0, "{operation}");
        }
    }
}
