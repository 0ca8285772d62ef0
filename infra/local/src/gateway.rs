//! What stands before the functions: API Gateway, played on this machine.
//!
//! Its routes, their functions and the scopes that they ask for are those of `infra/api.yaml`, with tokens of a local issuer. It does
//! what an HTTP API with a JWT authorizer does: it answers 404 where there is no route, 401 without a token that holds, 403 without
//! one of the route's scopes, and invokes the function with an event that says who calls. Not played: throttling and CORS, which are
//! settings of a stage.

mod event;
pub mod exchanges;
pub mod issuer;
mod ring_hmac;
pub mod routes;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::{Bytes, Incoming};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use crate::gateway::event::{Asked, Authorized};
use crate::gateway::exchanges::Exchanges;
use crate::gateway::issuer::Issuer;
use crate::gateway::routes::{Access, Found, Routes};
use crate::server;
use crate::trigger::lambda::{Handler, Reply};

/// The largest body that an HTTP API accepts
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>).
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;

/// The gateway, before functions that it finds by their names.
pub struct Gateway<H> {
    routes: Routes,
    issuer: Issuer,
    functions: HashMap<String, H>,
    stage_variables: Map<String, Value>,
    exchanges: Option<Exchanges>,
    requests: AtomicU64,
}

impl<H: Handler + Sync + 'static> Gateway<H> {
    /// A gateway with these routes, for tokens of this issuer, before these functions.
    pub fn new(routes: Routes, issuer: Issuer, functions: impl IntoIterator<Item = H>) -> Self {
        let functions = functions.into_iter().map(|function| (function.name().to_owned(), function)).collect();
        let requests = AtomicU64::new(0);
        Self { routes, issuer, functions, stage_variables: Map::new(), exchanges: None, requests }
    }

    /// The same, with these variables of its stage.
    #[must_use]
    pub fn with_stage_variables(self, variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        Self { stage_variables: variables.collect(), ..self }
    }

    /// The same, writing every exchange down.
    #[must_use]
    pub fn with_exchanges(self, exchanges: Option<Exchanges>) -> Self {
        Self { exchanges, ..self }
    }

    /// Answers whoever connects, until it is dropped.
    pub async fn serve(self, listener: TcpListener) {
        let gateway = Arc::new(self);
        let answer = move |request| {
            let gateway = Arc::clone(&gateway);
            async move { gateway.answer(request).await.map(Full::new) }
        };
        server::serve(listener, answer).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map(Collected::to_bytes).ok();
        let answer = self.respond(&head, body.as_ref()).await.unwrap_or_else(|refusal| refusal.response());
        let written = self.exchanges.as_ref().map(|file| file.add(&head, body.as_deref().unwrap_or_default(), &answer));
        match written {
            Some(Err(_)) => {
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The exchange cannot be written").response()
            }
            _ => answer,
        }
    }

    /// The function's answer to a request whose body could be read.
    async fn respond(&self, head: &Parts, body: Option<&Bytes>) -> Result<Response<Bytes>, Refusal> {
        let body = body.ok_or(const { Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long") })?;
        let found = self.routes.find(&head.method, head.uri.path());
        let found = found.ok_or(const { Refusal::new(StatusCode::NOT_FOUND, "Not Found") })?;
        let token = self.authorize(&found, head.headers.get(header::AUTHORIZATION))?;
        let asked = Asked {
            head,
            body,
            found: &found,
            token: token.as_ref(),
            stage_variables: &self.stage_variables,
            number: self.requests.fetch_add(1, Ordering::Relaxed),
        };
        let answer = self.invoke(found.function, &asked.event()).await?;
        event::response(&answer).ok_or(FAILED)
    }

    /// The token's claims, where the route asks for a token.
    fn authorize(&self, found: &Found<'_>, authorization: Option<&HeaderValue>) -> Result<Option<Authorized>, Refusal> {
        let Access::Token { scopes } = found.access else { return Ok(None) };
        let bearer = authorization.and_then(|value| value.to_str().ok()).unwrap_or_default();
        // API Gateway takes a token with and without the word.
        let token = bearer.strip_prefix("Bearer ").unwrap_or(bearer);
        let claims = self.issuer.claims(token);
        let claims = claims
            .map_err(|why| Refusal { why: Some(why), ..Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized") })?;
        let held: Vec<&str> = claims.get("scope").and_then(Value::as_str).unwrap_or_default().split(' ').collect();
        let matched: Vec<String> = scopes.iter().filter(|scope| held.contains(&scope.as_str())).cloned().collect();
        if matched.is_empty() && !scopes.is_empty() {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden"));
        }
        Ok(Some(Authorized { claims, scopes: matched }))
    }

    async fn invoke(&self, function: &str, event: &Value) -> Result<Value, Refusal> {
        const UNAVAILABLE: Refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
        let function = self.functions.get(function).ok_or(UNAVAILABLE)?;
        match function.invoke(event).await {
            Ok(Reply::Response(answer)) => Ok(answer),
            Ok(Reply::FunctionError(_)) => Err(FAILED),
            Err(_) => Err(UNAVAILABLE),
        }
    }
}

/// An answer of the gateway's own.
struct Refusal {
    status: StatusCode,
    message: &'static str,
    /// What is wrong with the token (RFC 6750).
    why: Option<String>,
}

/// The function failed, or answered what is no answer.
const FAILED: Refusal = Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");

impl Refusal {
    const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message, why: None }
    }

    fn response(&self) -> Response<Bytes> {
        let body = json!({ "message": self.message }).to_string();
        let mut response = Response::new(body.into());
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let challenge =
            self.why.as_ref().map(|why| format!("Bearer error=\"invalid_token\", error_description=\"{why}\""));
        if let Some(challenge) = challenge.and_then(|challenge| HeaderValue::try_from(challenge).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
