"""What the benchmark of the LLM composer on judged prompts draws and counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")

from benchmarks.llm_judged import JudgedRequest, drawn, measured
from stylus_study.evaluation.corpus import load_adapters
from tests.composer.build import verdicts
from tests.evaluation.corpora import write_corpus
from tests.llm.fault_server import FaultServer, answers, status

#: Library, set, prompt, {adapter: score}, {adapter: held-out chance}; 2 is the tin robot, 5 the copper lantern.
JUDGED: list[tuple[str, str, str, dict[int, int], dict[str, float]]] = [
    ("2023", "user", "a tin robot, copper lantern", {2: 2, 5: 2}, {"2": 0.6, "5": 0.2}),
    ("2023", "caption", "a tin of copper paint", {2: 0, 5: 0}, {"2": 0.25, "5": 0.1}),
    ("2023", "typed", "robot", {2: 1}, {"2": 0.01}),
    ("modern", "modern", "tin robot", {2: 2}, {"2": 0.9}),
    ("modern", "modern-typed", "a tin lantern", {5: 2}, {"5": 0.5}),
]


def prepared(folder: Path, held_out: bool = True) -> tuple[Path, Path | None]:
    """The shared data's two libraries, invented; judgements; chances."""
    write_corpus(folder)
    (folder / "modern").mkdir()
    write_corpus(folder / "modern")
    judgements, heldout = folder / "judgements.jsonl", folder / "heldout.json"
    rows = [
        {"library": library, "set": name, "query": query, "adapter": adapter, "score": score}
        for library, name, query, scores, _ in JUDGED
        for adapter, score in scores.items()
    ]
    judgements.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    heldout.write_text(json.dumps({f"{r[0]}\t{r[2]}": r[4] for r in JUDGED}), encoding="utf-8")
    return judgements, heldout if held_out else None


def asked(folder: Path, number: int = 100) -> list[JudgedRequest]:
    judgements, heldout = prepared(folder)
    return drawn(judgements, folder, number, heldout, folder / "v.sqlite", None)


def column(table: Any, what: str) -> dict[tuple[str, str], str]:
    """(set, composer) -> a cell without its interval."""
    i = table.header.index(what)
    return {(row[0], row[2]): row[i].partition(" (")[0].partition(",")[0] for row in table.rows}


def test_equal_parts_of_the_sets_over_both_libraries_are_drawn(tmp_path: Path) -> None:
    assert load_adapters(write_corpus(tmp_path))
    every = asked(tmp_path)
    assert sorted((a.prompt.set, a.prompt.query) for a in every) == sorted(
        (name.removeprefix("modern-"), query) for _, name, query, _, _ in JUDGED
    )


def test_the_same_prompts_are_drawn_again(tmp_path: Path) -> None:
    judgements, heldout = prepared(tmp_path)
    runs = [drawn(judgements, tmp_path, 4, heldout, tmp_path / "v.sqlite", None) for _ in range(2)]
    assert [a.prompt.query for a in runs[0]] == [a.prompt.query for a in runs[1]]
    assert [a.prompt.set for a in runs[0]] == ["user", "caption", "typed", "modern"]


def test_picks_of_both_are_held_against_the_judgements(tmp_path: Path) -> None:
    """A model that wants all that it is asked about picks what the local composer picks, and no more."""
    record = tmp_path / "record.jsonl"
    with FaultServer([answers(verdicts(2, 2))]) as server:
        picks, calls = measured(asked(tmp_path), server.url, "m", 3.0, tmp_path / "home", record)
        assert len(server.requests) == 3  # nothing is likely enough for "robot" and for the copper paint
    wanted, left = column(picks, "P2 wanted"), column(picks, "left alone")
    assert (wanted["user", "local"], wanted["user", "llm"], wanted["user", "both"]) == ("1.000",) * 3
    found = column(picks, "R2 found")
    assert (found["user", "local"], found["user", "llm"], found["user", "both"]) == ("0.500",) * 3
    assert (left["caption", "local"], left["caption", "llm"]) == ("1 of 1",) * 2
    assert calls.rows == [["2", "3", "0", "0"]]
    assert "tokens read: 700 in the median, 700 at most" in calls.notes
    assert [json.loads(x)["composer"] for x in record.read_text(encoding="utf-8").splitlines()] == ["llm"] * 5


def test_prompts_that_fell_back_are_told(tmp_path: Path) -> None:
    with FaultServer([status(401)]) as server:
        picks, calls = measured(asked(tmp_path), server.url, "m", 3.0, tmp_path / "home")
    assert calls.rows[0][-1] == "3" and sum("refuses a call" in n for n in calls.notes) == 3
    assert any("another composer stood in" in n for n in picks.notes)
