"""Descriptions by a model, made in the background of a WebUI: what it would cost first, then start, stop, go on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stylus_core.errors import StylusError
from stylus_host.service_state import sentence

if TYPE_CHECKING:
    from stylus_core.composer.settings import ComposerSettings
    from stylus_core.llm.endpoint import Endpoint
    from stylus_core.refiner.model.refine_plan import RefinePlan, RefineSettings
    from stylus_core.refiner.model.refine_run import RefineReport

logger = logging.getLogger("stylus")

_UNLOAD = 3.0  # seconds at most for telling the server to free its memory

_IDLE = (
    "A language model can describe your adapters from their texts and example pictures. "
    "Nothing is sent before you start."
)


@dataclass(frozen=True, slots=True)
class RefiningState:
    """How far it is. `status` is one of "idle", "planning", "planned", "running", "stopping".

    `unset` tells that the settings name no endpoint that can be asked: that is where the user has to go.
    """

    status: str = "idle"
    told: str = _IDLE
    done: int = 0
    total: int = 0
    unset: bool = False

    @property
    def busy(self) -> bool:
        """Whether a run is planned, under way or ending."""
        return self.status in ("planning", "running", "stopping")


class Refining:
    """One run at a time.

    Args:
        home: the library's folder of state; raises `NotReady` while there is none.
        server: whom to ask, and whether its memory is to be freed afterwards.
        terms: how, and at which prices.
        changed: called when descriptions came, so that the index takes them in.
    """

    def __init__(
        self,
        home: Callable[[], Path],
        server: Callable[[], ComposerSettings],
        terms: Callable[[], RefineSettings],
        changed: Callable[[], None],
    ) -> None:
        self._home, self._server, self._terms, self._changed = home, server, terms, changed
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._progress = RefiningState()

    @property
    def progress(self) -> RefiningState:
        """How far it is now."""
        return self._progress

    def plan(self) -> None:
        """Counts what would be sent. Returns at once."""
        self._begin("planning", "Counting what is to be described.", send=False)

    def start(self) -> None:
        """Describes what is not described yet; only after a plan, which says the cost. Returns at once."""
        if self._progress.status != "planned":
            self.plan()
            return
        self._begin("running", "Starting.", send=True)

    def stop(self) -> None:
        """No further call is made; those under way are kept, for they are paid for."""
        with self._lock:
            if self._progress.status == "running":
                self._stop.set()
                self._progress = replace(self._progress, status="stopping")

    def close(self) -> None:
        """Stops, and waits a few seconds for the calls under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def wait(self, timeout: float) -> bool:
        """Waits until nothing runs; for tests and scripts.

        Args:
            timeout: seconds.

        Returns:
            Whether nothing runs any more.
        """
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return not self._progress.busy

    def _begin(self, status: str, told: str, *, send: bool) -> None:
        with self._lock:
            if self._progress.busy:
                return
            self._stop.clear()
            self._progress = RefiningState(status, told)
            self._thread = threading.Thread(target=self._work, args=(send,), name="stylus-refine", daemon=True)
            self._thread.start()

    def _work(self, send: bool) -> None:
        try:
            if unset := _unset(self._server().endpoint):
                with self._lock:
                    self._progress = unset
                return
            plan, report = self._run(send)
            ended = _planned(plan) if not send else RefiningState("idle", _finished(report))
        except StylusError as error:
            said = str(error)
            ended = RefiningState("idle", sentence(said[:1].upper() + said[1:]))
        except Exception as error:
            logger.exception("the descriptions could not be made")
            ended = RefiningState("idle", f"That failed: {type(error).__name__}: {error}.")
        with self._lock:
            self._progress = ended

    def _run(self, send: bool) -> tuple[RefinePlan, RefineReport]:
        from stylus_core.refiner.description_sources import open_library
        from stylus_core.refiner.model.refine_run import refine_library

        home, server = self._home(), self._server()
        library, _ = open_library(home, "")  # a connection of its own: nobody who generates waits for this one
        try:
            plan, report = refine_library(
                library,
                home,
                server.endpoint,
                self._terms(),
                approve=lambda _: send,
                progress=self._step,
                stop=self._stop,
            )
        finally:
            library.close()
        if report.done:
            self._changed()
        if server.keep_alive is not None and (report.done or report.failed):
            from stylus_core.llm.unload import unload

            unload(server.endpoint, server.keep_alive, _UNLOAD)
        return plan, report

    def _step(self, report: RefineReport) -> None:
        with self._lock:
            stopping = self._progress.status == "stopping"
            told = f"{'Stopping' if stopping else 'Describing'}: {'. '.join(report.told)}."
            self._progress = replace(self._progress, told=told, done=report.done + report.failed, total=report.total)


def _unset(endpoint: Endpoint) -> RefiningState | None:
    """What is told where the settings, and the environment, name no endpoint that can be asked."""
    if not endpoint.base_url:
        return RefiningState(told="No language model is set up yet: the settings take its address.", unset=True)
    problem = endpoint.problem
    return RefiningState(told=sentence(problem[:1].upper() + problem[1:]), unset=True) if problem else None


def _planned(plan: RefinePlan) -> RefiningState:
    if not plan.jobs:
        resting = f" {plan.resting:,} failed lately and are tried again later." if plan.resting else ""
        return RefiningState(
            "idle", f"There is nothing to describe: {plan.described:,} are described already.{resting}"
        )
    told = f"{plan.scope}: {plan.cost}. Nothing was sent yet: Start sends them."
    return RefiningState("planned", told, total=len(plan.jobs))


def _finished(report: RefineReport) -> str:
    told = [*report.told, *(f"{count:,} x {reason}" for reason, count in report.worst[:1]), report.stopped]
    return " ".join(sentence(t[:1].upper() + t[1:]) for t in told if t)
