//! Every request and its answer, written down: for whoever wants to look at them, or to hold them against the contract.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use http::Response;
use http::request::Parts;
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};

/// A request, and what it was answered. What it showed to be let through (its token) is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The request's method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// What stands behind the path's question mark.
    pub query: String,
    /// Its body; what is no UTF-8 in it is replaced.
    pub body: String,
    /// The answer's status.
    pub status: u16,
    /// The answer's headers.
    pub headers: BTreeMap<String, String>,
    /// The answer's body.
    pub answer: String,
}

/// The file of the exchanges: one in a line, as JSON.
#[derive(Debug)]
pub struct Exchanges(Mutex<File>);

impl Exchanges {
    /// Exchanges in this file, which is emptied first.
    ///
    /// # Errors
    /// What the system says.
    pub fn in_file(path: &Path) -> io::Result<Self> {
        Ok(Self(Mutex::new(File::create(path)?)))
    }

    /// Adds a line, at once: it is there even if the process is killed next.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn add(&self, asked: &Parts, body: &[u8], answer: &Response<Bytes>) -> io::Result<()> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value.as_bytes())));
        let exchange = Exchange {
            method: asked.method.to_string(),
            path: asked.uri.path().to_owned(),
            query: asked.uri.query().unwrap_or_default().to_owned(),
            body: text(body),
            status: answer.status().as_u16(),
            headers: headers.collect(),
            answer: text(answer.body()),
        };
        let line = serde_json::to_string(&exchange)? + "\n";
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())
    }
}
