"""How the pictures of a study are asked for: with the choices that were made, and no request twice."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from stylus_study.batch.pair_rendering import pick_record
from stylus_study.batch.render_jobs import RenderJob, picture_id
from stylus_study.batch.rendering import Renderer, resolves
from stylus_study.batch.run_folder import RunFolder
from stylus_study.batch.webui import WebUI, WebUIGone
from stylus_study.batch.webui_answers import RenderedPicture
from stylus_study.study.choices import Choice
from stylus_study.study.finite_numbers import number
from stylus_study.study.toml_fields import near
from stylus_study.study.types import GridCell

_REQUEST = "request"  # of a record: what the picture was made of, whichever system it is for


class RequestCache:
    """Pictures by what they are made of: a system that picks nothing for a prompt has the base model's picture."""

    def __init__(self, store: RunFolder) -> None:
        self._store = store
        self._made = {str(r[_REQUEST]): str(r["id"]) for r in store.records if _REQUEST in r}
        self._lock = threading.Lock()

    def __contains__(self, request: str) -> bool:
        with self._lock:
            return request in self._made

    def find(self, request: str) -> tuple[bytes, dict[str, Any]] | None:
        """Finds the picture and the record of a request that was made before; None: it was not."""
        with self._lock:
            made = self._made.get(request)
        return self._store.find(made) if made is not None else None

    def add(self, request: str, job: str) -> None:
        """Notes by which job a request was made; the first one stays."""
        with self._lock:
            self._made.setdefault(request, job)


class StudyRenderer(Renderer):
    """Makes the pictures of a study at one WebUI.

    Args:
        webui: the WebUI.
        checkpoints: of the study.
        sampler: of the study; empty for the WebUI's own.
        cells: the place of each job, by its id.
        choices: what was chosen, by job; filled before the first picture.
        request_cache: what was painted.
        painted: called after each picture that the WebUI made.
    """

    def __init__(
        self,
        webui: WebUI,
        checkpoints: Iterable[str],
        sampler: str,
        cells: Mapping[str, GridCell],
        choices: Mapping[str, Choice],
        request_cache: RequestCache,
        painted: Callable[[], None],
    ) -> None:
        super().__init__(webui, checkpoints)
        self._sampler = sampler
        self._cells = cells
        self._choices = choices
        self._request_cache = request_cache
        self._painted = painted
        self._looked = False
        self.loras: dict[str, str] = {}

    def prepare(self, tell: Callable[[str], None] | None = None) -> None:
        """Looks at the WebUI once, and whenever it is called whether all picks are there."""
        if not self._looked:
            super().prepare(tell)
            self._check_sampler()
            self.loras = self.webui.loras()
            self._looked = True
        picks = {pick["name"]: pick["path"] for choice in self._choices.values() for pick in choice.picks}
        lacking = sorted(name for name, path in picks.items() if not resolves(self.loras, name, path))
        if lacking:
            raise WebUIGone(
                f"{self.webui.url} does not have {lacking[0]!r}, which the study picked"
                f"{f', and {len(lacking) - 1} more' if len(lacking) > 1 else ''}: give it the folder of adapters that "
                "the other WebUIs use, or choose anew with another --out"
            )

    def _check_sampler(self) -> None:
        """A WebUI takes a sampler's name, or one with a scheduler's after it, which its list does not have."""
        if not self._sampler:
            return
        known = self.webui.samplers()
        if not any(f"{self._sampler} ".startswith(f"{name} ") for name in known):
            raise WebUIGone(f"{self.webui.url} has no sampler {self._sampler!r}{near(self._sampler, known)}")

    def select(self, job: RenderJob) -> dict[str, Any]:
        """Gives the choice that was made for the job before the first picture."""
        choice = self._choices[job.id]
        return {
            "cell": dataclasses.asdict(self._cells[job.id]),
            "used_prompt": choice.used_prompt,
            "picks": [pick_record(pick) for pick in choice.picks],
            "composer": choice.composer,
            "notes": list(choice.notes),
            "timings": choice.timings,
            _REQUEST: request_id(job, choice),
        }

    def request(self, job: RenderJob, selection: dict[str, Any]) -> tuple[bytes, RenderedPicture, float]:
        """Asks for a picture, or takes the one that an equal request brought."""
        twin = self._request_cache.find(selection[_REQUEST])
        if twin is not None:
            picture, record = twin
            selection["twin"] = record["id"]
            return (
                picture,
                RenderedPicture(infotext=str(record.get("infotext", ""))),
                number(record.get("seconds")) or 0.0,
            )
        made = super().request(job, selection)
        self._request_cache.add(selection[_REQUEST], job.id)
        self._painted()
        return made


def request_id(job: RenderJob, choice: Choice) -> str:
    """What a picture is made of: two jobs with the same one have the same picture."""
    return picture_id({"prompt": choice.used_prompt, "seed": job.seed, **job.picture.settings()})
