//! Which records are delivered: the filter patterns of an event source mapping.
//!
//! Source: the Lambda developer guide, "Control which events Lambda sends to your function"
//! (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>) and "Using event filtering with a
//! DynamoDB event source" (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html>). Every comparison
//! operator of its table is understood; a pattern with anything else is refused, because one that is misread either loses
//! records or wakes the function for ever.

use serde_json::{Map, Value};

use crate::trigger::record::Record;

/// How many filters a mapping may have, unless AWS was asked for more.
pub const FILTERS_MAX: usize = 5;

/// How many characters a pattern may have.
pub const PATTERN_CHARACTERS_MAX: usize = 4096;

/// The key whose alternatives are whole patterns instead of values.
const OR: &str = "$or";

/// The filters of a mapping. A record is delivered if any of them lets it through, or if there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter(Vec<Fields>);

/// Why a pattern was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// More filters than a mapping may have.
    #[error("{0} filters; a mapping may have {FILTERS_MAX}")]
    TooMany(usize),
    /// A pattern that is too long.
    #[error("a filter pattern of {0} characters; {PATTERN_CHARACTERS_MAX} are allowed")]
    TooLong(usize),
    /// A pattern that is not JSON.
    #[error("a filter pattern is not JSON: {0}")]
    NotJson(String),
    /// A part of a pattern that is not of AWS's language.
    #[error("the filter pattern is not understood at `{at}`: {problem}")]
    NotUnderstood {
        /// The path of the part, its names joined by points.
        at: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Conditions that must all hold.
#[derive(Debug, Clone, PartialEq)]
struct Fields {
    named: Vec<(String, Condition)>,
    /// `$or`: any of these must hold as well. Empty: there is no `$or`.
    any_of: Vec<Fields>,
}

/// What is asked of one field.
#[derive(Debug, Clone, PartialEq)]
enum Condition {
    Within(Fields),
    /// Any of these rules must hold.
    Value(Vec<Rule>),
}

/// One comparison with a value. All but [`Rule::Exists`] ask for a field that is there.
#[derive(Debug, Clone, PartialEq)]
enum Rule {
    /// Equal, a string character by character, a number as it is written. `null` and `""` are values like others.
    Equals(Value),
    EqualsIgnoreCase(String),
    AnythingBut(Vec<Value>),
    /// All of these comparisons hold.
    Numeric(Vec<(Comparison, f64)>),
    /// Whether there is a value at all: a leaf of the event, not an object.
    Exists(bool),
    Prefix(String),
    Suffix(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Filter {
    /// Reads the patterns of a mapping, each the text of a JSON object.
    ///
    /// # Errors
    /// [`FilterError`] if there are too many or one of them cannot be understood.
    pub fn parse<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, FilterError> {
        let filters: Vec<Fields> = patterns.into_iter().map(pattern).collect::<Result<_, _>>()?;
        if filters.len() > FILTERS_MAX { Err(FilterError::TooMany(filters.len())) } else { Ok(Self(filters)) }
    }

    /// Whether a record is delivered.
    pub fn lets_through(&self, record: &Record) -> bool {
        self.0.is_empty() || self.0.iter().any(|fields| fields.hold(Some(record.json())))
    }
}

fn pattern(text: &str) -> Result<Fields, FilterError> {
    match text.chars().count() {
        0..=PATTERN_CHARACTERS_MAX => (),
        characters => return Err(FilterError::TooLong(characters)),
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => fields(&object, &[]),
        Ok(_) => Err(not_understood(&[], "a pattern is an object")),
        Err(error) => Err(FilterError::NotJson(error.to_string())),
    }
}

fn not_understood(path: &[&str], problem: impl Into<String>) -> FilterError {
    FilterError::NotUnderstood { at: path.join("."), problem: problem.into() }
}

fn fields(object: &Map<String, Value>, path: &[&str]) -> Result<Fields, FilterError> {
    let mut read = Fields { named: Vec::new(), any_of: Vec::new() };
    for (name, value) in object {
        let path = [path, &[name.as_str()]].concat();
        match value {
            _ if name == OR => read.any_of = alternatives(value, &path)?,
            Value::Object(object) => read.named.push((name.clone(), Condition::Within(fields(object, &path)?))),
            Value::Array(rules) if rules.is_empty() => return Err(not_understood(&path, "no value is listed")),
            Value::Array(rules) => {
                let rules = rules.iter().map(|value| rule(value, &path)).collect::<Result<_, _>>()?;
                read.named.push((name.clone(), Condition::Value(rules)));
            }
            _ => return Err(not_understood(&path, "a value stands in a list, even when it is the only one")),
        }
    }
    Ok(read)
}

fn alternatives(value: &Value, path: &[&str]) -> Result<Vec<Fields>, FilterError> {
    let expected = || not_understood(path, "a list of objects is expected");
    let list = value.as_array().filter(|list| !list.is_empty()).ok_or_else(expected)?;
    list.iter().map(|alternative| fields(alternative.as_object().ok_or_else(expected)?, path)).collect()
}

fn rule(value: &Value, path: &[&str]) -> Result<Rule, FilterError> {
    let object = match value {
        Value::Object(object) => object,
        Value::Array(_) => return Err(not_understood(path, "a list within a list")),
        value => return Ok(Rule::Equals(value.clone())),
    };
    let (Some((operator, operand)), 1) = (object.iter().next(), object.len()) else {
        return Err(not_understood(path, "a rule is one operator with its operand"));
    };
    let read = match (operator.as_str(), operand) {
        ("prefix", Value::String(text)) => Some(Rule::Prefix(text.clone())),
        ("suffix", Value::String(text)) => Some(Rule::Suffix(text.clone())),
        ("equals-ignore-case", Value::String(text)) => Some(Rule::EqualsIgnoreCase(text.to_lowercase())),
        ("exists", Value::Bool(exists)) => Some(Rule::Exists(*exists)),
        ("anything-but", Value::Array(values)) => anything_but(values),
        ("anything-but", value) => anything_but(std::slice::from_ref(value)),
        ("numeric", Value::Array(terms)) => numeric(terms),
        ("prefix" | "suffix" | "equals-ignore-case" | "exists" | "numeric", _) => None,
        _ => return Err(not_understood(path, format!("there is no operator `{operator}`"))),
    };
    read.ok_or_else(|| not_understood(path, format!("`{operator}` does not take {operand}")))
}

fn anything_but(values: &[Value]) -> Option<Rule> {
    let are_plain = !values.is_empty() && values.iter().all(|value| value.is_string() || value.is_number());
    are_plain.then(|| Rule::AnythingBut(values.to_vec()))
}

/// One comparison, or a range of two.
fn numeric(terms: &[Value]) -> Option<Rule> {
    let comparison = |pair: &[Value]| {
        let [operator, number] = pair else { return None };
        let comparison = match operator.as_str()? {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        };
        Some((comparison, number.as_f64()?))
    };
    let comparisons: Vec<_> = terms.chunks(2).map(comparison).collect::<Option<_>>()?;
    (1..=2).contains(&comparisons.len()).then_some(Rule::Numeric(comparisons))
}

impl Fields {
    fn hold(&self, found: Option<&Value>) -> bool {
        // A list of objects holds what is asked for if one of them does.
        if let Some(Value::Array(elements)) = found {
            return elements.iter().any(|element| self.hold(Some(element)));
        }
        self.named.iter().all(|(name, condition)| condition.holds(found.and_then(|it| it.get(name))))
            && (self.any_of.is_empty() || self.any_of.iter().any(|fields| fields.hold(found)))
    }
}

impl Condition {
    fn holds(&self, found: Option<&Value>) -> bool {
        match self {
            Self::Within(fields) => fields.hold(found),
            Self::Value(rules) => {
                let mut leaves = Vec::new();
                collect_leaves(found, &mut leaves);
                rules.iter().any(|rule| rule.holds(&leaves))
            }
        }
    }
}

/// The values of a field: itself, the elements of a list, nothing of an object.
fn collect_leaves<'a>(found: Option<&'a Value>, leaves: &mut Vec<&'a Value>) {
    match found {
        None | Some(Value::Object(_)) => (),
        Some(Value::Array(elements)) => elements.iter().for_each(|element| collect_leaves(Some(element), leaves)),
        Some(leaf) => leaves.push(leaf),
    }
}

impl Rule {
    fn holds(&self, leaves: &[&Value]) -> bool {
        let any = |holds: &dyn Fn(&Value) -> bool| leaves.iter().any(|leaf| holds(leaf));
        let any_text = |holds: &dyn Fn(&str) -> bool| leaves.iter().filter_map(|leaf| leaf.as_str()).any(holds);
        match self {
            Self::Equals(value) => any(&|leaf| leaf == value),
            Self::EqualsIgnoreCase(text) => any_text(&|leaf| leaf.to_lowercase() == *text),
            Self::AnythingBut(values) => any(&|leaf| !values.contains(leaf)),
            Self::Numeric(comparisons) => {
                any(&|leaf| leaf.as_f64().is_some_and(|number| comparisons.iter().all(|it| it.0.holds(number, it.1))))
            }
            Self::Exists(exists) => leaves.is_empty() != *exists,
            Self::Prefix(prefix) => any_text(&|leaf| leaf.starts_with(prefix)),
            Self::Suffix(suffix) => any_text(&|leaf| leaf.ends_with(suffix)),
        }
    }
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            #[expect(clippy::float_cmp, reason = "the operator asks for this very number")]
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(event_name: &str, image: &Value) -> Record {
        let change = json!({ "SequenceNumber": "1", "ApproximateCreationDateTime": 1, "NewImage": image });
        Record::new(json!({ "eventName": event_name, "dynamodb": change }), "arn:stream").unwrap()
    }

    /// Whether `pattern` lets a record through whose `NewImage` is `image`.
    #[track_caller]
    fn check(pattern: &Value, image: &Value, expect: bool) {
        let pattern = json!({ "dynamodb": { "NewImage": pattern } });
        let filter = Filter::parse([pattern.to_string().as_str()]).unwrap();
        assert_eq!(filter.lets_through(&record("INSERT", image)), expect, "{pattern} {image}");
    }

    #[test]
    fn every_operator_of_the_guides_table() {
        let image = json!({
            "name": { "S": "Alice" }, "empty": { "S": "" }, "nothing": { "NULL": null }, "paid": { "BOOL": true },
            "price": { "N": "20" }, "bytes": 20, "tags": { "SS": ["red", "blue"] },
        });
        for (pattern, expect) in [
            // Null, Empty, Equals, Equals (ignore case)
            (json!({ "nothing": { "NULL": [null] } }), true),
            (json!({ "name": { "S": [null] } }), false),
            (json!({ "empty": { "S": [""] } }), true),
            (json!({ "name": { "S": [""] } }), false),
            (json!({ "name": { "S": ["Alice"] } }), true),
            (json!({ "name": { "S": ["alice"] } }), false),
            (json!({ "paid": { "BOOL": [true] } }), true),
            (json!({ "paid": { "BOOL": ["true"] } }), false),
            (json!({ "name": { "S": [{ "equals-ignore-case": "aLICE" }] } }), true),
            (json!({ "name": { "S": [{ "equals-ignore-case": "aLIC" }] } }), false),
            // And, Or, Or (multiple fields)
            (json!({ "name": { "S": ["Alice"] }, "empty": { "S": [""] } }), true),
            (json!({ "name": { "S": ["Alice"] }, "empty": { "S": ["x"] } }), false),
            (json!({ "name": { "S": ["Bob", "Alice"] } }), true),
            (json!({ "name": { "S": ["Bob", "Carol"] } }), false),
            (json!({ "$or": [{ "name": { "S": ["Bob"] } }, { "empty": { "S": [""] } }] }), true),
            (json!({ "$or": [{ "name": { "S": ["Bob"] } }, { "empty": { "S": ["x"] } }] }), false),
            (json!({ "name": { "S": ["Bob"] }, "$or": [{ "empty": { "S": [""] } }] }), false),
            // Not
            (json!({ "name": { "S": [{ "anything-but": ["Bob", "Carol"] }] } }), true),
            (json!({ "name": { "S": [{ "anything-but": "Alice" }] } }), false),
            (json!({ "missing": { "S": [{ "anything-but": ["Bob"] }] } }), false),
            // Numeric (equals), (range); a number of DynamoDB is a string and never matches.
            (json!({ "bytes": [{ "numeric": ["=", 20] }] }), true),
            (json!({ "bytes": [{ "numeric": [">", 10, "<=", 20] }] }), true),
            (json!({ "bytes": [{ "numeric": [">=", 21] }] }), false),
            (json!({ "bytes": [{ "numeric": ["<", 20] }] }), false),
            (json!({ "price": { "N": [{ "numeric": ["=", 20] }] } }), false),
            (json!({ "price": { "N": ["20"] } }), true),
            (json!({ "price": { "N": ["20.0"] } }), false),
            (json!({ "bytes": [20.0] }), false),
            // Exists, Does not exist: leaves only
            (json!({ "name": { "S": [{ "exists": true }] } }), true),
            (json!({ "name": [{ "exists": true }] }), false),
            (json!({ "missing": { "S": [{ "exists": true }] } }), false),
            (json!({ "missing": { "S": [{ "exists": false }] } }), true),
            (json!({ "name": { "S": [{ "exists": false }] } }), false),
            // Begins with, Ends with
            (json!({ "name": { "S": [{ "prefix": "Al" }] } }), true),
            (json!({ "name": { "S": [{ "prefix": "al" }] } }), false),
            (json!({ "name": { "S": [{ "suffix": "ice" }] } }), true),
            (json!({ "name": { "S": [{ "suffix": "Al" }] } }), false),
            (json!({ "price": { "S": [{ "prefix": "" }] } }), false),
            // A list of values matches by any of them.
            (json!({ "tags": { "SS": ["blue"] } }), true),
            (json!({ "tags": { "SS": [{ "prefix": "g" }] } }), false),
        ] {
            check(&pattern, &image, expect);
        }
        check(
            &json!({ "list": { "L": { "S": ["b"] } } }),
            &json!({ "list": { "L": [{ "S": "a" }, { "S": "b" }] } }),
            true,
        );
    }

    #[test]
    fn any_filter_lets_through_and_none_at_all_lets_everything_through() {
        let record = record("REMOVE", &Value::Null);
        let lets = |patterns: &[&str]| Filter::parse(patterns.iter().copied()).unwrap().lets_through(&record);
        assert!(lets(&[]));
        assert!(lets(&["{}"]));
        assert!(lets(&[r#"{"eventName": ["INSERT"]}"#, r#"{"eventName": ["REMOVE"]}"#]));
        assert!(!lets(&[r#"{"eventName": ["INSERT"]}"#, r#"{"eventName": ["MODIFY"]}"#]));
    }

    #[track_caller]
    fn check_refused(pattern: &str, expect: &str) {
        let error = Filter::parse([pattern]).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        check_refused("{", "not JSON");
        check_refused("[]", "a pattern is an object");
        check_refused(r#"{"a": {"b": "x"}}"#, "`a.b`: a value stands in a list");
        check_refused(r#"{"a": []}"#, "`a`: no value is listed");
        check_refused(r#"{"a": [["x"]]}"#, "a list within a list");
        check_refused(r#"{"a": [{}]}"#, "one operator");
        check_refused(r#"{"a": [{"prefix": "x", "suffix": "y"}]}"#, "one operator");
        check_refused(r#"{"a": [{"wildcard": "*"}]}"#, "there is no operator `wildcard`");
        check_refused(r#"{"a": [{"prefix": 5}]}"#, "`prefix` does not take 5");
        check_refused(r#"{"a": [{"exists": "yes"}]}"#, "`exists` does not take");
        check_refused(r#"{"a": [{"anything-but": {"prefix": "x"}}]}"#, "`anything-but` does not take");
        check_refused(r#"{"a": [{"anything-but": []}]}"#, "`anything-but` does not take");
        for terms in ["[]", r#"["=", 1, "=", 1, "=", 1]"#, r#"["!", 1]"#, r#"["="]"#, r#"["=", "1"]"#, "5"] {
            check_refused(&format!(r#"{{"a": [{{"numeric": {terms}}}]}}"#), "`numeric` does not take");
        }
        check_refused(r#"{"$or": []}"#, "`$or`: a list of objects");
        check_refused(r#"{"$or": ["x"]}"#, "`$or`: a list of objects");
        check_refused(&format!(r#"{{"a": ["{}"]}}"#, "x".repeat(PATTERN_CHARACTERS_MAX)), "4096 are allowed");
        let error = Filter::parse(["{}"; FILTERS_MAX + 1]).unwrap_err();
        assert_eq!(error, FilterError::TooMany(6));
    }
}
