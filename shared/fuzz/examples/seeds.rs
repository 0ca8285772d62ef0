//! Writes the seeds of every target into `corpus/`: the golden events, profiles, models and histories of the tests.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz::{events, requests};
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    for (name, event) in events::all() {
        let Some(records) = event["Records"].as_array() else {
            write("requests", &name, requests::text_of(&event).as_bytes())?;
            continue;
        };
        for record in records {
            let name = record["eventID"].as_str().unwrap_or(&name);
            write("records", name, json!([record]).to_string().as_bytes())?;
        }
        write("records", &name, Value::from(records.clone()).to_string().as_bytes())?;
    }
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    copy("profile", &shared.join("engine/tests/it"), |name| name.starts_with("profile-format"))?;
    copy("trees", &shared.join("engine/tests/golden"), |name| name.ends_with(".json") && name != "model.json")?;
    copy("forest", &shared.join("engine/models/default"), |name| name == "forest.bin")?;
    copy("calibration", &shared.join("engine/models/default"), |name| name == "calibration.json")?;
    copy("history", &shared.join("lab/tests/it/data"), |_| true)
}

fn corpus(target: &str) -> std::io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn write(target: &str, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    fs::write(corpus(target)?.join(name), bytes)
}

/// Copies the files of a folder whose names are wanted.
fn copy(target: &str, from: &Path, wanted: impl Fn(&str) -> bool) -> std::io::Result<()> {
    for file in fs::read_dir(from)? {
        let file = file?;
        if let Some(name) = file.file_name().to_str().filter(|name| wanted(name)) {
            fs::copy(file.path(), corpus(target)?.join(name))?;
        }
    }
    Ok(())
}
