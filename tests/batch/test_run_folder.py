"""The folder of a run on a disk that fills up, and after the end of the process at any step."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stylus_study.batch.run_folder import RunFolder
from tests.batch.webui import png

ROOT = Path(__file__).resolve().parents[2]
#: Adds a picture where files may only grow to a size that leaves no room for the whole line of it.
_NO_ROOM = """
import resource, sys
from pathlib import Path
from stylus_study.batch.run_folder import RunFolder, RunFolderError
from tests.batch.webui import png
folder, room, after = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with RunFolder(folder) as store:
    most = (folder / "results.jsonl").stat().st_size + room
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        store.add("b", png("b"), {"prompt": "the second", "notes": ["kept"]})
    except RunFolderError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if after == "more":
        store.add("c", png("c"), {"prompt": "the third"})
"""


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run of one picture, with a line that is longer than all other files of it."""
    with RunFolder(tmp_path) as store:
        store.add("a", png("a"), {"prompt": "the first " * 200})
    return tmp_path


def no_room(folder: Path, room: int, after: str = "") -> str:
    argv = [sys.executable, "-c", _NO_ROOM, str(folder), str(room), after]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("room", [0, 1, 60])
def test_a_picture_without_its_line_is_taken_up_with_all_that_was_said_of_it(begun: Path, room: int) -> None:
    """As after a kill between the two: the pending record has the whole of it."""
    assert "cannot be written" in no_room(begun, room)
    assert len((begun / "results.jsonl").read_text().splitlines()) == 1
    with RunFolder(begun) as store:
        found = store.find("b")
        assert found is not None
        picture, record = found
        assert picture == png("b")
        assert (record["prompt"], record["notes"], record["file"]) == ("the second", ["kept"], "pictures/b.png")
        assert [r["id"] for r in store.records] == ["a", "b"]
    assert not any((begun / "pending").iterdir())


@pytest.mark.parametrize("room", [0, 1, 60])
def test_a_line_that_found_no_room_does_not_spoil_the_next_one(begun: Path, room: int) -> None:
    no_room(begun, room, "more")
    ids = [json.loads(line)["id"] for line in (begun / "results.jsonl").read_text().splitlines()]
    assert ids == ["a", "c"]
    with RunFolder(begun) as store:
        assert {r["id"] for r in store.records} == {"a", "b", "c"}


def test_the_record_waits_until_the_line_is_there(begun: Path) -> None:
    no_room(begun, 0)
    (pending,) = (begun / "pending").iterdir()
    record = json.loads(pending.read_bytes())
    assert record["id"] == "b" and record["bytes"] == len(png("b"))
