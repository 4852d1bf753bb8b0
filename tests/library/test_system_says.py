"""Whatever the system says of one entry of a folder concerns that entry alone, and is told."""

from __future__ import annotations

import builtins
import errno
import os
import socket
import stat
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from stylus_core.library import Library
from stylus_core.library.watch import Watch
from stylus_core.refiner import MetadataRefiner
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

pytestmark = pytest.mark.whole

FAILURES = (
    *(OSError(number, os.strerror(number)) for number in sorted(errno.errorcode)),
    OSError("no number"),
    ValueError("embedded null byte"),
    OverflowError("too large"),
    UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"),
    MemoryError(),
    RuntimeError(),
)


class Said:
    """A folder's entry of which the system says something else."""

    def __init__(self, entry: os.DirEntry[str], stat: Any = None, is_dir: Any = None, is_symlink: Any = None) -> None:
        self.name, self.path = entry.name, entry.path
        self.stat = self._answer(entry.stat, stat)
        self.is_dir = self._answer(entry.is_dir, is_dir)
        self.is_symlink = self._answer(entry.is_symlink, is_symlink)

    @staticmethod
    def _answer(real: Callable[[], Any], said: Any) -> Callable[[], Any]:
        def ask() -> Any:
            if isinstance(said, Exception):
                raise said
            return real() if said is None else said

        return ask


class Folder:
    """What `os.scandir` gives."""

    def __init__(self, entries: list[Any], ends_with: Exception | None = None) -> None:
        self.entries, self.ends_with = entries, ends_with

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        yield from self.entries
        if self.ends_with is not None:
            raise self.ends_with


def says(monkeypatch: pytest.MonkeyPatch, name: str, **answers: Any) -> None:
    """From now on the system gives these answers about entries called `name`."""
    real = os.scandir

    def scandir(folder: str) -> Folder:
        with real(folder) as entries:
            return Folder([Said(e, **answers) if e.name == name else e for e in entries])

    monkeypatch.setattr("os.scandir", scandir)


def status(size: int = 100, mtime_ns: int = 10**18, inode: int = 7, mode: int = stat.S_IFREG | 0o644) -> Any:
    return SimpleNamespace(st_size=size, st_mtime_ns=mtime_ns, st_ino=inode, st_mode=mode, st_dev=1)


def usable(shelf: Shelf) -> set[str]:
    return {adapter.stem for adapter in shelf.library.adapters()}


