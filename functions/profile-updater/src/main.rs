//! Starts the `profile-updater` function: wires the table, and waits for batches of the stream.

use edge::{clock, invocation, start};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use profile_updater::{Batch, ProfileUpdater};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start::observe();
    let updater = ProfileUpdater::new(start::table(&start::PATIENCE).await?, clock::system);
    let updater = &updater;
    let learn = |LambdaEvent { payload, context }: LambdaEvent<Batch>| {
        updater.learn(payload).instrument(invocation::batch_span(&context))
    };
    lambda_runtime::run(service_fn(learn)).await
}
