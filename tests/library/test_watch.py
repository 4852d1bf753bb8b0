"""What changes in the folders is known before a selection, or soon after it where looking takes long."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from stylus_core.library import database_upkeep, library, watch
from stylus_core.library.watch import Watch
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

FOR_EVER = 3600.0  # seconds


def long_ago(*folders: Path) -> None:
    for folder in folders:
        os.utime(folder, ns=(10**18, 10**18))


def notes(shelf: Shelf) -> str:
    (adapter,) = shelf.library.adapters()
    return adapter.metadata.notes


def listings() -> list[threading.Thread]:
    """The threads that list the folders in the background."""
    return [thread for thread in threading.enumerate() if thread.name == "stylus-listing"]


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library is too large for a look at each sidecar; before `edited`, which lists it."""
    monkeypatch.setattr(database_upkeep, "EACH", 0)


@pytest.fixture
def edited(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A library that was listed, and then a sidecar was edited in place: no folder tells."""
    monkeypatch.setattr(watch, "STANDS", 0.0)
    monkeypatch.setattr(watch, "_REST", 0.0)
    monkeypatch.setattr(watch, "_PATIENCE", FOR_EVER)
    monkeypatch.setattr(watch, "_STEP_BACK", FOR_EVER)
    path = safetensors(shelf.loras / "a.safetensors")
    sidecar(path, ".json", '{"notes": "as it was"}')
    long_ago(shelf.loras)
    found = Watch(shelf.library, [shelf.loras])
    found.check()
    assert notes(shelf) == "as it was"
    sidecar(path, ".json", '{"notes": "edited in place"}')
    long_ago(shelf.loras)
    return found


def test_an_edit_is_known_before_the_selection(shelf: Shelf, edited: Watch) -> None:
    edited.check()
    assert notes(shelf) == "edited in place"
    edited.close()


def test_an_edit_is_known_however_lately_the_files_were_listed(
    shelf: Shelf, edited: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "STANDS", FOR_EVER)
    edited.check()
    for said in ("again", "and again"):
        sidecar(shelf.loras / "a.safetensors", ".json", json.dumps({"notes": said}))
        long_ago(shelf.loras)
        edited.check()
        assert notes(shelf) == said
    edited.close()


def test_on_a_slow_disk_an_edit_is_left_to_the_next_listing(
    shelf: Shelf, edited: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_PATIENCE", -1.0)
    for name in ("a", "b"):
        sidecar(safetensors(shelf.loras / f"{name}.safetensors"), ".json", '{"notes": "as it was"}')
    shelf.library.scan([shelf.loras])
    assert not shelf.library.edited()
    monkeypatch.undo()
    sidecar(shelf.loras / "b.safetensors", ".json", '{"notes": "edited in place"}')
    assert not shelf.library.edited()  # it rests
    assert shelf.library.scan([shelf.loras]).changed == 1
    edited.close()


def test_in_a_large_library_it_is_known_soon_after(shelf: Shelf, large: None, edited: Watch) -> None:
    with edited.selecting():
        with edited.selecting():
            edited.check()
            assert not listings()  # the selection waits for none
        (listing,) = listings()
        listing.join(0.1)
        assert listing.is_alive() and notes(shelf) == "as it was"  # it steps back while a selection runs
    listing.join(FOR_EVER)
    assert notes(shelf) == "edited in place"
    edited.close()


def test_a_file_that_comes_is_known_at_once_however_large_the_library(shelf: Shelf, large: None, edited: Watch) -> None:
    safetensors(shelf.loras / "sub" / "b.safetensors")
    edited.check()
    assert len(list(shelf.library.adapters())) == 2
    edited.close()


def test_closing_ends_a_listing_that_waits(shelf: Shelf, large: None, edited: Watch) -> None:
    with edited.selecting():
        with edited.selecting():
            edited.check()
        assert listings()  # it has begun, and waits for this selection
        closing = threading.Thread(target=edited.close, daemon=True)
        closing.start()
        closing.join(FOR_EVER / 60)
        assert not closing.is_alive() and not listings()
    assert notes(shelf) == "as it was"
