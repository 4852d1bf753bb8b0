"""`stylus eval` as it is called."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stylus_core.cli import main
from stylus_study.evaluation import plots
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


@pytest.fixture
def judged(tmp_path: Path) -> list[str]:
    judgements = write_queries(
        tmp_path / "judged.jsonl",
        {"query": "a paper kite above a rope bridge", "adapter": 1, "score": 2, "set": "mine", "library": "here"},
        {"query": "a paper kite above a rope bridge", "adapter": "Rope Bridge", "score": 2, "set": "mine"},
        {"query": "a glass of cold milk", "adapter": 3, "score": 0, "set": "mine", "library": "here"},
        {"query": "a glass of cold milk", "adapter": 4000, "score": 2, "set": "mine", "library": "here"},
        {"query": "a tin robot", "adapter": 2, "score": 2, "set": "toys", "library": "here"},
    )
    files = ["--corpus", str(write_corpus(tmp_path)), "--judgements", str(judgements)]
    return ["eval", *files, "--encoder", "none", "--home", str(tmp_path / "home")]


def test_composers_and_other_tools_are_held_against_judgements(
    judged: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    tool = write_queries(
        tmp_path / "tool.jsonl",
        {"query": "a paper kite above a rope bridge", "picks": ["paper_kite", 8], "confidence": [0.9, 0.4]},
        {"query": "a glass of cold milk", "picks": [3], "confidence": [0.6]},
        {"query": "a tin robot", "picks": []},
    )
    out = tmp_path / "out"
    assert main([*judged, "--picks", f"tool={tool}", "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert json.loads((out / "evaluation.json").read_text(encoding="utf-8")) == found
    assert found["retrieval"] == found["choices"] == {}
    mine = found["judged"]["sets"]["mine"]
    assert set(mine) == {"local", "retriever", "random", "tool"}
    assert mine["tool"]["P2"]["value"] == mine["tool"]["P0"]["value"] == 0.5 and mine["tool"]["unjudged"] == 1
    assert mine["tool"]["left alone"]["number"] == 0 and mine["tool"]["left alone"]["of"] == 1
    assert mine["local"]["R2"]["value"] == 1 and mine["random"]["ECE"] is None
    assert set(found["judged"]["reliability"]) == {"local", "local, however unsure", "tool"}
    assert found["judged"]["notes"] == ["1 row of judged.jsonl left out: about adapters that are not here"]
    assert "\nmine,2,tool,1.500 " in (out / "judged-picks.csv").read_text(encoding="utf-8")
    assert "## Reliability, tool" in (out / "evaluation.md").read_text(encoding="utf-8")
    left = [json.loads(line) for line in (out / "unjudged.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(r["adapter"], r["title"]) for r in left if r["query"].startswith("a paper kite")].count(
        (8, "Clay Oven")
    ) == 1
    if plots.can_draw():
        assert "<svg" in (out / "reliability.svg").read_text(encoding="utf-8")


def test_a_tool_is_measured_without_an_index(
    judged: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    tool = write_queries(tmp_path / "tool.jsonl", {"query": "a tin robot", "picks": ["tin_robot.safetensors"]})
    monkeypatch.delenv("COLUMNS", raising=False)
    call = [*judged, "--composers", "none", "--picks", f"tool={tool}", "--judged-library", "here"]
    assert main(call) == 0
    told = capsys.readouterr().out
    assert "| toys | 1 | tool | 1.000 | 1.000 | 0.000 | 1.000 | - | 0 of 1 | - |" in told
    assert "1 row of judged.jsonl left out: of another library than 'here'" in told
    assert not (tmp_path / "home" / "evaluation").exists()


def test_a_library_is_judged_by_its_files_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from samples.make_samples import build

    library, _ = build(tmp_path / "samples")
    judgements = write_queries(
        tmp_path / "judged.jsonl", {"query": "a corgi on a beach", "adapter": "pembroke_corgi", "score": 2}
    )
    call = ["eval", "--library", str(library), "--encoder", "none", "--home", str(tmp_path / "home"), "--json"]
    assert main([*call, "--judgements", str(judgements), "--composers", "local"]) == 0
    found = json.loads(capsys.readouterr().out)["judged"]["sets"]
    assert list(found) == ["judged"] and found["judged"]["local"]["R2"]["value"] == 1


@pytest.mark.parametrize(
    ("more", "code", "why"),
    [
        (["--picks", "tool={picks}", "--picks", "tool={picks}"], 2, "two that pick are called 'tool'"),
        (["--picks", "local={picks}"], 2, "two that pick are called 'local'"),
        (["--composers", "none"], 2, "nothing picks"),
        (["--picks", "tool=gone.jsonl"], 1, "gone.jsonl cannot be read"),
        (["--judged-library", "elsewhere"], 1, "of the library 'elsewhere'"),
    ],
)
def test_what_does_not_go_together_is_told(
    judged: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: int, why: str
):
    picks = write_queries(tmp_path / "tool.jsonl", {"query": "a tin robot", "picks": []})
    assert main([*judged, *(m.format(picks=picks) for m in more)]) == code
    assert why in capsys.readouterr().err


def test_something_has_to_be_measured_on(judged: list[str], capsys: pytest.CaptureFixture[str]):
    without = [*judged[:3], *judged[5:]]
    assert main(without) == 2
    assert "--judgements FILE" in capsys.readouterr().err
    assert main([*without, "--picks", "tool=x.jsonl"]) == 2
    assert "--picks needs --judgements" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main([*judged, "--picks", "tool.jsonl"])
    assert "NAME=FILE" in capsys.readouterr().err


def test_the_tool_of_the_documentation_can_be_entered(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from samples.make_samples import build

    document = Path(__file__).parents[2] / "docs" / "evaluation.md"
    (program,) = re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    build(tmp_path / "samples")[0].rename(tmp_path / "loras")
    write_queries(
        tmp_path / "judged.jsonl",
        {"query": "a Pembroke corgi on a beach", "adapter": "pembroke_corgi", "score": 2},
        {"query": "a spreadsheet", "adapter": "pembroke_corgi", "score": 0},
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    call = [
        "eval",
        "--library",
        str(tmp_path / "loras"),
        "--encoder",
        "none",
        "--home",
        str(tmp_path / "home"),
        "--json",
    ]
    files = ["--judgements", str(tmp_path / "judged.jsonl"), "--picks", f"by name={tmp_path / 'by_name.jsonl'}"]
    assert main([*call, *files, "--composers", "none"]) == 0
    found = json.loads(capsys.readouterr().out)["judged"]["sets"]["judged"]["by name"]
    assert (found["P2"]["value"], found["R2"]["value"], found["left alone"]["number"]) == (1, 1, 1)


def test_files_hold_whatever_judgements_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    judgements = write_queries(
        tmp_path / "judged.jsonl",
        {"query": "half a pair \ud83d", "adapter": 1, "score": 2, "set": "all\n sets"},
        {"query": "an oven", "adapter": 8, "score": 2, "set": "凧 | ../x"},
    )
    tool = write_queries(
        tmp_path / "tool.jsonl", {"query": "half a pair \ud83d", "picks": [1, 2], "confidence": [0.5, 0.1]}
    )
    also = write_queries(tmp_path / "also.jsonl", {"query": "an oven", "picks": [8], "confidence": [0.5]})
    call = ["eval", "--corpus", str(write_corpus(tmp_path)), "--judgements", str(judgements), "--composers", "none"]
    out = tmp_path / "out"
    assert main([*call, "--picks", f"a b={tool}", "--picks", f"a-b={also}", "--out", str(out)]) == 0
    assert json.loads((out / "unjudged.jsonl").read_text(encoding="utf-8"))["query"] == "half a pair ?"
    found = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))["judged"]
    assert list(found["sets"]) == ["all sets", "凧 | ../x"] and found["sets"]["all sets"]["a b"]["prompts"] == 1
    # two names that are one as a file's name
    assert (out / "reliability-a-b.csv").exists() and (out / "reliability-a-b-2.csv").exists()
    capsys.readouterr()
