"""How any picture is asked for: looks at a WebUI once, then a request and a record for each job."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from stylus_study.batch.render_jobs import RenderJob
from stylus_study.batch.webui import WebUI, WebUIGone
from stylus_study.batch.webui_answers import RenderedPicture

TITLE = "Stylus"
_COMPARED = 10_000  # names that one without a match is compared with


class Renderer:
    """Makes pictures at one WebUI: `prepare` once, then `render` for every job. Subclasses say with what prompt.

    Args:
        webui: the WebUI.
        checkpoints: those of the jobs; "" is the one that is loaded.
    """

    def __init__(self, webui: WebUI, checkpoints: Iterable[str] = ()) -> None:
        self.webui = webui
        self._checkpoints = [name for name in checkpoints if name]
        self._titles: dict[str, str] = {}
        self.extension = False

    def prepare(self, tell: Callable[[str], None] | None = None) -> None:
        """Looks at the WebUI: whether it has the extension, and the checkpoints of the jobs.

        Args:
            tell: takes sentences for the user meanwhile; None to say nothing.

        Raises:
            WebUIError: it cannot make the pictures.
        """
        self.extension = TITLE.lower() in (title.lower() for title in self.webui.scripts())
        if self._checkpoints:
            known = _aliases(self.webui.checkpoints())
            self._titles = {name: self._title(name, known) for name in self._checkpoints}

    def render(self, job: RenderJob) -> tuple[bytes, dict[str, Any]]:
        """Selects adapters for a job and asks for its picture.

        Args:
            job: the picture that is wanted.

        Returns:
            The picture's bytes as the WebUI sent them, and its record, to which `RunFolder.add` adds the file.

        Raises:
            WebUIError: the WebUI did not make the picture.
            StylusError: the selection failed.
        """
        selection = self.select(job)
        picture, answer, seconds = self.request(job, selection)
        self.apply_answer(job, selection, answer)
        record = {
            "pair": job.pair,
            "prompt": job.prompt.text,
            **({"name": job.prompt.name} if job.prompt.name else {}),
            **({"labels": job.prompt.labels} if job.prompt.labels else {}),
            "side": job.side,
            "seed": job.seed,
            **selection,
            "webui": self.webui.url,
            "extension": self.extension,
            "seconds": round(seconds, 3),
            "infotext": answer.infotext,
        }
        return picture, record

    def select(self, job: RenderJob) -> dict[str, Any]:
        """What the record says of the selection; here of none, the prompt as it is.

        Args:
            job: the picture that is wanted.

        Returns:
            Fields of the record, at least `used_prompt`, which is sent, `picks` and `notes`.
        """
        return {"used_prompt": job.prompt.text, "picks": [], "notes": []}

    def request(self, job: RenderJob, selection: dict[str, Any]) -> tuple[bytes, RenderedPicture, float]:
        """Asks the WebUI for a picture.

        Args:
            job: the picture that is wanted.
            selection: as `select` gave it; fields may be added.

        Returns:
            The picture's bytes, what the WebUI says of it, and the seconds that it took.
        """
        body = self._body(job, selection["used_prompt"])
        clock = time.monotonic()
        picture, answer = self.webui.txt2img(body)
        return picture, answer, time.monotonic() - clock

    def script_args(self, job: RenderJob) -> dict[str, Any]:
        """What the extension is sent, where the WebUI has it.

        Args:
            job: the picture that is wanted.

        Returns:
            Options of the extension by name; here it is switched off.
        """
        return {"enabled": False}

    def apply_answer(self, job: RenderJob, selection: dict[str, Any], answer: RenderedPicture) -> None:
        """Takes what the WebUI says of the picture into the record's fields; here there is nothing to take.

        Args:
            job: the picture that was wanted.
            selection: as `select` gave it; changed in place.
            answer: what the WebUI says of the picture.
        """

    def _body(self, job: RenderJob, prompt: str) -> dict[str, Any]:
        picture = job.picture
        body: dict[str, Any] = {
            **picture.request,
            "prompt": prompt,
            "negative_prompt": picture.negative,
            "seed": job.seed,
            "steps": picture.steps,
            "width": picture.width,
            "height": picture.height,
            "cfg_scale": picture.cfg,
            "batch_size": 1,
            "n_iter": 1,
            "send_images": True,
            "save_images": False,
        }
        if picture.checkpoint:
            given = picture.request.get("override_settings", {})
            body["override_settings"] = {**given, "sd_model_checkpoint": self._titles[picture.checkpoint]}
            body["override_settings_restore_afterwards"] = False
        if self.extension:
            body["alwayson_scripts"] = {TITLE: {"args": [self.script_args(job)]}}
        return body

    def _title(self, name: str, known: Mapping[str, str]) -> str:
        """The checkpoint's title: the WebUI drops a name that it does not know, and says nothing."""
        if name not in known:
            near = difflib.get_close_matches(name, list(known)[:_COMPARED], n=3, cutoff=0.4)
            hint = f"; near: {', '.join(near)}" if near else ""
            raise WebUIGone(f"{self.webui.url} has no checkpoint {name!r}{hint}")
        return known[name]


def resolves(loras: Mapping[str, str], name: str, path: str) -> bool:
    """Whether a WebUI's adapter is the same file as that of a library, by the name of the file.

    Args:
        loras: adapters of the WebUI, each with its path on that machine, whose folders may have other names.
        name: by which a tag calls the adapter.
        path: the library's file.

    Returns:
        True also where the WebUI does not say the path.
    """
    known = loras.get(name)
    return known is not None and (not known or file_name(known).lower() == file_name(path).lower())


def file_name(path: str) -> str:
    """The file's name, wherever the path was written."""
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name


def _aliases(entries: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Everything that a checkpoint may be called by -> its title."""
    known = {}
    for entry in entries:
        title, file = entry["title"], entry["filename"]
        for alias in (entry["model_name"], file, title, file_name(file)):
            known[alias] = title
    return known
