//! Handlers asked without gateway, Lambda or network: by those whom the gateway would have let in.

use edge::access::Caller;
use edge::http::{Handler, respond};
use lambda_http::http::Method;
use lambda_http::{Body, Request, RequestExt as _, Response};
use serde_json::Value;

/// The only route that nobody but the schedule may ask.
const REVIEW: &str = "/v1/review";

/// A request; null is no body.
pub(crate) fn request(method: Method, path: &str, body: &Value) -> Request {
    let body = if body.is_null() { Body::Empty } else { Body::Text(body.to_string()) };
    let mut request = Request::new(body).with_raw_http_path(path);
    *request.method_mut() = method;
    request
}

/// What a handler answers.
pub(crate) async fn ask<H: Handler>(handler: &H, request: Request) -> Response<Body> {
    let caller = if request.raw_http_path() == REVIEW { Caller::Schedule } else { Caller::Iam };
    // Boxed, because handler, store and SDK in one future are large.
    Box::pin(respond(handler, &caller, request)).await
}
