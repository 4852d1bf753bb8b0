"""What the benchmark of prompts that nothing fits counts."""

from __future__ import annotations

from pathlib import Path

from benchmarks.composing import FRESH, RESTRAINTS, left_alone, no_fit
from stylus_study.evaluation.corpus import load_adapters
from stylus_study.evaluation.testbed import Testbed
from tests.evaluation.corpora import write_corpus


def test_each_library_and_set_of_prompts_is_told_apart(tmp_path: Path):
    adapters = load_adapters(write_corpus(tmp_path))
    with (
        Testbed(adapters, tmp_path / "v.sqlite", tmp_path / "all", None) as testbed,
        Testbed(adapters[:1], tmp_path / "v.sqlite", tmp_path / "one", None) as small,
    ):
        sets = {"fits": ["a tin robot", "a copper lantern"], "nothing": ["a tax form", "an ironing board", "a dentist"]}
        table = left_alone({"all": testbed, "one": small}, sets)
    assert table.header == ["library", "prompts", "number", *(RESTRAINTS or ("default",))]
    shares = {(row[0], row[1], row[2]): {cell.partition(" ")[0] for cell in row[3:]} for row in table.rows}
    assert shares == {
        ("all", "fits", "2"): {"0.00"},
        ("all", "nothing", "3"): {"1.00"},
        ("one", "fits", "2"): {"1.00"},
        ("one", "nothing", "3"): {"1.00"},
    }


def test_fresh_prompts_are_two_halves_where_they_are():
    sets = no_fit()
    assert len(sets["known when the rule was made"]) == 200
    assert ("fresh, all" in sets) == FRESH.is_file()
    if FRESH.is_file():
        assert sets["fresh, short as people type them"] + sets["fresh, long"] == sets["fresh, all"]
        assert all(p.strip() for p in sets["fresh, all"]) and len(set(sets["fresh, all"])) == 200
        assert not set(sets["fresh, all"]) & set(sets["known when the rule was made"])
