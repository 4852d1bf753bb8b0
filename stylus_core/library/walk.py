"""Lists the adapter files of the roots with a signature each, fast enough to be done before every selection."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from stylus_core.library.sidecars import IMAGES, SUFFIXES

OPENED = ".safetensors"
EXTENSIONS = frozenset((OPENED, ".pt", ".ckpt"))

#: Goes into every signature: a new reader of headers and sidecars reads all files again.
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


class Listing(NamedTuple):
    """What lies in the roots."""

    files: dict[str, Listed]  # by path
    unlisted: dict[str, str]  # folder that could not be listed -> why; what is in it is unknown, not gone
    aliases: list[tuple[str, str, int]]  # (path, folder, root): the folder can be reached under this path as well
    roots: tuple[str, ...]
    folders: dict[str, int]  # folder -> its mtime in ns when it was listed, negative if too fresh to be relied on


#: A change within one tick of a file system's clock leaves the mtime as it is; FAT's tick is the longest.
TICK_NS = 2_000_000_000

_PAUSE = 100  # files between two calls of `pause`: 2 ms of work


def folders_changed(folders: Mapping[str, int]) -> bool:
    """Whether a file came, went or was renamed in one of the folders since they were listed; a stat each.

    A folder that had only just changed when it was listed counts as changed.
    """
    return folders_moved(folders) or any(mtime < 0 for mtime in folders.values())


def folders_moved(folders: Mapping[str, int]) -> bool:
    """The same, but a folder that had only just changed when it was listed counts by its mtime."""
    try:
        return any(os.stat(folder).st_mtime_ns != abs(mtime) for folder, mtime in folders.items())
    except OSError:
        return True


def list_roots(roots: Sequence[str], pause: Callable[[], None] | None = None) -> Listing:
    """Walks the roots, hidden folders included as the hosts do; each folder once, also where links lead to it.

    Links are followed last, so that a file keeps its own path where it has one inside the roots. `pause` is called
    every few hundred files: it may wait while something else is more urgent.
    """
    files: dict[str, Listed] = {}
    unlisted: dict[str, str] = {}
    aliases: list[tuple[str, str, int]] = []
    mtimes: dict[str, int] = {}
    seen: dict[tuple[int, int], str] = {}
    now = time.time_ns()
    queue = [(root, index) for index, root in enumerate(roots)]
    while queue:
        links: list[tuple[str, int]] = []
        for start, index in queue:
            stack = [start]
            while stack:
                folder = stack.pop()
                try:
                    info = os.stat(folder)
                    key = (info.st_dev, info.st_ino)
                    if key in seen:
                        aliases.append((folder, seen[key], index))
                        continue
                    seen[key] = folder
                    mtimes[folder] = info.st_mtime_ns if now - info.st_mtime_ns > TICK_NS else -info.st_mtime_ns
                    folders, linked, listed = _list_folder(folder, pause)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    unlisted[folder] = error.strerror or str(error)
                    continue
                stack.extend(folders)
                links.extend((path, index) for path in linked)
                for item in listed:
                    files[item.path] = item
        queue = sorted(links)
    return Listing(files, unlisted, aliases, tuple(roots), mtimes)


def _list_folder(folder: str, pause: Callable[[], None] | None) -> tuple[list[str], list[str], list[Listed]]:
    """(subfolders, linked subfolders, adapter files) of one folder."""
    folders: list[str] = []
    linked: list[str] = []
    adapters: list[_Entry] = []
    others: list[_Entry] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            try:
                is_folder = entry.is_dir()
            except OSError:  # a link that leads to itself
                is_folder = False
            if is_folder:
                (linked if entry.is_symlink() else folders).append(entry.path)
            dot = name.rfind(".")
            if dot > 0:
                extension = name[dot:].lower()
                if extension in EXTENSIONS:
                    adapters.append((name[:dot], extension, entry))
                elif extension in _SIDECARS and not is_folder:
                    others.append((name[:dot], extension, entry))
    beside = _by_owner({a[0] for a in adapters}, others) if adapters else {}
    listed: list[Listed] = []
    for number, (stem, _, entry) in enumerate(adapters):
        if pause and number % _PAUSE == 0:
            pause()
        listed.append(_listed(folder, stem, entry, beside.get(stem, ())))
    return folders, linked, listed


#: Name without extension, extension in lower case, entry.
_Entry = tuple[str, str, "os.DirEntry[str]"]

#: Extension -> what else may stand between it and the stem. The longest stem comes first: `S.metadata.json` belongs to
#: an adapter `S.metadata` if there is one.
_SIDECARS: dict[str, tuple[str, ...]] = {extension: ("", ".preview") for extension in IMAGES}
for _suffix in sorted(SUFFIXES, key=len):
    _base, _extension = os.path.splitext(_suffix) if _suffix.count(".") > 1 else ("", _suffix)
    _SIDECARS[_extension] = (*_SIDECARS.get(_extension, ()), _base)
_EXAMPLE = re.compile(r"\.example\.\d{1,4}$", re.I)


def _by_owner(stems: set[str], others: list[_Entry]) -> dict[str, list[_Entry]]:
    """Sidecars and pictures by the stem of their adapter; letter case decides only between several."""
    lower = {stem.lower(): stem for stem in stems}
    out: dict[str, list[_Entry]] = {}
    for other in others:
        base, extension, _ = other
        if base in stems:  # most files
            out.setdefault(base, []).append(other)
            continue
        folded = base.lower()
        middles = _SIDECARS[extension]
        if ".example." in folded and extension in IMAGES and (example := _EXAMPLE.search(base)):
            middles = (*middles, folded[example.start() :])
        bases = [base[: len(base) - len(m)] for m in middles if folded.endswith(m)]
        exact = (b for b in bases if b in stems)
        any_case = (lower[b.lower()] for b in bases if b.lower() in lower)
        owner = next(exact, None) or next(any_case, None)
        if owner:
            out.setdefault(owner, []).append(other)
    return out


def _listed(folder: str, stem: str, entry: os.DirEntry[str], beside: Sequence[_Entry]) -> Listed:
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
        problem = error.strerror or str(error)
    # The mode is in it because a file whose rights are put right has to be read again.
    parts = [f"{READER_VERSION}|{entry.name}|{size}|{mtime}|{mode}|{problem}"]
    for _, extension, other in sorted(beside, key=_name) if len(beside) > 1 else beside:
        if extension in IMAGES:
            parts.append(other.name)
            continue
        try:
            info = other.stat()
            parts.append(f"{other.name}|{info.st_size}|{info.st_mtime_ns}|{info.st_mode}")
        except OSError:
            parts.append(f"{other.name}|?")
    signature = hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogateescape"), digest_size=12).digest()
    path = entry.path
    if not path.isascii() and shown(path) != path:
        problem = problem or "its name or its folder's is not valid Unicode: rename it"
        path, stem = shown(path), shown(stem)
    names = tuple(other.name for _, _, other in beside)
    return Listed(path, stem, folder, entry.name, size, mtime, inode, signature, names, problem)


def _name(entry: _Entry) -> str:
    return entry[2].name


def shown(name: str) -> str:
    """A file name that can be printed and stored: bytes that are no UTF-8 are written as hexadecimal escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


