//! Bending JSON: a document as a tree whose leaves are raw text, so that it can hold what no parser would give (a number of a
//! thousand digits, a field that stands twice), and changes of it.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// A JSON document.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Leaf(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
    /// A string that holds a document, as the body of an event and the decision of an entry do.
    Text(Box<Json>),
}

/// What happens to one element or field of a document.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Remove,
    Repeat,
    Rename(String),
    Replace(String),
}

/// Changes, each with the place where it happens.
pub(crate) type Changes = Vec<(Index, Change)>;

impl Json {
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Array(elements) => Self::List(elements.iter().map(Self::of).collect()),
            Value::Object(fields) => {
                Self::Object(fields.iter().map(|(name, value)| (name.clone(), Self::of(value))).collect())
            }
            Value::String(text) => match serde_json::from_str(text) {
                Ok(inner @ (Value::Array(_) | Value::Object(_))) => Self::Text(Box::new(Self::of(&inner))),
                _ => Self::Leaf(value.to_string()),
            },
            leaf => Self::Leaf(leaf.to_string()),
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Leaf(text) => text.clone(),
            Self::Text(inner) => quoted(&inner.text()),
            Self::List(elements) => format!("[{}]", elements.iter().map(Self::text).collect::<Vec<_>>().join(",")),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| format!("{}:{}", quoted(name), value.text()));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// How many elements and fields there are at any depth.
    fn places(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Text(inner) => inner.places(),
            Self::List(elements) => elements.iter().map(|element| 1 + element.places()).sum(),
            Self::Object(fields) => fields.iter().map(|(_, value)| 1 + value.places()).sum(),
        }
    }

    /// The document with these changes, one after the other.
    pub(crate) fn changed(mut self, changes: &[(Index, Change)]) -> Self {
        for (index, change) in changes {
            match (self.places(), change) {
                (0, Change::Replace(text)) => self = Self::Leaf(text.clone()),
                (0, _) => {}
                (places, change) => self.change(&mut index.index(places), change),
            }
        }
        self
    }

    /// Makes a change at a place, counted from the first; counts down on the way.
    fn change(&mut self, place: &mut usize, change: &Change) {
        if let Self::Text(inner) = self {
            inner.change(place, change);
            return;
        }
        let mut position = 0;
        while position < self.len() {
            if *place == 0 {
                self.change_child(position, change);
                *place = usize::MAX;
                return;
            }
            *place -= 1;
            let child = match self {
                Self::List(elements) => &mut elements[position],
                Self::Object(fields) => &mut fields[position].1,
                Self::Leaf(_) | Self::Text(_) => return,
            };
            child.change(place, change);
            if *place == usize::MAX {
                return;
            }
            position += 1;
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Leaf(_) | Self::Text(_) => 0,
            Self::List(elements) => elements.len(),
            Self::Object(fields) => fields.len(),
        }
    }

    fn change_child(&mut self, position: usize, change: &Change) {
        match (self, change) {
            (Self::List(elements), Change::Remove) => drop(elements.remove(position)),
            (Self::Object(fields), Change::Remove) => drop(fields.remove(position)),
            (Self::List(elements), Change::Repeat) => elements.push(elements[position].clone()),
            (Self::Object(fields), Change::Repeat) => fields.push(fields[position].clone()),
            (Self::List(elements), Change::Replace(text)) => elements[position] = Self::Leaf(text.clone()),
            (Self::Object(fields), Change::Replace(text)) => fields[position].1 = Self::Leaf(text.clone()),
            (Self::Object(fields), Change::Rename(name)) => fields[position].0.clone_from(name),
            (Self::List(_), Change::Rename(_)) | (Self::Leaf(_) | Self::Text(_), _) => {}
        }
    }
}

pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Values that have broken something somewhere: other types, other units, the ends of every range and what lies behind them.
const LITERALS: [&str; 52] = [
    "null",
    "true",
    "[]",
    "{}",
    "[null]",
    "{\"S\":7}",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\u202eoge\"",
    "\"😀\"",
    "0",
    "-0",
    "-1",
    "0.1",
    "1e2",
    "1e999",
    "-1e999",
    "1e-999",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "1000000000001",
    "NaN",
    "Infinity",
    "\"NaN\"",
    "\"inf\"",
    "\"-inf\"",
    "\"0\"",
    "\"-0\"",
    "\"-5\"",
    "\"1e5\"",
    "\"4294967295\"",
    "\"4294967296\"",
    "\"-9223372036854775808\"",
    "\"9223372036854775807\"",
    "\"1000000000000\"",
    "\"0.00000000000000000000000000000000000001\"",
    "\"eur\"",
    "\"JPY\"",
    "\"KWD\"",
    "\"kg\"",
    "\"1970-01-01T00:00:00Z\"",
    "\"1970-01-01T00:00:00+23:59\"",
    "\"2026-02-29T00:00:00Z\"",
    "\"2016-12-31T23:59:60Z\"",
    "\"2026-03-14T09:26:53\"",
    "\"2099-12-31T23:59:59.999-23:59\"",
    "\"24:00\"",
    "\"22:00\"",
    "\"01KKNQ9668NJ94CE7A9WA6S749\"",
];

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(LITERALS.to_vec()).prop_map(str::to_owned),
        2 => any::<String>().prop_map(|text| quoted(&text)),
        1 => any::<f64>().prop_map(|number| Value::from(number).to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => (1..40_usize).prop_map(|digits| "9".repeat(digits)),
        1 => select(vec![64_usize, 65, 10_000]).prop_map(|length| quoted(&"x".repeat(length))),
        1 => select(vec![10_usize, 127, 5_000]).prop_map(|depth| "[".repeat(depth) + &"]".repeat(depth)),
        1 => select(vec![10_usize, 127, 5_000]).prop_map(|depth| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth)),
        1 => select(vec![101_usize, 5_000]).prop_map(|length| format!("[{}0]", "0,".repeat(length))),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => Just(Change::Remove),
        1 => Just(Change::Repeat),
        1 => any::<String>().prop_map(Change::Rename),
        8 => literal().prop_map(Change::Replace),
    ]
}

/// One to three changes.
pub(crate) fn changes() -> impl Strategy<Value = Changes> {
    prop::collection::vec((any::<Index>(), change()), 1..4)
}
