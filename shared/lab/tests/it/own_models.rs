//! Models that were trained elsewhere: `cargo lab features`, then any trainer, then `cargo lab calibrate`, then the engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use edge::start::models_at;
use engine::currency::Currency;
use engine::features::{COUNT, NAMES};
use engine::model::Trees;
use engine::time::{DAY_MS, Day};
use lab::history::{ColumnMap, History};
use lab::learning::feature_table::KEYS;
use lab::learning::ledger::Ledger;
use lab::learning::replay::Replay;

use crate::cli::{check, lab, temporary};

/// A history of half a year that all tests of this file read.
fn history() -> &'static str {
    static HISTORY: OnceLock<PathBuf> = OnceLock::new();
    let path = HISTORY.get_or_init(|| {
        let path = temporary("own-models.csv");
        let out = path.to_str().unwrap();
        check(&["simulate", "--customers", "60", "--days", "180", "--seed", "3", "--out", out], 0, &[], &[]);
        path
    });
    path.to_str().unwrap()
}

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = temporary(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A line of a feature table.
struct Line {
    keys: [String; KEYS.len()],
    features: [f32; COUNT],
}

/// Reads a feature table as anybody would; what is empty is NaN.
fn read(csv: &str) -> Vec<Line> {
    let mut lines = csv.lines();
    let names: Vec<&str> = KEYS.into_iter().chain(NAMES).collect();
    assert_eq!(lines.next(), Some(names.join(",").as_str()));
    let number = |field: &str| if field.is_empty() { f32::NAN } else { field.parse().unwrap() };
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let (keys, values) = fields.split_at(KEYS.len());
            let features: Vec<f32> = values.iter().map(|field| number(field)).collect();
            Line {
                keys: keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>().try_into().unwrap(),
                features: features.try_into().unwrap(),
            }
        })
        .collect()
}

fn bits(features: &[f32]) -> Vec<u32> {
    features.iter().map(|value| value.to_bits()).collect()
}

/// Calibrates a model on days that no test of this file trains on; what is printed must hold these parts.
#[track_caller]
fn calibrate(model: &Path, printed: &[&str]) {
    let model = model.to_str().unwrap();
    let period = ["--from", "128", "--until", "179"];
    check(&[&["calibrate", "--data", history(), "--model", model][..], &period].concat(), 0, printed, &[]);
}

#[test]
fn the_feature_table_is_the_replay_bit_for_bit() {
    let file = temporary("features.csv");
    let options = ["--from", "30", "--until", "2025-03-31", "--label-delay", "3d"];
    let arguments = [&["features", "--data", history()], &options[..]].concat();
    let written = [&arguments[..], &["--out", file.to_str().unwrap()]].concat();
    check(&written, 0, &["36 features of ", "purchases of 2025-01-31 to 2025-03-31; ", "base rate "], &[]);
    let csv = fs::read_to_string(file).unwrap();
    for printed in [lab(&arguments), lab(&[&arguments[..], &["--out", "-"]].concat())] {
        assert_eq!((printed.stdout.as_slice(), printed.stderr.as_slice()), (csv.as_bytes(), &b""[..]));
    }

    let mut opened = History::open(Path::new(history()), &ColumnMap::default(), Currency::EUR).unwrap();
    let ledger = Ledger::read(&mut opened).unwrap();
    let day = |text: &str| Day::parse(text).unwrap().start();
    let examples = Replay::new(&ledger, 3 * DAY_MS).examples(day("2025-01-31")..day("2025-04-01"));
    let mut expected: Vec<_> = examples.purchases(&ledger).enumerate().collect();
    expected.sort_by_key(|(_, purchase)| purchase.instant());
    let lines = read(&csv);
    assert_eq!(lines.len(), expected.len());
    for (line, (row, purchase)) in lines.iter().zip(expected) {
        let label = purchase.label.map_or("", |is_positive| if is_positive { "1" } else { "0" });
        let customer = ledger.customer_id(purchase).unwrap().as_str().to_owned();
        assert_eq!(line.keys, [purchase.at.to_string(), customer, label.to_owned()]);
        assert_eq!(bits(&line.features), bits(examples.features(row)));
    }
    for label in ["0", "1", ""] {
        assert!(lines.iter().any(|line| line.keys[2] == label), "no label {label:?}");
    }
    assert!(lines.iter().any(|line| line.features.iter().any(|value| value.is_nan())));
}

#[test]
fn features_that_cannot_be_written_are_refused_in_one_line() {
    let refuse = |options: &[&str], why: &str| {
        let output = lab(&[&["features", "--data", history()], options].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("error: ") && said.contains(why) && said.lines().count() == 1, "{said}");
    };
    refuse(&["--out", "/no/such/features.csv"], "cannot write /no/such/features.csv: No such file");
    refuse(&["--from", "40", "--until", "30"], "a period from 2025-02-10 until 2025-01-31 holds no day");
    let beyond = ["--from", "400", "--until", "410"];
    refuse(&beyond, "no purchase lies in 2026-02-05 to 2026-02-15; the history goes from 2025-01-01 to ");
    check(&["features", "--data", history(), "--label-delay", "7"], 2, &[], &["such as 7d or 12h"]);
}

