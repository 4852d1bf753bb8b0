"""A library's database in line with its folders, and made anew where it was lost, with what was kept beside it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

from stylus_core.library.database import Database, Lost
from stylus_core.library.folder_walk import Listing, SeenFile, SeenFolder
from stylus_core.library.naming import Naming
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.library.scan import ScanReport, scan
from stylus_core.library.user_backup import NAME, UserBackup
from stylus_core.progress import StageProgress
from stylus_core.storage.quarantine import log as healed

#: Adapters up to which each of their sidecars is looked at before a selection: 2 to 3 ms a thousand.
EACH = 10_000


class DatabaseUpkeep:
    """Of one database. Safe to use from several threads."""

    def __init__(self, database: Database, refiner: Refiner, naming: Naming) -> None:
        self.folders: dict[str, SeenFolder] = {}  # what the last listing saw
        self.sidecars: list[SeenFile] = []  # as well; none of a library that is too large to look at each
        self._database, self._refiner, self._naming = database, refiner, naming
        self._backup = UserBackup(database.path.with_name(NAME))
        self._scanning = threading.Lock()
        self._listed = ""  # identity of the database with which they were compared

    def close(self) -> None:
        """Lets go of the file that is kept beside the database."""
        self._backup.close()

    def back_up(self) -> None:
        """Keeps what was set or described a second time; to be called after it was."""
        self._backup.follow(self._database)

    def renewed(self) -> bool:
        """Whether the database is another one than when the folders were listed; one that went is opened again."""
        if not self._database.is_there:
            self.back_up()  # what was set in it since it went can still be read
            self._database.renew()
        if self._listed in ("", self._database.state.identity):
            return False
        self.folders, self.sidecars, self._listed = {}, [], ""
        return True

    def same(self, listing: Listing) -> None:
        """The folders were listed, and the database is in line with them."""
        self._seen(listing, self._database.state.identity)

    def scan(self, roots: Sequence[str | os.PathLike[str]], progress: StageProgress | None) -> ScanReport:
        """See `Library.scan`."""
        with self._scanning:
            self.renewed()
            return self._scan(self._database, roots, progress)

    def scan_in_background(self, roots: Sequence[str | os.PathLike[str]], pause: Callable[[], None]) -> ScanReport:
        """See `Library.scan_in_background`."""
        with self._scanning:
            database = Database(self._database.path)
            try:
                return self._scan(database, roots, None, pause)
            finally:
                database.close()

    def _scan(
        self,
        database: Database,
        roots: Sequence[str | os.PathLike[str]],
        progress: StageProgress | None,
        pause: Callable[[], None] | None = None,
    ) -> ScanReport:
        report, listing = scan(database, roots, self._refiner, self._naming, progress, pause)
        identity, lost = database.state.identity, database.lost
        if lost or identity != self._listed or report.added or report.renamed:
            self._restore(database, lost)
            database.lost = None
        self._backup.follow(database)
        self._seen(listing, identity)
        return report

    def _seen(self, listing: Listing, identity: str) -> None:
        few = len(listing.files) <= EACH
        self.folders, self._listed = listing.folders, identity
        self.sidecars = [seen for item in listing.files.values() for seen in item.sidecars] if few else []

    def _restore(self, database: Database, lost: Lost | None) -> None:
        if lost:
            self._backup.salvage(lost.aside)
        taken, waiting = self._backup.restore(database, self._refiner)
        more = f"; what is kept of {waiting:,} more waits for their files" if waiting else ""
        if lost:
            kept = f" with {taken}" if any(taken) else "; nothing was found that you had set or had described"
            where = f"it was moved to {lost.aside} and made anew{kept}{more}"
            healed.warning("%s was damaged (%s): %s", database.path, lost.why, where)
        elif any(taken):
            healed.warning("%s was made anew, and has again what was kept beside it: %s%s", database.path, taken, more)
