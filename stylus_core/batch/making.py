"""How a picture is asked for: with the extension where the WebUI has it, else with the core's own picks."""

from __future__ import annotations

import dataclasses
import difflib
import time
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Protocol

from stylus_core.batch.jobs import WITH, Job, Picture
from stylus_core.batch.webui import WebUI, WebUIError, WebUIGone
from stylus_core.options import Options
from stylus_core.prompt.tags import adapter_tags
from stylus_core.types import Selection

TITLE = "Stylus"
#: In the parameters of every picture that the extension decided about, with "none" where it picked nothing.
PICKS, ERROR = "Stylus picks", "Stylus error"
#: Seconds between two looks at an index that is not ready, and how often at most: half an hour.
_LOOK_EVERY, _LOOKS = 2.0, 900
#: How often a prompt is selected for again because the WebUI lacks a pick.
_ROUNDS = 20


class Selector(Protocol):
    """What is used of `stylus_core.Stylus`."""

    def select(self, prompt: str, options: Options) -> Selection: ...


class Painter:
    """Makes the pictures of one WebUI: looks at it once, then `paint` for every job.

    Args:
        webui: the WebUI.
        picture: how pictures are made.
        options: of the selection.
        selector: gives the core's picks for a WebUI without the extension; None if there is no library.
    """

    def __init__(self, webui: WebUI, picture: Picture, options: Options, selector: Selector | None) -> None:
        self.webui = webui
        self._picture = picture
        self._options = options
        self._selector = selector
        self.extension = False
        self._checkpoint = ""
        self._loras: dict[str, str] = {}
        self._lacking: set[str] = set()  # adapters of the library that this WebUI does not have

    def prepare(self, tell: Callable[[str], None] | None = None) -> None:
        """Looks at the WebUI, and waits for its index. Raises `WebUIError` if it cannot make the pictures."""
        self.extension = TITLE.lower() in (title.lower() for title in self.webui.scripts())
        if self._picture.checkpoint:
            self._checkpoint = self._title(self._picture.checkpoint)
        if self.extension:
            self._await_index(tell)
            return
        if self._selector is None:
            raise WebUIGone(
                f"{self.webui.url} does not have the extension Stylus: install it there, or give --library so that the "
                "adapters are picked here"
            )
        if self._options.architecture == "any" and tell is not None:
            tell(
                f"{self.webui.url} does not tell its checkpoint's architecture: if the library has adapters "
                "of several, give --architecture"
            )
        self._loras = self.webui.loras()
        if not self._loras:
            raise WebUIGone(f"{self.webui.url} has no adapters: its folder of LoRA files is empty, or lies elsewhere")

    def paint(self, job: Job) -> tuple[bytes, dict[str, Any]]:
        """The picture and its record. Raises `WebUIError`, or `StylusError` where the selection failed."""
        body = self._body(job)
        said: dict[str, Any] = {"used_prompt": job.prompt.text, "picks": [], "notes": []}
        if self.extension:
            body["alwayson_scripts"] = {TITLE: {"args": [self._arguments(job)]}}
        if job.side == WITH:
            said.update(self._explained(job.prompt.text) if self.extension else self._selected(job.prompt.text))
            body["prompt"] = said["used_prompt"]
        clock = time.monotonic()
        picture, info = self.webui.txt2img(body)
        seconds = time.monotonic() - clock
        if self.extension:
            said["used_prompt"] = _first(info.get("all_prompts")) or str(info.get("prompt") or job.prompt.text)
            if job.side == WITH:
                self._check(info)
                said["picks"] = _picks(job.prompt.text, said["used_prompt"], said["picks"])
        record = {
            "pair": job.pair,
            "prompt": job.prompt.text,
            **({"name": job.prompt.name} if job.prompt.name else {}),
            **({"labels": job.prompt.labels} if job.prompt.labels else {}),
            "side": job.side,
            "seed": job.seed,
            **said,
            **({"options": self._options.changed()} if job.side == WITH else {}),
            "webui": self.webui.url,
            "extension": self.extension,
            "seconds": round(seconds, 3),
            "infotext": _first(info.get("infotexts")),
        }
        return picture, record

    def _body(self, job: Job) -> dict[str, Any]:
        picture = self._picture
        body: dict[str, Any] = {
            "prompt": job.prompt.text,
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
        if self._checkpoint:
            body["override_settings"] = {"sd_model_checkpoint": self._checkpoint}
            body["override_settings_restore_afterwards"] = False
        return body

    def _title(self, name: str) -> str:
        """The checkpoint's title: the WebUI drops a name that it does not know, and says nothing."""
        known = {}
        for entry in self.webui.checkpoints():
            title = str(entry.get("title", ""))
            for alias in (entry.get("model_name"), entry.get("filename"), title):
                known[str(alias)] = title
            known[_file(str(entry.get("filename", "")))] = title
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
            hint = f"; near: {', '.join(near)}" if near else ""
            raise WebUIGone(f"{self.webui.url} has no checkpoint {name!r}{hint}")
        return known[name]

    # -- with the extension

    def _arguments(self, job: Job) -> dict[str, Any]:
        """All options, so that the panel's own defaults at that WebUI change nothing."""
        return {"enabled": True, **self._named()} if job.side == WITH else {"enabled": False}

    def _named(self) -> dict[str, Any]:
        given = dataclasses.asdict(self._options)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in given.items()}

    def _await_index(self, tell: Callable[[str], None] | None) -> None:
        """Until the index is ready pictures come as typed, which would compare nothing."""
        for look in range(_LOOKS):
            state = self.webui.get("/stylus/v1/index")
            given: Mapping[str, Any] = state if isinstance(state, dict) else {}
            if given.get("status") == "ready" and not given.get("refreshing"):
                return
            told = " ".join(str(given.get("sentence", "")).split())[:300]
            if given.get("status") == "failed":
                raise WebUIGone(f"{self.webui.url} has no index to pick from: {told}")
            if look == 0 and tell is not None:
                tell(f"{self.webui.url}: {told or 'waiting for its index'}")
            self.webui.sleep(_LOOK_EVERY)
        raise WebUIGone(f"{self.webui.url} is still not done with its index: try again later")

    def _explained(self, prompt: str) -> dict[str, Any]:
        """The picks with their reasons, which an infotext does not hold. The picture itself picks out of the cache."""
        try:
            found = self.webui.post(
                "/stylus/v1/select", {"prompt": prompt, "options": self._named()}, self.webui.timeout
            )
        except WebUIGone:
            raise
        except WebUIError as error:
            if error.status == 503:  # a file was added or taken away, and is being read
                self._await_index(None)
            elif error.status == 422:
                raise
            return {"used_prompt": prompt}
        given = found if isinstance(found, dict) else {}
        picks = given.get("picks")
        return {
            "used_prompt": prompt,
            "picks": [_short(p) for p in picks if isinstance(p, dict)] if isinstance(picks, list) else [],
            "composer": str(given.get("composer", "")),
            "notes": [str(n) for n in given.get("notes") or ()],
        }

    def _check(self, info: Mapping[str, Any]) -> None:
        params = info.get("extra_generation_params")
        given = params if isinstance(params, dict) else {}
        if PICKS not in given:
            why = str(given.get(ERROR) or "it did not say why; its log does").rstrip(".")[:300]
            raise WebUIError(f"{self.webui.url} made the picture as typed, without Stylus: {why}")

    # -- with the core's picks

    def _selected(self, prompt: str) -> dict[str, Any]:
        """Selects again without what the WebUI lacks: a tag that it cannot resolve does nothing, in silence."""
        if self._selector is None:
            raise WebUIGone(f"{self.webui.url}: there is no library to pick from")
        gone: list[str] = []
        for _ in range(_ROUNDS):
            pinned = tuple(n for n in self._options.pinned if n not in self._lacking)
            banned = tuple(dict.fromkeys((*self._options.banned, *sorted(self._lacking))))
            selection = self._selector.select(prompt, dataclasses.replace(self._options, pinned=pinned, banned=banned))
            lacking = [p.name for p in selection.picks if not self._resolves(p.name, p.path)]
            if not lacking:
                break
            self._lacking.update(lacking)
            gone += lacking
        else:
            raise WebUIGone(
                f"{self.webui.url} does not have the adapters of the library ({', '.join(gone[:3])}, ...): give the "
                "folder that this WebUI uses as --library"
            )
        notes = [f"{name} was not picked: {self.webui.url} does not have it, or has another file" for name in gone]
        return {
            "used_prompt": selection.rewritten,
            "picks": [_short(dataclasses.asdict(p)) for p in selection.picks],
            "composer": selection.composer,
            "notes": [*selection.notes, *notes],
        }

    def _resolves(self, name: str, path: str) -> bool:
        """Whether the WebUI's adapter `name` is the same file; its folders may have other names on its machine."""
        known = self._loras.get(name)
        return known is not None and (not known or _file(known).lower() == _file(path).lower())


def _file(path: str) -> str:
    """The file's name, wherever the path was written."""
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name


def _short(pick: Mapping[str, Any]) -> dict[str, Any]:
    return {k: pick.get(k) for k in ("name", "weight", "keyword", "reason", "title", "kind")}


def _picks(typed: str, used: str, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The adapters that the picture has and the prompt had not, as its own text says; `known` gives the reasons."""
    before = {tag.name for tag in adapter_tags(typed)}
    by_name = {pick["name"]: pick for pick in known}
    added = [tag for tag in adapter_tags(used) if tag.name not in before]
    return [{**by_name.get(tag.name, {"name": tag.name}), "weight": tag.weight} for tag in added]


def _first(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) and value else ""
