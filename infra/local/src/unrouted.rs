//! What API Gateway answers where no route matches.
//!
//! The watcher hands such requests to a default function, and lets them hang if there is none. This is that function:
//! a Lambda runtime of a few lines that answers 404 as an HTTP API does.

use std::time::Duration;

use http::Method;
use hyper::body::Bytes;
use serde_json::json;

use crate::client::{Client, ClientError};

/// Where the watcher serves the Lambda runtime API for the default function.
const RUNTIME_API: &str = "/.rt/2018-06-01/runtime/invocation";

/// The pause after the watcher could not be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers requests without a route until it is dropped.
pub async fn answer(watcher: Client) {
    let watcher = watcher.without_timeout();
    loop {
        if answer_next(&watcher).await.is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn answer_next(watcher: &Client) -> Result<(), ClientError> {
    let next = watcher.send(Method::GET, &format!("{RUNTIME_API}/next"), &[], Bytes::new()).await?;
    let Some(id) = next.headers.get("lambda-runtime-aws-request-id").and_then(|id| id.to_str().ok()) else {
        return Err(watcher.no_answer(&Method::GET, RUNTIME_API, "an invocation without a request id".to_owned()));
    };
    let response = json!({
        "statusCode": 404,
        "headers": { "content-type": "application/json" },
        "multiValueHeaders": {},
        "body": r#"{"message":"Not Found"}"#,
        "isBase64Encoded": false,
        "cookies": [],
    });
    watcher.post(&format!("{RUNTIME_API}/{id}/response"), &response).await?;
    Ok(())
}
