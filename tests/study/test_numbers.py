"""Numbers that no program can reckon with, in each file of a study: left out with a sentence, or refused with one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stylus_core.cli import main
from stylus_study.study.finite_numbers import number, parse
from stylus_study.study.plan import read_study
from stylus_study.study.study_folder import StudyError, StudyFolder, read_plan
from tests.study import sample

HUGE = ["9" * 400, "-" + "9" * 400, "9" * 5000, "1e400", "-1e400", "1e308", "-1e308", "NaN", "Infinity", "-Infinity"]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    pytest.importorskip("PIL")
    folder = tmp_path / "s"
    sample.make(folder, sample.plan(2, (7.0,)), size=16)
    return folder


def spoil(value: Any) -> Any:
    """With a mark in place of each number."""
    if isinstance(value, dict):
        return {k: spoil(v) for k, v in value.items()}
    if isinstance(value, list):
        return [spoil(v) for v in value]
    return "@@" if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def spoiled(value: Any, text: str) -> str:
    return json.dumps(spoil(value)).replace('"@@"', text)


@pytest.mark.parametrize("text", HUGE)
@pytest.mark.parametrize("name", ["metrics.json", "judge.json", "votes.json", "results.jsonl"])
def test_a_report_is_made_whatever_the_numbers(study: Path, name: str, text: str) -> None:
    path = study / name
    if name.endswith(".jsonl"):
        records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        kept = ("id", "file")
        lines = [json.dumps({k: r[k] for k in kept})[:-1] + ", " + spoiled(r, text)[1:] for r in records]
        path.write_text("\n".join(lines) + "\n", "utf-8")
    else:
        path.write_text(spoiled(json.loads(path.read_text("utf-8")), text), "utf-8")
    assert main(["study", "report", str(study)]) == 0
    page = (study / "report" / "index.html").read_text("utf-8")
    assert name == "results.jsonl" or f"{name} has " in page
    for table in (study / "report" / "tables").glob("*.json"):
        json.loads(table.read_text("utf-8"), parse_constant=pytest.fail)


@pytest.mark.parametrize("text", HUGE)
def test_a_plan_with_such_a_number_is_refused(study: Path, text: str) -> None:
    value = json.loads((study / "plan.json").read_text("utf-8"))
    for key in ("cfgs", "seeds"):
        (study / "plan.json").write_text(json.dumps({**value, key: ["@@"]}).replace('"@@"', text), "utf-8")
        with pytest.raises(StudyError, match="is no plan of a study"):
            read_plan(study)


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5000, "1e308", "inf", "nan"])
def test_a_file_of_a_study_with_such_a_number_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "study.toml"
    (tmp_path / "prompts.txt").write_text("a fox\n", "utf-8")
    file.write_text(f'cfg = [{text}]\nsystems = ["base"]\n[prompts]\nfile = "prompts.txt"\n', "utf-8")
    with pytest.raises(StudyError, match=r"numbers from|is no TOML"):
        read_study(file)


def test_what_a_number_is() -> None:
    beyond: list[str] = []
    given = "[" + ", ".join(["1", "-2.5", "1e15", "-1000000000000000", "1000000000000001", *HUGE]) + "]"
    assert parse(given, beyond) == [1, -2.5, 1e15, -(10**15), *[None] * 11]
    assert len(beyond) == 11 and max(map(len, beyond)) <= 20
    others = (True, None, "1", [], 10**400, float("nan"), float("inf"))
    assert [number(v) for v in (1, 2.5, *others)] == [1, 2.5, *[None] * len(others)]


def test_records_of_pictures_have_numbers(study: Path) -> None:
    path = study / "results.jsonl"
    lines = path.read_text("utf-8").splitlines()
    first = {**json.loads(lines[0]), "seconds": 10**400, "timings": {"total": "x", "read": 10**400, "write": 2}}
    path.write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n", "utf-8")
    picture = StudyFolder(study).pictures()[0]
    assert picture.seconds == 0 and picture.timings == {"total": 0, "read": 0, "write": 2}
