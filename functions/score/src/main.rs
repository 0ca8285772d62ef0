//! Starts the `score` function: wires the table, the models, the templates, the clock and the policy, and waits for events.

use edge::{clock, http, start};
use engine::message::Templates;
use engine::{policy::Policy, score::Models};
use score::Score;
use tokio::task::yield_now;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::observe();
    let table = async { Ok(start::table(&score::PATIENCE).await?) };
    let (table, (policy, models, templates)) = tokio::try_join!(table, load())?;
    http::run(Score::new(table, policy, models, templates, clock::system)).await
}

/// What needs no network, read while the connection to the table is made and tried.
async fn load() -> Result<(Policy, Models, Templates), lambda_http::Error> {
    let (policy, templates) = (start::policy()?, Templates::compiled_in()?);
    yield_now().await;
    Ok((policy, start::models()?, templates))
}
