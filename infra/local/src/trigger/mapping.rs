//! The settings of the event source mapping, as the SAM template has them: what is deployed is what runs here.
//!
//! Source of names, defaults and bounds: "Lambda parameters for Amazon DynamoDB event source mappings"
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html>). A setting that would change what the trigger
//! does and that it does not play is refused.

use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_yaml_ng::Value;

use crate::trigger::filter::{Filter, FilterError};
use crate::trigger::rules::Rules;

/// The template, from the root of the workspace.
pub(crate) const TEMPLATE: &str = "infra/template.yaml";

/// How often a stream is read that brings nothing: four times a second
/// (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>).
const POLL_PAUSE: Duration = Duration::from_millis(250);

/// How long to wait after the stream or the function could not be reached.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);

/// How long a stream keeps a record: no setting makes one live longer.
const RETENTION: Duration = Duration::from_hours(24);

/// The timeout of a function that sets none.
const FUNCTION_TIMEOUT_S: i64 = 3;

/// The settings of the trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How many records an event has at most; `BatchSize`.
    pub batch_size: usize,
    /// How long a batch waits to be full; `MaximumBatchingWindowInSeconds`.
    pub batch_window: Duration,
    /// How many batches are under way at once; `ParallelizationFactor`.
    pub parallelization_factor: usize,
    /// How batches are delivered.
    pub rules: Rules,
    /// Which records are delivered; `FilterCriteria`.
    pub filter: Filter,
    /// Whether what is given up goes anywhere; `DestinationConfig`.
    pub keeps_discarded: bool,
    /// How long the function may take; its `Timeout`.
    pub function_timeout: Duration,
    /// How long to wait after finding nothing.
    pub poll_pause: Duration,
    /// How long to wait after the stream or the function could not be reached.
    pub trouble_pause: Duration,
}

/// Why the template has no settings for the trigger.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The template could not be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The template.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The template is no YAML.
    #[error("the template: {0}")]
    NotYaml(serde_yaml_ng::Error),
    /// No function of the template has its code in this folder and one DynamoDB stream as an event.
    #[error("the template has no function {0} with one DynamoDB stream")]
    NoMapping(String),
    /// No function of the template has its code in this folder and one schedule with an event.
    #[error("the template has no function {0} with one schedule whose input is JSON")]
    NoSchedule(String),
    /// A setting is not of AWS, or not played here.
    #[error("the stream of {function} in the template: {reason}")]
    NotUnderstood {
        /// The function.
        function: String,
        /// What is wrong.
        reason: String,
    },
    /// The filter is not understood.
    #[error("the stream of {function} in the template: {source}")]
    Filter {
        /// The function.
        function: String,
        /// What is wrong.
        source: FilterError,
    },
}

