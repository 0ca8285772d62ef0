//! Reading a JSON body field by field, so that whatever is wrong is named: which field, what was found, what was expected.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::problem::Problem;

/// How much of a caller's own text an error repeats.
const ECHO_CHARS_MAX: usize = 40;

/// How many fields an object may have: several times what any has, and little enough to compare each with each.
const FIELDS_MAX: usize = 64;

/// Up to which whole number, either way, every one of them is an `f64` of its own.
const WHOLE_NUMBER_MAX: f64 = 9_007_199_254_740_992.0;

/// A JSON object being read. Fields are taken out one by one; [`Object::finish`] refuses what is left.
#[derive(Debug)]
pub struct Object<'a> {
    /// Where the object is: empty for the body, else such as `purchases[3]`.
    path: String,
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// The fields of an object in their order, each value still as text, so that numbers are read exactly.
struct RawFields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for RawFields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = RawFields<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a JSON object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<RawFields<'de>, M::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    fields.push(field);
                }
                Ok(RawFields(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl<'a> Object<'a> {
    /// The body as an object.
    ///
    /// # Errors
    /// `MALFORMED_JSON` if it is no JSON or no object, `DUPLICATE_FIELD` if a name stands in it twice, `TOO_MANY_FIELDS`.
    pub fn parse(body: &'a [u8]) -> Result<Self, Problem> {
        let malformed = |why: String| {
            Problem::field("MALFORMED_JSON", "", format!("The body is not a JSON object: {why}."), "a JSON object")
        };
        let text = std::str::from_utf8(body).map_err(|error| malformed(error.to_string()))?;
        let fields = serde_json::from_str(text).map_err(|error| {
            // What serde_json says of a value of another type repeats all of it.
            malformed(if error.is_data() { format!("it is {}", kind(text.trim_start())) } else { error.to_string() })
        })?;
        Self::new(String::new(), fields)
    }

    fn new(path: String, RawFields(fields): RawFields<'a>) -> Result<Self, Problem> {
        if fields.len() > FIELDS_MAX {
            let detail = format!("The object has {} fields.", fields.len());
            return Err(Problem::field("TOO_MANY_FIELDS", path, detail, format!("at most {FIELDS_MAX} fields")));
        }
        for (position, (name, _)) in fields.iter().enumerate() {
            if fields.iter().take(position).any(|(earlier, _)| earlier == name) {
                let object = Self { path, fields: Vec::new() };
                let detail = format!("The field `{}` stands twice.", object.path_of(&echo(name)));
                let path = object.path_of(&echo(name));
                return Err(Problem::foreign_field("DUPLICATE_FIELD", path, detail, "each field once"));
            }
        }
        Ok(Self { path, fields })
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let position = self.fields.iter().position(|(existing, _)| existing == name)?;
        let (_, value) = self.fields.swap_remove(position);
        (value.get() != "null").then_some(value)
    }

    fn missing(&self, name: &str, expected: &str) -> Problem {
        let path = self.path_of(name);
        let detail = format!("The field `{path}` is missing.");
        Problem::field("MISSING_FIELD", path, detail, expected)
    }

    fn wrong_type(&self, name: &str, value: &RawValue, expected: &str) -> Problem {
        let path = self.path_of(name);
        let detail = format!("The field `{path}` is {}.", kind(value.get()));
        Problem::field("WRONG_TYPE", path, detail, expected)
    }

    /// A value of a field that was taken is not what was expected.
    pub fn invalid(&self, name: &str, found: &str, expected: impl Display) -> Problem {
        let path = self.path_of(name);
        let detail = format!("The field `{path}` is `{}`, but {expected}.", echo(found));
        Problem::field("INVALID_VALUE", path, detail, expected.to_string())
    }

    /// A text that may be absent, as `parse` understands it.
    ///
    /// # Errors
    /// `WRONG_TYPE` if it is no string, `INVALID_VALUE` if `parse` refuses it.
    pub fn optional<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let text: Cow<'_, str> =
            serde_json::from_str(value.get()).map_err(|_| self.wrong_type(name, value, "a string"))?;
        parse(&text).map(Some).map_err(|error| self.invalid(name, &text, error))
    }

    /// A text, as `parse` understands it.
    ///
    /// # Errors
    /// As [`Object::optional`], and `MISSING_FIELD`.
    pub fn required<T, E: Display>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, Problem> {
        self.optional(name, parse)?.ok_or_else(|| self.missing(name, expected))
    }

    /// A decimal number as the text it was written as, from a string or a number.
    ///
    /// # Errors
    /// `MISSING_FIELD`, or `WRONG_TYPE` if it is neither.
    pub fn decimal(&mut self, name: &str) -> Result<Cow<'a, str>, Problem> {
        const EXPECTED: &str = "a decimal number as a string, such as \"12.50\"";
        let value = self.take(name).ok_or_else(|| self.missing(name, EXPECTED))?;
        let raw = value.get();
        match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).map_err(|_| self.wrong_type(name, value, EXPECTED)),
            Some(b'-' | b'0'..=b'9') => Ok(Cow::Borrowed(raw)),
            _ => Err(self.wrong_type(name, value, EXPECTED)),
        }
    }

    /// A whole number that may be absent. JSON has one kind of number: `8`, `8.0` and `8e0` are the same.
    ///
    /// # Errors
    /// `WRONG_TYPE` if it is not a whole number, or too large for `f64` to tell it from its neighbours.
    pub fn optional_integer(&mut self, name: &str) -> Result<Option<i64>, Problem> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = serde_json::from_str::<f64>(value.get()).ok();
        let whole = number.filter(|number| number.fract() == 0.0 && number.abs() <= WHOLE_NUMBER_MAX);
        whole.map(|number| Some(number as i64)).ok_or_else(|| self.wrong_type(name, value, "a whole number"))
    }

    /// A truth value that may be absent.
    ///
    /// # Errors
    /// `WRONG_TYPE` if it is neither true nor false.
    pub fn optional_bool(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        let Some(value) = self.take(name) else { return Ok(None) };
        serde_json::from_str(value.get()).map(Some).map_err(|_| self.wrong_type(name, value, "true or false"))
    }

    /// An object that may be absent.
    ///
    /// # Errors
    /// `WRONG_TYPE` if it is no object, `DUPLICATE_FIELD`, `TOO_MANY_FIELDS`.
    pub fn optional_object(&mut self, name: &str) -> Result<Option<Self>, Problem> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let fields = serde_json::from_str(value.get()).map_err(|_| self.wrong_type(name, value, "an object"))?;
        Self::new(self.path_of(name), fields).map(Some)
    }

    /// An object.
    ///
    /// # Errors
    /// As [`Object::optional_object`], and `MISSING_FIELD`.
    pub fn object(&mut self, name: &str) -> Result<Self, Problem> {
        self.optional_object(name)?.ok_or_else(|| self.missing(name, "an object"))
    }

    /// A list of at most `max` objects that may be absent, which is the same as an empty one.
    ///
    /// # Errors
    /// `WRONG_TYPE`, or `INVALID_VALUE` if it is too long.
    pub fn optional_objects(&mut self, name: &str, max: usize) -> Result<Vec<Self>, Problem> {
        let expected = format!("a list of at most {max} objects");
        let Some(value) = self.take(name) else { return Ok(Vec::new()) };
        self.elements(name, value, max, expected)
    }

    /// A list of 1 to `max` objects.
    ///
    /// # Errors
    /// `MISSING_FIELD`, `WRONG_TYPE`, or `INVALID_VALUE` if it is empty or too long.
    pub fn objects(&mut self, name: &str, max: usize) -> Result<Vec<Self>, Problem> {
        let expected = format!("a list of 1 to {max} objects");
        let value = self.take(name).ok_or_else(|| self.missing(name, &expected))?;
        let elements = self.elements(name, value, max, expected.clone())?;
        if elements.is_empty() { Err(self.wrong_length(name, 0, expected)) } else { Ok(elements) }
    }

    fn wrong_length(&self, name: &str, length: usize, expected: String) -> Problem {
        let path = self.path_of(name);
        Problem::field("INVALID_VALUE", path.clone(), format!("The list `{path}` has {length} elements."), expected)
    }

    fn elements(&self, name: &str, value: &'a RawValue, max: usize, expected: String) -> Result<Vec<Self>, Problem> {
        let values: Vec<&'a RawValue> =
            serde_json::from_str(value.get()).map_err(|_| self.wrong_type(name, value, &expected))?;
        if values.len() > max {
            return Err(self.wrong_length(name, values.len(), expected));
        }
        let element = |(position, value): (usize, &'a RawValue)| {
            let name = format!("{name}[{position}]");
            let fields = serde_json::from_str(value.get()).map_err(|_| self.wrong_type(&name, value, "an object"))?;
            Self::new(self.path_of(&name), fields)
        };
        values.into_iter().enumerate().map(element).collect()
    }

    /// Refuses fields that nobody took: a misspelt option must not be ignored in silence.
    ///
    /// # Errors
    /// `UNKNOWN_FIELD`.
    pub fn finish(self, known: &str) -> Result<(), Problem> {
        let Some((name, _)) = self.fields.first() else { return Ok(()) };
        let path = self.path_of(&echo(name));
        let detail = format!("The field `{path}` is unknown.");
        Err(Problem::foreign_field("UNKNOWN_FIELD", path, detail, format!("only the fields {known}")))
    }
}

/// What kind of JSON value a text begins.
fn kind(text: &str) -> &'static str {
    match text.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The beginning of a caller's text, without control characters.
fn echo(text: &str) -> String {
    beginning(text, ECHO_CHARS_MAX)
}

/// At most this many characters of a caller's text, without control characters.
pub(crate) fn beginning(text: &str, chars_max: usize) -> String {
    let short: String = text.chars().filter(|char| !char.is_control()).take(chars_max).collect();
    if short.len() < text.len() { short + "…" } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: &str, expect: Option<i64>) {
        let body = format!("{{\"regret\":{number}}}");
        let read = Object::parse(body.as_bytes()).and_then(|mut body| body.optional_integer("regret"));
        let read = read.map_err(|problem| problem.code);
        assert_eq!(read, expect.map(Some).ok_or("WRONG_TYPE"), "{number}");
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        check("8", Some(8));
        check("8.0", Some(8));
        check("0.8e1", Some(8));
        check("-8", Some(-8));
        check("-0.0", Some(0));
        check("9007199254740992", Some(9_007_199_254_740_992));
        check("8.5", None);
        check("1e300", None);
        check("\"8\"", None);
    }
}
