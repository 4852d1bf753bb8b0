"""Composers by name, and what happens when one cannot answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from stylus_core.composer.ablations import RandomComposer, RetrieverComposer
from stylus_core.composer.contract import Composer, Request
from stylus_core.composer.local import LocalComposer
from stylus_core.composer.settings import ComposerSettings
from stylus_core.errors import ComposerError
from stylus_core.types import Composition

log = logging.getLogger("stylus")

_BUILT_IN: dict[str, Callable[[], Composer]] = {
    "local": LocalComposer,
    "retriever": RetrieverComposer,
    "random": RandomComposer,
}


class Composers:
    """Makes each composer when it is first asked for. The local one answers for any that cannot."""

    def __init__(self, makers: Mapping[str, Callable[[], Composer]] | None = None) -> None:
        self._makers = {**_BUILT_IN, **(makers or {})}
        self._made: dict[str, Composer] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: ComposerSettings, home: Path) -> Composers:
        """With those that ask somebody else, too. `home`: folder of their answers and of what they learn of servers."""

        def llm() -> Composer:
            from stylus_core.composer.llm import LLMComposer

            return LLMComposer(settings, home)

        def reranker() -> Composer:
            from stylus_core.composer.reranker import RerankerComposer

            return RerankerComposer(settings)

        return cls({"llm": llm, "reranker": reranker})

    def compose(self, request: Request) -> Composition:
        """Asks the composer that the options name. Never raises for a composer that fails."""
        name = request.options.composer
        try:
            return self._get(name).compose(request)
        except ComposerError as e:
            why = str(e)
        except Exception as e:
            log.exception("the composer %r failed", name)
            why = f"the composer {name!r} failed ({type(e).__name__})"
        if name == "local":
            return Composition(composer=name, notes=(f"nothing was chosen: {why}",))
        answer = self.compose(replace(request, options=replace(request.options, composer="local")))
        return replace(answer, notes=(*answer.notes, f"the local composer chose instead: {why}"))

    def _get(self, name: str) -> Composer:
        with self._lock:
            if name not in self._made:
                maker = self._makers.get(name)
                if maker is None:
                    raise ComposerError(f"the composer {name!r} is not set up")
                self._made[name] = maker()
            return self._made[name]
