"""Progress of long work on the error stream: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from stylus_core.cli.terminal_text import Console, cut

_BAR = 24
_DRAW_EVERY = 0.1  # seconds, on a terminal
_SAY_EVERY = 10.0  # seconds, in a log


class ProgressBar:
    """Called with (stage, done, total); a context manager that leaves a clean line behind."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._next = clock() + (0.0 if console.watched else _SAY_EVERY)
        self._stage = ""
        self._drawn = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Shows how far a stage is, at most some times a second; the calls of `stylus_core.progress.Progress`."""
        now = self._clock()
        if now < self._next and not (self._console.watched and stage != self._stage):
            return
        self._stage = stage
        if self._console.watched:
            self._next = now + _DRAW_EVERY
            self._draw(stage, done, total)
        else:
            self._next = now + _SAY_EVERY
            self._console.say(f"{stage}: {done} of {total}" if total else f"{stage}: {done}")

    def _draw(self, stage: str, done: int, total: int) -> None:
        line = f"{stage} {done}"
        if total:
            full = round(_BAR * min(done, total) / total)
            line = f"{stage} [{'#' * full}{'.' * (_BAR - full)}] {done}/{total}"
        self._console.draw(cut(line, self._console.columns - 1))
        self._drawn = True

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._drawn:
            self._console.draw("")
