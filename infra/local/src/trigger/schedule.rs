//! The schedule of a function: the event that `EventBridge` sends it every so often, as the SAM template has it, sent here.
//!
//! The template's rate is not played: an hour is long on a laptop. What is not answered is left to the next time, as in AWS.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use edge::clock;
use serde_json::{Value, json};
use serde_yaml_ng::Value as Yaml;

use crate::trigger::lambda::Handler;
use crate::trigger::mapping::{MappingError, TEMPLATE, properties_of};

/// The log's name in the folder of the logs.
const FILE_NAME: &str = "schedule.log";

/// What a function is sent, and how often here.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The event.
    pub input: Value,
    /// How long to wait before each.
    pub pause: Duration,
}

impl Schedule {
    /// The schedule of this function, by the name of its folder, from the workspace's template, at this pace.
    ///
    /// # Errors
    /// [`MappingError`] if the template cannot be read or does not have one schedule of the function with an event.
    pub fn of_workspace(workspace: &Path, function: &str, pause: Duration) -> Result<Self, MappingError> {
        let path = workspace.join(TEMPLATE);
        let template = fs::read_to_string(&path).map_err(|source| MappingError::Unreadable { path, source })?;
        let template: Yaml = serde_yaml_ng::from_str(&template).map_err(MappingError::NotYaml)?;
        let input = input_of(&template, function).ok_or_else(|| MappingError::NoSchedule(function.to_owned()))?;
        Ok(Self { input, pause })
    }

    /// Sends the event again and again until it is dropped, and writes down what is answered.
    pub async fn run(self, function: impl Handler, mut log: File) {
        loop {
            tokio::time::sleep(self.pause).await;
            let outcome = match function.invoke(&self.input).await {
                Ok(reply) => reply.to_string(),
                Err(undelivered) => undelivered.to_string(),
            };
            let line = json!({ "at": clock::system().to_string(), "function": function.name(), "outcome": outcome });
            // A log that cannot be written is no reason to stop.
            let _ = writeln!(log, "{line}");
        }
    }
}

/// A fresh log in this folder.
///
/// # Errors
/// What the system says.
pub fn log_in(folder: &Path) -> io::Result<File> {
    File::create(folder.join(FILE_NAME))
}

/// The event of the function's one schedule.
fn input_of(template: &Yaml, function: &str) -> Option<Value> {
    let events = properties_of(template, function)?.get("Events")?.as_mapping()?;
    let is_schedule = |event: &&Yaml| event.get("Type").and_then(Yaml::as_str) == Some("Schedule");
    let mut schedules = events.values().filter(is_schedule);
    let input = schedules.next()?.get("Properties")?.get("Input")?.as_str()?;
    if schedules.next().is_some() { None } else { serde_json::from_str(input).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(events: &str, expect: Option<&Value>) {
        let template = format!(
            "Resources: {{ F: {{ Type: 'AWS::Serverless::Function', Properties: {{ CodeUri: ../functions/f, Events: {{ {events} }} }} }} }}"
        );
        assert_eq!(input_of(&serde_yaml_ng::from_str(&template).unwrap(), "f").as_ref(), expect);
    }

    #[test]
    fn one_schedule_with_an_event_is_understood() {
        let schedule = "Type: Schedule, Properties: { Schedule: rate(1 hour), Input: '{\"a\": 1}' }";
        check(&format!("S: {{ {schedule} }}, R: {{ Type: HttpApi }}"), Some(&json!({ "a": 1 })));
        check(&format!("S: {{ {schedule} }}, T: {{ {schedule} }}"), None);
        check("S: { Type: Schedule, Properties: { Schedule: rate(1 hour) } }", None);
        check("S: { Type: Schedule, Properties: { Input: 'no JSON' } }", None);
        check("R: { Type: HttpApi }", None);
    }
}
