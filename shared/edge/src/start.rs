//! Start-up: everything a function does before its first event.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::BehaviorVersion;
use engine::policy::Policy;
use engine::reference::Reference;
use engine::score::Models;
use store::Table;
use store::client::{Patience, patient};
use tracing_subscriber::EnvFilter;

use crate::access::CUSTOMER_CLAIM;
use crate::metrics::NAMESPACE;

/// The patience of a function: the limit on all retries lies below every function's own timeout. Where a checkout waits, there
/// is less of it.
pub const PATIENCE: Patience = Patience {
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
pub struct StartError(String);

/// As it is displayed: a `main` that returns an error prints it so, and whoever reads the log should not meet quoted quotes.
impl std::fmt::Debug for StartError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, out)
    }
}

impl std::fmt::Display for StartError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// Sets up logs and metrics: one JSON object a line, on standard output, which is where Lambda collects both.
/// `RUST_LOG` chooses what is logged; `info` unless it says otherwise. `METRICS_NAMESPACE` says where CloudWatch puts the metrics,
/// so that several stacks in one account stay apart; [`NAMESPACE`] unless it is set.
pub fn observe() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_env_filter(filter);
    // Fails only when a test has installed another one.
    let _ = logs.try_init();
    crate::metrics::attach(setting("METRICS_NAMESPACE").as_deref().unwrap_or(NAMESPACE));
}

/// The table that `TABLE_NAME` names, asked with this patience, with a connection that already stands.
///
/// Credentials, region and endpoint come from the environment in the SDK's own words (`AWS_REGION`,
/// `AWS_ENDPOINT_URL_DYNAMODB`, …).
///
/// # Errors
/// [`StartError`] if `TABLE_NAME` is not set.
pub async fn table(patience: &Patience) -> Result<Table, StartError> {
    #[expect(clippy::disallowed_methods, reason = "this is the crate that reads the environment")]
    let name =
        std::env::var("TABLE_NAME").map_err(|_| StartError("TABLE_NAME must name the DynamoDB table".to_owned()))?;
    let table = Table::new(client(patience).await, name);
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
    let models = models_at(path_in("MODEL_PATH").as_deref())?;
    tracing::info!(model = models.version(), "models");
    Ok(models)
}

/// What the models that score were calibrated on, as far as their card tells: `reference.json` beside the file that `MODEL_PATH`
/// names, or else that of the models compiled in. A card without one only keeps the report from speaking of drift.
pub fn reference() -> Option<Reference> {
    let reference = match path_in("MODEL_PATH") {
        None => Reference::compiled_in().map_err(|error| error.to_string()),
        Some(path) => {
            let json = std::fs::read(path.with_file_name("reference.json"));
            json.map_err(|error| error.to_string())
                .and_then(|json| Reference::from_json(&json).map_err(|error| error.to_string()))
        }
    };
    reference.map_err(|cause| tracing::warn!(cause, "no reference.json: drift cannot be told")).ok()
}

/// The policy that is deployed: the document that `POLICY_PATH` names, or else the default one. The table may hold another that
/// overrules it.
///
/// # Errors
/// [`StartError`] that names the file and what is wrong with it.
pub fn policy() -> Result<Policy, StartError> {
    policy_at(path_in("POLICY_PATH").as_deref())
}

/// The claim of a token that holds a customer's id: what `CUSTOMER_CLAIM` names, or else the subject.
pub(crate) fn customer_claim() -> String {
    setting("CUSTOMER_CLAIM").unwrap_or_else(|| CUSTOMER_CLAIM.to_owned())
}

/// The text in a variable of the environment; an empty one is none, as the template sets it.
fn setting(variable: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is the crate that reads the environment")]
    std::env::var(variable).ok().filter(|text| !text.is_empty())
}

/// The path in a variable of the environment; an empty one is none.
fn path_in(variable: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "this is the crate that reads the environment")]
    let path = std::env::var_os(variable).filter(|path| !path.is_empty());
    path.map(PathBuf::from)
}

/// The policy of a document; without one, the default.
///
/// # Errors
/// [`StartError`] that names the file and what is wrong with it.
pub fn policy_at(document: Option<&Path>) -> Result<Policy, StartError> {
    let Some(path) = document else { return Ok(Policy::default()) };
    let wrong =
        |error: &dyn std::fmt::Display| StartError(format!("POLICY_PATH: {} cannot be used: {error}", path.display()));
    let json = std::fs::read(path).map_err(|error| wrong(&error))?;
    Policy::from_json(&json).map_err(|error| wrong(&error))
}

