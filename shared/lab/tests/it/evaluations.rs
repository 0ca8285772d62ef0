//! `cargo lab evaluate` and `cargo lab train` on a simulated history, as people run them.

use std::path::PathBuf;
use std::sync::OnceLock;

use engine::features::NAMES;
use engine::model::{Forest, Trees};
use engine::score::Models;
use serde_json::Value;

use crate::cli::{check, lab, temporary};

/// A history of half a year that all tests of this file read.
fn history() -> &'static str {
    static HISTORY: OnceLock<PathBuf> = OnceLock::new();
    let path = HISTORY.get_or_init(|| {
        let path = temporary("evaluated.csv");
        let out = path.to_str().unwrap();
        check(&["simulate", "--customers", "80", "--days", "180", "--seed", "3", "--out", out], 0, &[], &[]);
        path
    });
    path.to_str().unwrap()
}

const SPLIT: [&str; 8] =
    ["--train-from", "20", "--train-until", "110", "--test-from", "2025-04-30", "--test-until", "2025-06-29"];

fn json(path: &PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn an_evaluation_writes_every_figure_it_prints() {
    let (file, plots) = (temporary("evaluation.json"), temporary("plots"));
    let output = [
        &["evaluate", "--data", history(), "--alpha", "0.01", "--json", file.to_str().unwrap()],
        &["--plots", plots.to_str().unwrap()][..],
        &SPLIT[..],
    ];
    let printed =
        ["base rate ", "AUC ", "95 % interval", "realised FPR by week", "first of burst", "if nobody had been"];
    check(&output.concat(), 0, &printed, &[]);

    let report = json(&file);
    let number = |name: &str| report[name].as_f64().unwrap_or_else(|| panic!("{name} in {report}"));
    let at = |name: &str| report["at_alpha"][name].as_f64().unwrap();
    let interval = [0, 1].map(|end| report["average_precision_ci95"][end].as_f64().unwrap());
    assert!(number("auc") > 0.7, "{report}");
    assert!(number("average_precision") > 5.0 * number("base_rate"), "{report}");
    assert!(interval[0] < number("average_precision") && number("average_precision") < interval[1]);
    assert!((at("precision") + at("fdr") - 1.0).abs() < 1e-9);
    assert!((at("alpha") - 0.01).abs() < 1e-12);
    assert!(at("fpr") < 0.03 && at("recall") > 0.0, "{report}");
    assert!(number("card_precision_at_100") <= number("card_precision_at_100_ceiling"));
    assert!((0.0..=1.0).contains(&number("first_of_burst_recall")) && number("seconds") > 0.0);
    assert!(number("rows") < number("rows_read"));
    assert_eq!(report["weekly_fpr"].as_array().unwrap().len(), 9);
    assert_eq!(report["newcomers"].as_array().unwrap().len(), 3);
    for name in ["precision-recall.svg", "calibration.svg"] {
        assert!(std::fs::read_to_string(plots.join(name)).unwrap().starts_with("<svg"), "{name}");
    }
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    let figures = |name: &str| {
        let file = temporary(name);
        let arguments = [&["evaluate", "--data", history(), "--json", file.to_str().unwrap()], &SPLIT[..]].concat();
        check(&arguments, 0, &[], &[]);
        let mut report = json(&file);
        for timing in ["seconds", "stages"] {
            report.as_object_mut().unwrap().remove(timing);
        }
        report
    };
    assert_eq!(figures("first.json"), figures("second.json"));
}

#[test]
fn the_handbooks_protocol_tests_four_weeks() {
    let file = temporary("handbook.json");
    let arguments =
        ["evaluate", "--data", history(), "--protocol", "fdh", "--train-from", "120", "--json", file.to_str().unwrap()];
    check(&arguments, 0, &["tested on 2025-05-15 to 2025-05-21", "tested on 2025-06-05 to 2025-06-11"], &[]);
    let report = json(&file);
    let tests = report["tests"].as_array().unwrap();
    let mean = tests.iter().map(|test| test["average_precision"].as_f64().unwrap()).sum::<f64>() / 4.0;
    assert_eq!(tests.len(), 4);
    assert!((report["average_precision"].as_f64().unwrap() - mean).abs() < 1e-12);
}

#[test]
fn training_leaves_models_that_the_engine_loads() {
    let folder = temporary("trained");
    let arguments = ["train", "--data", history(), "--train-from", "20", "--out", folder.to_str().unwrap()];
    check(&arguments, 0, &["trees, trained on", "average precision in the rehearsal"], &[]);

    let model = std::fs::read(folder.join("model.json")).unwrap();
    let trees = Trees::from_xgboost_json(&model, &NAMES).unwrap();
    let card = json(&folder.join("card.json"));
    assert_eq!(card["trees"].as_u64().unwrap() as usize, trees.tree_count());
    assert_eq!(card["features"].as_array().unwrap().len(), NAMES.len());
    let forest_table = std::fs::read(folder.join("forest.bin")).unwrap();
    let forest = Forest::from_table(&forest_table).unwrap();
    assert_eq!(card["forest_features"].as_array().unwrap().len(), forest.feature_count());
    let calibration = std::fs::read(folder.join("calibration.json")).unwrap();
    let models = Models::from_files(&model, &forest_table, &calibration).unwrap();
    assert!(models.calibration().trees.score_at(0.001).is_some());
    let other = Models::from_files(&[&model[..], b"\n"].concat(), &forest_table, &calibration).unwrap_err().to_string();
    assert!(other.contains("it is of another model.json"), "{other}");
    assert!(std::fs::read_to_string(folder.join("card.md")).unwrap().starts_with("# Model card\n"));

    let again = temporary("trained-again");
    let arguments = ["train", "--data", history(), "--train-from", "20", "--out", again.to_str().unwrap()];
    check(&arguments, 0, &[], &[]);
    assert_eq!(std::fs::read(again.join("model.json")).unwrap(), model);
}

#[test]
fn what_cannot_be_learned_from_is_refused_in_one_line() {
    let refuse = |options: &[&str], why: &str| {
        check(&[&["evaluate", "--data", history()], options].concat(), 1, &[], &["error: ", why]);
    };
    let split = |options: [&'static str; 4]| {
        let names = ["--train-from", "--train-until", "--test-from", "--test-until"];
        names.into_iter().zip(options).flat_map(|(name, value)| [name, value]).collect::<Vec<_>>()
    };
    refuse(&split(["20", "110", "115", "130"]), "the labels of 2025-04-21, the last day to train on, arrive after");
    refuse(&split(["110", "20", "130", "140"]), "a period from 2025-04-21 until 2025-01-21 holds no day");
    refuse(&split(["100", "105", "130", "140"]), "is too short to train on");
    refuse(&split(["20", "110", "400", "410"]), "no labelled purchases of both kinds to test with");
    refuse(&split(["400", "500", "520", "530"]), "no purchase to train on has a label");
    let hidden = [split(["20", "110", "120", "140"]), vec!["--hide-scenario", "9"]].concat();
    refuse(&hidden, "no scenario `9`");
    refuse(&["--train-from", "20"], "a split needs --train-until DAY");
    let alpha = [&["evaluate", "--data", history(), "--alpha", "2"][..], &SPLIT].concat();
    check(&alpha, 2, &[], &["a share lies between 0 and 1"]);
    assert_eq!(lab(&["train", "--data", history()]).status.code(), Some(2));
}
