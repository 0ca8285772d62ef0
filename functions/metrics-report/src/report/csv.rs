//! The report as a table: one figure a row, for spreadsheets and for `join`.

use serde_json::Value;

use super::Report;

/// The columns' names.
const HEADER: &str = "figure,value,low,high,count,of";

/// What the report says, one figure a row, named by its path in the JSON report.
///
/// A share has its interval and what it was counted from in the row; an estimate has its interval; elements of lists are named by their
/// first word (an action, a day) or by their place.
///
/// # Errors
/// If the report is no JSON, which it is.
pub fn csv(report: &Report) -> Result<String, serde_json::Error> {
    let mut rows = vec![HEADER.to_owned()];
    push(&mut rows, "", &serde_json::to_value(report)?);
    rows.push(String::new());
    Ok(rows.join("\r\n"))
}

fn push(rows: &mut Vec<String>, path: &str, value: &Value) {
    match value {
        Value::Object(fields) if fields.contains_key("ci95") => rows.push(interval(path, value)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| push(rows, &join(path, name), value)),
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                push(rows, &join(path, &name_of(item, place)), item);
            }
        }
        plain => rows.push(format!("{},{},,,,", field(path), field(&text(plain)))),
    }
}

fn interval(path: &str, value: &Value) -> String {
    let of = |pointer: &str| value.pointer(pointer).map(text).unwrap_or_default();
    let estimate = if value.get("effect").is_some() { of("/effect") } else { of("/value") };
    [field(path), estimate, of("/ci95/0"), of("/ci95/1"), of("/count"), of("/of")].join(",")
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What an element of a list is called.
fn name_of(item: &Value, place: usize) -> String {
    let names = ["action", "strategy", "experiment", "arm", "signal", "day"];
    let named = names.into_iter().find_map(|name| item.get(name)?.as_str());
    named.map_or_else(|| place.to_string(), str::to_owned)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A field as RFC 4180 has it. What begins like a formula is kept from being one in a spreadsheet.
fn field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '@']) || (text.starts_with('-') && text.parse::<f64>().is_err());
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        for (text, expect) in [
            ("a", "a"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=1+1", "'=1+1"),
            ("-0.5", "-0.5"),
            ("-x", "'-x"),
        ] {
            assert_eq!(field(text), expect);
        }
    }
}