@pytest.mark.parametrize(
    "said",
    [
        status(inode=2**63 + 5),
        status(inode=2**64 - 1),
        status(inode=2**127),
        status(mtime_ns=99_999_999_999 * 10**9),
        status(mtime_ns=-(2**70)),
        status(size=2**63),
        status(size=2**80),
        status(size=-1),
    ],
)
def test_numbers_beyond_what_can_be_stored(shelf: Shelf, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fox", "hen"):
        safetensors(shelf.loras / f"{name}.safetensors", {"ss_output_name": name})
    says(monkeypatch, "fox.safetensors", stat=said)
    assert shelf.scan().added == 2
    assert usable(shelf) == {"fox", "hen"}
    assert shelf.scan().unchanged == 2


def test_files_with_large_numbers_keep_their_ids(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        safetensors(shelf.loras / f"{number}.safetensors")
    with monkeypatch.context() as patched:
        for number in (1, 2):
            says(patched, f"{number}.safetensors", stat=status(inode=2**63 + number))
        shelf.scan()
    ids = {a.stem: a.id for a in shelf.library.adapters()}
    for number in (1, 2):
        (shelf.loras / f"{number}.safetensors").rename(shelf.loras / f"moved {number}.safetensors")
    for number in (1, 2):
        says(monkeypatch, f"moved {number}.safetensors", stat=status(inode=2**63 + number))
    assert shelf.scan().renamed == 2
    assert {a.stem: a.id for a in shelf.library.adapters()} == {f"moved {name}": n for name, n in ids.items()}


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
@pytest.mark.parametrize("call", ["stat", "is_dir", "is_symlink"])
def test_any_failure_of_any_question_about_an_entry(
    shelf: Shelf, call: str, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    safetensors(shelf.loras / "hen.safetensors")
    safetensors(shelf.loras / "sub" / "owl.safetensors")
    sidecar(safetensors(shelf.loras / "cat.safetensors"), ".json", {"notes": "read"})
    safetensors(shelf.loras / "fox.safetensors")
    for name in ("fox.safetensors", "cat.json", "sub"):
        says(monkeypatch, name, **{call: failure})
    shelf.scan()
    assert {"hen", "cat"} <= usable(shelf)
    if call == "stat":
        assert usable(shelf) == {"hen", "cat", "owl"}
        assert shelf.reasons()["fox.safetensors"]
    shelf.scan()
    monkeypatch.undo()
    shelf.scan()
    assert usable(shelf) == {"hen", "cat", "owl", "fox"}
    assert shelf.reasons() == {}


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
@pytest.mark.parametrize("call", ["os.scandir", "os.stat", "builtins.open"])
def test_any_failure_of_any_call(shelf: Shelf, call: str, failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """It strikes one folder and one file; what was in the folder before is unknown and not gone."""
    safetensors(shelf.loras / "hen.safetensors")
    sidecar(safetensors(shelf.loras / "cat.safetensors"), ".json", {"notes": "read"})
    safetensors(shelf.loras / "locked" / "owl.safetensors")
    shelf.scan()
    safetensors(shelf.loras / "fox.safetensors")
    sidecar(shelf.loras / "cat.safetensors", ".json", {"notes": "read again"})
    real = {"os.scandir": os.scandir, "os.stat": os.stat, "builtins.open": builtins.open}[call]

    def fails(path: Any, *args: Any, **named: Any) -> Any:
        if str(path).endswith(("locked", "fox.safetensors", "cat.json")):
            raise failure
        return real(path, *args, **named)

    with monkeypatch.context() as patched:
        patched.setattr(call, fails)
        shelf.scan()
        found = usable(shelf)
        told = shelf.reasons()
    assert {"hen", "cat"} <= found
    if call != "os.scandir":
        assert "fox" not in found and told["fox.safetensors"]
        assert told["cat.safetensors"].startswith("cat.json: ignored: ")
    if call != "builtins.open" and not isinstance(failure, FileNotFoundError):
        assert "owl" in found and told["locked"]
    shelf.scan()
    sidecar(shelf.loras / "cat.safetensors", ".json", {"notes": "read once more"})
    shelf.scan()
    assert usable(shelf) == {"hen", "cat", "owl", "fox"}
    assert shelf.reasons() == {}


def test_a_list_that_breaks_off_keeps_what_it_told(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fox", "hen"):
        safetensors(shelf.loras / f"{name}.safetensors")
    shelf.scan()
    safetensors(shelf.loras / "cat.safetensors")
    real = os.scandir

    def breaks(folder: str) -> Folder:
        with real(folder) as entries:
            return Folder([e for e in entries if e.name == "cat.safetensors"], OSError(errno.EIO, "Input/output error"))

    monkeypatch.setattr("os.scandir", breaks)
    assert (shelf.scan().added, usable(shelf)) == (1, {"fox", "hen", "cat"})
    assert shelf.reasons() == {shelf.loras.name: "Input/output error"}


def test_folders_without_numbers_and_with_new_ones_at_each_look(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        safetensors(shelf.loras / name / f"{name}.safetensors")
        (shelf.loras / name / "loop").symlink_to(shelf.loras)
        (shelf.loras / f"to {name}").symlink_to(shelf.loras / name)
    real = os.stat
    for numbers in (iter(lambda: 0, 1), iter(range(1, 10**6))):

        def numbered(path: Any, *args: Any, numbers: Any = numbers, **named: Any) -> Any:
            found = real(path, *args, **named)
            values = {key: getattr(found, key) for key in ("st_mode", "st_size", "st_mtime_ns", "st_dev")}
            return SimpleNamespace(**values, st_ino=next(numbers))

        with monkeypatch.context() as patched:
            patched.setattr("os.stat", numbered)
            shelf.scan()
        assert {a.path for a in shelf.library.adapters()} == {
            str(shelf.loras / name / f"{name}.safetensors") for name in ("a", "b")
        }


def test_a_folder_from_before_1970_has_not_just_changed(shelf: Shelf) -> None:
    safetensors(shelf.loras / "a.safetensors")
    try:
        os.utime(shelf.loras, ns=(-(10**18), -(10**18)))
    except (OSError, OverflowError):
        pytest.skip("this file system knows no such time")
    shelf.scan()
    assert not shelf.library.is_fresh
    assert not shelf.library.moved([shelf.loras])
    assert not shelf.library.changed([shelf.loras], quick=True)


def test_a_folder_whose_name_is_no_unicode_and_that_cannot_be_listed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    safetensors(shelf.loras / "a.safetensors")
    locked = os.fsencode(shelf.loras) + b"/dir\xff"
    try:
        os.mkdir(locked)
    except OSError:
        pytest.skip("this file system takes no such name")
    safetensors(shelf.loras / "b.safetensors")
    os.rename(shelf.loras / "b.safetensors", locked + b"/b.safetensors")
    shelf.scan()
    real = os.scandir

    def fails(folder: str) -> Any:
        if os.fsencode(folder) == locked:
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr("os.scandir", fails)
    assert shelf.scan().removed == 0
    assert usable(shelf) == {"a"}
    assert shelf.reasons()["dir\\xff"] == "Permission denied"
    assert not shelf.library.changed([shelf.loras])


def test_a_path_that_is_too_long(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    safetensors(shelf.loras / "a.safetensors")
    monkeypatch.chdir(shelf.loras)
    try:
        for _ in range(25):
            os.mkdir(b"deep\xff" + b"d" * 200)
            os.chdir(b"deep\xff" + b"d" * 200)
    except OSError:
        pytest.skip("this file system takes no such name")
    os.chdir(shelf.loras)
    shelf.scan()
    assert usable(shelf) == {"a"}
    (told,) = shelf.library.problems()
    assert (told.status, "too long" in told.reason) == ("folder", True)


def test_a_name_that_looks_like_another_ones_escapes(shelf: Shelf) -> None:
    plain = safetensors(shelf.loras / "f\\xffx.safetensors")
    odd = os.fsencode(shelf.loras) + b"/f\xffx.safetensors"
    try:
        os.rename(safetensors(shelf.loras / "a.safetensors"), odd)
    except OSError:
        pytest.skip("this file system takes no such name")
    for _ in range(3):
        shelf.scan()
        assert [a.path for a in shelf.library.adapters()] == [str(plain)]
        plain.rename(plain.with_suffix(".away"))  # the other order of the folder's entries
        plain.with_suffix(".away").rename(plain)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_that_takes_a_files_place_is_not_waited_for(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    safetensors(shelf.loras / "b.safetensors")
    real = os.stat

    def exchanged(asked: Any, *args: Any, **named: Any) -> Any:
        found = real(asked, *args, **named)
        if str(asked) == str(path) and stat.S_ISREG(found.st_mode):
            path.unlink()
            os.mkfifo(path)
        return found

    monkeypatch.setattr("os.stat", exchanged)
    shelf.scan()
    assert usable(shelf) == {"b"}
    assert shelf.reasons() == {"a.safetensors": "it is not a regular file"}


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no sockets with names")
def test_sockets_and_devices(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    safetensors(shelf.loras / "a.safetensors")
    monkeypatch.chdir(shelf.loras)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("s.safetensors")
        (shelf.loras / "zero.safetensors").symlink_to("/dev/zero")
        (shelf.loras / "a.json").symlink_to("/dev/zero")
        shelf.scan()
    assert usable(shelf) == {"a"}
    assert set(shelf.reasons()) == {"s.safetensors", "zero.safetensors", "a.safetensors"}


def test_what_a_header_says_is_stored_whatever_it_says(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that lets half a character or a number of any length through costs that file at most."""
    from stylus_core.library import file_reader

    real = file_reader.read_metadata

    def lets_through(header: Any, context: Any) -> Any:
        metadata, problems = real(header, context)
        if context.stem == "fox":
            object.__setattr__(metadata, "base_model", "half \ud800")
            object.__setattr__(metadata, "title", "half \udfff")
            object.__setattr__(metadata, "downloads", 2**70)
        return metadata, [*problems, ("x\udcff", "half \ud800")]

    monkeypatch.setattr(file_reader, "read_metadata", lets_through)
    for name in ("fox", "hen"):
        safetensors(shelf.loras / f"{name}.safetensors")
    shelf.scan()
    assert usable(shelf) == {"fox", "hen"}
    with Library(shelf.database, MetadataRefiner()) as other:
        assert all(adapter.title.encode() for adapter in other.adapters())


def test_the_thread_that_looks_at_the_folders_survives(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    safetensors(shelf.loras / "a.safetensors")
    monkeypatch.setattr("stylus_core.library.watch.STANDS", 0.0)
    found = Watch(shelf.library, [shelf.loras])
    found.check()

    def fails(*_: object) -> None:
        raise RuntimeError("whatever it is")

    ended: list[object] = []
    monkeypatch.setattr("threading.excepthook", ended.append)
    monkeypatch.setattr(shelf.library, "scan_in_background", fails)
    found.check()
    found.close()
    assert ended == []
