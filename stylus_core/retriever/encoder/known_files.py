"""The files of all-MiniLM-L6-v2 as its authors published them, told by their hashes, and where a machine has them.

The package that brings them is a stranger's, and the hub's cache is a folder that many programs write into: what either
holds is only used if it is what was published.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from stylus_core.home import home
from stylus_core.storage.files import write_whole

#: sha256 of each file that a backend reads, of the revision that the hub has had since the model has safetensors.
FILES = {
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
#: Lies beside them and is read by nobody.
_UNREAD = "data_config.json"
#: Suffixes of what a loader takes up by its mere presence: an adapter's settings, further tokens, a chat's template.
_TAKEN_UP = (".json", ".txt", ".jinja", ".model")
#: From this size on the hash of a file is kept, in bytes: the weights' takes longer than all the rest of a start.
_LARGE = 1 << 20
#: A file that changed less than this ago may change again without its times telling, in nanoseconds.
_SETTLED = 2_000_000_000
_KEPT = "model-hashes.json"
_MOST_KEPT = 1 << 16  # bytes of that file

_REPOSITORY = "models--sentence-transformers--all-MiniLM-L6-v2"


def problem(folder: Path) -> str:
    """What in a folder is not as published, in half a sentence, or "".

    Args:
        folder: of the model, from a package or from the hub's cache.

    Returns:
        The first file that is missing, cannot be read, has another hash or does not belong to the model.
    """
    for name, right in FILES.items():
        try:
            found = _hash(folder / name)
        except OSError as error:
            return f"{folder / name} cannot be read ({error.strerror or error})"
        if found != right:
            return f"{folder / name} is not the file that was published (its sha256 is {found})"
    try:
        beside = sorted(path for part in (folder, folder / "1_Pooling") for path in part.iterdir())
    except OSError as error:
        return f"{folder} cannot be listed ({error.strerror or error})"
    for path in beside:
        name = path.relative_to(folder).as_posix()
        if name not in FILES and name != _UNREAD and path.suffix.lower() in _TAKEN_UP:
            return f"{path} is no file of the model that was published"
    return ""


def in_hub_cache() -> list[Path]:
    """Folders of the Hugging Face hub's cache that hold all of the model's files, the one it would use itself first."""
    snapshots = _hub_cache() / _REPOSITORY / "snapshots"
    try:
        folders = sorted(path for path in snapshots.iterdir() if all((path / name).is_file() for name in FILES))
    except OSError:
        return []
    try:
        main = (_hub_cache() / _REPOSITORY / "refs" / "main").read_text("utf-8")[:64].strip()
    except (OSError, ValueError):
        main = ""
    return sorted(folders, key=lambda path: path.name != main)


def _hub_cache() -> Path:
    """Where the hub's own client looks, without importing it."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if chosen := os.environ.get(name):
            return Path(chosen).expanduser()
    if chosen := os.environ.get("HF_HOME"):
        return Path(chosen).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def _hash(path: Path) -> str:
    """The sha256 of a file. A large one's is kept with the file's times, which no program can set both of."""
    if not path.is_file():  # a pipe would be waited for
        raise OSError(f"{path.name} is no file")
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        seen = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev]
        large = status.st_size >= _LARGE
        known = _kept() if large else {}
        key = os.path.abspath(path)
        match known.get(key):
            case {"seen": before, "sha256": str(found)} if before == seen:
                return found
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    if large and time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > _SETTLED:
        _keep({**dict(list(known.items())[-7:]), key: {"seen": seen, "sha256": digest.hexdigest()}})
    return digest.hexdigest()


def _kept() -> dict[str, Any]:
    try:
        with (home() / _KEPT).open("rb") as file:
            found = json.loads(file.read(_MOST_KEPT))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(hashes: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # it is worked out again at the next start
        home().mkdir(parents=True, exist_ok=True)
        write_whole(home() / _KEPT, json.dumps(hashes).encode("ascii"))
