//! Starts the `score` function: wires the table, the models, the clock and the policy, and waits for events.

use edge::{clock, http, start};
use score::Score;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::observe();
    let table = start::table(&score::PATIENCE).await?;
    http::run(Score::new(table, start::policy()?, start::models()?, clock::system)).await
}
