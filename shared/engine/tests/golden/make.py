"""The golden set: models made by the official packages, and what those packages say about 200 rows.

The tests of `engine::model` compare with these files bit for bit; they are checked in, so that no test needs Python.

    python3 -m venv venv && venv/bin/pip install xgboost==3.2.0 scikit-learn==1.9.1 numpy==2.4.6
    venv/bin/python make.py            # writes all files but the samples of older versions; the same bytes every time
    venv/bin/pip install xgboost==1.7.6 && venv/bin/python make.py sample    # likewise 2.1.4: what older versions write
    venv/bin/python make.py fresh 7    # prints models that follow from a seed, for the opt-in test

Every .bin holds little-endian numbers, one row behind the other: rows, margins and contributions (a column for each
feature, the base last) as float32, forest scores as float64.

| file | what it is |
|---|---|
| rows.bin | 200 rows of 12 features, a tenth of the values NaN, some exactly on a model's threshold |
| model.json | binary:logistic, depth 6; with .margins, .contributions (pred_contribs) and .paths (approx_contribs) |
| early.json | stopped early: the best iteration is not the last; two trees an iteration |
| deep.json | grown by loss to the depth limit of 16, with ways that ask 10 features |
| logitraw.json, reg-logistic.json | the two other objectives in log-odds |
| version-*.json | the same small model as written by older versions |
| dart.json, gblinear.json, categorical.json, multiclass.json, targets.json, regression.json | to be refused |
| forest.json | an isolation forest's arrays, from rows with NaN; with .scores (-score_samples) |
| rows.scores.bin | scores of the rows by a forest of 3,000 trees fitted to them: what any forest's should be near |
"""

import json
import sys
from pathlib import Path

import numpy as np
import xgboost as xgb

HERE = Path(__file__).parent
FEATURES = 12
ROWS = 200
NAMES = [f"feature_{number}" for number in range(FEATURES)]


