//! Whether the functions' logs tell anything of a customer: every line of them against every value that the run's entries hold.
//!
//! Lines are what CloudWatch would keep, the metrics among them. A text must not hold a customer, a merchant, an attempt's id or an
//! amount as one of its words; a number cannot be told from an amount by looking at it, so each must stand under the name of
//! something that Guardian measures.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use engine::entry::Entry;
use engine::id::MerchantId;
use serde_json::Value;

/// What Lambda, API Gateway and the build say of themselves, and the counts of all customers that a review is made of.
const NOBODYS: [&str; 11] = [
    "timestamp",
    "level",
    "target",
    "version",
    "function_version",
    "request_id",
    "invocation_id",
    "trace_id",
    "requestId",
    "xrayTraceId",
    "review",
];

/// What numbers are logged: in lines, then in metrics.
const MEASURES: [&str; 42] = [
    "status",
    "duration_ms",
    "read_ms",
    "engine_ms",
    "write_ms",
    "records",
    "learned",
    "repeated",
    "ignored",
    "poison",
    "failed",
    "conflicts",
    "age_ms",
    "changes",
    "interventions",
    "annoying",
    "annoyed_max",
    "Timestamp",
    "Requests",
    "ClientErrors",
    "ServerErrors",
    "Duration",
    "Decisions",
    "Interventions",
    "Degraded",
    "Unrecorded",
    "Repeated",
    "Learning",
    "RuleErrors",
    "Read",
    "Engine",
    "Write",
    "PolicyLooks",
    "PoliciesUnread",
    "PoliciesRejected",
    "Records",
    "Learned",
    "Ignored",
    "Poison",
    "Failed",
    "Conflicts",
    "Age",
];

/// What the entries of a run hold that no log may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secrets(HashSet<String>);

/// What was found in the logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogCheck {
    /// Lines that were read.
    pub lines: u64,
    /// Those that tell something of a customer: in which log, and what.
    pub leaks: Vec<String>,
}

impl Secrets {
    /// Adds what an entry holds.
    pub(crate) fn add(&mut self, entry: &Entry) {
        let attempt = &entry.attempt;
        let merchant = attempt.merchant.as_ref().map(MerchantId::as_str);
        let ids = [Some(attempt.customer.as_str()), merchant];
        self.0.extend(ids.into_iter().flatten().map(str::to_owned));
        self.0.extend([entry.id.to_string(), attempt.amount.to_decimal()]);
    }

    /// What a line tells of a customer, if anything.
    fn told_by(&self, line: &str) -> Option<String> {
        match serde_json::from_str::<Value>(line) {
            Ok(json) => self.told_under("", &json),
            Err(_) => self.word_of(line).map(|word| format!("`{word}`")),
        }
    }

    fn told_under(&self, name: &str, value: &Value) -> Option<String> {
        match value {
            _ if NOBODYS.contains(&name) => None,
            Value::String(text) => self.word_of(text).map(|word| format!("`{word}` in `{name}`")),
            Value::Number(_) => (!MEASURES.contains(&name)).then(|| format!("a number as `{name}`")),
            Value::Array(values) => values.iter().find_map(|value| self.told_under(name, value)),
            Value::Object(fields) => fields.iter().find_map(|(name, value)| self.told_under(name, value)),
            Value::Null | Value::Bool(_) => None,
        }
    }

    /// The first word of a text that no log may hold.
    fn word_of<'a>(&self, text: &'a str) -> Option<&'a str> {
        let is_of_a_word = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.');
        text.split(|char| !is_of_a_word(char)).map(|word| word.trim_matches('.')).find(|word| self.0.contains(*word))
    }
}

/// Reads the logs of these functions in a folder.
///
/// # Errors
/// What the system says of a log that cannot be read.
pub fn check_logs(folder: &Path, functions: &[&str], secrets: &Secrets) -> io::Result<LogCheck> {
    let mut check = LogCheck::default();
    for function in functions {
        let log = std::fs::read(folder.join(format!("{function}.log")))?;
        for line in String::from_utf8_lossy(&log).lines() {
            check.lines += 1;
            check.leaks.extend(secrets.told_by(line).map(|told| format!("{function}.log: {told}")));
        }
    }
    Ok(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: Option<&str>) {
        let secrets = ["ada", "596", "shop-1", "57.16", "01KKNQ9668NJ94CE7A9WA6S749"].map(str::to_owned);
        assert_eq!(Secrets(HashSet::from(secrets)).told_by(line).as_deref(), expect, "{line}");
    }

    #[test]
    fn a_line_of_measures_tells_nothing() {
        check(r#"{"message": "request", "route": "POST /v1/attempts", "status": 200, "duration_ms": 57.16}"#, None);
        check(r#"{"timestamp": "2026-03-14T09:26:53.596Z", "span": {"request_id": "596", "cold_start": true}}"#, None);
        check(
            r#"{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Metrics": [{"Name": "Read"}]}]}, "Read": 57.16}"#,
            None,
        );
        check("adapter shop-10 1596 57.160", None);
        check("", None);
    }

    #[test]
    fn whatever_a_customer_has_is_found_wherever_it_stands() {
        check(r#"{"message": "learned of ada"}"#, Some("`ada` in `message`"));
        check(r#"{"span": {"path": "/v1/customers/596/profile"}}"#, Some("`596` in `path`"));
        check(r#"{"cause": "`merchant_id`: shop-1."}"#, Some("`shop-1` in `cause`"));
        check(r#"{"cause": ["EUR 57.16"]}"#, Some("`57.16` in `cause`"));
        check(r#"{"amount": 1.5}"#, Some("a number as `amount`"));
        check(r#"{"AmountMinor": 5716, "_aws": {"Timestamp": 1}}"#, Some("a number as `AmountMinor`"));
        check("panicked: 01KKNQ9668NJ94CE7A9WA6S749", Some("`01KKNQ9668NJ94CE7A9WA6S749`"));
    }
}
