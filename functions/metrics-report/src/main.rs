//! Starts the `metrics-report` function: wires the table, the policy and the clock, and waits for events.

use edge::{clock, http, start};
use metrics_report::MetricsReport;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::observe();
    let table = start::table(&start::PATIENCE).await?;
    http::run(MetricsReport::new(table, start::reference(), start::policy()?, clock::system)).await
}
