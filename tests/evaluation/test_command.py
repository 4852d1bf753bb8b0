"""`stylus eval` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stylus_core.cli import main
from stylus_core.evaluation import plots
from tests.evaluation.corpora import write_corpus, write_queries


@pytest.fixture
def corpus(tmp_path: Path) -> list[str]:
    queries = write_queries(
        tmp_path / "people.jsonl",
        {"query": "a paper kite above a rope bridge", "adapters": {"1": 0.7, "7": 0.6}},
        {"query": "glass teapot, soft light", "adapters": {"3": 0.8}},
        {"query": "a spreadsheet on an office monitor"},
    )
    files = ["--corpus", str(write_corpus(tmp_path)), "--queries", str(queries)]
    return ["eval", *files, "--encoder", "none", "--home", str(tmp_path / "home")]


def test_tables_numbers_and_files(corpus: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "out"
    assert main([*corpus, "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert json.loads((out / "evaluation.json").read_text(encoding="utf-8")) == found
    assert found["retrieval"]["people"]["ours"]["R@10"]["value"] == 1
    assert set(found["choices"]["people"]) == {"local", "retriever", "random"}
    local = found["choices"]["people"]["local"]
    assert local["hit"]["value"] == 1 and 0 < local["nothing"]["value"] < 1
    assert found["weights"]["people"]["always 0.7"]["value"] == pytest.approx(0.2 / 3)
    table = (out / "retrieval-people.csv").read_text(encoding="utf-8")
    assert table.startswith("system,R@10,") and "\nours,1.000" in table
    assert "## Retrieval, people" in (out / "evaluation.md").read_text(encoding="utf-8")
    if plots.can_draw():
        assert "<svg" in (out / "recall-people.svg").read_text(encoding="utf-8")


def test_systems_and_composers_are_chosen_by_name(corpus: list[str], capsys: pytest.CaptureFixture[str]):
    assert main([*corpus, "--systems", "bm25 with", "--composers", "none", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["retrieval"]["people"]) == ["BM25 without examples", "BM25 with examples"]
    assert found["choices"] == {}
    assert main([*corpus, "--systems", "elastic"]) == 2
    assert "'elastic'" in capsys.readouterr().err
    assert main([*corpus, "--composers", "oracle"]) == 2
    assert "'oracle'" in capsys.readouterr().err


def test_a_library_is_asked_by_its_files_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from samples.make_samples import build

    library, _ = build(tmp_path / "samples")
    queries = write_queries(
        tmp_path / "mine.jsonl", {"query": "a corgi on a beach", "adapters": {"Pembroke_Corgi": 0.6}}
    )
    call = ["eval", "--library", str(library), "--encoder", "none", "--home", str(tmp_path / "home"), "--json"]
    assert main([*call, "--queries", str(queries)]) == 0
    assert json.loads(capsys.readouterr().out)["retrieval"]["mine"]["ours"]["R@10"]["value"] == 1
    wrong = write_queries(tmp_path / "wrong.jsonl", {"query": "x", "adapters": {"no_such_file": 1}})
    assert main([*call, "--queries", str(wrong)]) == 1
    assert "row 1 of" in (told := capsys.readouterr().err) and "no_such_file" in told


def test_what_is_no_query_is_named(corpus: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    bad = write_queries(tmp_path / "bad.jsonl", {"query": "fine"}, {"prompt": "the wrong field"})
    assert main([*corpus[:3], "--queries", str(bad), *corpus[5:]]) == 1
    assert "row 2 of" in (told := capsys.readouterr().err) and "query" in told
    assert main([*corpus[:3], "--queries", str(tmp_path / "gone.jsonl"), *corpus[5:]]) == 1
    assert "gone.jsonl cannot be read" in capsys.readouterr().err
