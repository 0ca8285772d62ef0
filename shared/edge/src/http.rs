//! HTTP: from an API Gateway event to a call, from an answer or a problem to a response; one log line and one metric each.

use std::fmt::Display;
use std::future::Future;
use std::time::{Duration, Instant, SystemTime};

use engine::id::{AttemptId, CustomerId};
use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::http::{HeaderValue, Method, StatusCode};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, Body, LambdaEvent, Request, RequestExt, Response, Service};
use serde::Serialize;
use tokio::time::timeout;
use tracing::Instrument;

use crate::access::{self, Caller};
use crate::invocation::{CORRELATION_ID, RequestIds, TRACEPARENT, correlation_id, request_span};
use crate::json::beginning;
use crate::metrics::RequestMetrics;
use crate::problem::Problem;
use crate::request_log::{DecisionTrace, RequestLine};
use crate::route::{self, Route};
use crate::start;

/// The largest body accepted, in bytes: a hundred purchases with room to spare.
pub const BODY_BYTES_MAX: usize = 128 * 1024;

/// How long a function may work at an answer: less than its timeout in the template, at which Lambda would end it without one.
pub const ANSWER_BUDGET: Duration = Duration::from_secs(8);

/// How much of a path that is no route's an answer repeats.
const PATH_CHARS_MAX: usize = 100;

const JSON: &str = "application/json";
const PROBLEM_JSON: &str = "application/problem+json";
/// The policy of a page whose own is no header: it may do nothing at all.
const STRICTEST_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request, reduced to what handlers use.
#[derive(Debug)]
pub struct Call<'a> {
    /// The body; empty if there is none.
    pub body: &'a [u8],
    route: &'static Route,
    /// The path's segments: `/v1/report` is `["v1", "report"]`.
    path: Vec<&'a str>,
    /// The only customer whom the caller may ask about; `None`: any.
    only: Option<&'a CustomerId>,
    request: &'a Request,
}

impl Call<'_> {
    /// Whether the caller may ask about this customer. Asked by routes that learn from the body whom they are about; where it is the
    /// path that says so, this has been looked at before.
    ///
    /// # Errors
    /// 403 `FORBIDDEN` if the caller is another customer.
    pub fn concerns(&self, customer: &CustomerId) -> Result<(), Problem> {
        if self.only.is_none_or(|only| only == customer) { Ok(()) } else { Err(access::somebody_elses()) }
    }

    /// The customer whom the path is about.
    ///
    /// # Errors
    /// 400 `INVALID_VALUE` if it is no id.
    pub fn customer(&self) -> Result<CustomerId, Problem> {
        self.parameter(route::CUSTOMER, CustomerId::parse)
    }

    /// The attempt that the path is about.
    ///
    /// # Errors
    /// 400 `INVALID_VALUE` if it is no id.
    pub fn attempt(&self) -> Result<AttemptId, Problem> {
        self.parameter(route::ATTEMPT, AttemptId::parse)
    }

    fn parameter<T, E: Display>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, Problem> {
        let value = self.route.parameter(name, &self.path).unwrap_or_default();
        parse(value).map_err(|error| invalid(name, &error))
    }

    /// What the API's stage says under this name: a setting of the API, which no caller can write. An empty one is none.
    pub fn stage_variable(&self, name: &str) -> Option<String> {
        let value = self.request.stage_variables_ref()?.first(name);
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// The attempt that a query parameter names, if it is there.
    ///
    /// # Errors
    /// 400 `INVALID_VALUE` if it is no id.
    pub fn query_attempt(&self, name: &str) -> Result<Option<AttemptId>, Problem> {
        let value = self.query(name);
        value.map(|value| AttemptId::parse(&value).map_err(|error| invalid(name, &error))).transpose()
    }

    /// The value of a query parameter.
    pub fn query(&self, name: &str) -> Option<String> {
        self.request.query_string_parameters_ref()?.first(name).map(str::to_owned)
    }
}

/// A parameter that is not what it should be.
fn invalid(name: &str, error: &impl Display) -> Problem {
    Problem::field("INVALID_VALUE", name, error.to_string(), error.to_string())
}

/// A good answer.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    decision: Option<DecisionTrace>,
    /// What the page may load and run; `None` for what is no page.
    content_security_policy: Option<HeaderValue>,
}

