//! Start-up: everything a function does before its first event.

use std::path::Path;
use std::time::Duration;

use aws_config::BehaviorVersion;
use engine::score::Models;
use store::Table;
use store::client::{Patience, patient};
use tracing_subscriber::EnvFilter;

/// A checkout waits: the limit on all retries lies below every function's own timeout.
const PATIENCE: Patience = Patience {
    connect: Duration::from_millis(500),
    attempt: Duration::from_millis(700),
    operation: Duration::from_secs(3),
    attempts_max: 3,
    backoff: Duration::from_millis(50),
    backoff_max: Duration::from_millis(400),
};

/// How long warming the connection may hold up the first event.
const WARM_TIMEOUT: Duration = Duration::from_millis(1500);

/// Why a function cannot start.
#[derive(Debug)]
pub struct StartError(String);

impl std::fmt::Display for StartError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// Sets up logs and metrics: one JSON object a line, on standard output, which is where Lambda collects both.
/// `RUST_LOG` chooses what is logged; `info` unless it says otherwise.
pub fn observe() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_env_filter(filter);
    // Fails only when a test has installed another one.
    let _ = logs.try_init();
    crate::metrics::attach();
}

/// The table that `TABLE_NAME` names, with a connection that already stands.
///
/// Credentials, region and endpoint come from the environment in the SDK's own words (`AWS_REGION`,
/// `AWS_ENDPOINT_URL_DYNAMODB`, …).
///
/// # Errors
/// [`StartError`] if `TABLE_NAME` is not set.
pub async fn table() -> Result<Table, StartError> {
    #[expect(clippy::disallowed_methods, reason = "this is the crate that reads the environment")]
    let name =
        std::env::var("TABLE_NAME").map_err(|_| StartError("TABLE_NAME must name the DynamoDB table".to_owned()))?;
    let table = Table::new(client().await, name);
    // The SDK connects with its first request. Better now than while somebody waits at a checkout; if it fails, the first
    // request will say so.
    if !matches!(tokio::time::timeout(WARM_TIMEOUT, table.warm()).await, Ok(Ok(()))) {
        tracing::warn!("the table did not answer while starting");
    }
    Ok(table)
}

/// The models that score: those beside the file that `MODEL_PATH` names, such as `/opt/model/model.json` of a Lambda layer, or
/// else those compiled in.
///
/// # Errors
/// [`StartError`] that names the file and what is wrong with it.
pub fn models() -> Result<Models, StartError> {
    #[expect(clippy::disallowed_methods, reason = "this is the crate that reads the environment")]
    let path = std::env::var_os("MODEL_PATH").filter(|path| !path.is_empty());
    let models = match path {
        None => Models::compiled_in().map_err(|error| StartError(format!("the models compiled in: {error}"))),
        Some(path) => models_beside(Path::new(&path)),
    }?;
    tracing::info!(model = models.version(), "models");
    Ok(models)
}

/// The models of a folder that `cargo lab train` wrote, by the path of its `model.json`.
fn models_beside(model_json: &Path) -> Result<Models, StartError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| {
            StartError(format!(
                "MODEL_PATH is {}, but {} cannot be read: {error}; `cargo lab train` writes model.json, forest.bin and \
                 calibration.json, `cargo lab calibrate` the last two for a model.json from elsewhere",
                model_json.display(),
                path.display()
            ))
        })
    };
    let (forest, calibration) =
        (model_json.with_file_name("forest.bin"), model_json.with_file_name("calibration.json"));
    Models::from_files(&read(model_json)?, &read(&forest)?, &read(&calibration)?)
        .map_err(|error| StartError(format!("MODEL_PATH is {}: {error}", model_json.display())))
}

/// A DynamoDB client with this product's timeouts and retries.
pub async fn client() -> aws_sdk_dynamodb::Client {
    let settings = aws_config::defaults(BehaviorVersion::latest());
    let config = patient(settings, &PATIENCE).load().await;
    aws_sdk_dynamodb::Client::new(&config)
}
