"""Stand-ins for `stylus_core.Stylus`, which answers from a queue, and for a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

from stylus_core.history.store import HistoryStore
from stylus_core.library.adapter_rows import Problem
from stylus_core.options import Options
from stylus_core.types import Adapter, Candidate, Card, Metadata, Pick, Selection


class Terminal(io.StringIO):
    """A stream that says it is a terminal's."""

    def isatty(self) -> bool:
        return True


class FakeStylus:
    """Opened as the real one is. `answers` are given in turn; an exception among them is raised."""

    def __init__(self, answers: Sequence[Selection | BaseException] = (), adapters: Sequence[Adapter] = ()) -> None:
        self.answers = list(answers)
        self.known = list(adapters)
        self.asked: list[tuple[str, Options]] = []
        self.depth = 0
        self.indexed = bool(adapters)
        self.times_indexed = 0
        self.closed = False
        self.unkept = self.foreign = ""
        self.opened_with: tuple[Any, dict[str, Any]] | None = None
        self.history = SimpleNamespace(store=HistoryStore(Path("/no/such/folder")))  # the user never said yes

    def __call__(self, library: Any, **settings: Any) -> FakeStylus:
        self.opened_with = (library, settings)
        return self

    def __enter__(self) -> FakeStylus:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.closed = True

    def index(self, progress: Any = None) -> None:
        self.indexed = True
        self.times_indexed += 1
        if progress is not None:
            for done in range(3):
                progress("reading", done, 2)

    def heal(self) -> None:
        pass

    def adapters(self) -> list[Adapter]:
        return [a for a in self.known if a.status == "ok"]

    def problems(self) -> list[Problem]:
        return [Problem(a.path, a.problem, a.status) for a in self.known if a.status != "ok"]

    def find(self, name: str) -> list[Adapter]:
        return [a for a in self.known if a.stem == name]

    def select(self, prompt: str, options: Options | None = None, *, depth: int = 0) -> Selection:
        self.depth = depth
        assert options is not None
        self.asked.append((prompt, options))
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def adapter(stem: str, status: str = "ok", problem: str = "", **card: Any) -> Adapter:
    metadata = Metadata(title=stem.replace("_", " "), architecture=card.pop("architecture", "sd1"))
    return Adapter(1, f"/loras/{stem}.safetensors", stem, status, problem, 10, metadata, Card(**card))


def picked(prompt: str, *names: str, **more: Any) -> Selection:
    picks = tuple(
        Pick(name, f"/loras/{name}.safetensors", 0.8, "red fox", f"{name} is made for red foxes.", kind="animal")
        for name in names
    )
    rewritten = prompt + "".join(f" <lora:{name}:0.8>" for name in names)
    return Selection(prompt, rewritten, picks, **more)


def candidates(*names: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(adapter(n), 1 / (i + 1), {"bm25": 3.0}, "fox", "why not") for i, n in enumerate(names))
