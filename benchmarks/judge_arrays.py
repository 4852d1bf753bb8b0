"""The trees of scikit-learn's ensembles as the arrays that `stylus_core.composer.judge.Forest` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier


def boosted_arrays(model: HistGradientBoostingClassifier, name: str) -> dict[str, NDArray[Any]]:
    """Trees of scikit-learn's gradient boosting."""
    trees = []
    for (tree,) in model._predictors:
        nodes = tree.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append((np.where(leaf, 0, nodes["feature_idx"]), np.where(leaf, 0, nodes["num_threshold"]),
                      np.where(leaf, -1, nodes["left"].astype(np.int64)),
                      np.where(leaf, -1, nodes["right"].astype(np.int64)),
                      np.where(leaf, nodes["value"], 0)))  # fmt: skip
    return packed(trees, name)


def randomized_arrays(model: ExtraTreesClassifier, name: str) -> dict[str, NDArray[Any]]:
    """Trees of scikit-learn's forests; a leaf's value is the share of wanted rows in it."""
    trees = []
    for one in model.estimators_:
        t = one.tree_
        leaf = t.children_left < 0
        value = t.value[:, 0, :]
        trees.append((np.where(leaf, 0, t.feature), np.where(leaf, 0, t.threshold), t.children_left, t.children_right,
                      np.where(leaf, value[:, 1] / value.sum(axis=1), 0)))  # fmt: skip
    return packed(trees, name)


def packed(trees: Sequence[tuple[NDArray[Any], ...]], name: str) -> dict[str, NDArray[Any]]:
    """(feature, threshold, left, right, value) of each tree as `Forest.read` takes them: siblings side by side."""
    columns: dict[str, list[NDArray[Any]]] = {"feature": [], "threshold": [], "jump": [], "value": []}
    depth, sizes = 0, []
    for feature, threshold, left, right, value in trees:
        order, jump, level = [0], [], {0: 0}
        for new, node in enumerate(order):  # grows while it is walked: breadth first, children next to each other
            if left[node] < 0:
                jump.append(0)
                continue
            jump.append(len(order) - new)
            for child in (int(left[node]), int(right[node])):
                level[child] = level[node] + 1
                order.append(child)
        columns["feature"].append(feature[order].astype(np.uint8))
        columns["threshold"].append(_downwards(threshold[order]))
        columns["jump"].append(np.array(jump, np.uint16))
        columns["value"].append(value[order].astype(np.float16))
        depth = max(depth, *level.values())
        sizes.append(len(order))
    arrays = {f"{name}.{k}": np.concatenate(v) for k, v in columns.items()}
    return arrays | {f"{name}.size": np.array(sizes, np.int32), f"{name}.depth": np.array(depth, np.int32)}


def _downwards(threshold: NDArray[np.float64]) -> NDArray[np.float32]:
    """As single precision, never above what it was: a row that went right must not go left."""
    single = threshold.astype(np.float32)
    return np.where(single > threshold, np.nextafter(single, np.float32(-np.inf)), single).astype(np.float32)
