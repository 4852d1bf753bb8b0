"""Learning folders of pictures: what is new is read, what is gone is forgotten, nothing stops it, nothing is lost."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stylus_core.errors import LibraryError
from stylus_core.history.learner import Learner, LearnReport
from stylus_core.history.store import HistoryStore
from tests.clock import HANG, until
from tests.history.pictures import aged, parameters, png

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path: Path):
    made = HistoryStore(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures of two prompts, one of them in a folder inside, and one that says nothing."""
    made = tmp_path / "pictures"
    png(made / "a.png", parameters("a red fox", ["ink_wash:0.7"]))
    png(made / "b.PNG", parameters("a red fox", ["ink_wash:0.7"]))
    png(made / "2026-03-01" / "c.png", parameters("a grey hare"))
    png(made / "silent.png")
    (made / "notes.txt").write_text("not a picture")
    return made


def counts(store: HistoryStore) -> dict[str, int]:
    return {own.prompt.partition(" <")[0]: own.pictures for own in store.prompts()}


def numbers(report: LearnReport) -> tuple[int, ...]:
    return (report.read, report.gone, report.waiting, report.pictures, report.silent, report.unreadable)


def test_what_is_new_changed_or_gone_is_noticed(store: HistoryStore, folder: Path):
    told: list[tuple[int, int]] = []
    learner = Learner(store)
    assert numbers(learner.add(folder, lambda done, total: told.append((done, total)))) == (4, 0, 0, 3, 1, 0)
    assert told[0] == (0, 4) and told[-1] == (4, 4)
    assert counts(store) == {"a red fox": 2, "a grey hare": 1}
    (fox,) = [own for own in store.prompts() if own.adapters]
    assert [(use.name, use.weight) for use in fox.adapters] == [("ink_wash", 0.7)]
    before = store.revision
    assert numbers(learner.learn(folder)) == (0, 0, 0, 3, 1, 0) and store.revision == before
    png(folder / "new.png", parameters("a blue jay"))
    png(folder / "a.png", parameters("a green newt"), age=50)
    (folder / "b.PNG").unlink()
    assert numbers(learner.learn(folder)) == (2, 1, 0, 3, 1, 0)
    assert counts(store) == {"a blue jay": 1, "a green newt": 1, "a grey hare": 1}
    (read,) = store.folders()
    assert abs(read.read_at - time.time()) < HANG


def test_a_picture_is_as_old_as_its_file(store: HistoryStore, folder: Path):
    Learner(store).add(folder)
    assert all(abs(time.time() - 100 - own.last_at) < HANG for own in store.prompts())


def test_a_text_beside_a_picture_is_a_change(store: HistoryStore, folder: Path):
    learner = Learner(store)
    learner.add(folder)
    (folder / "silent.txt").write_text(parameters("a paper kite", ["kite:0.5"]))
    assert numbers(learner.learn(folder)) == (1, 0, 0, 4, 0, 0)
    assert counts(store)["a paper kite"] == 1
    (folder / "silent.txt").write_text(parameters("a paper boat", ["kite:0.5"]))
    aged(folder / "silent.txt", -1)
    assert learner.learn(folder).read == 1 and "a paper kite" not in counts(store)
    (folder / "silent.txt").unlink()
    assert numbers(learner.learn(folder)) == (1, 0, 0, 3, 1, 0)


def test_broken_pictures_are_told_and_stop_nothing(store: HistoryStore, folder: Path):
    sound = (folder / "a.png").read_bytes()
    rng = random.Random(5)
    for n in range(200):
        broken = folder / f"broken {n}.png"
        broken.write_bytes([b"", sound[: rng.randrange(1, 40)], rng.randbytes(300), b"GIF89a" + bytes(20)][n % 4])
        aged(broken, 60)
    report = Learner(store).add(folder)
    assert (report.read, report.pictures, report.unreadable) == (204, 3, 200)
    problems = store.problems(folder)
    assert {path for path, _ in problems} == {str(path) for path in folder.glob("broken *")}
    assert all(why and "\n" not in why for _, why in problems)
    assert Learner(store).learn(folder).read == 0, "what is broken and the same is not read again"
    png(folder / "broken 0.png", parameters("a red fox", ["ink_wash:0.7"]))
    assert Learner(store).learn(folder).unreadable == 199 and counts(store)["a red fox"] == 3


def test_what_is_just_being_written_is_read_the_next_time(store: HistoryStore, folder: Path):
    part = png(folder / "late.png", parameters("a blue jay"), age=-600)
    whole = part.read_bytes()
    part.write_bytes(whole[:20])
    (folder / "late.png.tmp").write_bytes(whole[:9])
    learner = Learner(store)
    report = learner.add(folder)
    assert (report.waiting, report.unreadable, report.pictures) == (1, 0, 3)
    part.write_bytes(whole)
    assert learner.learn(folder).read == 1 and counts(store)["a blue jay"] == 1


