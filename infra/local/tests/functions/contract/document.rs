//! `infra/openapi.yaml`: which operation a call is for, and whether call and answer are as it says.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use lambda_http::http::HeaderMap;
use lambda_http::{Request, RequestExt};
use serde_json::{Value, json};

use crate::world::Answer;

/// The contract, read once for all tests.
pub(crate) static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::of(super::document()));

/// What is answered where no operation is called.
const NO_OPERATION: &str = "/components/responses/NoSuchRoute";

/// The document, with a validator for each of its schemas that was asked for.
pub(crate) struct Contract {
    document: Value,
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
}

/// Where an operation stands in the document.
struct Operation {
    /// `POST /v1/attempts`.
    route: String,
    pointer: String,
    /// What stands in the path for each of its parameters.
    path_parameters: BTreeMap<String, String>,
}

impl Contract {
    /// A contract of this document.
    pub(crate) fn of(document: Value) -> Self {
        Self { document, validators: Mutex::default() }
    }

    /// The document.
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// Every operation: `POST /v1/attempts`, and its pointer.
    pub(crate) fn operations(&self) -> BTreeMap<String, String> {
        let methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];
        let mut operations = BTreeMap::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for method in methods.into_iter().filter(|method| item.get(method).is_some()) {
                let pointer = format!("/paths/{}/{method}", escaped(path));
                operations.insert(format!("{} {path}", method.to_uppercase()), pointer);
            }
        }
        operations
    }

    /// What stands at a pointer, and where: references are followed.
    pub(crate) fn at(&self, pointer: &str) -> Option<(String, &Value)> {
        let found = self.document.pointer(pointer)?;
        match found["$ref"].as_str() {
            Some(reference) => self.at(reference.strip_prefix('#')?),
            None => Some((pointer.to_owned(), found)),
        }
    }

    /// Whether a value is as the schema at this pointer says.
    ///
    /// # Errors
    /// Everything that is not.
    pub(crate) fn validate(&self, schema: &str, value: &Value) -> Result<(), String> {
        let errors: Vec<String> = self
            .validator(schema)
            .iter_errors(value)
            .map(|error| format!("{} at `{}`", error.masked(), error.instance_path()))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(format!("{schema}: {}\n{value:#}", errors.join("; "))) }
    }

    fn validator(&self, schema: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let make = || {
            // The document itself is the schema, so that references within it lead somewhere; what else stands in it is no keyword.
            let mut root = self.document.clone();
            root["$ref"] = json!(format!("#{}", schema.replace('{', "%7B").replace('}', "%7D")));
            let options =
                jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
            Arc::new(options.build(&root).unwrap_or_else(|error| panic!("{schema}: {error}")))
        };
        validators.entry(schema.to_owned()).or_insert_with(make).clone()
    }

    /// Whether an answer is one that the document promises to this call; and, if it is a good one, whether the call was one that the
    /// document lets through.
    ///
    /// # Errors
    /// What is not as the document says.
    pub(crate) fn check(&self, request: &Request, answer: &Answer, headers: &HeaderMap) -> Result<(), String> {
        let Some(operation) = self.operation(request) else {
            if answer.status != 404 {
                return Err(format!("there is no such operation, but the answer {}", answer.status));
            }
            return self.check_answer(NO_OPERATION, answer, headers);
        };
        let response = format!("{}/responses/{}", operation.pointer, answer.status);
        self.check_answer(&response, answer, headers)?;
        if answer.status == 200 { self.check_request(&operation, request) } else { Ok(()) }
    }

    /// The operation that a request is for, as the document writes it: `POST /v1/attempts`.
    pub(crate) fn route(&self, request: &Request) -> Option<String> {
        self.operation(request).map(|operation| operation.route)
    }

    /// The operation that a method and a path are for.
    fn operation(&self, request: &Request) -> Option<Operation> {
        let asked: Vec<&str> = segments(request.raw_http_path());
        self.operations().into_iter().find_map(|(route, pointer)| {
            let (method, path) = route.split_once(' ')?;
            let known = segments(path);
            let mut path_parameters = BTreeMap::new();
            let mut is_for = method == request.method().as_str() && known.len() == asked.len();
            for (known, asked) in known.iter().zip(&asked) {
                match known.strip_prefix('{').and_then(|known| known.strip_suffix('}')) {
                    Some(name) => drop(path_parameters.insert(name.to_owned(), (*asked).to_owned())),
                    None => is_for &= known == asked,
                }
            }
            is_for.then_some(Operation { route: route.clone(), pointer, path_parameters })
        })
    }

    fn check_answer(&self, response: &str, answer: &Answer, headers: &HeaderMap) -> Result<(), String> {
        let (response, described) = self.at(response).ok_or(format!("{response} is not in the contract"))?;
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            let (header, described) = match header["$ref"].as_str() {
                Some(reference) => self.at(&reference[1..]).ok_or(format!("{reference} leads nowhere"))?,
                None => (format!("{response}/headers/{}", escaped(name)), header),
            };
            match headers.get(name) {
                Some(value) => self.validate(&format!("{header}/schema"), &json!(value.to_str().unwrap()))?,
                None if described["required"] == true => return Err(format!("the header {name} is missing")),
                None => {}
            }
        }
        let media = answer.content_type.split(';').next().unwrap_or_default();
        let content = format!("{response}/content/{}", escaped(media));
        self.at(&content).ok_or(format!("{content} is not in the contract"))?;
        let is_json = media.ends_with("json");
        let value = if is_json { answer.json() } else { Value::String(answer.text.clone()) };
        self.validate(&format!("{content}/schema"), &value)
    }

    fn check_request(&self, operation: &Operation, request: &Request) -> Result<(), String> {
        if self.at(&format!("{}/requestBody", operation.pointer)).is_some() {
            let text = std::str::from_utf8(request.body()).map_err(|error| error.to_string())?;
            let body = serde_json::from_str(text).map_err(|error| error.to_string())?;
            self.validate(&format!("{}/requestBody/content/application~1json/schema", operation.pointer), &body)?;
        }
        let query = request.query_string_parameters_ref();
        for parameter in self.parameters(&operation.pointer) {
            let described = self.document.pointer(&parameter).unwrap();
            let name = described["name"].as_str().unwrap();
            let given = match described["in"].as_str() {
                Some("path") => operation.path_parameters.get(name).map(String::as_str),
                _ => query.and_then(|query| query.first(name)),
            };
            let Some(given) = given else { continue };
            let is_number = described["schema"]["type"] == "integer";
            let value = if is_number { json!(given.parse::<i64>().ok()) } else { json!(given) };
            self.validate(&format!("{parameter}/schema"), &value)?;
        }
        Ok(())
    }

    /// Where the parameters of an operation stand: its path's and its own.
    pub(crate) fn parameters(&self, operation: &str) -> Vec<String> {
        let (path, _) = operation.rsplit_once('/').unwrap();
        let mut parameters = Vec::new();
        for list in [format!("{path}/parameters"), format!("{operation}/parameters")] {
            let count = self.document.pointer(&list).and_then(Value::as_array).map_or(0, Vec::len);
            parameters.extend((0..count).map(|place| self.at(&format!("{list}/{place}")).unwrap().0));
        }
        parameters
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// A name as a JSON pointer has it (RFC 6901).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
