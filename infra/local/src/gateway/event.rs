//! Between HTTP and a function: the event that API Gateway makes of a request, and the answer that it makes of the function's.
//!
//! Source: "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::body::Bytes;
use serde_json::{Map, Value, json};

use crate::gateway::routes::Found;
use edge::clock;

/// What the authorizer found out.
pub(crate) struct Authorized {
    pub(crate) claims: Map<String, Value>,
    pub(crate) scopes: Vec<String>,
}

/// A request that is let through.
pub(crate) struct Asked<'a> {
    pub(crate) head: &'a Parts,
    pub(crate) body: &'a Bytes,
    pub(crate) found: &'a Found<'a>,
    pub(crate) token: Option<&'a Authorized>,
    pub(crate) stage_variables: &'a Map<String, Value>,
    /// How many requests came before.
    pub(crate) number: u64,
}

impl Asked<'_> {
    /// The event that the function is invoked with.
    pub(crate) fn event(&self) -> Value {
        let Self { head, body, found, token, stage_variables, number } = self;
        let path = head.uri.path();
        let now = clock::system();
        let header =
            |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let authorizer = token.map(|Authorized { claims, scopes }| {
            let claims: Map<String, Value> = claims.iter().map(|(name, value)| (name.clone(), flat(value))).collect();
            json!({ "jwt": { "claims": claims, "scopes": scopes } })
        });
        let headers: Map<String, Value> = head
            .headers
            .keys()
            .map(|name| {
                let values = head.headers.get_all(name).iter();
                let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
                (name.to_string(), Value::String(values.join(",")))
            })
            .collect();
        let parameters: Map<String, Value> =
            found.parameters.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        let (body, is_base64) = match std::str::from_utf8(body) {
            _ if body.is_empty() => (None, false),
            Ok(text) if is_text(header(header::CONTENT_TYPE)) => (Some(text.to_owned()), false),
            _ => (Some(STANDARD.encode(body)), true),
        };
        json!({
            "version": "2.0",
            "routeKey": found.key,
            "rawPath": path,
            "rawQueryString": head.uri.query().unwrap_or_default(),
            "headers": headers,
            "pathParameters": parameters,
            "stageVariables": stage_variables,
            "requestContext": {
                "accountId": "local",
                "apiId": "local",
                "authorizer": authorizer,
                "domainName": header(header::HOST),
                "domainPrefix": "local",
                "http": {
                    "method": head.method.as_str(),
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": header(header::USER_AGENT),
                },
                "requestId": format!("local-{:x}-{number}", now.epoch_ms()),
                "routeKey": found.key,
                "stage": "$default",
                "timeEpoch": now.epoch_ms(),
            },
            "body": body,
            "isBase64Encoded": is_base64,
        })
    }
}

/// Whether a body of this type reaches the function as it is.
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&essence)
        || essence.ends_with("+json")
}

/// A claim as functions see it: a text, whatever it was.
fn flat(claim: &Value) -> Value {
    match claim {
        Value::String(_) => claim.clone(),
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect();
            format!("[{}]", items.join(" ")).into()
        }
        other => other.to_string().into(),
    }
}

/// The HTTP answer that a function's answer means; `None` if it means none.
pub(crate) fn response(answer: &Value) -> Option<Response<Bytes>> {
    let status = u16::try_from(answer.get("statusCode")?.as_u64()?).ok()?;
    let text = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    let is_base64 = answer.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    let body = if is_base64 { STANDARD.decode(text).ok()? } else { text.as_bytes().to_vec() };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    for (name, value) in ["headers", "multiValueHeaders"].iter().filter_map(|it| answer.get(it)?.as_object()).flatten()
    {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values.iter().filter_map(Value::as_str) {
            let name = HeaderName::try_from(name.as_str()).ok()?;
            response.headers_mut().insert(name, HeaderValue::try_from(value).ok()?);
        }
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_texts() {
        for (claim, expect) in [
            (json!("a b"), "a b"),
            (json!(["a", "b"]), "[a b]"),
            (json!(1_700_000_000), "1700000000"),
            (json!(true), "true"),
        ] {
            assert_eq!(flat(&claim), expect);
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        assert!(response(&json!({ "statusCode": 200, "body": "x" })).is_some());
        for answer in [json!(null), json!({}), json!({ "statusCode": 20 }), json!({ "statusCode": "200" })] {
            assert!(response(&answer).is_none(), "{answer}");
        }
    }
}