_DIGITS = re.compile(r"(\d+)", re.ASCII)


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """The order in which the hosts list names: runs of digits as numbers, the rest without case."""
    parts = _DIGITS.split(text)
    return [(0, int(p[:4000]), "") if i % 2 else (1, 0, p.lower()) for i, p in enumerate(parts)]


def winners(listing: Listing) -> dict[str, str]:
    """For each stem that several files have: the path of the one that the host loads, the last that it lists.

    The hosts list root by root, folders in natural order of their whole path, names in natural order inside each; a
    folder with links to it is listed again under each. A link to nothing and a folder are no files to them.
    """
    by_stem: dict[str, list[Listed]] = {}
    for item in listing.files.values():
        by_stem.setdefault(item.stem, []).append(item)
    out: dict[str, str] = {}
    for stem, items in by_stem.items():
        if len(items) > 1:
            real = [i for i in items if not i.problem]
            if real:
                out[stem] = max(real, key=lambda i: _last_position(i, listing)).path
    return out


def _last_position(
    item: Listed, listing: Listing
) -> tuple[int, list[tuple[int, int, str]], list[tuple[int, int, str]]]:
    folders = [(index, item.folder) for index, root in enumerate(listing.roots) if _inside(item.folder, root)]
    for alias, folder, index in listing.aliases:
        if _inside(item.folder, folder):
            folders.append((index, alias + item.folder[len(folder) :]))
    return max((index, natural_key(folder), natural_key(item.name)) for index, folder in folders)


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
