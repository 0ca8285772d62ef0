//! Reading attributes of an item, whether it came from the SDK or from a stream record.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::error::Category;

use crate::StoreError;
use crate::keys::SORT;

/// An item as DynamoDB returns it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A look at an item that says which attribute of which item is wrong.
pub(crate) struct Image<'a>(pub(crate) &'a Item);

impl<'a> Image<'a> {
    pub(crate) fn sort_key(&self) -> &'a str {
        self.0.get(SORT).and_then(|value| value.as_s().ok()).map_or("without a sort key", String::as_str)
    }

    pub(crate) fn damaged(&self, what: impl Into<String>) -> StoreError {
        StoreError::Damaged { sort_key: self.sort_key().to_owned(), what: what.into() }
    }

    /// A text that may be absent.
    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, StoreError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.as_s().map(|text| Some(text.as_str())).map_err(|_| self.damaged(format!("`{name}` is not a string")))
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str, StoreError> {
        self.optional_text(name)?.ok_or_else(|| self.damaged(format!("`{name}` is missing")))
    }

    /// A text that a function understands.
    pub(crate) fn parsed<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        parse(self.text(name)?).map_err(|error| self.damaged(format!("`{name}`: {error}")))
    }

    /// A number that may be absent.
    pub(crate) fn optional_number<T: FromStr>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let number = value.as_n().ok().and_then(|number| number.parse().ok());
        number.map(Some).ok_or_else(|| self.damaged(format!("`{name}` is not a number in range")))
    }

    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Result<T, StoreError> {
        self.optional_number(name)?.ok_or_else(|| self.damaged(format!("`{name}` is missing")))
    }

    /// Refuses a format above `known`.
    pub(crate) fn check_format(&self, known: u32) -> Result<(), StoreError> {
        match self.number::<u32>("format")? {
            found if found > known => Err(StoreError::Newer { sort_key: self.sort_key().to_owned(), found, known }),
            _ => Ok(()),
        }
    }
}

/// What is wrong with a JSON text, without a word of what it holds: serde's own repeat the value that they refuse, which may be
/// a customer's, and errors are logged.
pub(crate) fn json_fault(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Eof => "it ends early",
        Category::Syntax => "it is no JSON",
        Category::Data => "it is of another shape",
        Category::Io => "it cannot be read",
    };
    // What was a value already has no place in a text.
    if error.column() == 0 { what.to_owned() } else { format!("{what}, at column {}", error.column()) }
}

pub(crate) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn number(number: impl std::fmt::Display + Copy) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
