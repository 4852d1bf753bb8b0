"""What each system chose for each prompt: made once, before the first picture, and kept in the study's folder.

The picks are made here and never by a WebUI's own extension, which knows one set of descriptions only and may run with
another library at each WebUI: here every WebUI paints the same picks, and they are checked against what it has.
"""

from __future__ import annotations

import dataclasses
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylus_core.errors import StylusError
from stylus_core.eta import Eta
from stylus_core.options import Options
from stylus_core.progress import Progress
from stylus_core.storage.files import write_whole
from stylus_core.types import Pick
from stylus_study.batch.pair_rendering import Selector, pick_record, select_resolved
from stylus_study.batch.render_jobs import picture_id
from stylus_study.study.finite_numbers import parse
from stylus_study.study.render_jobs import system_key
from stylus_study.study.study_folder import StudyError
from stylus_study.study.types import StudyPlan, StudySystem

CHOICES = "selections.jsonl"
#: A composer that fails this often in a row is not asked any more.
FAILURES = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """What one system made of one prompt."""

    used_prompt: str
    picks: tuple[dict[str, Any], ...] = ()  # as in the results, and `path`, the file in the library
    composer: str = ""
    notes: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)  # stage -> milliseconds


class Choices:
    """The file of choices in a study's folder, open for one process: `RunFolder` sees to that."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / CHOICES
        self._known: dict[str, Choice] = {}
        try:
            data = self.path.read_bytes() if self.path.exists() else b""
            lines = data.split(b"\n")
            whole = [line for line in lines[:-1] if line.strip()]
            for number, line in enumerate(whole, start=1):
                self._read(line, number)
            self._torn = b"".join(line + b"\n" for line in whole) if lines[-1] else None
        except OSError as error:
            raise StudyError(f"{self.path} cannot be read: {error.strerror or error}") from None

    def get(self, key: str) -> Choice | None:
        """Finds what was chosen under a key; None: nothing yet."""
        return self._known.get(key)

    def add(self, key: str, system: str, prompt: str, choice: Choice) -> None:
        """Keeps a choice. Raises `StudyError`."""
        line = {"key": key, "system": system, "prompt": prompt, **dataclasses.asdict(choice)}
        try:
            if self._torn is not None:  # by a kill, in the middle of a line
                write_whole(self.path, self._torn)
                self._torn = None
            with self.path.open("ab") as file:
                file.write(json.dumps(line, ensure_ascii=True).encode("ascii") + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StudyError(f"{self.path} cannot be written: {error.strerror or error}") from None
        self._known[key] = choice

    def _read(self, line: bytes, number: int) -> None:
        try:
            value = parse(line)
            choice = Choice(
                str(value["used_prompt"]),
                tuple(dict(pick) for pick in value["picks"]),
                str(value["composer"]),
                tuple(map(str, value["notes"])),
                {str(k): float(v) for k, v in value["timings"].items()},
            )
            self._known[str(value["key"])] = choice
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            raise StudyError(
                f"line {number} of {self.path} is no choice of a study: take the line out, and it is made again"
            ) from None


def choice_key(plan: StudyPlan, system: StudySystem, text: str) -> str:
    """The key of what a system chooses for a prompt."""
    return picture_id({"system": system_key(plan, system), "prompt": text})


def typed(system: StudySystem, text: str) -> Choice:
    """The choice of a system that selects nothing."""
    return Choice(_joined(text, system.append))


class Chooser:
    """Fills in what is missing of one system's choices.

    Args:
        plan: the study.
        system: one that selects.
        selector: the library as the system sees it.
        resolved: whether all WebUIs have a pick; those that one lacks are passed over for the next best.
        workers: prompts that are chosen for at once.
    """

    def __init__(
        self,
        plan: StudyPlan,
        system: StudySystem,
        selector: Selector,
        resolved: Callable[[Pick], bool],
        workers: int = 1,
    ) -> None:
        self._plan = plan
        self._system = system
        self._selector = selector
        self._resolved = resolved
        self._workers = workers
        self._lacking: set[str] = set()
        self._lock = threading.Lock()
        self.failed: dict[str, str] = {}  # prompt's id -> why

    def missing(self, choices: Choices) -> list[tuple[str, str, str]]:
        """(key, prompt's id, text) of what is not chosen yet."""
        keyed = [(choice_key(self._plan, self._system, text), name, text) for name, text in self._plan.prompts]
        return [one for one in keyed if choices.get(one[0]) is None]

    def choose(self, choices: Choices, progress: Progress | None = None) -> None:
        """Chooses for every prompt; what failed is in `failed`, and is tried again by a further run.

        A composer that could not answer is no choice of its own: what the local one chose instead would be counted
        for the wrong system, unless the study says that it may be. Raises `StudyError` if a choice cannot be kept.
        """
        missing = self.missing(choices)
        stage = f"choosing for {self._system.name}"
        pace = Eta()
        pace.start(len(missing))
        in_a_row = 0
        waiting = deque(missing)
        asked: deque[tuple[str, str, Future[Choice]]] = deque()
        with ThreadPoolExecutor(self._workers) as pool:
            while waiting or asked:
                while waiting and len(asked) < self._workers:
                    key, name, text = waiting.popleft()
                    asked.append((key, name, pool.submit(self._choice, text)))
                if progress is not None:
                    progress(pace.said(stage), len(missing) - len(waiting) - len(asked), len(missing))
                key, name, future = asked.popleft()
                try:
                    choice = future.result()
                except StudyError:
                    raise
                except StylusError as error:
                    self.failed[name] = str(error)
                    in_a_row += 1
                    if in_a_row == FAILURES:
                        self._give_up([left for _, left, _ in (*asked, *waiting)], str(error))
                        return
                else:
                    in_a_row = 0
                    choices.add(key, self._system.name, name, choice)
                    pace.step()

    def _give_up(self, left: Iterable[str], why: str) -> None:
        for name in left:
            self.failed[name] = f"not asked any more after {FAILURES} failures, the last one: {why}"

    def _choice(self, text: str) -> Choice:
        options = Options.of(self._system.options)
        with self._lock:
            lacking = set(self._lacking)
        selection, gone = select_resolved(self._selector, text, options, lacking, self._resolved)
        with self._lock:
            self._lacking |= lacking
        if selection.candidates and selection.composer != options.composer and not self._plan.settings.get("fallbacks"):
            raise Fallback(next(iter(selection.notes[::-1]), f"the composer {options.composer!r} did not answer"))
        notes = [f"{name} was not picked: a WebUI does not have it, or has another file" for name in gone]
        return Choice(
            _joined(selection.rewritten, self._system.append),
            tuple({**pick_record(dataclasses.asdict(pick)), "path": pick.path} for pick in selection.picks),
            selection.composer,
            (*selection.notes, *notes),
            {stage: round(value, 3) for stage, value in selection.timings.items()},
        )


class Fallback(StylusError):
    """Another composer than the system's answered."""


def _joined(prompt: str, append: str) -> str:
    return f"{prompt.rstrip().rstrip(',')}, {append}" if append else prompt