#[test]
fn a_model_from_elsewhere_is_calibrated_and_then_loaded() {
    let trained = folder("own-trained");
    let out = trained.to_str().unwrap();
    let printed = ["at a base rate of ", "to use them: MODEL_PATH=", "/model.json cargo local"];
    check(&["train", "--data", history(), "--train-until", "120", "--out", out], 0, &printed, &[]);
    let whole = models_at(Some(&trained.join("model.json"))).unwrap();

    let elsewhere = folder("own-elsewhere");
    let model = elsewhere.join("model.json");
    fs::copy(trained.join("model.json"), &model).unwrap();
    calibrate(&model, &["for this model and a new forest.bin, by ", "on these days: base rate ", "to use them: "]);
    let calibrated = models_at(Some(&model)).unwrap();
    assert_eq!(calibrated.version(), whole.version(), "the version is that of the trees");
    assert_ne!(calibrated.calibration(), whole.calibration());

    let forest = fs::read(elsewhere.join("forest.bin")).unwrap();
    calibrate(&model, &["for this model and the forest.bin beside it"]);
    assert_eq!(fs::read(elsewhere.join("forest.bin")).unwrap(), forest, "a forest that is there is kept");
    assert_eq!(models_at(Some(&model)).unwrap(), calibrated);
}

#[test]
fn what_cannot_be_calibrated_is_refused_in_one_line_and_leaves_no_file() {
    let trained = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/models/default/model.json");
    let folder = folder("own-refused");
    let model = folder.join("model.json");
    let refuse = |content: &str, options: &[&str], why: &str| {
        fs::write(&model, content).unwrap();
        let output = lab(&[&["calibrate", "--model", model.to_str().unwrap()], options].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("error: ") && said.contains(why) && said.lines().count() == 1, "{said}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    };
    let trained = fs::read_to_string(trained).unwrap();
    let days = |from, until| ["--data", history(), "--from", from, "--until", until];
    refuse("trees", &days("128", "179"), "this is not XGBoost's model.json");
    let renamed = trained.replacen("\"ln_amount\"", "\"amount\"", 1);
    refuse(
        &renamed,
        &days("128", "179"),
        "feature 0 of the model is \"amount\", expected \"ln_amount\": train it on the",
    );
    refuse(&trained, &days("400", "410"), "no purchase lies in 2026-02-05 to 2026-02-15; the history goes from");

    let unlabelled = temporary("own-unlabelled.csv");
    fs::write(&unlabelled, "occurred_at,customer_id,amount\n2025-01-01T10:00:00Z,a,10.00\n").unwrap();
    let options = ["--data", unlabelled.to_str().unwrap(), "--from", "0", "--until", "0"];
    refuse(&trained, &options, "no purchase is labelled genuine, nothing to calibrate by; map the column of labels");
}

#[test]
#[ignore = "needs Python with xgboost and pandas; run with their venv first in PATH: cargo test -p lab -- --ignored"]
fn a_model_retrained_as_the_readme_says_scores_as_xgboost_does() {
    let folder = folder("own-python");
    let model_folder = folder.join("model");
    fs::create_dir_all(&model_folder).unwrap();
    let features = folder.join("features.csv");
    let options = ["--until", "120", "--out", features.to_str().unwrap()];
    check(&[&["features", "--data", history()][..], &options].concat(), 0, &[], &[]);

    // What the README says, and then what XGBoost makes of every row of the file.
    let margins = "\n\
        X = pd.read_csv('features.csv')[X.columns].astype('float32')\n\
        margins = booster.predict(xgb.DMatrix(X), output_margin=True)\n\
        print(*margins.view('uint32'))\n";
    let script = readmes_python() + margins;
    let python = Command::new("python3").args(["-c", &script]).current_dir(&folder).output().unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    let margins: Vec<u32> =
        str::from_utf8(&python.stdout).unwrap().split_whitespace().map(|bits| bits.parse().unwrap()).collect();

    let model = model_folder.join("model.json");
    calibrate(&model, &["for this model and a new forest.bin", "to use them: "]);
    models_at(Some(&model)).unwrap();
    let trees = Trees::from_xgboost_json(&fs::read(&model).unwrap(), &NAMES).unwrap();
    let lines = read(&fs::read_to_string(features).unwrap());
    let found: Vec<u32> = lines.iter().map(|line| trees.margin(&line.features).to_bits()).collect();
    assert!(found.len() > 1_000 && trees.tree_count() > 100);
    assert_eq!(found, margins);
}

/// The Python lines of the README: the indented block that begins with an import.
fn readmes_python() -> String {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let block: Vec<&str> = readme
        .lines()
        .skip_while(|line| !line.starts_with("    import pandas"))
        .map_while(|line| line.strip_prefix("    "))
        .collect();
    assert!(!block.is_empty(), "the README has no Python");
    block.join("\n")
}
