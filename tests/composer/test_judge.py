"""The judge's forests, and what its parameters may be."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.judge_arrays import boosted_arrays, randomized_arrays
from stylus_core.composer.judge import PARAMETERS, Forest, Judge, judge
from stylus_core.composer.pair_evidence import FEATURES, gather
from tests.composer.build import candidate, request


def forest() -> Forest:
    """Two trees: x0 <= 1 ? 10 : (x1 <= 5 ? 20 : 30), and a leaf of 1."""
    return Forest(
        feature=np.array([0, 0, 1, 0, 0, 0], np.int16),
        threshold=np.array([1, 0, 5, 0, 0, 0], np.float32),
        left=np.array([1, 1, 3, 3, 4, 5], np.int32),
        value=np.array([0, 10, 0, 20, 30, 1], np.float32),
        roots=np.array([0, 5], np.int32),
        depth=2,
    )


def test_a_forest_adds_up_the_leaves_that_a_row_ends_in():
    rows = np.array([[1, 9], [2, 5], [2, 6], [0, 0]], np.float32)
    assert forest()(rows).tolist() == [11, 21, 31, 11]
    assert forest()(rows[:0]).tolist() == []


def test_chances_follow_the_calibration_curve():
    curve = np.array([[0, 0.5, 1], [0, 0.9, 1]], np.float32)
    leaf = Forest(*(np.zeros(1, t) for t in (np.int16, np.float32, np.int32, np.float32)), np.zeros(1, np.int32), 1)
    half = Judge(boosted=leaf, bias=0.0, randomized=leaf, share=0.0, calibration=curve)
    assert half.chances(np.zeros((1, 2), np.float32)).tolist() == [pytest.approx(0.9)]


@pytest.mark.parametrize("dense", [True, False])
def test_the_parameters_are_arrays_for_today_s_evidence(dense: bool):
    found = judge(dense)
    assert PARAMETERS.stat().st_size <= 2_000_000
    for trees in (found.boosted, found.randomized):
        assert trees.feature.max() < len(FEATURES)
        assert (trees.left >= np.arange(len(trees.left))).all()  # a walk only goes on, so it ends
        assert trees.left.max() < len(trees.left)
    assert (np.diff(found.calibration[0]) > 0).all()
    assert (np.diff(found.calibration[1]) >= 0).all()
    chances = found.chances(np.random.default_rng(0).normal(size=(50, len(FEATURES))).astype(np.float32))
    assert ((chances >= 0) & (chances <= 1)).all()


def evidence(prompt: str, kind: str, subject: str, *words: str) -> dict[str, float]:
    found = gather(request(prompt, [candidate(1, kind, subject, words=words)], 0.5, composer="local"))
    return dict(zip(FEATURES, found.features[0].tolist(), strict=True))


def test_a_modifier_is_told_from_the_thing():
    spring = evidence("a cat in a hot spring", "object", "hot dog")
    assert (spring["modifier_only"], spring["same_noun"]) == (1, 0)
    dog = evidence("a hot dog on a plate", "object", "hot dog")
    assert (dog["modifier_only"], dog["same_noun"], dog["exact"]) == (0, 1, 1)


def test_a_common_word_is_told_from_a_name_by_how_rare_it_is_in_english():
    fern = evidence("fern leaves in a forest", "character", "Fern (Ember Road)")
    assert fern["series_covered"] == 0
    assert 0 < fern["own_said"] < 1
    veska = evidence("veskarra in a forest", "character", "Veskarra (Ember Road)")
    assert veska["own_said"] == 1


def test_people_that_the_prompt_has_or_has_not():
    assert evidence("an empty bathroom", "pose", "mirror selfie")["person"] == 0
    assert evidence("a woman in a bathroom", "pose", "mirror selfie")["person"] == 1


def test_what_the_prompt_does_not_want_is_no_evidence():
    assert evidence("a castle at dusk, no corgi", "animal", "corgi")["covers_name"] == 0
    assert evidence("a castle at dusk, corgi", "animal", "corgi")["covers_name"] == 1


def test_another_attribute_of_the_same_thing_is_seen():
    assert evidence("a red dress", "clothing", "black dress")["other_attribute"] == 1
    assert evidence("a black dress", "clothing", "black dress")["other_attribute"] == 0


def test_trees_of_scikit_learn_come_out_the_same_as_arrays():
    """What `benchmarks/fit_judge.py` writes is what it fitted."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 4)).astype(np.float32)
    y = x[:, 0] * x[:, 1] + 0.3 * rng.normal(size=400) > 0
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier  # a second of importing

    boosting = HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=7, random_state=0).fit(x, y)
    forest = ExtraTreesClassifier(8, min_samples_leaf=4, random_state=0).fit(x, y)
    arrays = boosted_arrays(boosting, "b") | randomized_arrays(forest, "r")
    odds = Forest.read(arrays, "b")(x) + boosting._baseline_prediction.item()
    assert np.allclose(odds, boosting.decision_function(x), atol=0.02)
    assert np.allclose(Forest.read(arrays, "r")(x) / 8, forest.predict_proba(x)[:, 1], atol=0.002)
