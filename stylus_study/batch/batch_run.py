"""A run: jobs go to the WebUIs, one worker each; what one could not make, another may."""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from stylus_core.errors import StylusError
from stylus_core.progress import Progress
from stylus_study.batch.render_jobs import RenderJob
from stylus_study.batch.rendering import Renderer
from stylus_study.batch.run_folder import RunFolder, RunFolderError
from stylus_study.batch.webui import WebUIError, WebUIGone

log = logging.getLogger(__name__)

#: How often a picture is tried, at one WebUI or at several; more often only where a WebUI has not tried it yet.
MAX_ATTEMPTS = 2
#: A WebUI that fails this often without a picture in between gets no more jobs, and later if all were of one prompt:
#: it may be the prompt, with an adapter that breaks the picture.
MAX_FAILURES, MAX_FAILURES_OF_ONE_PROMPT = 4, 20


@dataclass(slots=True)
class BatchReport:
    """What a run came to; `stylus batch --json` prints these fields."""

    total: int = 0
    already: int = 0  # pictures of earlier runs
    made: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # job -> why
    gone: dict[str, str] = field(default_factory=dict)  # WebUI -> why it was given up
    painters: dict[str, bool] = field(default_factory=dict)  # WebUI -> whether it has the extension

    @property
    def left(self) -> int:
        """Pictures that are still to be made by a further run."""
        return self.total - self.already - self.made


class BatchRun:
    """Makes what is missing of `pairs` in `store`.

    Both pictures of a pair are made by one WebUI as long as it lives: graphics cards differ in their noise.

    Args:
        pairs: jobs that belong together.
        renderers: one for each WebUI.
        store: the results, open.
        progress: called as pictures are made, from several threads, one at a time.
        say: takes single sentences for the user, in the same way.
    """

    def __init__(
        self,
        pairs: Iterable[Sequence[RenderJob]],
        renderers: Sequence[Renderer],
        store: RunFolder,
        progress: Progress | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._renderers = renderers
        self._store = store
        self._progress = progress
        self._say = say
        self._queue: deque[list[RenderJob]] = deque()
        self._failures_at: defaultdict[str, Counter[str]] = defaultdict(Counter)  # job -> how often at which WebUI
        self._busy = 0
        self._fatal: BaseException | None = None
        self._stopped = False
        self._changed = threading.Condition()
        self.report = BatchReport()
        for pair in pairs:
            missing = [job for job in pair if not store.has(job.id)]
            self.report.total += len(pair)
            self.report.already += len(pair) - len(missing)
            if missing:
                self._queue.append(missing)

    def run(self) -> BatchReport:
        """Works until nothing is left, or nobody is.

        Returns:
            What was made, and what was not; whatever broke the run as a whole, such as `RunFolderError`, is raised.
        """
        if not self._queue:
            return self.report
        self._report_progress()
        # Daemons, so that Ctrl-C does not wait for the pictures that are being made.
        threads = [threading.Thread(target=self._work, args=(r,), daemon=True) for r in self._renderers]
        for thread in threads:
            thread.start()
        try:
            with self._changed:  # a WebUI that is still waiting for its index is not waited for
                while (self._queue or self._busy) and any(t.is_alive() for t in threads) and not self._stopped:
                    self._changed.wait(0.2)
        finally:
            with self._changed:
                self._stopped = True
                self._changed.notify_all()
        if self._fatal is not None:
            raise self._fatal
        return self.report

    def _work(self, renderer: Renderer) -> None:
        url = renderer.webui.url
        try:
            renderer.prepare(self._tell)
            with self._changed:
                self.report.painters[url] = renderer.extension
            failed: list[str] = []  # prompts of the failures since the last picture
            while (pair := self._next_pair(url)) is not None:
                self._render_pair(renderer, pair, failed)
        except StylusError as error:
            if isinstance(error, RunFolderError):
                self._abort(error)
                return
            with self._changed:
                if self._stopped:
                    return
                self.report.gone[url] = str(error)
                self._changed.notify_all()
            self._tell(f"{error}; it gets no more jobs")
        except BaseException as error:
            log.debug("a worker broke", exc_info=True)
            self._abort(error)

    def _render_pair(self, renderer: Renderer, pair: list[RenderJob], failed: list[str]) -> None:
        """Makes a pair, and keeps `failed` up to date. Raises if the WebUI is gone."""
        left = list(pair)
        again: list[RenderJob] = []
        try:
            while left and not self._stopped:
                try:
                    picture, record = _render(renderer, left[0])
                    self._store.add(left[0].id, picture, record)
                except (WebUIGone, RunFolderError):
                    raise
                except StylusError as error:
                    failed.append(left[0].prompt.text)
                    if self._record_failure(left[0], error, renderer.webui.url):
                        again.append(left[0])
                    left.pop(0)
                    if len(failed) >= (MAX_FAILURES if len(set(failed)) > 1 else MAX_FAILURES_OF_ONE_PROMPT):
                        raise WebUIGone(
                            f"{renderer.webui.url} failed {len(failed)} times in a row, last: {error}"
                        ) from None
                else:
                    failed.clear()
                    left.pop(0)
                    self._report_progress(made=1)
        finally:
            self._requeue(again + left)

    def _next_pair(self, url: str) -> list[RenderJob] | None:
        """The next pair for a WebUI; waits while others work, for theirs may come back. None at the end.

        What it failed itself is left to a WebUI that has not: there it is likelier to be made, and sooner.
        """
        with self._changed:
            while not self._stopped:
                for place, pair in enumerate(self._queue):
                    if not any(self._failures_at[job.id][url] and self._untried(job, url) for job in pair):
                        del self._queue[place]
                        self._busy += 1
                        return pair
                if not self._queue and not self._busy:
                    return None
                self._changed.wait()
            return None

    def _untried(self, job: RenderJob, url: str) -> bool:
        """Whether a WebUI that was not given up, another than `url`, has not failed the job yet."""
        others = {renderer.webui.url for renderer in self._renderers} - self.report.gone.keys() - {url}
        return any(not self._failures_at[job.id][other] for other in others)

    def _requeue(self, jobs: list[RenderJob]) -> None:
        with self._changed:
            self._busy -= 1
            if jobs:
                self._queue.append(jobs)
            self._changed.notify_all()

    def _record_failure(self, job: RenderJob, error: StylusError, url: str) -> bool:
        """Notes a failure; True if the job is tried once more."""
        with self._changed:
            self._failures_at[job.id][url] += 1
            if self._failures_at[job.id].total() < MAX_ATTEMPTS or self._untried(job, url):
                return True
            self.report.failed[job.id] = f"{job.prompt.text[:80]!r} ({job.side}, seed {job.seed}): {error}"
            return False

    def _abort(self, error: BaseException) -> None:
        with self._changed:
            self._fatal = self._fatal or error
            self._stopped = True
            self._changed.notify_all()

    def _report_progress(self, made: int = 0) -> None:
        with self._changed:
            self.report.made += made
            if self._progress is not None and not self._stopped:
                self._progress("pictures", self.report.already + self.report.made, self.report.total)

    def _tell(self, sentence: str) -> None:
        with self._changed:
            if self._say is not None and not self._stopped:
                self._say(sentence)


def _render(renderer: Renderer, job: RenderJob) -> tuple[bytes, dict[str, Any]]:
    """Renders; whatever goes wrong with one picture is that picture's failure, and ends no run."""
    try:
        return renderer.render(job)
    except StylusError:
        raise
    except Exception as error:
        log.debug("a picture failed", exc_info=True)
        raise WebUIError(f"{renderer.webui.url}: {type(error).__name__}: {error}") from error
