//! Starts the `score` function: wires the table, the models, the templates, the clock and the policy, and waits for events.

use edge::{clock, http, start};
use engine::message::Templates;
use score::Score;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::observe();
    let table = start::table(&score::PATIENCE).await?;
    let (policy, models, templates) = (start::policy()?, start::models()?, Templates::compiled_in()?);
    http::run(Score::new(table, policy, models, templates, clock::system)).await
}
