//! DynamoDB without a network: the SDK's requests answered by the emulator in the same process.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What every operation's name begins with in the header `x-amz-target`.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// What the table says to one request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Reply {
    /// The reply as the SDK takes it.
    fn into_response(self) -> Result<HttpResponse, ConnectorError> {
        let status = self.status.try_into().map_err(|error| ConnectorError::user(Box::new(error)))?;
        Ok(HttpResponse::new(status, SdkBody::from(self.body)))
    }
}

/// What answers the SDK's requests in the place of a network.
pub(crate) trait Exchange: Send + Sync + 'static {
    /// Answers one request: the operation's name, and its JSON.
    fn exchange(
        self: Arc<Self>,
        operation: String,
        body: String,
    ) -> impl Future<Output = Result<Reply, ConnectorError>> + Send;
}

/// The end of the wire that the SDK holds.
struct Connector<E>(Arc<E>);

impl<E> fmt::Debug for Connector<E> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Connector")
    }
}

impl<E: Exchange> HttpConnector for Connector<E> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (operation, body) = read(&request);
        let exchange = Arc::clone(&self.0).exchange(operation, body);
        HttpConnectorFuture::new(async move { exchange.await?.into_response() })
    }
}

/// A client of the SDK whose requests are answered like this. It does not try again by itself: how long it would wait is drawn
/// from a source that no seed governs.
pub(crate) fn client(exchange: &Arc<impl Exchange>) -> aws_sdk_dynamodb::Client {
    let connector = SharedHttpConnector::new(Connector(Arc::clone(exchange)));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url("http://table")
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// What a request of the SDK asks: the operation's name, and its JSON.
fn read(request: &HttpRequest) -> (String, String) {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    (operation, body)
}

/// Does what a request asks, if it is one of those that the store makes.
pub(crate) fn apply(database: &Database, operation: &str, body: &str) -> Reply {
    let result = match operation {
        "CreateTable" => answer(body, |request| database.create_table(request)),
        "UpdateTable" => answer(body, |request| database.update_table(request)),
        "GetItem" => answer(body, |request| database.get_item(request)),
        "Query" => answer(body, |request| database.query(request)),
        "PutItem" => answer(body, |request| database.put_item(request)),
        "UpdateItem" => answer(body, |request| database.update_item(request)),
        "BatchGetItem" => answer(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => answer(body, |request| database.batch_write_item(request)),
        "TransactWriteItems" => answer(body, |request| database.transact_write_items(request)),
        _ => Err(DynoxideError::ValidationException(format!("nobody here knows {operation}"))),
    };
    match result {
        Ok(body) => Reply { status: 200, body },
        Err(error) => Reply { status: error.status_code(), body: error.to_json() },
    }
}

/// Reads a request, has it answered, writes the answer.
fn answer<Request: DeserializeOwned, Response: Serialize>(
    body: &str,
    handle: impl Fn(Request) -> dynoxide::Result<Response>,
) -> dynoxide::Result<String> {
    let damaged = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let response = handle(serde_json::from_str(body).map_err(damaged)?)?;
    serde_json::to_string(&response).map_err(damaged)
}
