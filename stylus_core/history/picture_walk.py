"""Lists the pictures of a folder with what tells whether they changed: fast enough for a folder of many thousands."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from stylus_core.storage.sqlite_values import storable_text

_DEPTH = 64  # folders inside each other
_MOST = 2_000_000  # pictures of one folder
_TEXT = ".txt"  # what hosts write beside a picture


class FoundPicture(NamedTuple):
    """A picture as its folder shows it.

    Attributes:
        path: to open it with.
        size: in bytes, with that of the text beside it.
        mtime_ns: when it or the text beside it was written last.
        made_ns: when the picture itself was written.
    """

    path: str
    size: int
    mtime_ns: int
    made_ns: int


@dataclass(slots=True)
class PictureListing:
    """What lies in a folder.

    Attributes:
        pictures: by the path under which each is kept.
        unlisted: folders that could not be listed, and why: what is in them is unknown, and not gone.
        entries: how many things lie in the folder itself, of whatever kind.
    """

    pictures: dict[str, FoundPicture] = field(default_factory=dict)
    unlisted: dict[str, str] = field(default_factory=dict)
    entries: int = 0


def list_pictures(root: str, endings: Collection[str], leave: Callable[[str], bool]) -> PictureListing:
    """Lists the pictures below a folder, each folder once, links or not; no error of one entry ends it.

    Links to folders are followed last, so that a picture keeps its own path where it has one, and none that leads
    up to where it stands.

    Args:
        root: the folder.
        endings: of the names that count, in lower case with the dot.
        leave: whether a folder is left out, by its real path where a link leads to it.

    Returns:
        What was found; where the root cannot be listed, it is among `unlisted`.
    """
    listing = PictureListing()
    seen: set[tuple[int, int] | str] = set()
    queue = [root]
    while queue:
        links: list[str] = []
        for start in queue:
            real = os.path.realpath(start)
            if start != root and (leave(real) or _is_above(real, root)):
                continue
            stack = [(start, 0)]
            while stack:
                folder, depth = stack.pop()
                try:
                    info = os.stat(folder)
                    key = (info.st_dev, info.st_ino) if info.st_ino else real + folder[len(start) :]
                    if key in seen or (folder != root and leave(storable_text(folder))):
                        continue
                    seen.add(key)
                    inside = _look_into(folder, endings, listing)
                except OSError as error:
                    if folder == root or not isinstance(error, FileNotFoundError):
                        listing.unlisted[storable_text(folder)] = error.strerror or type(error).__name__
                    continue
                if folder == root:
                    listing.entries = inside.entries
                if depth < _DEPTH:
                    stack += [(path, depth + 1) for path in sorted(inside.folders, reverse=True)]
                    links += inside.linked
                elif inside.folders:
                    listing.unlisted[storable_text(folder)] = f"there are more than {_DEPTH} folders inside each other"
                if len(listing.pictures) >= _MOST:
                    listing.unlisted[storable_text(root)] = f"it has more than {_MOST} pictures"
                    return listing
        queue = sorted(links)
    return listing


def look_at(path: str) -> FoundPicture | None:
    """One picture as its folder would show it; None if there is no regular file of this name."""
    try:
        info = os.stat(path)
        if not stat.S_ISREG(info.st_mode):
            return None
    except (OSError, ValueError):
        return None
    return _with_text(path, info, os.path.splitext(path)[0] + _TEXT)


class _FolderEntries(NamedTuple):
    folders: list[str]
    linked: list[str]
    entries: int


def _look_into(folder: str, endings: Collection[str], listing: PictureListing) -> _FolderEntries:
    folders: list[str] = []
    linked: list[str] = []
    pictures: list[tuple[str, os.DirEntry[str]]] = []
    texts: dict[str, str] = {}
    entries = 0
    with os.scandir(folder) as found:
        for entry in found:
            entries += 1
            name = entry.name
            stem, dot, ending = name.rpartition(".")
            ending = dot + ending.lower()
            try:
                if entry.is_dir():
                    if not _is_bin(name):
                        (linked if entry.is_symlink() else folders).append(entry.path)
                elif (
                    ending in endings and stem and not name.startswith("._")
                ):  # these are what macOS keeps beside a file
                    pictures.append((stem, entry))
                elif ending == _TEXT:
                    texts[stem] = entry.path
            except OSError:  # a link that leads to itself, or where nobody may look
                continue
    for stem, entry in pictures:
        try:
            info = entry.stat()
        except OSError:  # it has just gone, or is a link to nothing
            continue
        if stat.S_ISREG(info.st_mode):
            path = entry.path
            picture = _with_text(path, info, texts.get(stem, ""))
            listing.pictures[path if path.isascii() else storable_text(path)] = picture
    return _FolderEntries(folders, linked, entries)


def _with_text(path: str, info: os.stat_result, text: str) -> FoundPicture:
    size, mtime_ns = info.st_size, info.st_mtime_ns
    if text:
        try:
            beside = os.stat(text)
        except OSError:
            pass
        else:
            size, mtime_ns = size + beside.st_size, max(mtime_ns, beside.st_mtime_ns)
    return FoundPicture(path, size, mtime_ns, info.st_mtime_ns)


def _is_above(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_bin(name: str) -> bool:
    """Whether a folder is where desktops keep what was deleted (of freedesktop.org, macOS and Windows)."""
    return name in (".Trash", ".Trashes", "$RECYCLE.BIN") or name.startswith(".Trash-")
