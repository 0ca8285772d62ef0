//! Starts the `score` function: wires the table, the models, the templates, the clock and the policy, and waits for events.

use edge::{clock, http, start};
use engine::message::Templates;
use score::Score;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::observe();
    // Beside the first connection, in a thread of its own: each takes milliseconds of a start.
    let loading = tokio::task::spawn_blocking(|| (start::models(), Templates::compiled_in()));
    let table = start::table(&score::PATIENCE).await?;
    let (models, templates) = loading.await?;
    http::run(Score::new(table, start::policy()?, models?, templates?, clock::system)).await
}
