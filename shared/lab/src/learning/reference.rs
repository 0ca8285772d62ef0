//! How the deviations and scores of a history are spread: what later attempts are compared with.

use engine::features::deviations;
use engine::model::Trees;
use engine::reference::Reference;
use engine::score::{probability, version_of};
use rayon::prelude::*;

use super::examples::Examples;

/// The reference of a model, by all of these purchases, labelled or not.
pub fn reference(trees: &Trees, model_sha256: &str, examples: &Examples) -> Reference {
    let purchases: Vec<_> = (0..examples.len())
        .into_par_iter()
        .map(|row| {
            let features = examples.features(row);
            (deviations(features), probability(f64::from(trees.margin(features))))
        })
        .collect();
    Reference::count(version_of(model_sha256), purchases)
}