impl Answer {
    /// 200 with a JSON body.
    ///
    /// # Errors
    /// A problem of status 500 if the value is no JSON, which no type of this product is.
    pub fn json<T: Serialize>(value: &T) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(|error| Problem::internal(&error))?;
        Ok(Self::new(JSON, body))
    }

    /// 200 with a table of comma-separated values.
    pub fn csv(table: String) -> Self {
        Self::new("text/csv; charset=utf-8", table.into_bytes())
    }

    /// A page that may load and run what `policy` says (Content Security Policy, level 3), and nothing else. It is shown in no
    /// frame of others, kept in no cache, and tells nobody where a link was followed from.
    pub fn html(status: StatusCode, page: String, policy: &str) -> Self {
        let content_security_policy = Some(HeaderValue::from_str(policy).unwrap_or(STRICTEST_POLICY));
        Self { status, content_security_policy, ..Self::new("text/html; charset=utf-8", page.into_bytes()) }
    }

    fn new(content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, content_type, body, decision: None, content_security_policy: None }
    }

    /// The same as the answer of a decision: the log says by what it was made, and a `Server-Timing` header how long it took.
    #[must_use]
    pub fn with_decision(self, decision: DecisionTrace) -> Self {
        Self { decision: Some(decision), ..self }
    }
}

/// An HTTP function.
pub trait Handler: Send + Sync {
    /// The function's name.
    const FUNCTION: &'static str;

    /// What stands for a route in the code.
    type Endpoint: Copy + Send + Sync + 'static;

    /// What it answers, and whom.
    const ROUTES: &'static [(Route, Self::Endpoint)];

    /// Answers one call of a route that is its own, and whose caller is admitted.
    fn handle(&self, endpoint: Self::Endpoint, call: Call<'_>) -> impl Future<Output = Result<Answer, Problem>> + Send;
}

/// Answers one event, whatever it holds: every failure is a problem, never an error of the function.
pub async fn respond<H: Handler>(handler: &H, caller: &Caller, request: Request) -> Response<Body> {
    let request_id = request_id(&request);
    let ids = RequestIds { request: &request_id, correlation: correlation_id(request.headers()) };
    let span = request_span(ids, request.lambda_context_ref());
    respond_as(handler, caller, &request, ids).instrument(span).await
}

/// The same within the request's span.
async fn respond_as<H: Handler>(
    handler: &H,
    caller: &Caller,
    request: &Request,
    ids: RequestIds<'_>,
) -> Response<Body> {
    let (started_at, started) = (SystemTime::now(), Instant::now());
    let path: Vec<&str> = request.raw_http_path().split('/').filter(|segment| !segment.is_empty()).collect();
    let found = H::ROUTES.iter().find(|(route, _)| route.is(request.method(), &path));
    let result = async {
        let (route, endpoint) = found.ok_or_else(|| no_route(request.method(), &path))?;
        let only = admitted(route, caller, &path)?;
        let call = Call { body: body(request)?, route, path, only, request };
        // What is waited for is the table: nothing else here takes any time.
        let handling = timeout(ANSWER_BUDGET, handler.handle(*endpoint, call));
        handling.await.unwrap_or_else(|elapsed| Err(Problem::table_unavailable(&elapsed)))
    };
    let result = result.await;
    let route = found.map_or("other", |(route, _)| route.name);
    let status = result.as_ref().map_or_else(|problem| problem.status, |answer| answer.status);
    let duration = started.elapsed();
    let (problem, decision) = (result.as_ref().err(), result.as_ref().ok().and_then(|answer| answer.decision.as_ref()));
    RequestLine { route, status, duration, problem, decision }.write();
    RequestMetrics {
        timestamp: started_at,
        function: H::FUNCTION,
        route,
        requests: 1,
        client_errors: status.is_client_error().into(),
        server_errors: status.is_server_error().into(),
        duration,
    }
    .emit();
    let response = match result {
        Ok(answer) => answer_response(answer),
        Err(problem) => problem_response(&problem, ids.request),
    };
    with_ids(response, ids)
}

/// Whether the caller may ask this route this path, and about which customer alone.
fn admitted<'a>(route: &Route, caller: &'a Caller, path: &[&str]) -> Result<Option<&'a CustomerId>, Problem> {
    let only = caller.admitted(route.admits)?;
    match (only, route.parameter(route::CUSTOMER, path)) {
        (Some(only), Some(customer)) if only.as_str() != customer => Err(access::somebody_elses()),
        _ => Ok(only),
    }
}

/// Runs an HTTP function until Lambda ends it.
///
/// # Errors
/// The runtime's, when Lambda cannot be talked to.
pub async fn run<H: Handler + 'static>(handler: H) -> Result<(), lambda_http::Error> {
    // They live as long as the process.
    let (handler, customer_claim): (&H, &str) = (Box::leak(Box::new(handler)), start::customer_claim().leak());
    let mut adapter = Adapter::from(lambda_http::service_fn(move |request: Request| async move {
        let caller = Caller::of(&request, customer_claim);
        Ok::<_, std::convert::Infallible>(respond(handler, &caller, request).await)
    }));
    let answer = lambda_http::service_fn(move |event: LambdaEvent<LambdaRequest>| {
        let (payload, context) = event.into_parts();
        adapter.call(LambdaEvent::new(without_uri(payload), context))
    });
    // In a task: whenever the future that a runtime was started with is woken, the runtime asks the kernel for news, which a task
    // spares it.
    tokio::spawn(lambda_runtime::run(answer)).await?
}

