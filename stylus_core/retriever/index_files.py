"""An index on disk: a manifest, and for each segment a folder with a list of its files, their sizes and checksums.

Whatever is named in the manifest was brought to the disk before it. From version 7 on every segment has its list.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np

from stylus_core.retriever import index_version_5, tokenizer
from stylus_core.retriever.live_segment import LiveSegment
from stylus_core.retriever.name_codes import Names
from stylus_core.retriever.quantized_vectors import QuantizedVectors
from stylus_core.retriever.segment import Segment, check, load, save
from stylus_core.storage.checksummed_values import sealed_json, unsealed_json
from stylus_core.storage.files import checksum, sync, sync_folder, write_whole
from stylus_core.storage.quarantine import is_aside

#: What an index looks like on disk, together with `tokens.VERSION`: another is built anew, but for those that are read.
VERSION = 7

MANIFEST = "manifest.json"
SEGMENT = "segment-"  # what the names of the segments' folders begin with
_KEPT = 600.0  # seconds for which a segment that is in no manifest stays
_LIST = "files.json"
_NOT_ITS_FAULT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES, errno.EPERM)
_UNLISTED = 6  # the last version without lists


class Damaged(Exception):
    """Something of an index is not what was written. `path`: of the manifest, or of a segment's folder."""

    def __init__(self, path: Path, error: object) -> None:
        super().__init__(str(error) or type(error).__name__)
        self.path = path


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index is made of."""

    revision: int  # of the library
    library: str  # identity of the library's database, whose ids these are; empty before version 7
    segments: tuple[str, ...]
    dead: tuple[tuple[int, ...], ...]  # rows of each segment
    listed: bool = True  # whether every segment has its list of files
    names: Mapping[str, Names] | None = None  # tables that the segments do not have


def manifest_bytes(folder: Path) -> bytes | None:
    """The manifest as it lies there; None if there is none that can be read."""
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError:
        return None


def parsed(folder: Path, data: bytes) -> Manifest | None:
    """The manifest; None if it is of another version. Raises `Damaged`."""
    try:
        said = unsealed_json(data)
        version = said["version"]
        if version[0] == VERSION:
            said = unsealed_json(data, must=True)
        elif version[0] not in (index_version_5.VERSION, _UNLISTED):
            return None
        if version[1] != tokenizer.VERSION:
            return None
        return Manifest(
            int(said["revision"]),
            str(said["library"]) if version[0] == VERSION else "",
            tuple(map(_plain, said["segments"])),
            tuple(tuple(map(int, rows)) for rows in said["dead"]),
            version[0] == VERSION,
            index_version_5.NAMES if version[0] == index_version_5.VERSION else None,
        )
    except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise Damaged(folder / MANIFEST, error) from None


def write_manifest(
    folder: Path, revision: int, library: str, segments: Sequence[str], dead: Sequence[Sequence[int]]
) -> None:
    """Replaces the manifest in one step, once all that it names is on the disk. Raises OSError."""
    sync_folder(folder)
    said = {
        "version": [VERSION, tokenizer.VERSION],
        "revision": revision,
        "library": library,
        "segments": list(segments),
        "dead": [list(rows) for rows in dead],
    }
    write_whole(folder / MANIFEST, sealed_json(said))


def live_segments(folder: Path, manifest: Manifest) -> list[LiveSegment]:
    """The segments that a manifest names. Raises `Damaged`, or OSError where the system lets none be read."""
    out = []
    for name, dead in zip(manifest.segments, manifest.dead, strict=False):
        segment = folder / name
        try:
            if manifest.listed:
                for file in wrong(segment, vectors=False):
                    raise ValueError(f"{file} is not what was written")
            live = LiveSegment(load(segment, manifest.names))
            if not manifest.listed:
                check(live.segment)
            live.drop(np.asarray(dead, np.int64))
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _NOT_ITS_FAULT:
                raise
            raise Damaged(segment, error) from error  # numpy and what it calls have many names for what is damaged
        out.append(live)
    if len(manifest.dead) != len(out) or len(manifest.segments) != len(out):
        raise Damaged(folder / MANIFEST, "its lists have different lengths")
    return out


def wrong(segment: Path, *, vectors: bool, model: str = "") -> Iterator[str]:
    """Names of the files in a segment that are not what was written. Raises OSError or ValueError for a bad list.

    Args:
        segment: its folder.
        vectors: whether to look at the vectors, or at all the rest.
        model: the key of the model whose vectors are looked at; empty: any.
    """
    said = unsealed_json((segment / _LIST).read_bytes(), must=True)
    for name, known in said.items():
        if ("-" in name) == vectors and name.endswith(f"-{model}.npy" if model else ".npy"):
            try:
                found = checksum(segment / _plain(name))
            except FileNotFoundError:
                found = (-1, 0)
            if list(found) != known:
                yield name


def write_list(segment: Path) -> None:
    """Brings all files of a segment to the disk, and a list of them. Raises OSError."""
    files = sorted(segment.glob("*.npy"))
    sums = {file.name: checksum(file) for file in files}
    for file in files:
        sync(file)
    write_whole(segment / _LIST, sealed_json(sums))


def write_segment(folder: Path, segment: Segment, vectors: QuantizedVectors, model: str) -> str:
    """Writes a segment with its vectors into an index's folder.

    Args:
        folder: of the index.
        segment: not saved yet.
        vectors: of its rows; of no dimension where there are none.
        model: key of the model whose vectors these are.

    Returns:
        The name of the segment's own folder.

    Raises:
        OSError: it could not be written; nothing of it stays, so that a full disk has room for the next try.
    """
    name = f"{SEGMENT}{uuid4().hex[:8]}"
    try:
        save(segment, folder / name)
        if vectors.dim:
            vectors.save(folder / name, model)
        write_list(folder / name)
    except OSError:
        shutil.rmtree(folder / name, ignore_errors=True)
        raise
    return name


def clear_unused(folder: Path, used: Collection[str], own: set[str]) -> None:
    """Takes away what nobody uses. What was written lately may be another process's, not yet told.

    Args:
        folder: of the index.
        used: segments that the manifest names.
        own: segments that this process wrote, which go at once; those that are gone are taken out.
    """
    now = time.time()
    for old in folder.glob(f"{SEGMENT}*"):
        with contextlib.suppress(OSError):  # another process was quicker
            if old.name in used:
                os.utime(old)
            elif not is_aside(old) and (old.name in own or now - old.stat().st_mtime > _KEPT):
                shutil.rmtree(old, ignore_errors=True)
                own.discard(old.name)
    for torn in folder.glob(f"{MANIFEST}.*.part"):
        with contextlib.suppress(OSError):
            if now - torn.stat().st_mtime > _KEPT:
                torn.unlink()


def examine(folder: Path) -> list[str]:
    """Looks for damage in an index; nothing is changed and nothing is mapped.

    Args:
        folder: of the index.

    Returns:
        What is damaged, one line each; empty where all is well or there is no index.
    """
    data = manifest_bytes(folder)
    if data is None:
        return [f"{folder / MANIFEST}: it cannot be read"] if (folder / MANIFEST).exists() else []
    try:
        manifest = parsed(folder, data)
        if manifest is None:
            return []
        if not manifest.listed:
            live_segments(folder, manifest)
            return []
        found = []
        for name in manifest.segments:
            segment = folder / name
            try:
                bad = [*wrong(segment, vectors=False), *wrong(segment, vectors=True)]
                found += [f"{segment / file}: it is not what was written" for file in bad]
            except (OSError, ValueError) as error:
                found.append(f"{segment}: {error}")
        return found
    except Damaged as error:
        return [f"{error.path}: {error}"]


def _plain(name: object) -> str:
    """A name of something in this very folder."""
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise ValueError(f"{json.dumps(name)} is no name of a file")
    return name
