"""What the command line says of the user's own pictures, with a real library and a real history."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from stylus_core import Stylus
from stylus_core.cli import main
from stylus_core.generation_data import AdapterUse, GenerationData
from stylus_core.history.records import PictureRecord
from tests.library.build import safetensors

NAMES = ("felt_heron", "ink_wash", "old_fox", "red_barn")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of four adapters that was indexed; nothing is learned."""
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "110")
    for name in NAMES:
        safetensors(tmp_path / "loras" / f"{name}.safetensors", {"ss_output_name": name})
    with Stylus(tmp_path / "loras", encoder="none") as stylus:
        stylus.index()
    return tmp_path / "loras"


def learn(library: Path, *pictures: tuple[str, tuple[AdapterUse, ...], float]) -> Path:
    """Has pictures learned that say what is given: prompt, adapters, time."""
    folder = library.parent / "pictures"
    folder.mkdir(exist_ok=True)
    with Stylus(library, encoder="none") as stylus:
        stylus.history.store.add_folder(folder)
        path = os.path.realpath(folder)
        stylus.history.store.put(
            folder,
            [
                PictureRecord(f"{path}/{n}.png", 1, 1, GenerationData("webui", prompt, "", uses, "", at))
                for n, (prompt, uses, at) in enumerate(pictures)
            ],
        )
    return folder


@pytest.fixture
def learned(library: Path) -> Path:
    heron, ink = AdapterUse("felt_heron", 0.5), AdapterUse("ink_wash", 1.0)
    noon = time.mktime((2026, 3, 1, 12, 0, 0, 0, 0, -1))
    learn(
        library,
        ("a heron", (heron,), noon - 86400),
        ("a heron at dawn", (heron._replace(weight=0.8, picked=True), ink), noon),
        ("a barn", (AdapterUse("not_in_the_library"),), time.time()),
    )
    return library


def run(library: Path, *argv: str) -> int:
    return main([*argv, "--library", str(library), "--encoder", "none"])


def test_show_says_how_the_adapter_was_used(learned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(learned, "show", "felt_heron") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[-4:] == [
        "own pictures in 2, of 2 prompts, last on 2026-03-01",
        "own weights 0.5 to 0.8, median 0.65",
        "used with ink_wash (1)",
        "picked by Stylus in 1 of these pictures",
    ]
    assert run(learned, "show", "old_fox") == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["own", "pictures", "in", "none", "of", "them"]


def test_show_as_json_has_the_use_only_where_pictures_are_learned(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(library, "show", "felt_heron", "--json") == 0
    assert "own_use" not in json.loads(capsys.readouterr().out)
    learn(library, ("a heron", (AdapterUse("felt_heron", 0.5),), 1_700_000_000.0))
    assert run(library, "show", "felt_heron", "--json") == 0
    use = json.loads(capsys.readouterr().out)["own_use"]
    assert (use["pictures"], use["weights"], use["last_at"]) == (1, [0.5, 0.5, 0.5], 1_700_000_000.0)
    assert run(library, "show", "old_fox", "--json") == 0
    assert json.loads(capsys.readouterr().out)["own_use"] is None


def test_without_a_history_nothing_is_said_and_nothing_is_made(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(library, "show", "felt_heron") == run(library, "doctor") == 0
    assert "own" not in capsys.readouterr().out.split()
    assert run(library, "doctor", "--unused") == 1
    assert "stylus learn FOLDER" in capsys.readouterr().err
    assert not list((library.parent / "home").rglob("history.sqlite*"))


def test_the_doctor_names_what_is_used_most_and_counts_the_rest(
    learned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(learned, "doctor") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "own pictures: 3 are learned, with 2 of 4 adapters; used most: felt_heron: in 2, last on 2026-03-01" in out
    assert "adapters that are in none of your learned pictures: 2 -> stylus doctor --unused" in out


def test_unused_adapters_are_listed_with_their_sizes_and_nothing_is_deleted(
    learned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_size for path in learned.iterdir()}
    assert run(learned, "doctor", "--unused") == 0
    out = capsys.readouterr().out
    assert "old_fox" in out and "red_barn" in out and "felt_heron" not in out
    size = sum(before[learned / f"{name}.safetensors"] for name in ("old_fox", "red_barn"))
    assert f"2 of 4 adapters were never used: {size / 1000:.1f} KB" in out
    assert "Nothing was deleted" in out and str(learned.parent / "pictures") in out
    assert "3 pictures from 2026-02-28 to" in out
    assert {path: path.stat().st_size for path in learned.iterdir()} == before


def test_unused_as_json_has_those_apart_that_came_after_the_last_picture(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = learn(library, ("a heron", (AdapterUse("felt_heron"),), 1_700_000_000.0))
    assert run(library, "doctor", "--unused", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {(one["name"], one["new"]) for one in found["unused"]} == {(name, True) for name in NAMES[1:]}
    assert (found["size"], found["adapters"], found["pictures"], found["since"]) == (0, 4, 1, 1_700_000_000.0)
    assert found["folders"] == [{"path": os.path.realpath(folder), "on": True}]
    assert run(library, "doctor", "--unused") == 0
    assert "3 more came after the last learned picture" in capsys.readouterr().out


def test_the_report_is_written_for_this_user_alone_and_said_to_be_private(
    learned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.html"
    assert run(learned, "learn", "--report", str(file)) == 0
    out = capsys.readouterr().out
    assert str(file) in out and "private" in out
    page = file.read_text("utf-8")
    assert "felt_heron" in page and "2026-03-01" in page
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run(learned, "learn", "--report", str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"report": str(file), "pictures": 3, "adapters": 2}
    assert file.read_text("utf-8") == page


def test_a_report_that_cannot_be_is_one_sentence(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.html"
    assert run(library, "learn", "--report", str(file)) == 1
    assert "stylus learn FOLDER" in capsys.readouterr().err and not file.exists()
    learn(library, ("a heron", (), 1_700_000_000.0))
    assert run(library, "learn", "--report", str(tmp_path / "nowhere" / "mine.html")) == 1
    assert f"cannot be written to {tmp_path / 'nowhere' / 'mine.html'}" in capsys.readouterr().err
    assert run(library, "learn", str(tmp_path), "--report", str(file)) == 2
    assert "are two things" in capsys.readouterr().err
    adapter = library / "felt_heron.safetensors"
    before = adapter.read_bytes()
    assert run(library, "learn", "--report", str(adapter)) == 2
    assert "has to end in .html" in capsys.readouterr().err and adapter.read_bytes() == before


def test_the_doctor_leaves_a_damaged_history_where_it_is(learned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = (learned.parent / "home").rglob("history.sqlite")
    for beside in file.parent.glob("history.sqlite-*"):
        beside.unlink()
    file.write_bytes(b"feathers" * 4096)
    before = sorted(path.name for path in file.parent.iterdir())
    assert run(learned, "doctor") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "own pictures: what was learned of them is damaged -> stylus learn FOLDER" in out
    assert sorted(path.name for path in file.parent.iterdir()) == before
    assert file.read_bytes() == b"feathers" * 4096
