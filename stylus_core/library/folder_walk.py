"""Lists the adapter files of the roots with a signature each, fast enough to be done before every selection."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from stylus_core.library.host_order import LastPositions, natural_key
from stylus_core.library.preview_picture import IMAGES
from stylus_core.library.regular_file import error_text
from stylus_core.library.sidecar_owner import SIDECARS, Entry, by_owner
from stylus_core.storage.sqlite_values import same_number, storable, storable_text

#: Of files that are opened; ComfyUI takes both for the same.
OPENED = frozenset((".safetensors", ".sft"))
#: Of files that every host takes for adapters.
EXTENSIONS = frozenset((".safetensors", ".pt", ".ckpt"))

#: Goes into every signature: raised where what is read of headers or of a sidecar that was read before is another
#: thing now, so that all files are read again. A new format of sidecar is noticed without it.
READER_VERSION = 2


class Listed(NamedTuple):
    """One adapter file as the folder shows it."""

    path: str  # absolute, displayable
    stem: str
    folder: str
    name: str
    size: int
    mtime_ns: int
    inode: int
    signature: bytes  # changes with size and mtime of the file and of its sidecars, and with the pictures beside it
    beside: tuple[str, ...]  # names of sidecars and pictures
    problem: str = ""  # why it cannot be read, as far as the listing tells
    sidecars: tuple[SeenFile, ...] = ()  # beside it


class SeenFile(NamedTuple):
    """A file as it was when its folder was listed."""

    path: str
    mtime_ns: int
    size: int


class SeenFolder(NamedTuple):
    """A folder as it was when it was listed."""

    mtime_ns: int
    is_fresh: bool  # it had only just changed, so the next change may leave the mtime as it is


class Listing(NamedTuple):
    """What lies in the roots."""

    files: dict[str, Listed]  # by path
    unlisted: dict[str, str]  # folder that could not be listed -> why; what is in it is unknown, not gone
    aliases: list[tuple[str, str, int]]  # (path, folder, root): the folder can be reached under this path as well
    roots: tuple[str, ...]
    folders: dict[str, SeenFolder]  # by the path under which each was listed


#: A change within one tick of a file system's clock leaves the mtime as it is; FAT's tick is the longest.
TICK_NS = 2_000_000_000

_PAUSE = 100  # files between two calls of `pause`: 2 ms of work


def folders_changed(folders: Mapping[str, SeenFolder]) -> bool:
    """Whether a file came, went or was renamed in one of the folders since they were listed; a stat each.

    A folder that had only just changed when it was listed counts as changed.
    """
    return folders_moved(folders) or any(seen.is_fresh for seen in folders.values())


def folders_moved(folders: Mapping[str, SeenFolder]) -> bool:
    """The same, but a folder that had only just changed when it was listed counts by its mtime."""
    try:
        return any(os.stat(folder).st_mtime_ns != seen.mtime_ns for folder, seen in folders.items())
    except OSError:
        return True


def edited(files: Iterable[SeenFile], patience: float = math.inf) -> bool | None:
    """Whether a file was written in place since its folder was listed, which no folder tells; a stat each.

    None where that is not known after so many seconds, as with folders on another machine.
    """
    until = time.monotonic() + patience
    try:
        for number, (path, mtime_ns, size) in enumerate(files):
            info = os.stat(path)
            if info.st_mtime_ns != mtime_ns or info.st_size != size:
                return True
            if number % _PAUSE == 0 and time.monotonic() > until:
                return None
    except OSError:
        return True
    return False


def list_roots(
    roots: Sequence[str], extensions: frozenset[str] = EXTENSIONS, pause: Callable[[], None] | None = None
) -> Listing:
    """Lists the files with these extensions, hidden folders included as the hosts do; each folder once, links or not.

    Links are followed last, so that a file keeps its own path where it has one inside the roots. Whatever the system
    says of one entry or one folder concerns that one alone. `pause` is called every few hundred files: it may wait
    while something else is more urgent.
    """
    files: dict[str, Listed] = {}
    unlisted: dict[str, str] = {}
    aliases: list[tuple[str, str, int]] = []
    folders: dict[str, SeenFolder] = {}
    seen: dict[tuple[int, int] | str, str] = {}
    now = time.time_ns()
    queue = [(root, index) for index, root in enumerate(roots)]
    while queue:
        links: list[tuple[str, int]] = []
        for start, index in queue:
            real, stack = os.path.realpath(start), [start]
            while stack:
                folder = stack.pop()
                try:
                    info = os.stat(folder)
                    # Some file systems number no folder, or number it anew at each look: then its real path tells.
                    keys = (real + folder[len(start) :], *(((info.st_dev, info.st_ino),) if info.st_ino else ()))
                    known = next((seen[key] for key in keys if key in seen), None)
                    if known is not None:
                        aliases.append((folder, known, index))
                        continue
                    seen.update(dict.fromkeys(keys, folder))
                    folders[folder] = SeenFolder(info.st_mtime_ns, now - info.st_mtime_ns <= TICK_NS)
                    inside = _look_into(folder, extensions)
                except FileNotFoundError:
                    continue
                except Exception as error:
                    unlisted[shown(folder)] = error_text(error)
                    continue
                unlisted.update(inside.unlisted)
                stack.extend(inside.folders)
                links.extend((path, index) for path in inside.linked)
                for item in _adapters(folder, inside, pause):
                    # A name that is shown with escapes may be another file's own name.
                    if item.path not in files or files[item.path].problem:
                        files[item.path] = item
        queue = sorted(links)
    return Listing(files, unlisted, aliases, tuple(roots), folders)


class _Inside(NamedTuple):
    """What lies in one folder."""

    folders: list[str]
    linked: list[str]  # folders to which a link leads
    adapters: list[Entry]
    others: list[Entry]  # files that may be sidecars or pictures
    unlisted: dict[str, str]  # as in a listing; the folder itself where its list broke off


def _look_into(folder: str, extensions: frozenset[str]) -> _Inside:
    inside = _Inside([], [], [], [], {})
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    _take(entry, inside, extensions)
                except Exception as error:
                    inside.unlisted[shown(entry.path)] = error_text(error)
    except FileNotFoundError:
        raise
    except Exception as error:
        inside.unlisted[shown(folder)] = error_text(error)
    return inside


def _take(entry: os.DirEntry[str], inside: _Inside, extensions: frozenset[str]) -> None:
    """Puts an entry where it belongs. Raises what the system says of one of which that cannot be told."""
    name = entry.name
    dot = name.rfind(".")
    extension = name[dot:].lower() if dot > 0 else ""
    failure: Exception | None = None
    is_folder = False
    try:
        if is_folder := entry.is_dir():
            (inside.linked if entry.is_symlink() else inside.folders).append(entry.path)
    except Exception as error:
        failure = error
    if extension in extensions:
        inside.adapters.append((name[:dot], extension, entry))
    elif extension in SIDECARS:
        if not is_folder:
            inside.others.append((name[:dot], extension, entry))
    elif failure is not None and getattr(failure, "errno", 0) != errno.ELOOP:  # a link that leads to itself is nothing
        raise failure


def _adapters(folder: str, inside: _Inside, pause: Callable[[], None] | None) -> Iterator[Listed]:
    beside = by_owner({a[0] for a in inside.adapters}, inside.others) if inside.adapters else {}
    for number, (stem, _, entry) in enumerate(inside.adapters):
        if pause and number % _PAUSE == 0:
            pause()
        try:
            yield _listed(folder, stem, entry, beside.get(stem, ()))
        except Exception as error:
            yield Listed(shown(entry.path), shown(stem), folder, entry.name, 0, 0, 0, b"", (), error_text(error))


def _listed(folder: str, stem: str, entry: os.DirEntry[str], beside: Sequence[Entry]) -> Listed:
    problem = ""
    size = mtime = inode = mode = 0
    try:
        info = entry.stat()
        size, mtime, inode, mode = info.st_size, info.st_mtime_ns, info.st_ino, info.st_mode
        if stat.S_ISDIR(mode):
            problem, size, mtime = "it is a folder with the name of an adapter file", 0, 0
        elif not stat.S_ISREG(mode):
            problem = "it is not a regular file"
    except FileNotFoundError:
        problem = "it is a link to a file that is not there"
    except OSError as error:
        problem = error_text(error)
    # The mode is in it because a file whose rights are put right has to be read again.
    sidecars: list[SeenFile] = []
    parts = [f"{READER_VERSION}|{entry.name}|{size}|{mtime}|{mode}|{problem}"]
    for _, extension, other in sorted(beside, key=_name) if len(beside) > 1 else beside:
        if extension in IMAGES:
            parts.append(other.name)
            continue
        try:
            info = other.stat()
            parts.append(f"{other.name}|{info.st_size}|{info.st_mtime_ns}|{info.st_mode}")
            sidecars.append(SeenFile(other.path, info.st_mtime_ns, info.st_size))
        except Exception:  # reading it will tell
            parts.append(f"{other.name}|?")
    signature = hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).digest()
    path = entry.path
    if not path.isascii() and shown(path) != path:
        problem = problem or "its name or its folder's is not valid Unicode: rename it"
        path, stem = shown(path), shown(stem)
    names = tuple(other.name for _, _, other in beside)
    numbers = storable(size), storable(mtime), same_number(inode)
    return Listed(path, stem, folder, entry.name, *numbers, signature, names, problem, tuple(sidecars))


def _name(entry: Entry) -> str:
    return entry[2].name


def shown(name: str) -> str:
    """A file name that can be printed and stored: what is no Unicode in it is written as hexadecimal escapes."""
    return storable_text(name)


def winners(listing: Listing) -> dict[str, str]:
    """For each stem that several files have: the path of the one that the host loads, the last that it lists.

    A link to nothing and a folder are no files to the hosts.
    """
    by_stem: dict[str, list[Listed]] = {}
    for item in listing.files.values():
        by_stem.setdefault(item.stem, []).append(item)
    last = LastPositions(listing.roots, listing.aliases)
    out: dict[str, str] = {}
    for stem, items in by_stem.items():
        if len(items) > 1:
            real = [i for i in items if not i.problem]
            if real:
                out[stem] = max(real, key=lambda i: (last.of(i.folder), natural_key(i.name))).path
    return out
