"""What is kept of a library besides its database, and how it is looked through."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from stylus_core.history.history_file import NAME as HISTORY
from stylus_core.history.history_file import history_file
from stylus_core.library.user_backup import NAME as BACKUP
from stylus_core.library.user_backup import backup_file
from stylus_core.llm.cache import answer_file
from stylus_core.llm.capabilities import Capabilities, read_servers
from stylus_core.llm.run_state import state_file
from stylus_core.retriever import index_files
from stylus_core.retriever.vectors import vector_file
from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import CacheTable, examine, is_damage
from stylus_core.storage.quarantine import is_aside, move_aside_and_log
from stylus_core.storage.sqlite_open import connect_read_only

_FILES = {
    "vectors.sqlite": vector_file,
    "answers.sqlite": answer_file,
    "refiner.sqlite": state_file,
    BACKUP: backup_file,
    HISTORY: history_file,
}
_LIBRARY = "library.sqlite"  # no cache; see `database_problem`


def caches(home: Path) -> list[CacheFile]:
    """Those in SQLite that are there, of the library whose folder of state this is."""
    return [make(home / name) for name, make in _FILES.items() if (home / name).exists()]


def heal(home: Path) -> None:
    """Looks through all caches and moves aside what is damaged; nothing is raised.

    Args:
        home: the library's folder of state.
    """
    for file in caches(home):
        file.check()
        file.close()
    for folder in _indexes(home):
        if folder.name != "index" and (found := index_files.examine(folder)):  # that one is healed when it is opened
            move_aside_and_log(folder / index_files.MANIFEST, found[0], "the index is built anew when it is needed")
    Capabilities(home / "servers.json").of("")


def damage(home: Path) -> Iterator[str]:
    """Looks for what is damaged of a library and of what libraries share, and changes nothing.

    Args:
        home: the library's folder of state.

    Returns:
        One line for each file, with its path.
    """
    for folder in _indexes(home):
        yield from index_files.examine(folder)
    tables = {name: make(home / name).tables for name, make in _FILES.items()}
    files = [*sorted(home.rglob("*.sqlite")), *sorted(home.parent.glob("*.sqlite"))]
    for path in files:
        if path.name != _LIBRARY and not any(map(is_aside, (path, *path.parents))):
            problem = _problem(path, tables.get(path.name, ()) if path.parent == home else ())
            if problem:
                yield f"{path}: {problem}"
    try:
        read_servers(home / "servers.json")
    except ValueError as error:
        yield f"{home / 'servers.json'}: {error}"
    except OSError:
        pass


def database_problem(home: Path) -> str:
    """Looks for damage in the library's database, and changes nothing.

    Args:
        home: the library's folder of state.

    Returns:
        What is damaged, in a few words; "" if nothing is.
    """
    return _problem(home / _LIBRARY, ()) if (home / _LIBRARY).exists() else ""


def _indexes(home: Path) -> list[Path]:
    return [home / "index", *(path for path in sorted(home.glob("descriptions/*")) if path.is_dir())]


def _problem(path: Path, tables: tuple[CacheTable, ...]) -> str:
    """What is wrong with a database, which is only read; empty if nothing is, or if it cannot be looked at."""
    try:
        with contextlib.closing(connect_read_only(path, 1.0)) as db:
            there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return examine(db, [table for table in tables if table.name in there])
    except sqlite3.Error as error:
        return str(error) if is_damage(error) else ""
    except OSError:
        return ""