def test_what_cannot_be_opened_for_once_is_not_forgotten(store: HistoryStore, folder: Path):
    def denied(path: Path):
        raise PermissionError(13, "Permission denied")

    Learner(store).add(folder)
    before = store.prompts()
    for path in folder.rglob("*.[pP][nN][gG]"):
        aged(path, 70)
    report = Learner(store, denied).learn(folder)
    assert numbers(report) == (4, 0, 0, 3, 0, 4) and len(store.problems()) == 4
    assert store.prompts() == before
    assert numbers(Learner(store).learn(folder)) == (4, 0, 0, 3, 1, 0)
    assert [own.prompt for own in store.prompts()] == [own.prompt for own in before] and store.problems() == []


def test_a_reader_that_fails_costs_that_picture_alone(store: HistoryStore, folder: Path):
    def reader(path: Path):
        if path.name == "a.png":
            raise RecursionError
        if path.name == "b.PNG":
            raise PermissionError(13, "Permission denied")

    report = Learner(store, reader).add(folder)
    assert (report.unreadable, report.silent) == (2, 2)
    assert [why for _, why in store.problems()] == ["it cannot be read (RecursionError)", "Permission denied"]
    assert Learner(store).learn(folder).read == 1, "what the system denied may be allowed now"


def test_where_the_folder_is_not_there_nothing_is_forgotten(store: HistoryStore, folder: Path, tmp_path: Path):
    learner = Learner(store)
    learner.add(folder)
    away = folder.rename(tmp_path / "away")
    report = learner.learn(folder)
    assert "No such file" in report.problem and numbers(report) == (0, 0, 0, 3, 1, 0)
    folder.mkdir()
    assert "it is empty" in learner.learn(folder).problem and len(store.prompts()) == 2
    folder.rmdir()
    folder.write_text("a file in its place")
    assert learner.learn(folder).problem and len(store.prompts()) == 2
    folder.unlink()
    away.rename(folder)
    assert numbers(learner.learn(folder)) == (0, 0, 0, 3, 1, 0)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights bind no superuser")
def test_what_is_in_a_folder_that_may_not_be_read_is_kept(store: HistoryStore, folder: Path):
    learner = Learner(store)
    learner.add(folder)
    inner = folder / "2026-03-01"
    inner.chmod(0)
    try:
        report = learner.learn(folder)
    finally:
        inner.chmod(0o700)
    assert report.unlisted == ((str(inner), "Permission denied"),) and report.gone == 0 and len(store.prompts()) == 2


def test_a_folder_that_is_none_is_told(store: HistoryStore, folder: Path):
    learner = Learner(store)
    with pytest.raises(LibraryError, match="missing is not there"):
        learner.add(folder / "missing")
    with pytest.raises(LibraryError, match="is a file: name the folder"):
        learner.add(folder / "a.png")
    with pytest.raises(LibraryError, match=f"`stylus learn {folder}` learns it"):
        learner.learn(folder)
    assert not store.path.exists()
    learner.add(folder)
    store.switch(folder, False)
    with pytest.raises(LibraryError, match="switched off"):
        learner.learn(folder)


