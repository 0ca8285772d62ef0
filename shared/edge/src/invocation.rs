//! One invocation of a function, as every line of its log names it.
//!
//! The span holds who asked and what ran; a line's own fields hold what came of it. So a warning deep in a handler and the line of
//! the request are found by the same ids: API Gateway's, Lambda's, X-Ray's, and the caller's own, if it sent one.

use std::sync::atomic::{AtomicBool, Ordering};

use lambda_http::http::{HeaderMap, HeaderName};
use lambda_runtime::Context;
use tracing::Span;

/// By what a caller finds its own request again: in its log, in Guardian's, and in the answer, which repeats it. It is logged as it
/// comes, so it should not be made of a customer's id.
pub(crate) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// The trace that a caller is in (W3C Trace Context); its trace id is the correlation id of who sends no other.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest correlation id, in bytes.
const CORRELATION_ID_LENGTH_MAX: usize = 64;

/// Whether this process has served before. A process is a sandbox of Lambda's, whose first invocation pays for the start.
static HAS_SERVED: AtomicBool = AtomicBool::new(false);

/// What an HTTP request is known by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RequestIds<'a> {
    /// API Gateway's id of it; empty if it did not come from there.
    pub(crate) request: &'a str,
    /// The caller's.
    pub(crate) correlation: Option<&'a str>,
}

/// The span of an HTTP request. Without a context nothing is known of Lambda, as in tests.
pub(crate) fn request_span(ids: RequestIds<'_>, context: Option<&Context>) -> Span {
    let RequestIds { request, correlation } = ids;
    let request = Some(request).filter(|id| !id.is_empty());
    span(request, correlation, context)
}

/// The span of a batch of the stream.
pub fn batch_span(context: &Context) -> Span {
    span(None, None, Some(context))
}

fn span(request: Option<&str>, correlation: Option<&str>, context: Option<&Context>) -> Span {
    // Of the highest level, because it must be there wherever a line is.
    tracing::error_span!(
        "invocation",
        request_id = request,
        correlation_id = correlation,
        invocation_id = context.map(|context| context.request_id.as_str()),
        trace_id = context.and_then(|context| context.xray_trace_id.as_deref()),
        cold_start = !HAS_SERVED.swap(true, Ordering::Relaxed),
        function_version = context.map(|context| context.env_config.version.as_str()),
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// The caller's id of a request, if it sent one that is fit to be logged.
pub(crate) fn correlation_id(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_plain = |id: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        (1..=CORRELATION_ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(allowed)
    };
    let trace_id = || text(&TRACEPARENT)?.split('-').nth(1).filter(|id| id.len() == 32);
    text(&CORRELATION_ID).or_else(trace_id).filter(|id| is_plain(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&HeaderName, &str)], expect: Option<&str>) {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| ((*name).clone(), value.parse().unwrap())).collect();
        assert_eq!(correlation_id(&headers), expect, "{headers:?}");
    }

    #[test]
    fn a_correlation_id_is_short_and_plain_or_none() {
        const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        check(&[], None);
        check(&[(&CORRELATION_ID, "checkout-42_B")], Some("checkout-42_B"));
        check(&[(&CORRELATION_ID, &"x".repeat(64))], Some(&"x".repeat(64)));
        for unfit in ["", " ", "a b", "a\"b", "a{}", "ada@example.com", "7341.97", &"x".repeat(65)] {
            check(&[(&CORRELATION_ID, unfit)], None);
        }
        check(&[(&TRACEPARENT, TRACE)], Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        check(&[(&TRACEPARENT, TRACE), (&CORRELATION_ID, "mine")], Some("mine"));
        for unfit in ["00", "00-4bf9-00f0-01", "00-4bf92f3577b34da6a3ce929d0e0e473!-00f067aa0ba902b7-01"] {
            check(&[(&TRACEPARENT, unfit)], None);
        }
    }
}
