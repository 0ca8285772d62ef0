//! The floor: a Lambda function that only makes the two calls scoring makes, one Query and one `PutItem`, on the same table
//! through the same client settings. What `score` costs beyond it is what the product costs.
//!
//! It is measured beside `score` by `cargo local bench` and deployed nowhere. It names attributes itself, as nothing else
//! outside `store` may: with `store` in it, it would not be bare.

#![expect(clippy::disallowed_methods, reason = "a bare function reads its own environment")]

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use lambda_http::{Body, Error, Request, Response, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = edge::start::client(&score::PATIENCE).await;
    let table = std::env::var("TABLE_NAME")?;
    let _ = client.get_item().table_name(&table).key("pk", S("warm".into())).key("sk", S("r".into())).send().await;
    let (client, table) = (&client, &table);
    lambda_http::run(service_fn(|request: Request| answer(client, table, request))).await
}

async fn answer(client: &Client, table: &str, request: Request) -> Result<Response<Body>, Error> {
    let body: Value = serde_json::from_slice(request.body())?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (customer, key) = (format!("c#{}", text("customer_id")), text("idempotency_key"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let read = client
        .query()
        .table_name(table)
        .consistent_read(true)
        .key_condition_expression("pk = :pk AND sk >= :since")
        .expression_attribute_values(":pk", S(customer.clone()))
        .expression_attribute_values(":since", S(format!("e#{now}")))
        .scan_index_forward(false)
        .limit(102)
        .send()
        .await?;
    // About as many bytes as an entry has, under a key that the Query does not meet again.
    let decision = "x".repeat(900);
    client
        .put_item()
        .table_name(table)
        .item("pk", S(customer))
        .item("sk", S(format!("a#{now}-{key}")))
        .item("expires_at", N(now.to_string()))
        .item("decision", S(decision))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await?;
    Ok(Response::new(Body::Text(format!("{{\"items\":{}}}", read.count()))))
}
