//! What cannot be evaluated exactly is refused, with what, where and what was expected.

use engine::model::{DEPTH_MAX, FEATURES_MAX, TREES_MAX, Trees};
use serde_json::{Value, json};

use super::{FEATURES, MODEL, NAMES, chain, changed, tree};

#[track_caller]
fn check(text: &[u8], expected: &str) {
    let message = Trees::from_xgboost_json(text, &NAMES).unwrap_err().to_string();
    assert!(message.contains(expected), "{message:?} does not say {expected:?}");
}

#[test]
fn what_cannot_be_evaluated_is_refused_by_name() {
    check(golden!("dart.json"), r#"the model's booster is "dart", expected "gbtree""#);
    check(golden!("gblinear.json"), r#"the model's booster is "gblinear", expected "gbtree""#);
    check(golden!("categorical.json"), "the model's split is categorical in tree 0, expected a threshold");
    check(golden!("multiclass.json"), "the model's number of classes is 3, expected 0 or 1");
    check(golden!("targets.json"), "the model's number of targets is 2, expected 0 or 1");
    check(golden!("regression.json"), r#"the model's objective is "reg:squarederror", expected "binary:logistic""#);
    let dart_since_3_4 = changed(MODEL, |model| {
        model["learner"]["gradient_booster"]["model"]["weight_drop"] = json!([0.5]);
    });
    check(&dart_since_3_4, r#"the model's booster is "dart" (it has a weight_drop)"#);
    let class_of_a_tree = changed(MODEL, |model| {
        model["learner"]["gradient_booster"]["model"]["tree_info"][4] = json!(1);
    });
    check(&class_of_a_tree, "the model's tree_info is 1, expected 0 throughout");
}

#[test]
fn what_is_no_model_is_refused() {
    check(b"", "not XGBoost's model.json: EOF while parsing a value at line 1 column 0");
    check(b"{L\x00\x00", "not XGBoost's model.json: key must be a string at line 1 column 2");
    check(b"[]", "expected the file that Booster.save_model(\"model.json\") writes");
    check(b"{}", "missing field `learner`");
    check(golden!("forest.json"), "missing field `learner`");
    check(&MODEL[..MODEL.len() / 2], "EOF while parsing");
}

fn with_names(names: &Value) -> Vec<u8> {
    changed(MODEL, |model| model["learner"]["feature_names"] = names.clone())
}

#[test]
fn other_features_are_refused_and_the_first_that_differs_is_named() {
    let mut names = NAMES;
    names.swap(3, 5);
    check(&with_names(&json!(names)), r#"feature 3 of the model is "feature_5", expected "feature_3""#);
    check(&with_names(&json!(NAMES[..11])), r#"feature 11 of the model is missing, expected "feature_11""#);
    let more: Vec<&str> = NAMES.into_iter().chain(["day_of_birth"]).collect();
    check(&with_names(&json!(more)), r#"feature 12 of the model is "day_of_birth", expected none"#);
    let unnamed = "the model names no features, expected 12 names: train on DMatrix(..., feature_names=[...])";
    check(&with_names(&json!([])), unnamed);
    check(&with_names(&Value::Null), unnamed);
}

#[track_caller]
fn check_changed(change: impl FnOnce(&mut Value), expected: &str) {
    check(&changed(MODEL, change), expected);
}

#[test]
fn a_damaged_tree_is_refused_with_its_place() {
    check_changed(
        |model| tree(model, 3)["left_children"][2] = json!(900),
        "tree 3, node 2: a child that does not exist",
    );
    check_changed(
        |model| tree(model, 3)["right_children"][2] = json!(-7),
        "tree 3, node 2: a child that does not exist",
    );
    check_changed(
        |model| tree(model, 0)["right_children"][2] = json!(0),
        "tree 0, node 2: a child that has another parent or is above it",
    );
    check_changed(
        |model| tree(model, 1)["right_children"][0] = tree(model, 1)["left_children"][0].clone(),
        "tree 1, node 0: a child that has another parent or is above it",
    );
    check_changed(
        |model| tree(model, 2)["split_indices"][0] = json!(12),
        "the model has 13 features in its splits, at most 12 are allowed",
    );
    check_changed(|model| tree(model, 2)["split_conditions"][0] = json!(1e300), "number out of range at line 1");
    check_changed(|model| tree(model, 2)["sum_hessian"][0] = json!(-1), "tree 2, node 0: a sum of hessians below zero");
    check_changed(
        |model| tree(model, 2)["sum_hessian"] = json!([1]),
        "tree 2, node 0: the tree's lists differ in length",
    );
    check_changed(|model| tree(model, 2)["id"] = json!(3), "tree 2, node 0: its id is not its position");
    let empty = json!({"id": 5, "left_children": [], "right_children": [], "split_indices": [],
        "split_conditions": [], "default_left": [], "sum_hessian": []});
    check_changed(|model| *tree(model, 5) = empty, "tree 5, node 0: a child that does not exist");
    check_changed(
        |model| tree(model, 2)["default_left"][0] = json!(2),
        "invalid value: integer `2`, expected true, false, 1 or 0",
    );
}

#[test]
fn parts_that_contradict_each_other_are_refused() {
    let parameter = |name: &'static str, value: &'static str| {
        move |model: &mut Value| model["learner"]["learner_model_param"][name] = json!(value)
    };
    check_changed(parameter("base_score", "1E0"), r#"base_score is "1E0", expected a probability above 0 and below 1"#);
    check_changed(parameter("base_score", "[0E0]"), "expected a probability above 0 and below 1");
    check_changed(parameter("base_score", "-1"), "expected a probability above 0 and below 1");
    check_changed(parameter("base_score", "NaN"), "expected a probability above 0 and below 1");
    check_changed(parameter("base_score", "[1E-1,2E-1]"), "expected one number");
    check_changed(
        |model| model["learner"]["gradient_booster"]["model"]["gbtree_model_param"]["num_trees"] = json!("20"),
        r#"num_trees is "20", expected "19""#,
    );
    check_changed(
        |model| model["learner"]["gradient_booster"]["model"]["tree_info"] = json!([0]),
        "tree_info is of length 1, expected one number for each of 19 trees",
    );
    for best in ["19", "18446744073709551615", "-1", "best"] {
        check_changed(
            |model| model["learner"]["attributes"]["best_iteration"] = json!(best),
            &format!("best_iteration is {best:?}, expected an iteration within the 19 trees"),
        );
    }
}

#[test]
fn what_exceeds_a_limit_is_refused_with_the_limit() {
    check_changed(
        |model| {
            let model = &mut model["learner"]["gradient_booster"]["model"];
            let leaf = json!({"id": 0, "left_children": [-1], "right_children": [-1], "split_indices": [0],
                "split_conditions": [0.5], "default_left": [0], "sum_hessian": [1]});
            model["trees"] = json!(vec![leaf; TREES_MAX + 1]);
        },
        "the model has 5001 trees, at most 5000 are allowed",
    );
    let deep = |depth| changed(MODEL, |model| *tree(model, 0) = chain(depth, FEATURES));
    assert!(Trees::from_xgboost_json(&deep(DEPTH_MAX), &NAMES).is_ok());
    check(&deep(DEPTH_MAX + 1), "the model has 17 decisions on one way, at most 16 are allowed");
    let many: Vec<String> = (0..=FEATURES_MAX).map(|number| format!("feature_{number}")).collect();
    check(&with_names(&json!(many)), "the model has 128 features, at most 127 are allowed");
    check(&with_names(&json!(["x".repeat(65)])), "the model has 65 bytes in a feature's name, at most 64 are allowed");
}
