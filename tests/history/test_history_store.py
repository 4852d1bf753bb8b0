"""What was learned is kept, counted, switched off, forgotten and healed; the user says so first."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import threading
import time
from pathlib import Path

import pytest

from stylus_core.caches import caches, damage, heal
from stylus_core.errors import LibraryError, OptionError
from stylus_core.generation_data import AdapterUse
from stylus_core.history.records import PictureRecord
from stylus_core.history.store import HistoryStore
from tests.history.pictures import DAY, LONG_AGO, record

INK = AdapterUse("ink_wash", 0.7, hash="ab12cd34ef56")
FOX = AdapterUse("red_fox", 0.9, clip_weight=0.5, version_id=12, picked=True)


@pytest.fixture
def store(tmp_path: Path):
    made = HistoryStore(tmp_path / "home")
    yield made
    made.close()


def counts(store: HistoryStore) -> dict[str, int]:
    return {own.prompt: own.pictures for own in store.prompts()}


def test_nothing_is_written_before_the_user_says_so(store: HistoryStore, tmp_path: Path):
    assert store.revision == 0 and store.folders() == [] and store.prompts() == [] and store.corrections() == []
    assert store.seen(tmp_path) == {} and store.problems() == [] and not store.keep_corrections
    assert not store.put(tmp_path, [record(tmp_path / "a.png", "a fox", INK)])
    store.gone(tmp_path, [str(tmp_path / "a.png")])
    store.keep_corrections = False
    with pytest.raises(LibraryError, match="nothing was learned of"):
        store.switch(tmp_path, False)
    with pytest.raises(LibraryError, match="there is no correction 3"):
        store.undo(3)
    assert store.forget().pictures == 0
    assert not (tmp_path / "home").exists()


def test_a_picture_comes_back_as_it_was_read(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    assert store.put(tmp_path, [record(tmp_path / "a.png", "a (fox:1.2), <lora:ink_wash:0.7>", INK, FOX)])
    (own,) = store.prompts()
    assert own.prompt == "a (fox:1.2), <lora:ink_wash:0.7>" and own.adapters == (INK, FOX)
    assert (own.pictures, own.first_at, own.last_at) == (1, LONG_AGO, LONG_AGO)
    assert store.seen(tmp_path) == {str(tmp_path / "a.png"): (9, int(LONG_AGO * 1e9))}


def test_near_duplicates_are_one_with_a_count(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    same = ["a red fox, ink", "ink, A (Red:1.3) fox", "a red fox ink <lora:ink_wash:0.7>", "a red fox, ink, ink"]
    records = [record(tmp_path / f"{n}.png", text, INK, at=LONG_AGO + n) for n, text in enumerate(same)]
    records += [
        record(tmp_path / "weight.png", same[0], INK._replace(weight=0.4)),
        record(tmp_path / "bare.png", same[0]),
        record(tmp_path / "other.png", "a red fox, ink, snow", INK),
    ]
    store.put(tmp_path, records)
    found = sorted((own.pictures, own.first_at, own.last_at) for own in store.prompts())
    assert found == [(1, LONG_AGO, LONG_AGO)] * 3 + [(4, LONG_AGO, LONG_AGO + 3)]


def test_the_count_follows_the_files(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    store.put(tmp_path, [record(tmp_path / f"{n}.png", "a fox", INK) for n in range(3)])
    store.gone(tmp_path, [str(tmp_path / "0.png"), str(tmp_path.parent / "not mine.png")])
    assert counts(store) == {"a fox": 2}
    store.put(tmp_path, [record(tmp_path / "1.png", "a hare", size=10)])
    assert counts(store) == {"a fox": 1, "a hare": 1}
    store.put(tmp_path, [record(tmp_path / "2.png", problem="it is cut off")])
    assert counts(store) == {"a hare": 1}
    assert store.problems() == [(str(tmp_path / "2.png"), "it is cut off")]
    (folder,) = store.folders()
    assert (folder.pictures, folder.silent, folder.unreadable, folder.on) == (1, 0, 1, True)


def test_a_follower_takes_in_what_changed_alone(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    store.put(tmp_path, [record(tmp_path / f"{n}.png", f"a fox {n}th", INK) for n in range(5)])
    first = store.changes()
    assert len(first.prompts) == 5 and first.revision == store.revision
    assert store.changes(first.revision).prompts == []
    store.put(tmp_path, [record(tmp_path / "again.png", "a fox 3th", INK)])
    second = store.changes(first.revision)
    assert [(own.prompt, own.pictures) for own in second.prompts] == [("a fox 3th", 2)]
    store.gone(tmp_path, [str(tmp_path / "0.png"), str(tmp_path / "again.png")])
    third = store.changes(second.revision)
    assert [(own.prompt, own.pictures) for own in third.prompts] == [("a fox 3th", 1)]
    assert third.ids == {own.id for own in store.prompts()} and len(third.ids) == 4
    store.put(tmp_path, [record(tmp_path / "again.png", "a fox 3th", INK)])
    before = store.revision
    store.put(tmp_path, [record(tmp_path / "again.png", "a fox 3th", INK)])
    assert store.revision == before, "the same once more changes nothing"


def test_a_follower_by_changes_knows_what_a_new_reader_reads(store: HistoryStore, tmp_path: Path):
    known, at = {}, -1

    def follow():
        nonlocal at
        changes = store.changes(at)
        known.update({own.id: own for own in changes.prompts})
        for number in list(known):
            if changes.ids is not None and number not in changes.ids:
                del known[number]
        at = changes.revision
        assert known == {own.id: own for own in store.prompts()}

    inner = tmp_path / "inner"
    files = [
        record(tmp_path / "a.png", "a fox", INK),
        record(inner / "b.png", "a hare"),
        record(inner / "c.png", "a fox", INK),
    ]
    for step in (
        lambda: store.add_folder(tmp_path),
        lambda: store.put(tmp_path, files),
        lambda: store.add_folder(inner),
        lambda: store.switch(inner, False),
        lambda: store.switch(inner, True),
        lambda: store.gone(tmp_path, [str(inner / "c.png")]),
        lambda: store.forget(inner),
        lambda: store.put(tmp_path, files),
        lambda: store.forget(),
    ):
        step()
        follow()


def test_the_innermost_folder_decides(store: HistoryStore, tmp_path: Path):
    inner = tmp_path / "inner"
    store.add_folder(tmp_path)
    store.put(tmp_path, [record(tmp_path / "a.png", "a fox"), record(inner / "b.png", "a hare")])
    store.add_folder(inner)
    assert [(Path(f.path).name, f.pictures) for f in store.folders()] == [(tmp_path.name, 1), ("inner", 1)]
    store.switch(inner, False)
    assert counts(store) == {"a fox": 1}
    assert store.put(tmp_path, [record(inner / "c.png", "a hare"), record(tmp_path / "d.png", "a fox")])
    assert counts(store) == {"a fox": 2}
    assert not store.put(inner, [record(inner / "c.png", "a hare")])
    store.switch(inner, True)
    assert counts(store) == {"a fox": 2, "a hare": 1}
    store.switch(tmp_path, False)
    assert counts(store) == {"a hare": 1}


def test_a_folder_that_was_forgotten_meanwhile_keeps_nothing(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    other = HistoryStore(tmp_path / "home")
    other.forget(tmp_path)
    other.close()
    assert not store.put(tmp_path, [record(tmp_path / "a.png", "a fox")])
    assert store.prompts() == [] and store.seen(tmp_path) == {}


def test_forgetting_a_folder_leaves_the_others(store: HistoryStore, tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "one more"
    for folder in (one, two):
        store.add_folder(folder)
        store.put(folder, [record(folder / "a.png", "a fox", INK), record(folder / "b.png", f"of {folder.name}")])
    store.correct("a fox", "ink_wash", "removed")
    forgotten = store.forget(one)
    assert (forgotten.pictures, forgotten.stays_off, forgotten.wiped) == (2, False, True)
    assert counts(store) == {"a fox": 1, "of one more": 1} and len(store.corrections()) == 1
    with pytest.raises(LibraryError, match="stylus learn"):
        store.forget(one)


def test_forgetting_a_part_of_a_learned_folder_keeps_it_off(store: HistoryStore, tmp_path: Path):
    part = tmp_path / "part"
    store.add_folder(tmp_path)
    store.put(tmp_path, [record(tmp_path / "a.png", "a fox"), record(part / "b.png", "a hare")])
    assert store.forget(part).stays_off
    store.put(tmp_path, [record(part / "b.png", "a hare")])
    assert counts(store) == {"a fox": 1} and store.seen(part) == {}


def test_what_is_forgotten_is_in_no_file_any_more(store: HistoryStore, tmp_path: Path):
    home, folder = tmp_path / "home", tmp_path / "pictures"
    other = HistoryStore(home)
    for name in ("one", "two"):
        store.add_folder(folder / name)
        texts = {folder / name / f"{n}.png": f"zebrasecret {name} x{n:04}" for n in range(300)}
        store.put(folder / name, [record(path, text, INK) for path, text in texts.items()])
    store.correct("zebrasecret", "ink_wash", "banned")
    assert len(other.prompts()) == 600
    store.close()
    (home / "history.sqlite.broken-1").write_bytes(b"zebrasecret one x0001")

    def content() -> bytes:
        return b"".join(path.read_bytes() for path in home.iterdir())

    assert b"zebrasecret one x0001" in content() and str(folder / "one").encode() in content()
    assert store.forget(folder / "one").wiped
    assert b"zebrasecret one" not in content() and str(folder / "one").encode() not in content()
    assert len(other.prompts()) == 300 and b"zebrasecret two x0001" in content()
    assert (store.forget().corrections, store.folders(), other.prompts()) == (1, [], [])
    assert b"zebrasecret" not in content() and b"ink_wash" not in content() and str(folder).encode() not in content()
    other.close()


@pytest.mark.whole
def test_what_a_reader_kept_from_being_wiped_is_wiped_later(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    store.put(tmp_path, [record(tmp_path / "a.png", "zebrasecret", INK)])
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM files").fetchone()
        assert not store.forget(tmp_path).wiped and store.prompts() == []
        reader.execute("COMMIT")
    with pytest.raises(LibraryError, match="nothing was learned of"):
        store.forget(tmp_path)
    assert b"zebrasecret" not in b"".join(path.read_bytes() for path in store.path.parent.iterdir())


def test_corrections_are_seen_and_undone(store: HistoryStore):
    assert not store.keep_corrections
    first = store.correct("a fox", "ink_wash", "removed", hash="AB12", by="panel")
    second = store.correct("a hare", "red_fox", "weighed", weight=0.45)
    assert (first.hash, first.by, first.weight, second.weight) == ("ab12", "panel", None, 0.45)
    assert store.corrections() == [second, first]
    before = store.revision
    assert store.undo(second.id) == second and store.corrections() == [first] and store.revision > before
    with pytest.raises(LibraryError, match=f"there is no correction {second.id}"):
        store.undo(second.id)
    assert store.correct("a hare", "red_fox", "kept").id not in (first.id, second.id), (
        "a number means one thing for good"
    )
    store.keep_corrections = True
    assert store.keep_corrections


def test_what_is_no_correction_is_told(store: HistoryStore):
    with pytest.raises(OptionError, match="'liked' is nothing that can be done to a pick: it is one of removed"):
        store.correct("a fox", "ink_wash", "liked")
    with pytest.raises(OptionError, match="lacks its weight"):
        store.correct("a fox", "ink_wash", "weighed")
    assert not store.path.exists()


def test_hostile_records_are_kept_bounded(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    hostile = AdapterUse("x" * 9999 + "\ud800", float("nan"), float("inf"), "Q" * 999, 10**40)
    uses = (hostile, AdapterUse(""), *(AdapterUse(f"a{n}") for n in range(500)))
    times = (float("nan"), float("inf"), -5.0, 0.0, time.time() + 9 * DAY)
    records = [
        record(tmp_path / f"{n}.png", f"\ud800\0 {'wort ' * 9999}{n}ter", *uses, at=at) for n, at in enumerate(times)
    ]
    records.append(PictureRecord(str(tmp_path / "bad\udcff.png"), 2**70, -(2**70), None, "why\nnot" * 1000))
    assert store.put(tmp_path, records)
    (own,) = store.prompts()
    assert own.pictures == 5 and len(own.prompt) <= 20_000 and len(own.adapters) <= 100
    assert own.adapters[0].weight == 1.0 and len(own.adapters[0].name) <= 500
    assert own.first_at >= LONG_AGO and own.last_at <= time.time()
    assert len(store.seen(tmp_path)) == 6 and len(store.problems()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="rights of this kind are POSIX's")
def test_the_file_is_its_owners_alone(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    assert {oct(path.stat().st_mode & 0o777) for path in (tmp_path / "home").iterdir()} == {"0o600"}
    store.close()
    store.path.write_bytes(b"no database at all" * 400)
    store.add_folder(tmp_path)
    assert oct(store.path.stat().st_mode & 0o777) == "0o600"


def test_it_is_a_cache_of_the_home_that_is_looked_after(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    store.put(tmp_path, [record(tmp_path / f"{n}.png", f"a {chr(97 + n % 26)}fox{n}", INK) for n in range(400)])
    store.correct("a fox", "ink_wash", "removed")
    store.close()
    home = tmp_path / "home"
    assert [file.path.name for file in caches(home)] == ["history.sqlite"] and list(damage(home)) == []
    with sqlite3.connect(store.path) as db:
        (number, words) = db.execute("SELECT id, words FROM prompts LIMIT 1").fetchone()
        db.execute("UPDATE prompts SET words = ? WHERE id = ?", (words.replace("fox", "fix", 1), number))
    db.close()
    assert "rows of prompts are not what was written" in next(iter(damage(home)))
    heal(home)
    assert list(damage(home)) == [] and len(store.prompts()) == 399 and len(store.corrections()) == 1
    assert len(store.seen(tmp_path)) == 399, "the picture whose prompt was lost is read again"


def test_a_page_that_was_damaged_costs_what_was_on_it(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    for part in range(4):
        files = [record(tmp_path / f"{part}-{n}.png", f"{'long ' * 20}fox{part}x{n}", INK) for n in range(500)]
        store.put(tmp_path, files)
    store.correct("a fox", "ink_wash", "removed")
    before = store.changes()
    store.close()
    data = bytearray(store.path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xa5" * 4096
    store.path.write_bytes(data)
    store = HistoryStore(tmp_path / "home")  # as the next process opens it
    after = store.changes(before.revision)
    assert 1000 < len(after.prompts) <= 2000 and after.ids == {own.id for own in after.prompts}
    assert [Path(f.path) for f in store.folders()] == [tmp_path] and len(store.corrections()) == 1
    assert store.revision != before.revision
    store.put(tmp_path, [record(tmp_path / "new.png", "a hare")])
    assert store.revision > before.revision
    store.close()


def test_threads_and_a_second_store_lose_nothing(store: HistoryStore, tmp_path: Path):
    store.add_folder(tmp_path)
    stores = [store, HistoryStore(tmp_path / "home")]
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for n in range(20):
                mine = stores[number % 2]
                mine.put(tmp_path, [record(tmp_path / f"{number}-{n}.png", "a fox", INK)])
                mine.correct("a fox", f"adapter {number}", "kept")
                mine.prompts()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stores[1].close()
    assert failed == [] and counts(store) == {"a fox": 80} and len(store.corrections()) == 80


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights bind no superuser")
def test_a_file_that_cannot_be_written_is_told(store: HistoryStore, tmp_path: Path):
    (tmp_path / "home").mkdir(mode=0o500)
    with pytest.raises(LibraryError, match="cannot be kept in"):
        store.add_folder(tmp_path)
