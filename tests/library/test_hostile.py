"""Hostile files stop nothing, are each named with a reason, and cost bounded memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core.library import Library
from stylus_core.library.header import MAX_HEADER
from stylus_core.library.hostile_text import MAX_CONTAINERS, MAX_VALUES
from stylus_core.library.sidecar_reader import MAX_SIDECAR
from stylus_core.refiner import MetadataRefiner
from tests.library.build import raw_safetensors, safetensors
from tests.library.hostile import UNREADABLE, Hostile, Outcome, make, scan_apart

COUNT = 500
#: MB that the process may grow by.
MEMORY = 300


def at_the_bounds(folder: Path) -> None:
    """Files that cost as much as the bounds allow: headers of 16 MiB, sidecars of 8 MiB, wide characters."""
    folder.mkdir(parents=True)
    wide = '{"__metadata__":{"a":"\U0001f98a'.encode() + b"x" * (MAX_HEADER - 100)
    (folder / "wide.safetensors").write_bytes(raw_safetensors(wide + b'"}}'))
    lists = b'{"a":[' + b"{}," * (MAX_CONTAINERS - 9) + b"0]}"
    (folder / "lists.safetensors").write_bytes(raw_safetensors(lists))
    numbers = b'{"a":[' + b"1e9," * (MAX_VALUES - 9) + b"0]}"
    (folder / "numbers.safetensors").write_bytes(raw_safetensors(numbers))
    for name, content in (("lists", lists), ("numbers", numbers[:MAX_SIDECAR]), ("text", wide[:MAX_SIDECAR])):
        safetensors(folder / f"beside {name}.safetensors")
        (folder / f"beside {name}.civitai.info").write_bytes(content)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Hostile], Outcome]:
    folder = tmp_path_factory.mktemp("hostile")
    made = make(folder / "loras", COUNT)
    safetensors(folder / "loras" / "good.safetensors", {"ss_output_name": "good"})
    return folder / "library.sqlite", made, scan_apart(folder / "library.sqlite", folder / "loras")


def test_no_hostile_file_stops_the_scan(scanned: tuple[Path, list[Hostile], Outcome]) -> None:
    database, made, told = scanned
    assert told.added == COUNT + 1
    assert told.unreadable == sum(h.status == UNREADABLE for h in made)
    with Library(database, MetadataRefiner()) as library:
        usable = {a.stem for a in library.adapters()}
    assert usable == {"good"} | {h.path.stem for h in made if h.status != UNREADABLE}


def test_each_hostile_file_is_named_with_its_reason(scanned: tuple[Path, list[Hostile], Outcome]) -> None:
    database, made, _ = scanned
    with Library(database, MetadataRefiner()) as library:
        problems = {p.path: p for p in library.problems()}
    silent = [h for h in made if str(h.path) not in problems]
    assert not silent
    wrong = [(h, problems[str(h.path)]) for h in made if problems[str(h.path)].status != h.status]
    assert not wrong
    assert all(5 < len(p.reason) < 300 and "\n" not in p.reason for p in problems.values())
    assert str(database.parent / "loras" / "good.safetensors") not in problems


@pytest.mark.whole
def test_memory_stays_bounded(scanned: tuple[Path, list[Hostile], Outcome], tmp_path: Path) -> None:
    assert 0 < scanned[2].grown < MEMORY
    at_the_bounds(tmp_path / "loras")
    assert 0 < scan_apart(tmp_path / "library.sqlite", tmp_path / "loras").grown < MEMORY
