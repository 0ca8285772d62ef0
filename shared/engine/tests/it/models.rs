//! Models: equal to the official packages on the golden set, refused by name, and never a panic.
//!
//! `golden/make.py` says what the files are and how they were made.

use engine::model::Trees;
use serde_json::{Value, json};

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/", $name)).as_slice()
    };
}

mod agreement;
mod contributions;
mod forest;
mod fresh;
mod refusals;
mod robustness;
mod tables;

const FEATURES: usize = 12;

const NAMES: [&str; FEATURES] = [
    "feature_0",
    "feature_1",
    "feature_2",
    "feature_3",
    "feature_4",
    "feature_5",
    "feature_6",
    "feature_7",
    "feature_8",
    "feature_9",
    "feature_10",
    "feature_11",
];

const MODEL: &[u8] = golden!("model.json");
const DEEP: &[u8] = golden!("deep.json");

fn read(text: &[u8]) -> Trees {
    Trees::from_xgboost_json(text, &NAMES).unwrap()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
}

/// The golden rows.
fn rows() -> Vec<[f32; FEATURES]> {
    floats(golden!("rows.bin")).as_chunks().0.to_vec()
}

/// The model with something changed.
fn changed(text: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut model = serde_json::from_slice(text).unwrap();
    change(&mut model);
    serde_json::to_vec(&model).unwrap()
}

fn tree(model: &mut Value, number: usize) -> &mut Value {
    &mut model["learner"]["gradient_booster"]["model"]["trees"][number]
}

/// A tree that asks one feature after the other: whoever is at 1 or above goes on, which an eighth of the training data does,
/// and only the end of the whole way is worth 1. Node `2 n` splits into `2 n + 1`, a leaf, and `2 n + 2`.
fn chain(depth: usize, features: usize) -> Value {
    let list = |of: &dyn Fn(usize) -> f64| (0..=2 * depth).map(of).collect::<Vec<_>>();
    let is_split = |node: usize| node.is_multiple_of(2) && node < 2 * depth;
    let indexes = |of: &dyn Fn(usize) -> i64| (0..=2 * depth).map(of).collect::<Vec<_>>();
    let child = |number| move |node: usize| if is_split(node) { (node + number) as i64 } else { -1 };
    let cover = |node: usize| if node.is_multiple_of(2) { 1.0 } else { 7.0 / 8.0 } / 8_f64.powi(node as i32 / 2);
    json!({
        "id": 0,
        "left_children": indexes(&child(1)),
        "right_children": indexes(&child(2)),
        "split_indices": indexes(&|node| (node / 2 % features) as i64),
        "split_conditions": list(&|node| f64::from(u8::from(is_split(node) || node == 2 * depth))),
        "default_left": indexes(&|_| 0),
        "sum_hessian": list(&cover),
    })
}
