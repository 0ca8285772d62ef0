//! What the models cost: 300 full trees of depth 6 over 26 features, and 100 isolation trees over 8.
//!
//! The model is made up and the worst of its size: every tree has all its 63 splits, where a trained one has fewer.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use engine::model::{Forest, ForestSettings, Trees};
use engine::score::Models;

use crate::random::Random;

const FEATURES: usize = 26;
const TREES: usize = 300;
const DEPTH: u32 = 6;
const FOREST_FEATURES: usize = 8;

/// What a function that starts waits for.
#[divan::bench]
fn compiled_in(bencher: Bencher) {
    bencher.bench(|| Models::compiled_in().unwrap());
}

#[divan::bench]
fn trees_from_json(bencher: Bencher) {
    let text = model_json();
    bencher.bench(|| Trees::from_xgboost_json(text.as_bytes(), &names()).unwrap());
}

#[divan::bench]
fn trees_from_table(bencher: Bencher) {
    let table = trees().to_table();
    bencher.counter(BytesCount::new(table.len())).bench(|| Trees::from_table(&table).unwrap());
}

#[divan::bench]
fn margin(bencher: Bencher) {
    let (trees, mut rows) = (trees(), Rows::new(FEATURES));
    bencher.bench_local(|| trees.margin(black_box(rows.next())));
}

#[divan::bench]
fn contributions(bencher: Bencher) {
    let (trees, mut rows) = (trees(), Rows::new(FEATURES));
    let mut out = [0.0; FEATURES];
    bencher.bench_local(|| trees.contributions(black_box(rows.next()), &mut out));
}

#[divan::bench]
fn shapley_values(bencher: Bencher) {
    let (trees, mut rows) = (trees(), Rows::new(FEATURES));
    let mut out = [0.0; FEATURES];
    bencher.bench_local(|| trees.shapley_values(black_box(rows.next()), &mut out));
}

#[divan::bench]
fn forest_from_table(bencher: Bencher) {
    let table = forest().to_table();
    bencher.counter(BytesCount::new(table.len())).bench(|| Forest::from_table(&table).unwrap());
}

#[divan::bench]
fn forest_score(bencher: Bencher) {
    let (forest, mut rows) = (forest(), Rows::new(FOREST_FEATURES));
    bencher.bench_local(|| forest.score(black_box(rows.next())));
}

#[divan::bench]
fn forest_fit(bencher: Bencher) {
    bencher.bench_local(forest);
}

/// Rows of numbers between 0 and 1, a twentieth of them missing.
struct Rows {
    values: Vec<f32>,
    features: usize,
    next: usize,
}

impl Rows {
    const COUNT: usize = 1021;

    fn new(features: usize) -> Self {
        let mut random = Random(7);
        let mut value = || if random.below(20) == 0 { f32::NAN } else { random.unit() };
        Self { values: (0..Self::COUNT * features).map(|_| value()).collect(), features, next: 0 }
    }

    fn next(&mut self) -> &[f32] {
        self.next = (self.next + 1) % Self::COUNT;
        self.values.chunks_exact(self.features).nth(self.next).unwrap()
    }
}

fn forest() -> Forest {
    Forest::fit(&Rows::new(FOREST_FEATURES).values, FOREST_FEATURES, ForestSettings::default()).unwrap()
}

fn trees() -> Trees {
    Trees::from_xgboost_json(model_json().as_bytes(), &names()).unwrap()
}

fn names() -> [&'static str; FEATURES] {
    [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v",
        "w", "x", "y", "z",
    ]
}

fn model_json() -> String {
    made_up_json(&names(), |_, random| random.unit())
}

/// A model.json as XGBoost 3 writes it. `threshold` draws one for a feature.
pub(crate) fn made_up_json(names: &[&str], threshold: impl Fn(usize, &mut Random) -> f32) -> String {
    let mut random = Random(1);
    let trees: Vec<String> = (0..TREES).map(|id| tree_json(id, names.len(), &threshold, &mut random)).collect();
    format!(
        r#"{{"learner":{{"attributes":{{}},"feature_names":{:?},"feature_types":[],"gradient_booster":{{"model":{{
        "gbtree_model_param":{{"num_parallel_tree":"1","num_trees":"{TREES}"}},"tree_info":{:?},"trees":[{}]}},"name":"gbtree"}},
        "learner_model_param":{{"base_score":"[8.8E-3]","num_class":"0","num_feature":"{}","num_target":"1"}},
        "objective":{{"name":"binary:logistic"}}}},"version":[3,2,0]}}"#,
        names,
        [0; TREES],
        trees.join(","),
        names.len(),
    )
}

/// A full tree in level order: node `i` has the children `2 i + 1` and `2 i + 2`.
fn tree_json(
    id: usize,
    features: usize,
    threshold: &impl Fn(usize, &mut Random) -> f32,
    random: &mut Random,
) -> String {
    let nodes = (1_usize << (DEPTH + 1)) - 1;
    let splits = nodes / 2;
    let asked: Vec<usize> = (0..nodes).map(|_| random.below(features)).collect();
    let child = |number: usize| move |node| if node < splits { (2 * node + number) as i64 } else { -1 };
    let list = |of: &mut dyn FnMut(usize) -> String| (0..nodes).map(of).collect::<Vec<_>>().join(",");
    let cover = |node: usize| 65_536.0 / f64::from((node + 1).ilog2()).exp2();
    let (left, right) = (list(&mut |node| child(1)(node).to_string()), list(&mut |node| child(2)(node).to_string()));
    let mut condition = |node: usize| {
        if node < splits { threshold(asked[node], random) } else { (random.unit() - 0.5) * 0.1 }
    };
    let conditions = list(&mut |node| condition(node).to_string());
    format!(
        r#"{{"id":{id},"left_children":[{left}],"right_children":[{right}],"split_indices":[{}],"split_conditions":[{conditions}],
        "default_left":[{}],"sum_hessian":[{}]}}"#,
        list(&mut |node| asked[node].to_string()),
        list(&mut |_| random.below(2).to_string()),
        list(&mut |node| cover(node).to_string()),
    )
}
