"""Files are whole or not there, and a checksum sees whatever happens to them."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from stylus_core.storage.checksummed_values import sealed_json, unsealed_json
from stylus_core.storage.files import checksum, write_whole
from stylus_core.storage.quarantine import find_moved_aside, move_aside


@pytest.mark.parametrize("size", [1, 7, 8, 4095, 4096, 4097, 3 << 20])
def test_every_kind_of_damage_changes_the_checksum(size: int, tmp_path: Path):
    file = tmp_path / "f"
    rng = random.Random(size)
    data = rng.randbytes(size)
    file.write_bytes(data)
    whole = checksum(file)
    assert whole == checksum(file) and whole[0] == size
    changed = [
        data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
        for at in (0, size // 2, -1 % size)
        for bit in range(8)
    ]
    changed += [data[:-1], data + b"\0", bytes(size)]
    if size > 3 * 4096:
        changed.append(data[4096:8192] + data[:4096] + data[8192:])
    for other in changed:
        if other != data:
            file.write_bytes(other)
            assert checksum(file) != whole


def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path):
    file = tmp_path / "f"
    write_whole(file, b"one")
    write_whole(file, b"two")
    assert file.read_bytes() == b"two" and os.listdir(tmp_path) == ["f"]
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OSError):
        write_whole(tmp_path / "folder", b"three")
    with pytest.raises(OSError):
        write_whole(tmp_path / "nowhere" / "f", b"three")
    assert sorted(os.listdir(tmp_path)) == ["f", "folder"]


def test_json_says_itself_whether_it_is_whole():
    data = sealed_json({"a": [1, 2], "b": "ü"})
    assert unsealed_json(data, must=True) == {"a": [1, 2], "b": "ü"} and json.loads(data)["checksum"]
    assert unsealed_json(b'{"a": 1}') == {"a": 1}
    for bad in (data.replace(b"[1", b"[3"), b'{"a": 1, "checksum": "x"}', b"", b"[]", b"{" * 10, b'{"a":' * 100_000):
        with pytest.raises(ValueError):
            unsealed_json(bad)
    with pytest.raises(ValueError):
        unsealed_json(b'{"a": 1}', must=True)


def test_the_last_few_that_were_moved_aside_are_kept(tmp_path: Path):
    for n in range(5):
        (tmp_path / "c.sqlite").write_text(str(n))
        (tmp_path / "c.sqlite-wal").write_text("w")
        assert move_aside(tmp_path / "c.sqlite") == tmp_path / f"c.sqlite.broken-{n + 1}"
        folder = tmp_path / f"piece-{n}x"
        folder.mkdir()
        (folder / "f").write_text(str(n))
        move_aside(folder, "piece-")
    assert move_aside(tmp_path / "c.sqlite") is None
    kept = [p.name for p in find_moved_aside(tmp_path)]
    assert kept == [f"c.sqlite.broken-{n}" for n in (3, 4, 5)] + [f"piece-{n}x.broken-{n + 1}" for n in (2, 3, 4)]
    assert (tmp_path / "c.sqlite.broken-5").read_text() == "4" and not (tmp_path / "c.sqlite.broken-1-wal").exists()