/// The properties of the event; what is not listed is refused.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Properties {
    batch_size: Option<Value>,
    bisect_batch_on_function_error: Option<bool>,
    destination_config: Option<Value>,
    enabled: Option<bool>,
    filter_criteria: Option<FilterCriteria>,
    function_response_types: Option<Vec<ResponseType>>,
    maximum_batching_window_in_seconds: Option<Value>,
    maximum_record_age_in_seconds: Option<Value>,
    maximum_retry_attempts: Option<Value>,
    parallelization_factor: Option<Value>,
    starting_position: StartingPosition,
    #[serde(rename = "Stream")]
    _stream: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FilterCriteria {
    filters: Vec<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Pattern {
    pattern: String,
}

#[derive(Debug, Deserialize)]
enum ResponseType {
    ReportBatchItemFailures,
}

/// `LATEST` is not played: with it, what is written before the trigger has read once is lost.
#[derive(Debug, Deserialize)]
enum StartingPosition {
    #[serde(rename = "TRIM_HORIZON")]
    TrimHorizon,
}

impl Settings {
    /// The settings of the stream that triggers this function, by the name of its folder, from the workspace's template.
    ///
    /// # Errors
    /// [`MappingError`] if the template cannot be read or does not have what is needed.
    pub fn of_workspace(workspace: &Path, function: &str) -> Result<Self, MappingError> {
        let path = workspace.join(TEMPLATE);
        let template = fs::read_to_string(&path).map_err(|source| MappingError::Unreadable { path, source })?;
        Self::of_template(&template, function)
    }

    /// The settings of the stream that triggers this function, by the name of its folder, from a SAM template.
    ///
    /// # Errors
    /// [`MappingError`] if there is no such function or stream, or a setting is not understood.
    pub fn of_template(template: &str, function: &str) -> Result<Self, MappingError> {
        let template: Value = serde_yaml_ng::from_str(template).map_err(MappingError::NotYaml)?;
        let not_understood = |reason: String| MappingError::NotUnderstood { function: function.to_owned(), reason };
        let (code, stream) =
            mapping(&template, function).ok_or_else(|| MappingError::NoMapping(function.to_owned()))?;
        let properties: Properties =
            serde_yaml_ng::from_value(stream.clone()).map_err(|error| not_understood(error.to_string()))?;
        // There is one starting position that is understood, so that it needs no reading.
        let StartingPosition::TrimHorizon = properties.starting_position;
        if properties.enabled == Some(false) {
            return Err(not_understood("it is not enabled".to_owned()));
        }
        // A value that CloudFormation is to compute is no number either.
        let within = |name: &str, value: Option<&Value>, default: i64, bounds: RangeInclusive<i64>| {
            let Some(value) = value else { return Ok(default) };
            let number = value.as_i64().filter(|number| bounds.contains(number));
            let problem = || format!("{name} is not a number from {} to {}", bounds.start(), bounds.end());
            number.ok_or_else(|| not_understood(problem()))
        };
        let seconds = |seconds: i64| Duration::from_secs(seconds as u64);
        let window = properties.maximum_batching_window_in_seconds.as_ref();
        let window = within("MaximumBatchingWindowInSeconds", window, 0, 0..=300)?;
        let retries = within("MaximumRetryAttempts", properties.maximum_retry_attempts.as_ref(), -1, -1..=10_000)?;
        let age = match properties.maximum_record_age_in_seconds.as_ref() {
            Some(age) if age.as_i64() != Some(-1) => {
                seconds(within("MaximumRecordAgeInSeconds", Some(age), -1, 60..=604_800)?).min(RETENTION)
            }
            _ => RETENTION,
        };
        let factor = within("ParallelizationFactor", properties.parallelization_factor.as_ref(), 1, 1..=10)?;
        let globals = template.get("Globals").and_then(|globals| globals.get("Function"));
        let timeout = code.get("Timeout").or_else(|| globals.and_then(|globals| globals.get("Timeout")));
        let patterns = properties.filter_criteria.iter().flat_map(|criteria| &criteria.filters);
        let filter = Filter::parse(patterns.map(|filter| filter.pattern.as_str()))
            .map_err(|source| MappingError::Filter { function: function.to_owned(), source })?;
        Ok(Self {
            batch_size: within("BatchSize", properties.batch_size.as_ref(), 100, 1..=10_000)? as usize,
            batch_window: seconds(window),
            parallelization_factor: factor as usize,
            rules: Rules {
                retries_max: u32::try_from(retries).ok(),
                record_age_max: age,
                bisect: properties.bisect_batch_on_function_error.unwrap_or(false),
                report_item_failures: properties
                    .function_response_types
                    .is_some_and(|types| types.iter().any(|it| matches!(it, ResponseType::ReportBatchItemFailures))),
                twice: false,
            },
            filter,
            keeps_discarded: properties.destination_config.is_some_and(|config| config.get("OnFailure").is_some()),
            function_timeout: seconds(within("Timeout", timeout, FUNCTION_TIMEOUT_S, 1..=900)?),
            poll_pause: POLL_PAUSE,
            trouble_pause: TROUBLE_PAUSE,
        })
    }

    /// The same settings, with everything that is applied delivered once more.
    #[must_use]
    pub fn delivering_twice(self) -> Self {
        Self { rules: Rules { twice: true, ..self.rules }, ..self }
    }

    /// The same settings for who waits for every single batch: nothing is waited for that decides only when, not what.
    #[must_use]
    pub fn in_a_hurry(self) -> Self {
        const PAUSE: Duration = Duration::from_millis(20);
        Self { batch_window: PAUSE.min(self.batch_window), poll_pause: PAUSE, trouble_pause: PAUSE, ..self }
    }
}

/// The properties of the function whose code is in this folder.
pub(crate) fn properties_of<'a>(template: &'a Value, function: &str) -> Option<&'a Value> {
    let is_it = |resource: &&Value| {
        let code = resource.get("Properties").and_then(|it| it.get("CodeUri")).and_then(Value::as_str);
        let folder = code.and_then(|uri| uri.trim_end_matches('/').rsplit('/').next());
        resource.get("Type").and_then(Value::as_str) == Some("AWS::Serverless::Function") && folder == Some(function)
    };
    template.get("Resources")?.as_mapping()?.values().find(is_it)?.get("Properties")
}

