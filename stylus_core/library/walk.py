"""Lists the adapter files of the roots with a signature each, fast enough to be done before every selection."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from stylus_core.library.sidecars import IMAGES, SUFFIXES

OPENED = ".safetensors"
EXTENSIONS = (OPENED, ".pt", ".ckpt")

#: Goes into every signature: a new reader of headers and sidecars reads all files again.
READER_VERSION = 1


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


def list_roots(roots: Sequence[str]) -> Listing:
    """Walks the roots, hidden folders included as the hosts do; each folder once, also where links lead to it.

    Links are followed last, so that a file keeps its own path where it has one inside the roots.
    """
    files: dict[str, Listed] = {}
    unlisted: dict[str, str] = {}
    aliases: list[tuple[str, str, int]] = []
    seen: dict[tuple[int, int], str] = {}
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
                    folders, linked, listed = _list_folder(folder)
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
    return Listing(files, unlisted, aliases, tuple(roots))


def _list_folder(folder: str) -> tuple[list[str], list[str], Iterator[Listed]]:
    """(subfolders, linked subfolders, adapter files) of one folder."""
    folders: list[str] = []
    linked: list[str] = []
    found: list[tuple[str, str, os.DirEntry[str]]] = []
    others: list[os.DirEntry[str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            try:
                is_folder = entry.is_dir()
            except OSError:  # a link that leads to itself
                is_folder = False
            if is_folder:
                (linked if entry.is_symlink() else folders).append(entry.path)
            stem, extension = os.path.splitext(name)
            if extension.lower() in EXTENSIONS:
                found.append((stem, extension.lower(), entry))
            elif not is_folder:
                others.append(entry)
    return folders, linked, _files(folder, found, others)


def _files(
    folder: str, found: Iterable[tuple[str, str, os.DirEntry[str]]], others: list[os.DirEntry[str]]
) -> Iterator[Listed]:
    found = list(found)
    exact = {stem for stem, _, _ in found}
    lower = {stem.lower(): stem for stem in exact} if found else {}
    beside: dict[str, list[tuple[str, os.DirEntry[str], bool]]] = {}
    for entry in others if found else ():
        owner = _owner(entry.name, exact, lower)
        if owner:
            beside.setdefault(owner[0], []).append((entry.name, entry, owner[1]))
    for stem, extension, entry in found:
        mine = sorted(beside.get(stem, ()), key=lambda item: item[0])
        yield _listed(folder, stem, extension, entry, mine)


_EXAMPLE = re.compile(r"\.example\.\d{1,4}$", re.I)


def _owner(name: str, exact: set[str], lower: dict[str, str]) -> tuple[str, bool] | None:
    """The stem of the adapter that a file belongs to, and whether it is a picture."""
    folded = name.lower()
    dot = folded.rfind(".")
    extension = folded[dot:]
    if extension in IMAGES:
        base = name[:dot]
        bases = [base, base[:-8]] if folded.endswith(".preview", 0, dot) else [base]
        if ".example." in folded and (example := _EXAMPLE.search(base)):
            bases.append(base[: example.start()])
        picture = True
    elif extension in (".json", ".info", ".txt", ".html"):
        # Longest stem first: `S.metadata.json` belongs to an adapter `S.metadata` if there is one.
        bases = sorted((name[: -len(s)] for s in SUFFIXES if folded.endswith(s)), key=len, reverse=True)
        picture = False
    else:
        return None
    for base in bases:
        if base in exact:
            return base, picture
    for base in bases:
        stem = lower.get(base.lower())
        if stem is not None:
            return stem, picture
    return None


def _listed(
    folder: str, stem: str, extension: str, entry: os.DirEntry[str], beside: list[tuple[str, os.DirEntry[str], bool]]
) -> Listed:
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
    parts = [f"{READER_VERSION}|{stem}{extension}|{size}|{mtime}|{mode}|{problem}"]
    for name, other, picture in beside:
        if picture:
            parts.append(name)
            continue
        try:
            info = other.stat()
            parts.append(f"{name}|{info.st_size}|{info.st_mtime_ns}|{info.st_mode}")
        except OSError:
            parts.append(f"{name}|?")
    signature = hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogateescape"), digest_size=12).digest()
    path = entry.path
    if not path.isascii() and shown(path) != path:
        problem = problem or "its name or its folder's is not valid Unicode: rename it"
        path, stem = shown(path), shown(stem)
    return Listed(path, stem, folder, entry.name, size, mtime, inode, signature, tuple(b[0] for b in beside), problem)


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
