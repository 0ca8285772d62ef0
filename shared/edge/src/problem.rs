//! Problems: what a caller is told when something is wrong (RFC 9457), and what the log is told instead.

use engine::profile::CodecError;
use lambda_http::http::StatusCode;
use serde::Serialize;
use store::StoreError;

/// Something that keeps a request from its answer.
#[derive(Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// A code that stays the same, for programs.
    pub code: &'static str,
    /// What is wrong, for people.
    pub detail: String,
    /// The field at fault, such as `purchases[3].amount.value`.
    pub field: Option<String>,
    /// Whether the caller gave that field its name, which may be anything: it stays out of the log.
    pub field_is_callers: bool,
    /// What was expected there.
    pub expected: Option<String>,
    /// What happened inside; for the log only.
    pub internal: Option<String>,
}

/// The body of a problem.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    request_id: &'a str,
}

impl Problem {
    /// A problem of this status and code.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            field: None,
            field_is_callers: false,
            expected: None,
            internal: None,
        }
    }

    /// A field of the request is wrong.
    pub fn field(
        code: &'static str,
        field: impl Into<String>,
        detail: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, code, detail);
        Self { field: Some(field.into()), expected: Some(expected.into()), ..problem }
    }

    /// A field of the request should not be there.
    pub fn foreign_field(
        code: &'static str,
        field: impl Into<String>,
        detail: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { field_is_callers: true, ..Self::field(code, field, detail, expected) }
    }

    /// The field at fault, if its name is Guardian's own.
    pub(crate) fn field_for_log(&self) -> Option<&str> {
        self.field.as_deref().filter(|_| !self.field_is_callers)
    }

    /// What the request names does not exist.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// The request contradicts what is.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// The table did not do what was asked, for this reason, or not in time; it may if it is asked again.
    pub fn table_unavailable(cause: &dyn std::fmt::Display) -> Self {
        let detail =
            "The data store did not answer in time. Nothing was changed unless a retry says so; please try again.";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "TABLE_UNAVAILABLE", detail);
        Self { internal: Some(cause.to_string()), ..problem }
    }

    /// Something of the product's own failed.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        let problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "The answer could not be written.");
        Self { internal: Some(cause.to_string()), ..problem }
    }

    /// The body as `application/problem+json`.
    pub fn to_json(&self, request_id: &str) -> Vec<u8> {
        let title = self.status.canonical_reason().unwrap_or("Problem");
        let body = Body {
            r#type: "about:blank",
            title,
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            field: self.field.as_deref(),
            expected: self.expected.as_deref(),
            request_id,
        };
        serde_json::to_vec(&body).unwrap_or_else(|_| br#"{"code":"INTERNAL"}"#.to_vec())
    }
}

impl From<StoreError> for Problem {
    /// An unreachable table is 503 and may be tried again; data of a newer version is 409; damaged data is 500.
    fn from(error: StoreError) -> Self {
        let (status, code, detail) = match &error {
            StoreError::Unavailable { .. }
            | StoreError::Refused { .. }
            | StoreError::NoTable { .. }
            | StoreError::OtherTable { .. }
            | StoreError::Contended { .. } => return Self::table_unavailable(&error),
            StoreError::Newer { .. } | StoreError::Profile(CodecError::Newer { .. }) => (
                StatusCode::CONFLICT,
                "NEWER_FORMAT",
                "This was written by a newer version of Guardian, which must be deployed to read it.",
            ),
            StoreError::Damaged { .. } | StoreError::Profile(CodecError::Damaged(_)) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "DAMAGED_DATA",
                "Stored data cannot be read. The log names the item under this request id.",
            ),
        };
        Self { internal: Some(error.to_string()), ..Self::new(status, code, detail) }
    }
}
