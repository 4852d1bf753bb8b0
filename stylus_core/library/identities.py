"""By which hashes and numbers other programs mean the files of a library."""

from __future__ import annotations

from typing import NamedTuple

from stylus_core.library.database import Database
from stylus_core.library.record_codec import loads

_SQL = """SELECT id, json_extract(metadata, '$.autov3', '$.sha256', '$.version_id') FROM present
    WHERE status = 'ok' AND json_extract(metadata, '$.autov3', '$.sha256', '$.version_id') <> '[null,null,null]'"""


class FileIdentity(NamedTuple):
    """Of one usable adapter.

    Attributes:
        id: in the library.
        autov3: hex digits of the tensors' sha256, 12 or all 64; "" where nothing says.
        sha256: of the whole file; "" where nothing says.
        version_id: Civitai's; 0 where nothing says.
    """

    id: int
    autov3: str
    sha256: str
    version_id: int


def read_identities(database: Database) -> list[FileIdentity]:
    """Reads those of all usable adapters of which anything is known."""
    rows = database.rows(_SQL)
    with database.guard():
        return [_identity(row) for row in rows]


def _identity(row: tuple[int, str]) -> FileIdentity:
    number, values = row
    autov3, sha256, version = loads(values)
    return FileIdentity(number, str(autov3 or ""), str(sha256 or ""), int(version or 0))
