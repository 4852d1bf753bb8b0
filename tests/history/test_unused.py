"""Which adapters are in none of the own pictures."""

from __future__ import annotations

import os
import time

from stylus_core.history.unused import unused_adapters
from stylus_core.types import Adapter
from tests.history.own import own


def adapter(folder, number, size):
    path = folder / f"a{number}.safetensors"
    path.write_bytes(b"x" * size)
    os.utime(path, (1000.0, 1000.0))
    return Adapter(number, str(path), path.stem, size=size)


def test_the_largest_comes_first_and_what_was_used_is_left_out(tmp_path):
    adapters = [adapter(tmp_path, 1, 10), adapter(tmp_path, 2, 30), adapter(tmp_path, 3, 20)]
    adapters.append(Adapter(4, str(tmp_path / "gone.safetensors"), "gone"))
    pictures = [own("a", pictures=3, at=time.time() + 60, since=500.0), own("b", pictures=0, at=1.0)]
    found = unused_adapters(adapters, {1}, pictures)
    assert [(one.name, one.size, one.new) for one in found.adapters] == [("a2", 30, False), ("a3", 20, False)]
    assert (found.size, found.library, found.pictures, found.since) == (50, 4, 3, 500.0)
    assert found.adapters[0].modified == 1000.0


def test_what_came_after_the_last_picture_is_new_whatever_time_its_file_has(tmp_path):
    found = unused_adapters([adapter(tmp_path, 1, 10)], (), [own("a", at=2000.0)])
    assert [one.new for one in found.adapters] == [True] and found.size == 0
