"""Where an engine is: `milvus://host:port/collection` or, in this process, `milvus:///path/to/file.db`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from stylus_core.errors import OptionError

TOKEN = "STYLUS_MILVUS_TOKEN"  # noqa: S105 - the name of a variable

_PORT = 19530
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_LIBRARY = re.compile(r"[\w.-]{1,100}")
_FORM = "milvus://host:port/collection or milvus:///path/to/file.db"


@dataclass(frozen=True, slots=True)
class Address:
    """What `--index` says. The token comes from the environment, so that it stands in no process list and no log."""

    uri: str  # as pymilvus takes it
    collection: str  # what the names of the collections begin with
    library: str = ""  # the library's name there; empty: that of its folder of state
    is_file: bool = False

    @property
    def token(self) -> str:
        """The engine's key, which stands in the environment alone; empty: none."""
        return os.environ.get(TOKEN, "")

    def __str__(self) -> str:
        return self.uri if self.is_file else f"{self.uri}/{self.collection}"


def parse_address(text: str) -> Address:
    """Reads an address.

    Args:
        text: as users write it; see the module.

    Returns:
        What it names.

    Raises:
        OptionError: it names no engine. What may be a password is not repeated.
    """
    if "@" in text.partition("?")[0]:
        raise OptionError(f"the index has its password in its address: put it into the variable {TOKEN} instead")
    url = urlsplit(text)
    try:
        port = url.port or _PORT
    except ValueError:
        raise _wrong(text, "the port is no number") from None
    if url.scheme != "milvus":
        raise _wrong(text, "it does not begin with milvus://")
    if url.fragment:
        raise _wrong(text, f"there is nothing behind a # (a token belongs into the variable {TOKEN})")
    said = dict(parse_qsl(url.query))
    if unknown := said.keys() - {"collection", "library", "tls"}:
        raise _wrong(
            text,
            f"there is no setting {sorted(unknown)[0]!r}, only collection, library and tls "
            f"(a token belongs into the variable {TOKEN})",
        )
    library = said.get("library", "")
    if library and not _LIBRARY.fullmatch(library):
        raise _wrong(text, "a library's name is of letters, digits, dots and dashes")
    path = unquote(url.path)
    if url.hostname:
        scheme = "https" if said.get("tls", "0") not in ("0", "no", "false", "") else "http"
        collection = said.get("collection") or path.strip("/") or "stylus"
        uri = f"{scheme}://{f'[{url.hostname}]' if ':' in url.hostname else url.hostname}:{port}"
    else:
        if not path.endswith(".db"):
            raise _wrong(text, "a file's name ends in .db")
        collection, uri = said.get("collection") or "stylus", os.path.expanduser(path)
    if not _NAME.fullmatch(collection):
        raise _wrong(text, "a collection's name is of letters, digits and underscores")
    return Address(uri, collection, library, not url.hostname)


def _wrong(text: str, why: str) -> OptionError:
    shown = text.partition("?")[0].partition("#")[0]
    return OptionError(f"the index {shown!r} cannot be used, {why}: give it as {_FORM}")
