"""Makes the pictures of a study: every system chooses for every prompt first, then the WebUIs paint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from stylus_core.eta import Eta
from stylus_core.progress import Progress
from stylus_core.types import Pick
from stylus_study.batch.batch_run import BatchReport, BatchRun
from stylus_study.batch.pair_rendering import Selector
from stylus_study.batch.prompts import Prompt
from stylus_study.batch.render_jobs import RenderJob
from stylus_study.batch.rendering import resolves
from stylus_study.batch.run_folder import RunFolder
from stylus_study.batch.webui import WebUI, WebUIError
from stylus_study.study.choices import Choice, Choices, Chooser, choice_key, typed
from stylus_study.study.cost import StudyCost, cost
from stylus_study.study.estimate import Speed
from stylus_study.study.plan import source_of
from stylus_study.study.render_jobs import cells, picture_of
from stylus_study.study.rendering import RequestCache, StudyRenderer, request_id
from stylus_study.study.study_folder import StudyError, refuse_another, write_plan
from stylus_study.study.types import GridCell, StudyPlan, StudySystem

log = logging.getLogger(__name__)

#: Opens the library as one source describes it: "", "metadata", "none" or a file of descriptions.
Opener = Callable[[str], AbstractContextManager[Selector]]


@dataclass(slots=True)
class StudyOutcome:
    """What a run came to."""

    pictures: BatchReport = field(default_factory=BatchReport)
    unchosen: dict[str, dict[str, str]] = field(default_factory=dict)  # system -> prompt's id -> why
    unchosen_pictures: int = 0
    copied: int = 0  # pictures that are another's, because the request was the same

    @property
    def left(self) -> int:
        """Pictures that are still to be made by a further run."""
        return self.pictures.left + self.unchosen_pictures


class StudyRun:
    """One run of a study. What earlier runs made stays, and is not made again.

    Args:
        plan: the study.
        folder: where it goes.
        webuis: who paints.
        opener: opens the library, once for each source of descriptions; None if none is named.
        progress: takes (stage, done, total).
        say: takes single sentences for the user.
        workers: prompts that are chosen for at once.
    """

    def __init__(
        self,
        plan: StudyPlan,
        folder: Path,
        webuis: Sequence[WebUI],
        opener: Opener | None,
        progress: Progress | None = None,
        say: Callable[[str], None] | None = None,
        workers: int = 1,
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._webuis = webuis
        self._opener = opener
        self._progress = progress
        self._say = say or log.info
        self._workers = workers
        self._eta = Eta()
        self._cells: dict[str, GridCell] = {}
        self._jobs: list[list[RenderJob]] = []
        self._chosen: dict[str, Choice] = {}  # by job
        self.outcome = StudyOutcome()

    def run(self, speed: Speed, show: Callable[[StudyCost], None]) -> StudyOutcome:
        """Chooses and paints what is missing.

        Args:
            speed: how long a picture takes, for the cost.
            show: gets the cost before anything is made.

        Returns:
            What was made, copied and chosen, and what is left.

        Raises:
            StylusError: the study as a whole cannot go on.
        """
        self._refuse_early()
        with RunFolder(self._folder) as store:
            refuse_another(self._folder, self._plan)
            write_plan(self._folder, self._plan)
            self._lay_out()
            request_cache = RequestCache(store)
            renderers = self._looked_at(request_cache)
            choices = Choices(self._folder)
            seconds, source = speed.known(self._plan, [renderer.webui for renderer in renderers])
            show(cost(self._plan, store.records, choices, webuis=len(renderers), seconds=seconds, source=source))
            self._choose(choices, renderers)
            groups = list(self._chosen_jobs(choices))
            self._count_copies(groups, store, request_cache)
            run = BatchRun(groups, renderers, store, self._told, self._say)
            run.report.gone.update(self.outcome.pictures.gone)
            self.outcome.pictures = run.report
            run.run()
        return self.outcome

    def _refuse_early(self) -> None:
        if not self._webuis:
            raise StudyError("name a WebUI that paints: --webui http://127.0.0.1:7860, or --dry-run for the plan alone")
        selecting = [system.name for system in self._plan.systems if system.options]
        if selecting and self._opener is None:
            raise StudyError(
                f"{', '.join(selecting)} pick from a library: give the WebUI's folder of adapters as --library"
            )
        if any("architecture" not in system.options for system in self._plan.systems if system.options):
            self._say(
                "no architecture is named: if the library has adapters of several, write it under [options], e.g. "
                'architecture = "sd1"'
            )

    def _lay_out(self) -> None:
        texts = dict(self._plan.prompts)
        for group in cells(self._plan):
            pair = group[0][0]
            jobs = []
            for name, cell in group:
                self._cells[name] = cell
                prompt = Prompt(texts[cell.prompt], cell.prompt)
                jobs.append(RenderJob(name, pair, prompt, cell.system, cell.seed, picture_of(self._plan, cell)))
            self._jobs.append(jobs)

    def _looked_at(self, request_cache: RequestCache) -> list[StudyRenderer]:
        """The WebUIs that can paint. Raises `StudyError` if there is none."""
        sampler = self._plan.settings.get("picture", {}).get("request", {}).get("sampler_name", "")
        renderers, gone = [], self.outcome.pictures.gone
        for webui in self._webuis:
            renderer = StudyRenderer(
                webui, self._plan.checkpoints, sampler, self._cells, self._chosen, request_cache, self._eta.step
            )
            try:
                renderer.prepare(self._say)
            except WebUIError as error:
                gone[webui.url] = str(error)
            else:
                renderers.append(renderer)
        if not renderers:
            raise StudyError(f"no WebUI can paint this study: {'; '.join(gone.values())}")
        for why in gone.values():
            self._say(f"{why}; the others paint")
        return renderers

    def _choose(self, choices: Choices, renderers: Sequence[StudyRenderer]) -> None:
        """One source of descriptions after the other, so that one index is in memory at a time."""

        def resolved(pick: Pick) -> bool:
            return all(resolves(renderer.loras, pick.name, pick.path) for renderer in renderers)

        by_source: dict[str, list[StudySystem]] = {}
        for system in self._plan.systems:
            if system.options:
                by_source.setdefault(source_of(self._plan, system), []).append(system)
        for source, systems in by_source.items():
            waiting = [s for s in systems if self._missing(s, choices)]
            if not waiting or self._opener is None:
                continue
            with self._opener(source) as selector:
                for system in waiting:
                    chooser = Chooser(self._plan, system, selector, resolved, self._workers)
                    chooser.choose(choices, self._progress)
                    if chooser.failed:
                        self.outcome.unchosen[system.name] = chooser.failed
                        why = next(iter(chooser.failed.values()))
                        self._say(f"{system.name} has no choice for {len(chooser.failed)} prompts: {why}")

    def _missing(self, system: StudySystem, choices: Choices) -> bool:
        return any(choices.get(choice_key(self._plan, system, text)) is None for _, text in self._plan.prompts)

    def _chosen_jobs(self, choices: Choices) -> Iterator[list[RenderJob]]:
        """The jobs of which the prompt is known."""
        systems = {system.name: system for system in self._plan.systems}
        for group in self._jobs:
            jobs = []
            for job in group:
                system = systems[job.side]
                text = job.prompt.text
                choice = choices.get(choice_key(self._plan, system, text)) if system.options else typed(system, text)
                if choice is None:
                    self.outcome.unchosen_pictures += 1
                else:
                    self._chosen[job.id] = choice
                    jobs.append(job)
            yield jobs

    def _count_copies(
        self, groups: Sequence[Sequence[RenderJob]], store: RunFolder, request_cache: RequestCache
    ) -> None:
        missing = [job for group in groups for job in group if not store.has(job.id)]
        requests = {request_id(job, self._chosen[job.id]) for job in missing}
        to_paint = sum(request not in request_cache for request in requests)
        self.outcome.copied = len(missing) - to_paint
        if self.outcome.copied:
            self._say(
                f"{self.outcome.copied} of {len(missing)} pictures are asked for like another one and are copied from "
                "it: where a system picks nothing, its picture is the base model's"
            )
        self._eta.start(to_paint)

    def _told(self, stage: str, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(self._eta.said(stage), done, total)
