"""A stand-in of `stylus_core.Stylus` that answers from a table of words: a test says what is picked for what."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from stylus_core.adapter_search import FoundAdapter, FoundPage
from stylus_core.library.database import DatabaseState
from stylus_core.options import Options
from stylus_core.types import Adapter, Applies, Card, Half, Metadata, Pick, PresentAdapter, Selection
from tests.clock import HANG, until
from tests.host.fake_history import FakeHistory


def safetensors(path: Path, shapes: dict[str, list[int]] | None = None, **metadata: str) -> Path:
    """The smallest file that passes as an adapter, or one with these tensors, each of no elements."""
    tensors = {
        name: {"dtype": "F16", "shape": shape, "data_offsets": [0, 0]}
        for name, shape in (shapes or {"lora_unet_x": [0]}).items()
    }
    header = json.dumps({"__metadata__": metadata, **tensors})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(header.encode()).to_bytes(8, "little") + header.encode())
    return path


class FakeCore:
    """Picks every adapter one of whose words stands in the prompt. `answers` come first, exceptions are raised."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: list[Adapter] = []
        self.words: dict[str, str] = {}
        self.identity, self.revision = "zoo", 1
        self.asked: list[tuple[str, Options]] = []
        self.searched: list[tuple[str, int]] = []
        self.chances: dict[str, float] = {}  # of being wanted, by stem
        self.halves: dict[str, Half] = {}  # of two files that belong together, by stem
        self.applies: list[Applies | None] = []  # one for each that was asked
        self.answers: list[Selection | BaseException] = []
        self.indexing: list[BaseException] = []  # raised by the next `index_words`
        self.indexed = 0
        self.embedding: list[BaseException] = []  # raised by the next `embed`
        self.embedded: int | None = None  # adapters that have vectors; None: all of them
        self.embedded_for: Callable[[], str] = str  # what `embed` was given
        self.opened: list[list[Path]] = []
        self.closed = 0
        self.hold: threading.Event | None = None  # `index_words` waits for it
        self.hold_vectors: threading.Event | None = None  # `embed` waits for it
        self.edits: list[Callable[[], object]] = []  # what happened on disk and was not read yet
        self.held: threading.Event | None = None  # `select` waits for it
        self.selecting = threading.Event()  # it does
        self.library = self
        self.history = FakeHistory()
        self.home = folder / "state"

    def add(self, name: str, word: str = "", weight: float = 0.8, file: Path | None = None, **more: Any) -> Adapter:
        path = file if file is not None else safetensors(self.folder / f"{name}.safetensors", **more.pop("header", {}))
        told = {field: more.pop(field) for field in ("preview", "model_id", "version_id") if field in more}
        metadata = Metadata(title=more.pop("title", name.title()), **told)
        card = Card(description=f"Adds {word}.", kind=more.pop("kind", "concept"), weight=weight, **more)
        made = Adapter(len(self.known) + 1, str(path), name, metadata=metadata, card=card)
        self.known.append(made)
        self.words[name] = word or name
        self.revision += 1
        return made

    @property
    def state(self) -> DatabaseState:
        return DatabaseState(self.identity, self.revision)

    def open(self, folders: Iterable[Path]) -> FakeCore:
        self.opened.append(list(folders))
        return self

    def index_words(self, progress: Callable[[str, int, int], None] | None = None) -> None:
        if progress is not None:
            progress("scan", 1, 2)
        if self.hold is not None:
            self.hold.wait(HANG)
        self.indexed += 1
        if self.indexing:
            raise self.indexing.pop(0)
        self.catch_up()

    def embed(
        self,
        progress: Callable[[str, int, int], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
        architecture: Callable[[], str] = lambda: "any",
    ) -> None:
        self.embedded_for = architecture
        if progress is not None:
            progress("embed", len(self.known) if self.embedded is None else self.embedded, len(self.known))
        if self.hold_vectors is not None:
            until(lambda: stop() or (self.hold_vectors is not None and self.hold_vectors.is_set()), "the vectors")
            if stop():
                return
        if self.embedding:
            raise self.embedding.pop(0)
        self.embedded = None

    def catch_up(self) -> None:
        while self.edits:
            self.edits.pop(0)()
            self.revision += 1

    def adapters(self) -> list[Adapter]:
        return list(self.known)

    def find(self, name: str) -> list[Adapter]:
        return [a for a in self.known if a.stem == name]

    def search(self, text: str, *, limit: int = 12, offset: int = 0) -> FoundPage:
        named = [a for a in self.known if text.casefold() in f"{a.stem}\n{a.title}".casefold()]
        near = [a for a in self.known if self.words[a.stem] in text and a not in named]
        reasons = ["its name has these words" if text else ""] * len(named) + ["its words are these"] * len(near)
        found = [
            FoundAdapter(a, why) for a, why in zip([*sorted(named, key=lambda a: a.stem), *near], reasons, strict=True)
        ]
        self.searched.append((text, offset))
        return FoundPage(tuple(found[offset : offset + limit]), offset, len(found))

    def pair(self, high: str, low: str) -> None:
        """Makes two files one adapter."""
        (first,), (second,) = self.find(high), self.find(low)
        self.halves |= {high: Half("high", second), low: Half("low", first)}

    def half(self, adapter: Adapter) -> Half | None:
        return self.halves.get(adapter.stem)

    def close(self) -> None:
        self.closed += 1

    def select(
        self,
        prompt: str,
        options: Options | None = None,
        *,
        applies: Applies | None = None,
        look: bool = True,
        present: Sequence[PresentAdapter] = (),
    ) -> Selection:
        assert options is not None
        if look:
            self.catch_up()
        self.asked.append((prompt, options))
        self.applies.append(applies)
        if self.held is not None:
            self.selecting.set()
            self.held.wait(HANG)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, BaseException):
                raise answer
            return answer
        found = [a for a in self.known if self.words[a.stem] in prompt and a.stem not in options.banned]
        pins = [a for a in self.known if a.stem in options.pinned and a.stem not in options.banned]
        found = pins + [a for a in found if a not in pins]
        picks = tuple(self.pick(a, prompt) for a in found if f"<lora:{a.stem}:" not in prompt)
        most = options.max_adapters + sum(a.stem in options.pinned for a in found)  # a pin takes nobody's place
        chosen, nearly = picks[:most], picks[most:]
        awaited = self.embedded is not None
        notes = ("Words alone decided.",) if awaited else ()
        return Selection(prompt, prompt, chosen, nearly, (), options.composer, notes, provisional=awaited)

    def pick(self, adapter: Adapter, prompt: str = "") -> Pick:
        word = self.words[adapter.stem]
        start = prompt.find(word)
        return Pick(
            adapter.stem,
            adapter.path,
            adapter.card.weight,
            word,
            f"{adapter.title} is made for {word}.",
            adapter.title,
            adapter.card.kind,
            start,
            start + len(word) if start >= 0 else -1,
            self.chances.get(adapter.stem, 0.0),
            preview=adapter.metadata.preview,
            clip_weight=adapter.card.clip_weight,
        )
