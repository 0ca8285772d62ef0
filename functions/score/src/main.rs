//! Starts the `score` function: wires the table, the models, the templates, the clock and the policy, and waits for events.

use edge::{clock, http, start};
use engine::message::Templates;
use engine::policy::Policy;
use score::Score;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    start::observe();
    let table = start::table().await?;
    let templates = Templates::compiled_in()?;
    http::run(Score::new(table, Policy::default(), start::models()?, templates, clock::system)).await
}