def test_links_lead_in_no_circle_and_count_once(store: HistoryStore, folder: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    png(outside / "d.png", parameters("a blue jay"))
    try:
        (folder / "loop").symlink_to(folder, target_is_directory=True)
        (folder / "up").symlink_to(tmp_path, target_is_directory=True)
        (folder / "again").symlink_to(folder / "2026-03-01", target_is_directory=True)
        (folder / "out").symlink_to(outside, target_is_directory=True)
        (folder / "nowhere.png").symlink_to(folder / "not there.png")
        (folder / "itself.png").symlink_to(folder / "itself.png")
    except OSError:
        pytest.skip("links cannot be made here")
    assert numbers(Learner(store).add(folder)) == (5, 0, 0, 4, 1, 0)
    link = tmp_path / "link"
    link.symlink_to(folder, target_is_directory=True)
    assert numbers(Learner(store).add(link)) == (0, 0, 0, 4, 1, 0) and len(store.folders()) == 1
    store.add_folder(outside, on=False)
    Learner(store).learn(folder)
    assert "a blue jay" not in counts(store), "a link leads into no folder that is off"


def test_a_folder_inside_counts_once_and_may_be_off(store: HistoryStore, folder: Path):
    inner = folder / "2026-03-01"
    learner = Learner(store)
    learner.add(folder)
    learner.add(inner)
    assert counts(store) == {"a red fox": 2, "a grey hare": 1}
    (report,) = learner.learn_all()
    assert (report.folder, report.pictures) == (str(folder), 3)
    store.switch(inner, False)
    png(inner / "e.png", parameters("a blue jay"))
    (inner / "c.png").unlink()
    assert numbers(learner.learn(folder)) == (0, 0, 0, 2, 1, 0)
    store.switch(inner, True)
    store.switch(folder, False)
    assert [one.folder for one in learner.learn_all()] == [str(inner)] and counts(store) == {"a blue jay": 1}


def test_what_was_thrown_away_is_not_learned(store: HistoryStore, folder: Path):
    png(folder / ".Trash-1000" / "files" / "a.png", parameters("thrown away"))
    png(folder / "._a.png", parameters("what macOS writes"))
    png(folder / ".hidden" / "a.png", parameters("a blue jay"))
    Learner(store).add(folder)
    assert counts(store) == {"a red fox": 2, "a grey hare": 1, "a blue jay": 1}


def test_a_picture_that_was_just_made_is_noted_where_it_may_be(store: HistoryStore, folder: Path, tmp_path: Path):
    learner = Learner(store)
    new = png(folder / "new.png", parameters("a blue jay"), age=0)
    assert not learner.note(new) and not store.path.exists()
    learner.add(folder)
    later = png(folder / "later" / "new.png", parameters("a blue jay"), age=0)
    assert learner.note(later) and learner.note(str(later))
    assert counts(store)["a blue jay"] == 2
    assert learner.learn(folder).read == 0
    (tmp_path / "outside").mkdir()
    with contextlib.suppress(OSError, NotImplementedError):  # where links can be made
        (folder / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
        (tmp_path / "alias").symlink_to(folder, target_is_directory=True)
        png(tmp_path / "outside" / "new.png", parameters("a toad"), age=0)
        assert learner.note(folder / "link" / "new.png") and learner.note(tmp_path / "alias" / "new.png")
        assert counts(store)["a toad"] == 1 and learner.learn(folder).read == 0
    assert not learner.note(png(tmp_path / "elsewhere.png", parameters("a newt"))) and not learner.note("no\0name.png")
    assert not learner.note(folder / "missing.png")
    store.switch(folder, False)
    assert not learner.note(png(folder / "off.png", parameters("a newt")))


@pytest.mark.skipif(os.name != "posix" or sys.platform == "darwin", reason="names are Unicode there")
def test_names_that_are_no_unicode_are_read(store: HistoryStore, folder: Path):
    name = os.fsdecode(os.fsencode(folder) + b"/b\xff\n.png")
    png(Path(name), parameters("a blue jay"))
    learner = Learner(store)
    assert learner.add(folder).pictures == 4
    assert numbers(learner.learn(folder)) == (0, 0, 0, 4, 1, 0)


def test_what_is_forgotten_while_it_is_learned_does_not_come_back(store: HistoryStore, folder: Path, tmp_path: Path):
    other = HistoryStore(tmp_path / "home")

    def forgets(done: int, total: int) -> None:
        if other.folders():
            other.forget()

    report = Learner(store).add(folder, forgets)
    other.close()
    assert "forgotten or switched off meanwhile" in report.problem
    assert store.folders() == [] and store.prompts() == [] and store.seen(folder) == {}


# -- several processes, and kills --------------------------------------------------------------------------------------


def fill(folder: Path, count: int) -> None:
    for n in range(count):
        png(folder / f"{n % 7}" / f"{n}.png", parameters(f"prompt p{n % 50}", ["ink_wash:0.7"]) if n % 10 else None)


def content(home: Path) -> list[tuple[object, ...]]:
    """All that is known, but not when it became known."""
    with contextlib.closing(sqlite3.connect(home / "history.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        files = db.execute("SELECT path, size, mtime_ns, prompt, problem FROM files ORDER BY path").fetchall()
        return files + db.execute("SELECT id, words FROM prompts ORDER BY id").fetchall()


def learn(home: Path, folder: Path, start: object) -> None:
    start.wait(HANG)
    store = HistoryStore(home)
    Learner(store).add(folder)
    store.close()


@pytest.mark.whole
def test_two_processes_that_learn_at_once_come_to_what_one_comes_to(tmp_path: Path):
    folder = tmp_path / "pictures"
    fill(folder, 1500)
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    workers = [context.Process(target=learn, args=(tmp_path / "two", folder, start)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(HANG)
    assert [worker.exitcode for worker in workers] == [0, 0]
    store = HistoryStore(tmp_path / "one")
    Learner(store).add(folder)
    store.close()
    assert content(tmp_path / "two") == content(tmp_path / "one")


_LEARN = """
import sys
from pathlib import Path
from stylus_core.history.learner import Learner
from stylus_core.history.store import HistoryStore
store = HistoryStore(Path(sys.argv[1]))
print(Learner(store).add(sys.argv[2]).pictures)
"""


@pytest.mark.whole
def test_a_kill_at_any_point_loses_nothing(tmp_path: Path):
    folder, home, rng = tmp_path / "pictures", tmp_path / "home", random.Random(3)
    fill(folder, 2000)
    call = [sys.executable, "-c", _LEARN, str(home), str(folder)]
    store = HistoryStore(home)
    known: set[str] = set()
    kills = 0
    for _ in range(8):
        process = subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        count = len(known)
        until(lambda p=process, k=count: p.poll() is not None or len(store.seen(folder)) > k, "a transaction")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0, 0.1))
        kills += process.poll() is None
        process.kill()
        process.communicate()
        now = set(store.seen(folder))
        assert known <= now
        known = now
    assert kills
    store.close()
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == 1800
    whole = HistoryStore(tmp_path / "whole")
    Learner(whole).add(folder)
    whole.close()
    assert content(home) == content(tmp_path / "whole")