def data(seed, rows=3000):
    """Rows of which some are positive, for a reason that trees can find."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    x[:, 3] = rng.integers(0, 24, rows)
    x[:, 4] = np.round(np.exp(x[:, 4]), 2)
    odds = 2 * x[:, 0] * (x[:, 1] > 0) + np.sin(x[:, 3] / 4) + np.abs(x[:, 2]) - 3.5 + x[:, 4] * (x[:, 5] > 1)
    y = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(int)
    x[rng.random(x.shape) < 0.1] = np.nan
    return x, y


def matrix(x, y=None, **options):
    return xgb.DMatrix(x, y, feature_names=NAMES, **options)


def train(seed, rounds, **parameters):
    x, y = data(seed)
    parameters = {"objective": "binary:logistic", "max_depth": 6, "nthread": 1, "seed": seed} | parameters
    return xgb.train(parameters, matrix(x, y), rounds)


def document(booster):
    return json.loads(bytes(booster.save_raw("json")))


def thresholds(booster):
    """Pairs of a feature and one of the thresholds that the model compares it with."""
    for tree in document(booster)["learner"]["gradient_booster"]["model"]["trees"]:
        for feature, value, left in zip(tree["split_indices"], tree["split_conditions"], tree["left_children"]):
            if left != -1:
                yield feature, np.float32(value)


def golden_rows(booster, seed, rows=ROWS):
    """Rows that the model has not seen, a third with values on a threshold: there `<` and `<=` differ."""
    x, _ = data(seed, rows)
    pairs = list(thresholds(booster))
    rng = np.random.default_rng(seed)
    for row in x[::3]:
        for pair in rng.integers(0, len(pairs), 4):
            feature, value = pairs[pair]
            row[feature] = value
    x[0] = np.nan
    return x


def write(name, array, kind="<f4"):
    (HERE / name).write_bytes(np.ascontiguousarray(array).astype(kind).tobytes())


def write_model(name, booster, x=None):
    (HERE / f"{name}.json").write_bytes(bytes(booster.save_raw("json")))
    if x is not None:
        write(f"{name}.margins.bin", booster.predict(matrix(x), output_margin=True))


def stopped_early(x):
    """An XGBClassifier that stopped early, saved and loaded again, and the margins it then gives."""
    path = HERE / "early.json"
    classifier = xgb.XGBClassifier(
        n_estimators=40, max_depth=3, learning_rate=0.5, num_parallel_tree=2, subsample=0.5, n_jobs=1, random_state=5,
        early_stopping_rounds=3,
    )
    (x_train, y_train), (x_valid, y_valid) = data(5), data(6)
    classifier.fit(x_train, y_train, eval_set=[(x_valid, y_valid)], verbose=False)
    booster = classifier.get_booster()
    booster.feature_names = NAMES
    assert booster.best_iteration + 1 < booster.num_boosted_rounds()
    booster.save_model(path)
    loaded = xgb.XGBClassifier()
    loaded.load_model(path)
    write("early.margins.bin", loaded.predict(x, output_margin=True, validate_features=False))


def refused():
    small = {"max_depth": 2}
    write_model("dart", train(11, 2, booster="dart", rate_drop=0.5, **small))
    write_model("gblinear", train(11, 2, booster="gblinear"))
    write_model("regression", train(11, 1, objective="reg:squarederror", **small))
    x, y = data(11)
    kinds = np.where(np.isnan(x[:, 0]), 0, np.clip(np.nan_to_num(x[:, 0]) * 2 + 4, 0, 8).astype(int))
    classes = {"objective": "multi:softprob", "num_class": 3, "nthread": 1} | small
    write_model("multiclass", xgb.train(classes, matrix(x, kinds % 3), 1))
    vectors = {"objective": "binary:logistic", "multi_strategy": "multi_output_tree", "nthread": 1} | small
    write_model("targets", xgb.train(vectors, matrix(x, np.stack([y, kinds % 2], 1)), 1))
    with_kinds = np.nan_to_num(x)
    with_kinds[:, 0] = kinds
    categorical = matrix(with_kinds, y, feature_types=["c"] + ["q"] * (FEATURES - 1), enable_categorical=True)
    options = {"objective": "binary:logistic", "max_cat_to_onehot": 1, "nthread": 1} | small
    write_model("categorical", xgb.train(options, categorical, 1))


def forest(x):
    from sklearn.ensemble import IsolationForest

    fitted = IsolationForest(n_estimators=11, max_samples=64, random_state=3).fit(data(3, 500)[0])
    trees = [tree.tree_ for tree in fitted.estimators_]
    arrays = {
        "children_left": int, "children_right": int, "feature": int, "threshold": float, "missing_go_to_left": bool,
        "n_node_samples": int,
    }
    parts = [{name: [kind(value) for value in getattr(tree, name)] for name, kind in arrays.items()} for tree in trees]
    text = json.dumps({"max_samples": int(fitted.max_samples_), "trees": parts}, separators=(",", ":"))
    (HERE / "forest.json").write_text(text + "\n")
    write("forest.scores.bin", -fitted.score_samples(x), "<f8")
    many = IsolationForest(n_estimators=3000, max_samples=64, random_state=3).fit(x)
    write("rows.scores.bin", -many.score_samples(x), "<f8")


def make():
    booster = train(1, 19, min_child_weight=3, gamma=0.2)
    x = golden_rows(booster, 2)
    write("rows.bin", x)
    write_model("model", booster, x)
    write("model.contributions.bin", booster.predict(matrix(x), pred_contribs=True))
    write("model.paths.bin", booster.predict(matrix(x), pred_contribs=True, approx_contribs=True))
    deep = train(22, 1, max_depth=16, grow_policy="lossguide", max_leaves=64, min_child_weight=0, colsample_bynode=0.09,
                 reg_lambda=0)
    write_model("deep", deep, x)
    write("deep.contributions.bin", deep.predict(matrix(x), pred_contribs=True))
    write_model("logitraw", train(8, 2, max_depth=3, objective="binary:logitraw"), x)
    write_model("reg-logistic", train(8, 2, max_depth=3, objective="reg:logistic"), x)
    stopped_early(x)
    refused()
    forest(x)


def sample():
    """The small model of an older version, its base score given: older versions do not estimate it."""
    x = np.frombuffer((HERE / "rows.bin").read_bytes(), "<f4").reshape(ROWS, FEATURES)
    version = ".".join(xgb.__version__.split(".")[:2])
    write_model(f"version-{version}", train(9, 2, max_depth=3, base_score=0.0088), x)


def fresh(seed):
    """Models of random shape and what XGBoost says about fresh rows, as bits, so that nothing is lost on the way."""
    rng = np.random.default_rng(seed)
    bits = lambda array: np.ascontiguousarray(array, dtype=np.float32).view(np.uint32).ravel().tolist()
    for number in range(10):
        booster = train(
            int(rng.integers(1 << 30)), int(rng.integers(1, 60)), max_depth=int(rng.integers(1, 9)),
            base_score=float(rng.uniform(0.001, 0.999)), eta=float(rng.uniform(0.05, 1)),
            min_child_weight=float(rng.uniform(0, 5)),
        )
        x = golden_rows(booster, seed + number, 500)
        print(json.dumps({
            "model": document(booster),
            "rows": bits(x),
            "margins": bits(booster.predict(matrix(x), output_margin=True)),
            "contributions": bits(booster.predict(matrix(x), pred_contribs=True)),
            "paths": bits(booster.predict(matrix(x), pred_contribs=True, approx_contribs=True)),
        }))


match sys.argv[1:]:
    case []:
        make()
    case ["sample"]:
        sample()
    case ["fresh", seed]:
        fresh(int(seed))
    case _:
        sys.exit(__doc__)
