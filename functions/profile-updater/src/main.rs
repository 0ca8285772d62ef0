//! Starts the `profile-updater` function: wires the table, and waits for batches of the stream.

use edge::{clock, start};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use profile_updater::{Batch, ProfileUpdater};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start::observe();
    let updater = ProfileUpdater::new(start::table(&start::PATIENCE).await?, clock::system);
    let updater = &updater;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Batch>| async move { updater.learn(event.payload).await })).await
}
