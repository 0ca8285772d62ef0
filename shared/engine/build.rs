//! Compiles the default model: XGBoost's `model.json`, which people read and retrain, becomes the table that functions load.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a build script reads and writes files and prints; the engine does not"
)]

#[expect(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "the engine's own reader and writer, of which a build needs a part"
)]
#[path = "src/model/mod.rs"]
mod model;

use std::path::Path;
use std::{env, error, fs};

use serde_json::Value;

const MODEL: &str = "models/default/model.json";

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed={MODEL}");
    println!("cargo::rerun-if-changed=src/model");
    let json = fs::read(MODEL)?;
    let document: Value = serde_json::from_slice(&json)?;
    // The names in the file itself: whether they are the engine's own is checked where the table is loaded.
    let names = document.pointer("/learner/feature_names").and_then(Value::as_array);
    let names: Vec<&str> = names.into_iter().flatten().filter_map(Value::as_str).collect();
    let table = model::Trees::from_xgboost_json(&json, &names)?.to_table();
    fs::write(Path::new(&env::var("OUT_DIR")?).join("model.table"), table)?;
    Ok(())
}
