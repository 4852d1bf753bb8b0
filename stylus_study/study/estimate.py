"""How long a picture takes, and what a run would cost, before anything is made."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylus_study.batch.prompts import Prompt
from stylus_study.batch.render_jobs import RenderJob
from stylus_study.batch.rendering import Renderer
from stylus_study.batch.webui import WebUI
from stylus_study.study.choices import Choices
from stylus_study.study.cost import StudyCost, cost
from stylus_study.study.render_jobs import cells, picture_of
from stylus_study.study.study_folder import StudyError, refuse_another, results
from stylus_study.study.types import PLAN, StudyPlan


@dataclass(frozen=True, slots=True)
class Speed:
    """Where the time of a picture comes from: `seconds` as somebody says, or else `probe` paints and looks."""

    seconds: float | None = None
    probe: bool = False

    def known(self, plan: StudyPlan, webuis: Sequence[WebUI]) -> tuple[float | None, str]:
        """How long a picture takes at one WebUI.

        Args:
            plan: the study; a probe paints its first picture.
            webuis: who paints; a probe asks each of them for two pictures.

        Returns:
            Seconds a picture and where that comes from, in words; None and "" where only earlier pictures can tell.

        Raises:
            WebUIError: a probe failed.
            StudyError: a probe has no WebUI to ask.
        """
        if self.seconds is not None:
            return self.seconds, "as given"
        return (_probed(plan, webuis), "by a probe") if self.probe else (None, "")


def dry_run(plan: StudyPlan, folder: Path, webuis: Sequence[WebUI], speed: Speed) -> StudyCost:
    """What a run would cost. Writes nothing, and asks nobody unless a probe is wanted.

    Args:
        plan: the study.
        folder: where it would go; what is there of it counts as made.
        webuis: who would paint; none is as good as one.
        speed: how long a picture takes.

    Returns:
        What is left of the study.

    Raises:
        StudyError: the folder holds another study, or cannot be read.
        WebUIError: a probe failed.
    """
    records: Iterator[Mapping[str, Any]] = iter(())
    if (folder / PLAN).exists():
        refuse_another(folder, plan)
        records = results(folder)
    seconds, source = speed.known(plan, webuis)
    return cost(plan, records, Choices(folder), webuis=max(1, len(webuis)), seconds=seconds, source=source)


def _probed(plan: StudyPlan, webuis: Sequence[WebUI]) -> float:
    """Paints the first picture twice at every WebUI, and takes the second one's time: the first one loads the model."""
    if not webuis:
        raise StudyError("a probe needs a WebUI that paints: --webui http://127.0.0.1:7860")
    (name, cell), *_ = next(cells(plan))
    text = dict(plan.prompts)[cell.prompt]
    job = RenderJob(name, name, Prompt(text), cell.system, cell.seed, picture_of(plan, cell))
    rate = 0.0  # pictures a second, all together
    for webui in webuis:
        renderer = Renderer(webui, [cell.checkpoint])
        renderer.prepare()
        renderer.render(job)
        clock = time.monotonic()
        renderer.render(job)
        rate += 1 / max(1e-6, time.monotonic() - clock)
    return len(webuis) / rate
