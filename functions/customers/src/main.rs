//! Starts the `customers` function: wires the table and the clock, and waits for events.

use customers::Customers;
use edge::{clock, http, start};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::observe();
    let table = start::table(&start::PATIENCE).await?;
    http::run(Customers::new(table, clock::system)).await
}
