"""A cache in SQLite goes on whatever happens to its file, and takes along what can be read."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import CacheTable
from stylus_core.storage.checksummed_values import seal, seal_text, unseal, unseal_text

SCHEMA = ("CREATE TABLE IF NOT EXISTS words (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",)
TABLE = CacheTable("words", "key DESC", lambda row: unseal_text(row[1], row[0]) is not None)
PUT = "INSERT OR REPLACE INTO words VALUES (?, ?)"


def opened(path: Path, **more) -> CacheFile:
    return CacheFile(path, SCHEMA, (TABLE,), **more)


def filled(path: Path, n: int = 2000) -> CacheFile:
    file = opened(path)
    file.write(PUT, [(key := f"key-{i:05}", seal_text(f"value {i} " * 20, key)) for i in range(n)])
    return file


def keys(file: CacheFile) -> list[str]:
    return [key for (key,) in file.rows("SELECT key FROM words ORDER BY key")]


def test_what_lies_before_and_behind_the_damage_is_saved(tmp_path: Path):
    path = tmp_path / "w.sqlite"
    filled(path).close()
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    file = opened(path)
    found = keys(file)
    assert 1500 < len(found) < 2000 and found[0] == "key-00000" and found[-1] == "key-01999"
    assert (tmp_path / "w.sqlite.broken-1").read_bytes() == bytes(data)
    assert all(unseal_text(value, key) for key, value in file.rows("SELECT key, value FROM words"))
    file.close()


def test_damage_that_comes_while_it_is_open_is_healed(tmp_path: Path):
    path = tmp_path / "w.sqlite"
    file = filled(path, 5000)
    file.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as raw:
        raw.seek(8192)
        raw.write(b"\xff" * (path.stat().st_size - 8192))
    other = opened(path)  # has none of it in memory
    other.write(PUT, [("new", seal_text("x", "new"))])
    assert "new" in keys(other)
    assert "new" in keys(file)  # which sees that the file is another
    other.close()
    file.close()


def test_a_changed_value_is_found_by_its_seal(tmp_path: Path):
    path = tmp_path / "w.sqlite"
    filled(path, 3).close()
    path.write_bytes(path.read_bytes().replace(b"value 1 value 1", b"value 1 value 9", 1))
    file = opened(path)
    assert keys(file) == ["key-00000", "key-00002"]
    file.close()


def test_a_lock_a_full_disk_and_a_missing_right_are_no_damage(tmp_path: Path):
    path = tmp_path / "w.sqlite"
    filled(path, 10).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    file = opened(path, wait=0.1)
    file.write(PUT, [("a", "b")])
    assert "locked" in file.problem
    holder.execute("ROLLBACK")
    holder.close()
    file.close()
    file = opened(path)
    file.do(lambda db: db.execute("PRAGMA max_page_count = 4").fetchone())
    file.write(PUT, [(str(i), "x" * 3000) for i in range(100)])
    assert "full" in file.problem
    assert len(keys(file)) == 10
    file.close()
    (tmp_path / "folder.sqlite").mkdir()
    file = opened(tmp_path / "folder.sqlite")
    assert file.rows("SELECT * FROM words") == [] and file.problem
    assert not list(tmp_path.glob("*.broken-*"))


def test_a_file_that_was_deleted_is_made_again(tmp_path: Path):
    path = tmp_path / "sub" / "w.sqlite"
    file = filled(path, 3)
    path.unlink()
    file.write(PUT, [("new", seal_text("x", "new"))])
    assert keys(file) == ["new"] and path.exists()
    file.close()


def test_threads_heal_it_once(tmp_path: Path):
    path = tmp_path / "w.sqlite"
    path.write_bytes(b"nonsense" * 3000)
    file = opened(path)

    def work(i: int) -> None:
        file.write(PUT, [(f"k{i}", seal_text("x", f"k{i}"))])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keys(file) == [f"k{i}" for i in range(8)]
    assert [p.name for p in tmp_path.glob("*.broken-*")] == ["w.sqlite.broken-1"]
    file.close()


def test_another_kind_of_table_is_damage_too(tmp_path: Path):
    path = tmp_path / "w.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE words (other TEXT)")
    db.close()
    file = opened(path)
    file.write(PUT, [("a", seal_text("b", "a"))])
    assert keys(file) == ["a"]
    file.close()


def test_seals():
    data = bytes(range(200)) + bytes(8)
    sealed = seal(data, "model", b"key")
    assert unseal(sealed, "model", b"key") == data
    assert unseal(sealed, "model", b"kez") is None and unseal(sealed, "modem", b"key") is None
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        assert unseal(changed, "model", b"key") is None
    assert unseal(data, "any") == data and unseal(None) is None and unseal("text") is None
    text = seal_text('{"a": 1}', "k")
    assert unseal_text(text, "k") == '{"a": 1}' and unseal_text(text, "l") is None
    assert unseal_text('{"a": 1}', "k") == '{"a": 1}' and unseal_text(b"x") is None