/// The properties of the function, and those of its one stream.
fn mapping<'a>(template: &'a Value, function: &str) -> Option<(&'a Value, &'a Value)> {
    let properties = properties_of(template, function)?;
    let events = properties.get("Events")?.as_mapping()?;
    let is_stream = |event: &&Value| event.get("Type").and_then(Value::as_str) == Some("DynamoDB");
    let mut streams = events.values().filter(is_stream);
    let stream = streams.next()?.get("Properties")?;
    if streams.next().is_some() { None } else { Some((properties, stream)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A template whose function has these lines among the properties of its stream.
    fn template(lines: &[&str]) -> String {
        let head = "Globals: { Function: { Timeout: 7 } }\nResources:\n  Updater:\n    Type: AWS::Serverless::Function\n    \
            Properties:\n      CodeUri: ../functions/updater\n      Events:\n        Route: { Type: HttpApi }\n        \
            Stream:\n          Type: DynamoDB\n          Properties:\n            Stream: !GetAtt Table.StreamArn\n";
        let lines: Vec<String> = lines.iter().map(|line| format!("            {line}\n")).collect();
        head.to_owned() + &lines.concat()
    }

    const START: &str = "StartingPosition: TRIM_HORIZON";

    #[test]
    fn the_workspaces_template_is_understood() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let settings = Settings::of_workspace(&workspace, "profile-updater").unwrap();
        assert!(settings.keeps_discarded && settings.rules.report_item_failures && settings.rules.bisect);
        assert!(settings.rules.retries_max.is_some(), "a poison record would block the stream for a day");
    }

    #[test]
    fn what_is_not_set_has_the_defaults_of_aws() {
        let settings = Settings::of_template(&template(&[START]), "updater").unwrap();
        let expect = Settings {
            batch_size: 100,
            batch_window: Duration::ZERO,
            parallelization_factor: 1,
            rules: Rules {
                retries_max: None,
                record_age_max: RETENTION,
                bisect: false,
                report_item_failures: false,
                twice: false,
            },
            filter: Filter::default(),
            keeps_discarded: false,
            function_timeout: Duration::from_secs(7),
            poll_pause: POLL_PAUSE,
            trouble_pause: TROUBLE_PAUSE,
        };
        assert_eq!(settings, expect);
    }

    #[test]
    fn every_setting_is_taken_over() {
        let lines = [
            START,
            "Enabled: true",
            "BatchSize: 7",
            "MaximumBatchingWindowInSeconds: 2",
            "ParallelizationFactor: 3",
            "MaximumRetryAttempts: 0",
            "MaximumRecordAgeInSeconds: 60",
            "BisectBatchOnFunctionError: true",
            "FunctionResponseTypes: [ReportBatchItemFailures]",
            "DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Queue.Arn } }",
            "FilterCriteria: { Filters: [{ Pattern: '{\"eventName\": [\"INSERT\"]}' }] }",
        ];
        let settings = Settings::of_template(&template(&lines), "updater").unwrap();
        let expect = Settings {
            batch_size: 7,
            batch_window: Duration::from_secs(2),
            parallelization_factor: 3,
            rules: Rules {
                retries_max: Some(0),
                record_age_max: Duration::from_mins(1),
                bisect: true,
                report_item_failures: true,
                twice: false,
            },
            filter: Filter::parse([r#"{"eventName": ["INSERT"]}"#]).unwrap(),
            keeps_discarded: true,
            function_timeout: Duration::from_secs(7),
            poll_pause: POLL_PAUSE,
            trouble_pause: TROUBLE_PAUSE,
        };
        assert_eq!(settings, expect);
    }

    #[test]
    fn minus_one_is_for_ever_and_no_record_outlives_the_stream() {
        let lines = [START, "MaximumRetryAttempts: -1", "MaximumRecordAgeInSeconds: -1"];
        let rules = Settings::of_template(&template(&lines), "updater").unwrap().rules;
        assert_eq!((rules.retries_max, rules.record_age_max), (None, RETENTION));
        let lines = [START, "MaximumRecordAgeInSeconds: 604800"];
        assert_eq!(Settings::of_template(&template(&lines), "updater").unwrap().rules.record_age_max, RETENTION);
    }

    #[track_caller]
    fn check_refused(lines: &[&str], expect: &str) {
        let error = Settings::of_template(&template(lines), "updater").unwrap_err().to_string();
        assert!(error.contains("updater") && error.contains(expect), "{error}");
    }

    #[test]
    fn what_is_not_played_is_refused() {
        check_refused(&[], "StartingPosition");
        check_refused(&["StartingPosition: LATEST"], "LATEST");
        check_refused(&[START, "TumblingWindowInSeconds: 5"], "TumblingWindowInSeconds");
        check_refused(&[START, "Enabled: false"], "not enabled");
        check_refused(&[START, "BatchSize: 0"], "BatchSize is not a number from 1 to 10000");
        check_refused(&[START, "BatchSize: !Ref Size"], "BatchSize is not a number");
        check_refused(&[START, "MaximumBatchingWindowInSeconds: 301"], "not a number from 0 to 300");
        check_refused(&[START, "MaximumRetryAttempts: 10001"], "not a number from -1 to 10000");
        check_refused(&[START, "MaximumRecordAgeInSeconds: 59"], "not a number from 60 to 604800");
        check_refused(&[START, "ParallelizationFactor: 11"], "not a number from 1 to 10");
        check_refused(&[START, "FunctionResponseTypes: [Other]"], "Other");
        check_refused(&[START, "FilterCriteria: { Filters: [{ Pattern: '{' }] }"], "not JSON");
        assert!(matches!(Settings::of_template(&template(&[START]), "other"), Err(MappingError::NoMapping(_))));
        assert!(matches!(Settings::of_template(": {", "updater"), Err(MappingError::NotYaml(_))));
    }
}
