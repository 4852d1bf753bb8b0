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
    """Makes pictures at one WebUI: `prepare` once, then `paint` for every job. Subclasses say with what prompt.

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
        """Looks at the WebUI. Raises `WebUIError` if it cannot make the pictures; `tell` takes sentences meanwhile."""
        self.extension = TITLE.lower() in (title.lower() for title in self.webui.scripts())
        if self._checkpoints:
            known = _aliases(self.webui.checkpoints())
            self._titles = {name: self._title(name, known) for name in self._checkpoints}

    def paint(self, job: RenderJob) -> tuple[bytes, dict[str, Any]]:
        """The picture and its record. Raises `WebUIError`, or `StylusError` where the selection failed."""
        said = self.chosen(job)
        picture, info, seconds = self.request(job, said)
        self.painted(job, said, info)
        record = {
            "pair": job.pair,
            "prompt": job.prompt.text,
            **({"name": job.prompt.name} if job.prompt.name else {}),
            **({"labels": job.prompt.labels} if job.prompt.labels else {}),
            "side": job.side,
            "seed": job.seed,
            **said,
            "webui": self.webui.url,
            "extension": self.extension,
            "seconds": round(seconds, 3),
            "infotext": info.infotext,
        }
        return picture, record

    def chosen(self, job: RenderJob) -> dict[str, Any]:
        """What the record says of the selection; `used_prompt` is sent."""
        return {"used_prompt": job.prompt.text, "picks": [], "notes": []}

    def request(self, job: RenderJob, said: dict[str, Any]) -> tuple[bytes, RenderedPicture, float]:
        """The picture, what the WebUI says of it, and the seconds that it took."""
        body = self._body(job, said["used_prompt"])
        clock = time.monotonic()
        picture, info = self.webui.txt2img(body)
        return picture, info, time.monotonic() - clock

    def arguments(self, job: RenderJob) -> dict[str, Any]:
        """What the extension is sent, where the WebUI has it."""
        return {"enabled": False}

    def painted(self, job: RenderJob, said: dict[str, Any], info: RenderedPicture) -> None:
        """Takes what the WebUI says of the picture into `said`. Raises `WebUIError` if it is not the one asked for."""

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
            body["alwayson_scripts"] = {TITLE: {"args": [self.arguments(job)]}}
        return body

    def _title(self, name: str, known: Mapping[str, str]) -> str:
        """The checkpoint's title: the WebUI drops a name that it does not know, and says nothing."""
        if name not in known:
            near = difflib.get_close_matches(name, list(known)[:_COMPARED], n=3, cutoff=0.4)
            hint = f"; near: {', '.join(near)}" if near else ""
            raise WebUIGone(f"{self.webui.url} has no checkpoint {name!r}{hint}")
        return known[name]


def resolves(loras: Mapping[str, str], name: str, path: str) -> bool:
    """Whether a WebUI's adapter `name` is the same file; its folders may have other names on its machine."""
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