/// The models of a folder that `cargo lab train` or `cargo lab calibrate` wrote to, by the path of its `model.json`; without
/// one, the models compiled in.
///
/// # Errors
/// [`StartError`] that names the file and what is wrong with it.
pub fn models_at(model_json: Option<&Path>) -> Result<Models, StartError> {
    let Some(model_json) = model_json else {
        return Models::compiled_in().map_err(|error| StartError(format!("the models compiled in: {error}")));
    };
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| {
            StartError(format!(
                "MODEL_PATH: {} cannot be read: {error}; `cargo lab train` writes model.json, forest.bin and \
                 calibration.json, `cargo lab calibrate` the last two for a model.json from elsewhere",
                path.display()
            ))
        })
    };
    let (forest, calibration) =
        (model_json.with_file_name("forest.bin"), model_json.with_file_name("calibration.json"));
    Models::from_files(&read(model_json)?, &read(&forest)?, &read(&calibration)?)
        .map_err(|error| StartError(format!("MODEL_PATH: {} cannot be used: {error}", model_json.display())))
}

/// A DynamoDB client of this patience.
pub async fn client(patience: &Patience) -> aws_sdk_dynamodb::Client {
    let settings = aws_config::defaults(BehaviorVersion::latest());
    let config = patient(settings, patience).load().await;
    aws_sdk_dynamodb::Client::new(&config)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The folder of the models that are compiled in.
    const DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/models/default");

    /// A folder with a copy of the default models' files, for one test to spoil.
    struct Folder(PathBuf);

    impl Folder {
        fn new(test: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("guardian-{test}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            for file in ["model.json", "forest.bin", "calibration.json"] {
                fs::copy(Path::new(DEFAULT).join(file), folder.join(file)).unwrap();
            }
            Self(folder)
        }

        fn models(&self) -> Result<Models, StartError> {
            models_at(Some(&self.0.join("model.json")))
        }

        fn write(&self, file: &str, content: impl AsRef<[u8]>) {
            fs::write(self.0.join(file), content).unwrap();
        }

        fn text(&self, file: &str) -> String {
            fs::read_to_string(self.0.join(file)).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// What the models are refused with after their folder was spoilt; it must name the file and say what to do.
    #[track_caller]
    fn check(test: &str, spoil: impl FnOnce(&Folder), expect: &[&str]) {
        let folder = Folder::new(test);
        spoil(&folder);
        let error = folder.models().unwrap_err();
        let said = error.to_string();
        let begin = format!("MODEL_PATH: {}", folder.0.display());
        for part in expect.iter().copied().chain([begin.as_str()]) {
            assert!(said.contains(part), "{part:?} is missing in: {said}");
        }
        assert_eq!(said.lines().count(), 1);
        assert_eq!(format!("{error:?}"), said, "as a process prints it that ends with this error");
    }

    #[test]
    fn models_are_those_of_the_path_or_those_compiled_in() {
        let compiled_in = models_at(None).unwrap();
        let folder = Folder::new("whole");
        assert_eq!(folder.models().unwrap(), compiled_in);
        // The same trees in another file are another model.
        let (model, before) = (folder.text("model.json") + "\n", compiled_in.calibration().model_sha256.clone());
        let calibration = folder.text("calibration.json").replace(&before, &engine::score::sha256(model.as_bytes()));
        folder.write("model.json", &model);
        folder.write("calibration.json", calibration);
        assert_ne!(folder.models().unwrap().version(), compiled_in.version());
    }

    #[test]
    fn a_file_that_is_missing_is_named_with_what_writes_it() {
        for file in ["model.json", "forest.bin", "calibration.json"] {
            let remove = |folder: &Folder| fs::remove_file(folder.0.join(file)).unwrap();
            check("missing", remove, &[file, "cannot be read: No such file", "`cargo lab calibrate` the last two"]);
        }
    }

    #[test]
    fn a_calibration_of_another_model_is_refused() {
        let other_model = |folder: &Folder| folder.write("model.json", folder.text("model.json") + "\n");
        let expect = ["calibration.json cannot be used: it is of another model.json", "`cargo lab calibrate` writes"];
        check("other-model", other_model, &expect);
        let other_hash = |folder: &Folder| {
            let hash = models_at(None).unwrap().calibration().forest_sha256.clone();
            folder.write("calibration.json", folder.text("calibration.json").replace(&hash, "00"));
        };
        check("other-forest", other_hash, &["it is of another forest.bin, of SHA-256 00; `cargo lab calibrate`"]);
        let empty = |folder: &Folder| folder.write("calibration.json", "{}");
        check("no-calibration", empty, &["calibration.json cannot be used: missing field `format`", "`cargo lab cal"]);
    }

    #[test]
    fn other_features_are_refused_whatever_the_calibration_says() {
        let renamed = |folder: &Folder| {
            folder.write("model.json", folder.text("model.json").replacen("\"ln_amount\"", "\"amount\"", 1));
        };
        let expect = [r#"feature 0 of the model is "amount", expected "ln_amount""#, "columns of `cargo lab features`"];
        check("other-features", renamed, &expect);
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let text = |folder: &Folder| folder.write("model.json", "trees");
        check("no-json", text, &["this is not XGBoost's model.json", "Booster.save_model(\"model.json\")"]);
        let forest = |folder: &Folder| folder.write("forest.bin", "trees");
        check("no-forest", forest, &["forest.bin cannot be used", "`cargo lab calibrate` grows another"]);
    }
}
