"""What changes in the folders is known before a selection, or soon after it where looking takes long."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from stylus_core.library import watch
from stylus_core.library.watch import Watch
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf


def long_ago(*folders: Path) -> None:
    for folder in folders:
        os.utime(folder, ns=(10**18, 10**18))


def notes(shelf: Shelf) -> str:
    (adapter,) = shelf.library.adapters()
    return adapter.metadata.notes


@pytest.fixture
def edited(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A library that was listed, and then a sidecar was edited in place: no folder tells."""
    monkeypatch.setattr(watch, "STANDS", 0.0)
    monkeypatch.setattr(watch, "_REST", 0.0)
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


def test_in_a_large_library_it_is_known_soon_after(
    shelf: Shelf, edited: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_AWAITED", 0)
    monkeypatch.setattr(watch, "_STEP_BACK", 5.0)
    with edited.selecting():
        began = time.perf_counter()
        edited.check()
        assert time.perf_counter() - began < 0.1
        time.sleep(0.05)
        assert notes(shelf) == "as it was"  # the thread steps back while a selection runs
    for _ in range(100):
        if notes(shelf) != "as it was":
            break
        time.sleep(0.02)
    assert notes(shelf) == "edited in place"
    edited.close()


def test_a_file_that_comes_is_known_at_once_however_large_the_library(
    shelf: Shelf, edited: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_AWAITED", 0)
    safetensors(shelf.loras / "sub" / "b.safetensors")
    edited.check()
    assert len(list(shelf.library.adapters())) == 2
    edited.close()


def test_closing_ends_a_listing_that_waits(shelf: Shelf, edited: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_AWAITED", 0)
    monkeypatch.setattr(watch, "_STEP_BACK", 60.0)
    with edited.selecting():
        edited.check()
    with edited.selecting():  # the listing has begun, and waits for this
        assert [t for t in threading.enumerate() if t.name == "stylus-listing"]
        began = time.perf_counter()
        edited.close()
        assert time.perf_counter() - began < 1
    assert not [t for t in threading.enumerate() if t.name == "stylus-listing"]
    assert notes(shelf) == "as it was"
