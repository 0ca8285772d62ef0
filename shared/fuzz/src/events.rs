//! The golden events of `events/`: what the targets start from, so that they follow the API by themselves.

use serde_json::Value;

/// The folder of the golden events.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events");

/// A golden event.
///
/// # Panics
/// If it is not there or no JSON.
pub fn golden(name: &str) -> Value {
    let path = format!("{FOLDER}/{name}.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every golden event with its name, in the order of the names.
///
/// # Panics
/// If the folder cannot be read.
pub fn all() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(FOLDER).unwrap_or_else(|error| panic!("{FOLDER}: {error}"));
    let mut names: Vec<String> =
        files.filter_map(|file| file.ok()?.file_name().to_str()?.strip_suffix(".json").map(str::to_owned)).collect();
    names.sort_unstable();
    names.into_iter().map(|name| (name.clone(), golden(&name))).collect()
}
