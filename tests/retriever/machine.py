"""Machines with a library and an index of their own that share an engine; and adapters that are made up for them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from stylus_core.library import Library
from stylus_core.library.database import DatabaseState
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever.documents import document
from stylus_core.retriever.engine.address import parse_address
from stylus_core.retriever.engine.contract import Connect
from stylus_core.retriever.engine.milvus import Milvus
from stylus_core.retriever.engine.remote_index import RemoteIndex
from stylus_core.retriever.index import Index
from stylus_core.retriever.retriever import Filter, Retrieval, Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter, Card, Example, Metadata
from tests.retriever.invented_adapters import SUBJECTS, CountingEncoder

PLACES = "harbour attic desert rooftop canyon greenhouse tavern lagoon".split()
MANNERS = "watercolor woodcut neon pastel gouache charcoal mosaic etching".split()
KINDS = ("object", "style", "background", "clothing")


def invented(number: int) -> Adapter:
    """Each of its own words and of words that others have too; some examples use other adapters."""
    rng = random.Random(number)
    subject, place, manner = (rng.choice(x) for x in (SUBJECTS, PLACES, MANNERS))
    stem = f"{subject}_{manner}_{number}"
    examples = []
    for i in range(rng.randrange(4)):
        other = invented_stem(rng.randrange(1, 60))
        more = f" <lora:{other}:0.5>" if i % 2 else ""
        examples.append(Example(f"{subject} in a {place}, {manner}, {rng.choice(PLACES)}, <lora:{stem}:0.7>{more}"))
    known = Metadata(
        title=f"{subject.title()} {manner} {number}",
        description=f"Draws a {subject} as {manner}, best in a {place} at {rng.choice(('dawn', 'noon', 'night'))}.",
        tags=(subject, manner),
        trigger_words=(f"{subject} {manner}", f"token{number}"),
        examples=tuple(examples),
        architecture=("sd1", "sdxl", "unknown")[number % 3],
        downloads=rng.randrange(5000),
    )
    card = Card(kind=KINDS[number % 4], subject=f"{subject} {manner}")
    return Adapter(number, f"/loras/{stem}.safetensors", stem, metadata=known, card=card)


def invented_stem(number: int) -> str:
    rng = random.Random(number)
    subject, _, manner = (rng.choice(x) for x in (SUBJECTS, PLACES, MANNERS))
    return f"{subject}_{manner}_{number}"


def calling(number: int) -> str:
    """A prompt that names an adapter."""
    return f"token{number}, {invented(number).title}"


def prompts() -> list[str]:
    rng = random.Random(5)
    out = []
    for i in range(20):
        subject, place, manner = (rng.choice(x) for x in (SUBJECTS, PLACES, MANNERS))
        out.append(
            f"masterpiece, {subject}, {manner}, {place} at night"
            if i % 2
            else f"An old {subject} that stands in the {place} and is painted as a {manner}"
        )
    return out


class Held:
    """A library that is told what it holds."""

    def __init__(self, adapters: Sequence[Adapter]) -> None:
        self.identity, self.revision = "first", 1
        self._rows = {a.id: (1, a) for a in adapters}

    @property
    def state(self) -> DatabaseState:
        return DatabaseState(self.identity, self.revision)

    def put(self, adapter: Adapter) -> None:
        self.revision += 1
        self._rows[adapter.id] = (self.revision, adapter)

    def drop(self, number: int) -> None:
        self.revision += 1
        self._rows[number] = (self.revision, Adapter(number, "", "", status="unreadable"))

    def changes_since(self, revision: int) -> tuple[set[int], set[int]]:
        new = {i: a for i, (r, a) in self._rows.items() if r > revision}
        return {i for i, a in new.items() if a.status == "ok"}, {i for i, a in new.items() if a.status != "ok"}

    def get(self, ids: Sequence[int]) -> dict[int, Adapter]:
        return {i: self._rows[i][1] for i in ids if i in self._rows}

    def adapters(self) -> list[Adapter]:
        return [a for _, a in self._rows.values() if a.status == "ok"]


class Server(Protocol):
    """An engine that runs, with a library of the test's own in it."""

    address: str
    connect: Connect

    def collections(self) -> set[str]: ...
    def drop_all(self) -> None: ...


class MilvusServer:
    """Milvus, with collections that all tests share, as making them takes seconds.

    Args:
        port: on this machine.
        library: its name there.
    """

    connect = staticmethod(Milvus)

    def __init__(self, port: int, library: str) -> None:
        self.address = f"milvus://127.0.0.1:{port}/tests?library={library}"

    def collections(self) -> set[str]:
        """Their names."""
        client = self._client()
        found = set(client.list_collections())
        client.close()
        return found

    def drop_all(self) -> None:
        """As an administrator may do."""
        client = self._client()
        for name in client.list_collections():
            client.drop_collection(name)
        client.close()

    def _client(self) -> Any:
        import pymilvus

        return pymilvus.MilvusClient(parse_address(self.address).uri)


class WebUISide:
    """One WebUI's side: a library, its own index and an engine that others use too."""

    def __init__(self, folder: Path, server: Server, adapters: Sequence[Adapter], library: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.library = Held(adapters)
        self.encoder = CountingEncoder()
        self.store = VectorStore(folder / "v.sqlite", self.encoder)
        self.index = Index(folder / "index")
        address = parse_address(server.address + library)
        self.remote = RemoteIndex(address, folder / "home", [Path("/loras")], connect=server.connect)

    def embed(self) -> None:
        """Into the store, so that whoever takes the vectors from there has the same, rounded as on disk."""
        self.store.many([text for d in map(document, self.library.adapters()) for text in (d.title, d.description)])

    def bring_up(self) -> None:
        self.index.update(self.library.adapters(), (), self.library.revision)
        self.remote.index(cast(Library, self.library), self.index, self.store)

    def found_remotely(self, prompt: str, k: int = 30, wanted: Filter | None = None) -> Retrieval:
        retriever, notes = self.remote.retriever(cast(Library, self.library), self.store)
        assert notes == []
        parsed = parse(prompt)
        return retriever.search(parsed, keywords(parsed), k, wanted)

    def found_locally(self, prompt: str, k: int = 30, wanted: Filter | None = None) -> Retrieval:
        dense = self.index.dense(self.store, self.library.get, everything=True)
        parsed = parse(prompt)
        return Retriever(self.index, self.library.get, dense).search(parsed, keywords(parsed), k, wanted)

    def there(self, prompt: str, k: int = 30, wanted: Filter | None = None) -> list[int]:
        return [c.adapter.id for c in self.found_remotely(prompt, k, wanted).candidates]

    def here(self, prompt: str, k: int = 30, wanted: Filter | None = None) -> list[int]:
        return [c.adapter.id for c in self.found_locally(prompt, k, wanted).candidates]
