//! A small HTTP/1.1 client that keeps its connections: JSON in; status, body and elapsed time out.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::with_causes;

/// How long a request may take: what API Gateway gives an integration at most. The watcher itself waits for ever for a
/// function that ended in the middle of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one server on this machine.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    pool: Pool<HttpConnector, Full<Bytes>>,
    timeout: Duration,
    authorization: Option<HeaderValue>,
}

/// What came back for a request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// From handing over the request to the last byte of the body.
    pub elapsed: Duration,
}

/// Why a request got no answer, or one that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server could not be reached, or closed the connection.
    #[error("{method} http://{address}{path}: {reason}")]
    NoAnswer {
        /// The method.
        method: Method,
        /// The server.
        address: SocketAddr,
        /// Path and query.
        path: String,
        /// What went wrong.
        reason: String,
    },
    /// The server took the request and did not answer in time.
    #[error("{method} http://{address}{path}: no answer within {} s", timeout.as_secs())]
    TimedOut {
        /// The method.
        method: Method,
        /// The server.
        address: SocketAddr,
        /// Path and query.
        path: String,
        /// How long it had.
        timeout: Duration,
    },
    /// What was to be sent, or what came back, is not the JSON it should be.
    #[error("not the expected JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Client {
    /// A client of the server at this address. Connects with the first request.
    pub fn new(address: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            address,
            pool: Pool::builder(TokioExecutor::new()).build(connector),
            timeout: REQUEST_TIMEOUT,
            authorization: None,
        }
    }

    /// The same client for requests that are answered only when something happens, be it tomorrow.
    #[must_use]
    pub fn without_timeout(self) -> Self {
        Self { timeout: Duration::MAX, ..self }
    }

    /// The same client for requests that are to be answered sooner, or later.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The same client, showing this token with every request.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { authorization: HeaderValue::try_from(format!("Bearer {token}")).ok(), ..self }
    }

    /// Where the server is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gets a path.
    ///
    /// # Errors
    /// [`ClientError`] without an answer. A status other than 2xx is an answer.
    pub async fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    /// Posts a value as JSON.
    ///
    /// # Errors
    /// [`ClientError`] without an answer. A status other than 2xx is an answer.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, ClientError> {
        let body = serde_json::to_vec(body)?;
        self.send(Method::POST, path, &[(header::CONTENT_TYPE, "application/json")], body.into()).await
    }

    /// Sends a request with the headers and the body given.
    ///
    /// # Errors
    /// [`ClientError`] without an answer. A status other than 2xx is an answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &'static str)],
        body: Bytes,
    ) -> Result<Answer, ClientError> {
        let no_answer = |reason: String| self.no_answer(&method, path, reason);
        let mut request = Request::builder().method(&method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(name, HeaderValue::from_static(value));
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(body)).map_err(|error| no_answer(error.to_string()))?;

        let sent = Instant::now();
        let exchange = async {
            let response = self.pool.request(request).await.map_err(|error| no_answer(with_causes(&error)))?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| no_answer(with_causes(&error)))?.to_bytes();
            Ok(Answer { status: head.status, headers: head.headers, body, elapsed: sent.elapsed() })
        };
        tokio::time::timeout(self.timeout, exchange).await.unwrap_or_else(|_| {
            let (address, path, timeout) = (self.address, path.to_owned(), self.timeout);
            Err(ClientError::TimedOut { method: method.clone(), address, path, timeout })
        })
    }

    /// The error of a request that got no answer, or none that means anything.
    pub fn no_answer(&self, method: &Method, path: &str, reason: String) -> ClientError {
        ClientError::NoAnswer { method: method.clone(), address: self.address, path: path.to_owned(), reason }
    }
}

impl Answer {
    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`ClientError::Json`] if it is not, or of another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The body as text, cut to what fits a message.
    pub fn excerpt(&self) -> String {
        const CHARACTERS_MAX: usize = 500;
        String::from_utf8_lossy(&self.body).chars().take(CHARACTERS_MAX).collect()
    }
}
