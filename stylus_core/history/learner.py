"""Reads the user's own pictures into the history: only what is new or changed, and only where the user said so."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from stylus_core.errors import LibraryError
from stylus_core.generation_data import PICTURE_ENDINGS, GenerationData, GenerationDataError, read_generation_data
from stylus_core.history.history_file import FolderRow, inside, nearest
from stylus_core.history.picture_walk import FoundPicture, PictureListing, list_pictures, look_at
from stylus_core.history.records import LearnedFolder, PictureRecord
from stylus_core.history.store import HistoryStore, folder_path
from stylus_core.progress import StageProgress
from stylus_core.storage.sqlite_values import storable_text

_AT_ONCE = 250  # pictures of a transaction
_THREADS = 2  # that read, while the caller's thread writes
_FRESH_NS = 2_000_000_000  # a picture that was written so short a time ago may not be whole yet

#: Reads how the picture in a file was made; as `stylus_core.generation_data.read_generation_data`.
PictureReader = Callable[[Path], GenerationData | None]


@dataclass(frozen=True, slots=True)
class LearnReport:
    """What learning one folder came to.

    Attributes:
        folder: its path.
        problem: why nothing was read or forgotten; "" if all went well.
        read: pictures that were new or changed, and were read.
        gone: pictures that are not there any more, and were forgotten.
        waiting: pictures that are just being written; they are read the next time.
        pictures: how many say how they were made, over all times; those in learned folders inside it that are on count.
        silent: how many say nothing.
        unreadable: how many cannot be read; `HistoryStore.problems` has them.
        unlisted: folders that could not be listed, with the reason each; what is known of them is kept.
    """

    folder: str
    problem: str = ""
    read: int = 0
    gone: int = 0
    waiting: int = 0
    pictures: int = 0
    silent: int = 0
    unreadable: int = 0
    unlisted: tuple[tuple[str, str], ...] = ()


class Learner:
    """Learns folders into a store. Several may do so at once, in several processes.

    Args:
        store: the history.
        reader: what reads a picture; raises `GenerationDataError` or `OSError` for one that cannot be read.
    """

    def __init__(self, store: HistoryStore, reader: PictureReader = read_generation_data) -> None:
        self._store, self._reader = store, reader

    def add(self, folder: str | Path, progress: StageProgress | None = None) -> LearnReport:
        """Learns a folder because the user named it: from now on it is one of those that are learned.

        Args:
            folder: it may be one that is off or was learned before.
            progress: as for `learn`.

        Returns:
            What was found.

        Raises:
            LibraryError: there is no such folder, or the history cannot be written.
        """
        where = existing_folder(folder)
        self._store.add_folder(where)
        return self.learn(where, progress)

    def learn_all(self, progress: StageProgress | None = None) -> list[LearnReport]:
        """Learns every folder that is on, as `learn` does; each picture is looked at once.

        Args:
            progress: told how far it is, folder by folder.

        Returns:
            A report for each folder that lies in no other that is on.
        """
        folders = self._store.folders()
        tops = [folder for folder in folders if folder.on and not _is_covered(folder, folders)]
        return [self.learn(folder.path, progress) for folder in tops]

    def learn(self, folder: str | Path, progress: StageProgress | None = None) -> LearnReport:
        """Reads what is new or changed in a folder and forgets what is gone. Can be stopped at any point.

        No file stops it: one that cannot be read is told by `HistoryStore.problems`. Where the folder itself is not
        there, nothing is forgotten.

        Args:
            folder: a learned one that is on.
            progress: told how many of the pictures that are to be read were.

        Returns:
            What was found.

        Raises:
            LibraryError: the folder is not learned or not on, or the history cannot be written.
        """
        where = folder_path(folder)
        self._must_be_on(where)
        seen = self._store.seen(where)
        off = [one.path for one in self._store.folders() if not one.on and inside(where, one.path)]
        listing = list_pictures(where, PICTURE_ENDINGS, self._left_out(where))
        if problem := _problem_of(where, listing, bool(seen)):
            return self._report(where, LearnReport(where, problem))
        new = [
            (path, picture)
            for path, picture in listing.pictures.items()
            if seen.get(path) != (picture.size, picture.mtime_ns)
        ]
        gone = [path for path in seen.keys() - listing.pictures.keys() if not _is_in(path, (*listing.unlisted, *off))]
        read, waiting = 0, 0
        if progress is not None:
            progress(0, len(new))
        with contextlib.closing(self._records(new)) as parts:
            for done, records in parts:
                known = [record for record in records if record is not None]
                if not self._store.put(where, known):
                    return self._report(where, LearnReport(where, "it was forgotten or switched off meanwhile", read))
                read, waiting = read + len(known), waiting + len(records) - len(known)
                if progress is not None:
                    progress(done, len(new))
        for first in range(0, len(gone), 4 * _AT_ONCE):
            self._store.gone(where, gone[first : first + 4 * _AT_ONCE])
        self._store.was_read(where)
        unlisted = tuple(sorted(listing.unlisted.items()))
        return self._report(where, LearnReport(where, "", read, len(gone), waiting, unlisted=unlisted))

    def note(self, path: str | Path) -> bool:
        """Reads one picture that was just made, if it lies in a folder that is on. Nothing is raised.

        Args:
            path: of the picture.

        Returns:
            Whether it was kept.
        """
        try:
            for text in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
                folder = self._store.learned_around(os.path.dirname(text))
                if folder and (picture := look_at(text)) is not None:
                    record = self._record((storable_text(text), picture))
                    return record is not None and self._store.put(folder, [record])
        except (LibraryError, OSError, ValueError):
            pass
        return False

    # -- reading

    def _records(
        self, pictures: Sequence[tuple[str, FoundPicture]]
    ) -> Generator[tuple[int, list[PictureRecord | None]], None, None]:
        """Reads some while the caller keeps those before; (how many are done, what they led to) each time."""
        pool = ThreadPoolExecutor(_THREADS, "stylus-learn")
        try:
            ahead: list[Future[PictureRecord | None]] = []
            for first in range(0, len(pictures) + _AT_ONCE, _AT_ONCE):
                some = ahead
                ahead = [pool.submit(self._record, item) for item in pictures[first : first + _AT_ONCE]]
                if some:
                    yield min(first, len(pictures)), [future.result() for future in some]
        finally:
            pool.shutdown(cancel_futures=True)

    def _record(self, item: tuple[str, FoundPicture]) -> PictureRecord | None:
        """What reading a picture led to; None where it has just gone, or may not be whole yet."""
        path, picture = item
        data, problem, mtime_ns = None, "", picture.mtime_ns
        try:
            data = self._reader(Path(picture.path))
        except FileNotFoundError:
            return None
        except GenerationDataError as error:
            problem = str(error) or "it cannot be read"
        except OSError as error:
            problem = error.strerror or type(error).__name__
            mtime_ns = 0  # what the system says may be otherwise the next time
        except Exception as error:  # whatever a file leads to is that file's alone
            problem = f"it cannot be read ({type(error).__name__})"
        if problem and abs(time.time_ns() - picture.mtime_ns) < _FRESH_NS:
            return None
        if data is not None and data.made_at is None:
            data = dataclasses.replace(data, made_at=picture.made_ns / 1e9)
        return PictureRecord(path, picture.size, mtime_ns, data, problem)

    # -- what is learned

    def _must_be_on(self, where: str) -> None:
        for folder in self._store.folders():
            if folder.path == where:
                if folder.on:
                    return
                raise LibraryError(f"{where} is switched off: `stylus learn --on {where}` switches it on")
        raise LibraryError(f"{where} is not learned: `stylus learn {where}` learns it")

    def _left_out(self, where: str) -> Callable[[str], bool]:
        """Tells folders that are off, and by links what is learned by itself."""
        folders = [FolderRow(0, one.path, one.on, 0.0) for one in self._store.folders()]

        def leave(path: str) -> bool:
            owner = nearest(folders, path)
            return owner is not None and (not owner.on or not inside(where, path))

        return leave

    def _report(self, where: str, report: LearnReport) -> LearnReport:
        mine = [one for one in self._store.folders() if one.on and inside(where, one.path)]
        return dataclasses.replace(
            report,
            pictures=sum(one.pictures for one in mine),
            silent=sum(one.silent for one in mine),
            unreadable=sum(one.unreadable for one in mine),
        )


def existing_folder(path: str | Path) -> str:
    """A folder that the user names, as the history calls it.

    Args:
        path: of the folder.

    Returns:
        Its path, absolute and without links.

    Raises:
        LibraryError: there is no such folder.
    """
    where = folder_path(path)
    if not os.path.isdir(os.path.expanduser(path)):
        is_there = os.path.exists(os.path.expanduser(path))
        why = "is a file: name the folder in which it lies" if is_there else "is not there: look at its spelling"
        raise LibraryError(f"{path} {why}")
    return where


def _problem_of(where: str, listing: PictureListing, is_known: bool) -> str:
    if where in listing.unlisted:
        return f"it cannot be listed ({listing.unlisted[where]}), so that nothing of it is forgotten"
    if is_known and not listing.entries:
        return "it is empty, as that of a disk that is not there, so that nothing of it is forgotten"
    return ""


def _is_covered(folder: LearnedFolder, folders: Iterable[LearnedFolder]) -> bool:
    """Whether learning another folder that is on learns this one as well."""
    around = [one for one in folders if one.path != folder.path and inside(one.path, folder.path)]
    return bool(around) and max(around, key=lambda one: len(one.path)).on


def _is_in(path: str, folders: Iterable[str]) -> bool:
    return any(inside(folder, path) for folder in folders)