/// The request that [`run`] makes of an event, for whoever calls [`respond`] without Lambda.
pub fn request(event: LambdaRequest) -> Request {
    without_uri(event).into()
}

/// The event without what `lambda_http` makes a URI of: it panics where that is none, and path, query and headers are what a
/// caller sent. No handler reads the URI; the query's parameters are read here, and the path is kept beside the URI as it is.
/// Of the headers, only those are read that a caller finds its request by.
fn without_uri(event: LambdaRequest) -> LambdaRequest {
    let LambdaRequest::ApiGatewayV2(mut event) = event else { return event };
    if let Some(query) = event.raw_query_string.take() {
        event.query_string_parameters = query.parse().unwrap_or_default();
    }
    event.headers = [CORRELATION_ID, TRACEPARENT]
        .into_iter()
        .filter_map(|name| event.headers.remove(&name).map(|value| (name, value)))
        .collect();
    event.request_context.domain_name = None;
    LambdaRequest::ApiGatewayV2(event)
}

/// A call that no route takes.
fn no_route(method: &Method, path: &[&str]) -> Problem {
    let path = beginning(&path.join("/"), PATH_CHARS_MAX);
    let detail = format!("There is no {method} /{path}.");
    Problem::not_found("NO_SUCH_ROUTE", detail)
}

/// The id under which API Gateway and the log know the request.
fn request_id(request: &Request) -> String {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone().unwrap_or_default(),
        _ => String::new(),
    }
}

fn body(request: &Request) -> Result<&[u8], Problem> {
    let body: &[u8] = match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    };
    if body.len() <= BODY_BYTES_MAX {
        return Ok(body);
    }
    let detail = format!("The body has {} bytes; at most {BODY_BYTES_MAX} are accepted.", body.len());
    Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", detail))
}

fn answer_response(answer: Answer) -> Response<Body> {
    // Text, so that API Gateway need not be told that it is not base64.
    let body = String::from_utf8(answer.body).map_or_else(|error| Body::Binary(error.into_bytes()), Body::Text);
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(policy) = answer.content_security_policy {
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    if let Some(value) = answer.decision.and_then(|decision| HeaderValue::try_from(decision.timing.header()).ok()) {
        response.headers_mut().insert(SERVER_TIMING, value);
    }
    response
}

fn problem_response(problem: &Problem, request_id: &str) -> Response<Body> {
    let body = String::from_utf8(problem.to_json(request_id)).unwrap_or_default();
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = problem.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if problem.status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The answer with the ids of its request, for whoever asks about it later.
fn with_ids(mut response: Response<Body>, ids: RequestIds<'_>) -> Response<Body> {
    for (name, id) in [(REQUEST_ID, Some(ids.request)), (CORRELATION_ID, ids.correlation)] {
        if let Some(value) = id.and_then(|id| HeaderValue::from_str(id).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(path: &str, query: &str, headers: &Value) -> Request {
        let http = json!({ "method": "GET", "path": path });
        let event = json!({
            "version": "2.0", "rawPath": path, "rawQueryString": query, "headers": headers, "isBase64Encoded": false,
            "requestContext": { "domainName": "api.example.com", "stage": "$default", "http": http },
        });
        // As a text: that is how it comes.
        request(serde_json::from_str(&event.to_string()).unwrap())
    }

    const ROUTE: Route = Route::for_anybody("GET /v1/report");

    #[track_caller]
    fn check(query: &str, expect: Option<&str>) {
        let request = event("/v1/report", query, &json!({}));
        let call = Call { body: &[], route: &ROUTE, path: Vec::new(), only: None, request: &request };
        assert_eq!(call.query("from").as_deref(), expect, "{query}");
    }

    #[test]
    fn a_query_is_read_whatever_it_holds() {
        check("from=2026-03-14&to=x", Some("2026-03-14"));
        check("from=a%20b", Some("a b"));
        check("from=a+b", Some("a b"));
        check("from=a b", Some("a b"));
        check("from=<\"{é}\">", Some("<\"{é}\">"));
        check("from=%", Some("%"));
        check("from=%ff", Some("\u{fffd}"));
        check("from", Some(""));
        check("from=1&from=2", Some("1"));
        check("&&=&?#", None);
        check("", None);
    }

    #[test]
    fn no_path_and_no_header_keeps_a_request_from_being_made() {
        for (name, value) in [
            ("host", "api:99999"),
            ("host", ""),
            ("x-forwarded-proto", "a, b"),
            ("user-agent", "José"),
            ("cookie", "=;"),
        ] {
            assert_eq!(
                event("/v1/report", "", &json!({ name: value })).raw_http_path(),
                "/v1/report",
                "{name}: {value}"
            );
        }
        for path in ["/v1/a b", "/v1/ä?#", "/v1/%", "/v1/\u{0}", "//", "/v1/..", ":1", ""] {
            assert_eq!(event(path, "", &json!({})).raw_http_path(), path);
        }
    }
}
