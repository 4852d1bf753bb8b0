"""What a server was found unable to do, remembered across processes: so it is asked once and not with every call."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stylus_core.storage.checksummed_values import sealed_json, unsealed_json
from stylus_core.storage.files import write_whole
from stylus_core.storage.quarantine import move_aside_and_log

log = logging.getLogger("stylus")

#: Ways to ask for JSON, the strictest first.
MODES = ("json_schema", "json_object", "text")

#: Seconds after which a server is tried afresh: it may have been updated, or failed for another reason.
_KEPT = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Capability:
    """What one server can do with one model."""

    mode: str = ""  # one of MODES that worked; empty if none was tried
    without: tuple[str, ...] = ()  # parameters that the server does not take
    ollama: bool | None = None  # whether it is Ollama, which unloads a model on demand; None if never asked
    since: float = field(default=0.0, compare=False)  # when it was found out, seconds of the epoch


class Capabilities:
    """A small JSON file. A file that cannot be read or written is no error: the servers are asked again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, Capability] | None = None

    def of(self, server: str) -> Capability:
        """Says what is known of a server.

        Args:
            server: its shown address and the model, parted by a space.

        Returns:
            What was learnt within the last week; an empty `Capability` where nothing was.
        """
        with self._lock:
            found = self._all().get(server, Capability())
        return found if time.time() - found.since < _KEPT else Capability()

    def learn(self, server: str, ability: Capability) -> None:
        """Keeps what was found out, unless the same is known already.

        Args:
            server: its shown address and the model, parted by a space.
            ability: all that is known now; its time is set here.
        """
        with self._lock:
            known = self._all()
            if known.get(server) == ability and time.time() - known[server].since < _KEPT:
                return
            known[server] = Capability(ability.mode, ability.without, ability.ollama, time.time())
            self._write({name: asdict(a) for name, a in known.items()})

    def _all(self) -> dict[str, Capability]:
        if self._known is None:
            self._known = {}
            try:
                stored = read_servers(self._path)
            except FileNotFoundError:
                return self._known
            except OSError as e:
                log.warning("what %s knows of servers cannot be read (%s): they are asked again", self._path, e)
                return self._known
            except ValueError as e:
                move_aside_and_log(self._path, e, "the servers are asked again")
                return self._known
            self._known = {k: a for k, v in stored.items() if (a := _ability(v)) is not None}
        return self._known

    def _write(self, values: dict[str, Any]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, sealed_json({"servers": values}, indent=1))
        except OSError as e:
            log.warning("what was learnt of a server cannot be kept in %s: %s", self._path, e)


def read_servers(path: Path) -> dict[str, Any]:
    """Reads what a file says of each server.

    Args:
        path: of the file, with a checksum or, from before there were any, without.

    Returns:
        By the server's name what JSON gave, unchecked.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged.
    """
    with path.open("rb") as file:
        stored = unsealed_json(file.read(1 << 20))
    # Before there were checksums, the servers stood there by themselves.
    servers = stored["servers"] if isinstance(stored.get("servers"), dict) else stored
    return {str(name): value for name, value in servers.items()}


def _ability(value: Any) -> Capability | None:
    if not isinstance(value, dict):
        return None
    mode, without, ollama, since = (value.get(k) for k in ("mode", "without", "ollama", "since"))
    if mode not in ("", *MODES) or not isinstance(without, list) or not isinstance(since, (int, float)):
        return None
    if not 0 <= since <= time.time():  # a clock that went wrong must not keep it for ever
        return None
    return Capability(mode, tuple(map(str, without)), ollama if isinstance(ollama, bool) else None, float(since))
