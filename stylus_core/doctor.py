"""Looks for what is missing, broken, unreachable or unknown, and says what to do about it. Changes nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylus_core.base_models import OTHER, UNKNOWN
from stylus_core.errors import ModelError, OptionError, StylusError
from stylus_core.finding import Finding
from stylus_core.home import NAMINGS, library_home
from stylus_core.own_findings import DAMAGED_HISTORY, is_of_history, own_findings
from stylus_core.types import Adapter

if TYPE_CHECKING:
    from stylus_core.library.adapter_rows import Problem

_ENDPOINT_TIMEOUT = 5.0  # seconds
_MODELS = 4 << 20  # bytes of a server's list of models: some list thousands


@dataclass(frozen=True, slots=True)
class _Package:
    module: str
    distribution: str
    needed: bool
    purpose: str


_PACKAGES = (
    _Package("numpy", "numpy", True, "everything"),
    _Package("tokenizers", "tokenizers", True, "the embedding model"),
    _Package("safetensors", "safetensors", True, "the embedding model"),
    _Package("sentence_transformers", "sentence-transformers", False, "embedding models other than BERT"),
    _Package("openai", "openai", False, "the LLM composer and the refiner"),
)


def examine(
    libraries: Sequence[Path],
    *,
    home: Path | None = None,
    encoder: str = "auto",
    endpoint: str | None = None,
    engine: str | None = None,
    opener: Callable[..., Any] | None = None,
    names: str = NAMINGS[0],
) -> Iterator[Finding]:
    """Looks at everything in the order in which it matters; nothing is raised for what is broken.

    Args:
        libraries: the folders of one library; may be empty.
        home: where the state is kept.
        encoder: as `stylus_core.Stylus` takes it.
        endpoint: base URL of an OpenAI-compatible server, if one is configured.
        engine: address of a search engine that holds the index, if one is configured.
        opener: what opens a library, called as `stylus_core.Stylus` is; that class itself if None.
        names: what the host calls adapters by, as `stylus_core.Stylus` takes it.

    Yields:
        A finding as soon as it is there: some take seconds.
    """
    yield from _packages()
    yield _encoder(encoder)
    if endpoint:
        yield _endpoint(endpoint)
    if engine:
        yield _engine(engine)
    if not libraries:
        yield Finding(
            "note",
            "library",
            "none is named",
            "give --library DIR, or set STYLUS_LIBRARY to the folder of your adapters",
        )
        return
    folders = [_folder(path) for path in libraries]
    yield from folders
    if all(f.level == "broken" for f in folders):
        return
    kept = list(_kept(libraries, home, names))
    yield from kept
    if any(f.level == "broken" for f in kept):  # opening the database would move it aside
        return
    more = {} if names == NAMINGS[0] else {"names": names}
    # To read a damaged history would move it aside.
    damaged = any(is_of_history(detail) for finding in kept for detail in finding.details)
    yield from _library(damaged, lambda: (opener or _stylus())(list(libraries), home=home, encoder=encoder, **more))


def _packages() -> Iterator[Finding]:
    for package in _PACKAGES:
        if importlib.util.find_spec(package.module) is None:
            yield Finding(
                "broken" if package.needed else "note",
                package.distribution,
                f"not installed; it is needed for {package.purpose}",
                f"pip install {package.distribution}",
            )
            continue
        try:
            version = importlib.metadata.version(package.distribution)
        except importlib.metadata.PackageNotFoundError:
            version = "of an unknown version"
        yield Finding("ok", package.distribution, version)


def _folder(path: Path) -> Finding:
    subject = str(path)
    if not path.exists():
        return Finding("broken", subject, "there is no such folder", "check the path; a drive may not be mounted")
    if not path.is_dir():
        return Finding("broken", subject, "this is a file and not a folder", "name the folder that holds the adapters")
    if not os.access(path, os.R_OK | os.X_OK):
        return Finding("broken", subject, "the folder cannot be read", "give this user the permission to read it")
    return Finding("ok", subject, "the folder can be read")


def _endpoint(url: str) -> Finding:
    from stylus_core.llm.endpoint import Endpoint
    from stylus_core.net.errors import NetError
    from stylus_core.net.exchange import HttpRequest, send

    asked = Endpoint(url, "")
    if problem := asked.address_problem("its URL"):
        return Finding("broken", "endpoint", problem)
    shown = asked.shown
    try:
        status = send(HttpRequest(url.rstrip("/") + "/models", seconds=_ENDPOINT_TIMEOUT, limit=_MODELS)).status
    except NetError as error:
        return Finding("broken", shown, f"the server {error}", "start the server, or correct the URL")
    if status in (401, 403):
        return Finding("ok", shown, f"the server answers and asks for a key ({status})")
    if status >= 400:
        return Finding("note", shown, f"the server answers {status} to /models", "check the path of the base URL")
    return Finding("ok", shown, f"the server answers ({status})")


def _engine(address: str) -> Finding:
    """Whether something listens there; a connection proper would make collections."""
    from stylus_core.retriever.engine.address import parse_address

    try:
        where = parse_address(address)
    except OptionError as error:
        return Finding("broken", "search engine", str(error))
    subject = f"search engine {where}"
    if importlib.util.find_spec("pymilvus") is None:
        return Finding("broken", subject, "pymilvus is not installed", "pip install pymilvus")
    if where.is_file:
        known = Path(where.uri).exists()
        return Finding("ok", subject, "the file is there" if known else "the file will be made by stylus index")
    from stylus_core.net.connection import reach
    from stylus_core.net.errors import NetError

    parts = urllib.parse.urlsplit(where.uri)
    try:
        reach(str(parts.hostname), int(parts.port or 0), _ENDPOINT_TIMEOUT)
    except NetError as error:
        remedy = "start the server, or correct the address; until then this machine's own index is searched"
        return Finding("broken", subject, f"the server {error}", remedy)
    return Finding("ok", subject, "the server takes connections")


def _encoder(name: str) -> Finding:
    subject = "embedding model"
    if name == "none":
        return Finding("note", subject, "switched off: words alone decide", "leave --encoder out to switch it on")
    try:
        from stylus_core.retriever.encoder import open_encoder

        encoder = open_encoder(name)
        encoder.encode(["a red fox in the snow"])
    except (ModelError, ImportError) as error:
        # Without one that was asked for by name something is broken; without any, selection goes on with words alone.
        return Finding("note" if name == "auto" else "broken", subject, f"words alone decide: {error}")
    return Finding("ok", subject, f"{encoder.dim} wide, runs on {encoder.backend}")


def _kept(libraries: Sequence[Path], home: Path | None, names: str) -> Iterator[Finding]:
    """What is damaged of the caches, and what was moved aside."""
    from stylus_core.caches import damage, database_problem
    from stylus_core.storage.quarantine import find_moved_aside, is_aside

    folder = library_home([path.expanduser().absolute() for path in libraries], home, names)
    if not folder.is_dir():
        return
    if problem := database_problem(folder):
        remedy = "stylus index makes it anew, with what you set and had described"
        yield Finding("broken", "database", f"{folder / 'library.sqlite'} is damaged: {problem}", remedy)
    if found := tuple(damage(folder)):
        message = f"damaged, and made anew when it is needed: {len(found)}"
        yield Finding("note", "caches", message, "stylus index mends them all; nothing but time is lost", found)
    mine = [*find_moved_aside(folder), *sorted(path for path in folder.parent.iterdir() if is_aside(path))]
    if mine:
        message = f"damaged files that were moved aside: {len(mine)}"
        yield Finding("note", "moved aside", message, "delete them when nobody needs them", tuple(map(str, mine)))


def _stylus() -> Callable[..., Any]:
    from stylus_core.stylus import Stylus

    return Stylus


def _library(damaged_history: bool, opened: Callable[[], Any]) -> Iterator[Finding]:
    try:
        with opened() as stylus:
            adapters, problems, foreign = stylus.adapters(), stylus.problems(), stylus.foreign
            own = [DAMAGED_HISTORY] if damaged_history else list(own_findings(stylus.history, adapters))
    except StylusError as error:
        yield Finding("broken", "database", str(error))
        return
    if not adapters and not problems:
        yield Finding("note", "index", "this library was never indexed, or is empty", "stylus index DIR")
        return
    yield Finding("ok", "index", f"{len(adapters)} adapters to pick from")
    if foreign:
        message = f"not of this library ({foreign}), and built anew when it is needed"
        yield Finding("note", "index", message, "stylus index DIR builds it now")
    yield from _problems(problems)
    yield from _unknown(adapters)
    yield from own


_TROUBLES = (
    ("unreadable", "adapters that cannot be read and are left out", "download them again, or delete them"),
    (
        "shadowed",
        "adapters with the name of another file, which is the one that the WebUI loads",
        "rename one of the two files: the name in a tag is the file's name without its folder",
    ),
    (
        "unopened",
        "pickles, which may run code when they are opened, and are left out",
        "convert them to .safetensors",
    ),
    (
        "no-adapter",
        "files that are no adapters and are left out",
        "move them to the folder that the WebUI has for their kind",
    ),
    ("ok", "damaged sidecars, of adapters that are used all the same", "mend or delete them"),
    ("folder", "folders that cannot be listed", "give this user the permission to read them"),
)


def _problems(problems: Sequence[Problem]) -> Iterator[Finding]:
    for status, message, remedy in _TROUBLES:
        hit = tuple(f"{p.path}: {p.reason}" for p in problems if p.status == status)
        if hit:
            yield Finding("note", "sidecars" if status == "ok" else status, f"{message}: {len(hit)}", remedy, hit)


def _unknown(usable: Sequence[Adapter]) -> Iterator[Finding]:
    strange = [a for a in usable if a.metadata.architecture == UNKNOWN]
    if strange:
        yield Finding(
            "note",
            "architecture",
            f"adapters of unknown architecture, which are picked under every one: {len(strange)}",
            'set "sd version" in the WebUI\'s editor of user metadata',
            tuple(a.path for a in strange),
        )
    foreign = [a for a in usable if a.metadata.architecture == OTHER]
    if foreign:
        yield Finding(
            "note",
            "base model",
            f"adapters for base models that Stylus does not know, which are picked under none that it knows: "
            f"{len(foreign)}",
            'if one is mistaken, set "sd version" in the WebUI\'s editor of user metadata',
            tuple(f"{a.path}: {a.metadata.base_model}" if a.metadata.base_model else a.path for a in foreign),
        )
    silent = [a for a in usable if a.card.source == "file name" or not a.card.description]
    if silent:
        yield Finding(
            "note",
            "description",
            f"adapters of which only the file's name says what they are: {len(silent)}",
            "write one into the WebUI's editor of user metadata, or let Civitai-Helper fetch it",
            tuple(a.path for a in silent),
        )
