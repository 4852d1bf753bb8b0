"""Pictures with and without adapters: with the extension where the WebUI has it, else with the core's own picks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from stylus_core.options import Options
from stylus_core.prompt.tags import NetworkTag, adapter_tags
from stylus_core.types import Pick, Selection
from stylus_study.batch.render_jobs import WITH, RenderJob
from stylus_study.batch.rendering import Renderer, resolves
from stylus_study.batch.webui import WebUI, WebUIError, WebUIGone
from stylus_study.batch.webui_answers import ERROR, PICKS, RenderedPicture

#: Seconds between two looks at an index that is not ready, and how often at most: half an hour.
_INDEX_POLL_SECONDS, _INDEX_POLLS = 2.0, 900
#: How often at most a prompt is selected for again because the WebUI lacks a pick.
_MAX_RESELECTIONS = 20


class Selector(Protocol):
    """What is used of `stylus_core.Stylus`."""

    def select(self, prompt: str, options: Options) -> Selection:
        """Adapters for a prompt.

        Args:
            prompt: as the user typed it.
            options: of the selection.

        Returns:
            The picks, and the prompt with their tags.
        """
        ...


class PairRenderer(Renderer):
    """Makes the pictures of one WebUI with and without adapters.

    Args:
        webui: the WebUI.
        checkpoints: those of the jobs.
        options: of the selection.
        selector: gives the core's picks for a WebUI without the extension; None if there is no library.
    """

    def __init__(self, webui: WebUI, checkpoints: Iterable[str], options: Options, selector: Selector | None) -> None:
        super().__init__(webui, checkpoints)
        self._options = options
        self._selector = selector
        self._loras: dict[str, str] = {}
        self._lacking: set[str] = set()  # adapters of the library that this WebUI does not have

    def prepare(self, tell: Callable[[str], None] | None = None) -> None:
        """Looks at the WebUI, and waits for its index.

        Args:
            tell: takes sentences for the user meanwhile; None to say nothing.

        Raises:
            WebUIGone: it can make no picture, or has nothing to pick from.
        """
        super().prepare(tell)
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

    def select(self, job: RenderJob) -> dict[str, Any]:
        """What the record says of the selection.

        Args:
            job: the picture that is wanted.

        Returns:
            Fields of the record: `used_prompt`, `picks`, `notes`, and with adapters `composer` and `options`.
        """
        selection = super().select(job)
        if job.side != WITH:
            return selection
        picked = self._explained(job.prompt.text) if self.extension else self._selected(job.prompt.text)
        return {**selection, **picked, "options": self._options.changed()}

    def apply_answer(self, job: RenderJob, selection: dict[str, Any], answer: RenderedPicture) -> None:
        """Takes over the prompt and the picks that the extension used, which may be others than it announced.

        Args:
            job: the picture that was wanted.
            selection: as `select` gave it; changed in place.
            answer: what the WebUI says of the picture.
        """
        if not self.extension:
            return
        selection["used_prompt"] = answer.prompt or job.prompt.text
        if job.side == WITH:
            self._check_picked(answer)
            selection["picks"] = _picks(job.prompt.text, selection["used_prompt"], selection["picks"])

    # -- with the extension

    def script_args(self, job: RenderJob) -> dict[str, Any]:
        """All options, so that the panel's own defaults at that WebUI change nothing.

        Args:
            job: the picture that is wanted.

        Returns:
            Options of the extension by name; it is switched off on the side without adapters.
        """
        return {"enabled": True, **self._options_by_name()} if job.side == WITH else {"enabled": False}

    def _options_by_name(self) -> dict[str, Any]:
        given = dataclasses.asdict(self._options)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in given.items()}

    def _await_index(self, tell: Callable[[str], None] | None) -> None:
        """Until the index is ready pictures come as typed, which would compare nothing."""
        for poll in range(_INDEX_POLLS):
            state = self.webui.index_state()
            if state.status == "ready" and not state.refreshing:
                return
            sentence = " ".join(state.sentence.split())[:300]
            if state.status == "failed":
                raise WebUIGone(f"{self.webui.url} has no index to pick from: {sentence}")
            if poll == 0 and tell is not None:
                tell(f"{self.webui.url}: {sentence or 'waiting for its index'}")
            self.webui.sleep(_INDEX_POLL_SECONDS)
        raise WebUIGone(f"{self.webui.url} is still not done with its index: try again later")

    def _explained(self, prompt: str) -> dict[str, Any]:
        """The picks with their reasons, which an infotext does not hold. The picture itself picks out of the cache."""
        try:
            return {
                "used_prompt": prompt,
                **self.webui.selection({"prompt": prompt, "options": self._options_by_name()}),
            }
        except WebUIGone:
            raise
        except WebUIError as error:
            if error.status == 503:  # a file was added or taken away, and is being read
                self._await_index(None)
            elif error.status in (0, 422):  # an answer that cannot be used, or a prompt that is refused
                raise
            return {"used_prompt": prompt}

    def _check_picked(self, answer: RenderedPicture) -> None:
        if PICKS not in answer.params:
            why = (answer.params.get(ERROR) or "it did not say why; its log does").rstrip(".")[:300]
            raise WebUIError(f"{self.webui.url} made the picture as typed, without Stylus: {why}")

    # -- with the core's picks

    def _selected(self, prompt: str) -> dict[str, Any]:
        if self._selector is None:
            raise WebUIGone(f"{self.webui.url}: there is no library to pick from")

        def resolved(pick: Pick) -> bool:
            return resolves(self._loras, pick.name, pick.path)

        selection, gone = select_resolved(self._selector, prompt, self._options, self._lacking, resolved)
        notes = [f"{name} was not picked: {self.webui.url} does not have it, or has another file" for name in gone]
        return {
            "used_prompt": selection.rewritten,
            "picks": [pick_record(dataclasses.asdict(p)) for p in selection.picks],
            "composer": selection.composer,
            "notes": [*selection.notes, *notes],
        }


def select_resolved(
    selector: Selector, prompt: str, options: Options, lacking: set[str], resolved: Callable[[Pick], bool]
) -> tuple[Selection, list[str]]:
    """Selects again without what a WebUI lacks: a tag that it cannot resolve does nothing, in silence.

    Args:
        selector: picks out of the library.
        prompt: as the user typed it.
        options: of the selection.
        lacking: names of the adapters that are known to be lacking; those that are found to be are added.
        resolved: whether the WebUI has a pick.

    Returns:
        The selection, and the names of the picks that were passed over for it.

    Raises:
        WebUIGone: too many picks in a row are not there.
    """
    gone: list[str] = []
    for _ in range(_MAX_RESELECTIONS):
        pinned = tuple(n for n in options.pinned if n not in lacking)
        banned = tuple(dict.fromkeys((*options.banned, *sorted(lacking))))
        selection = selector.select(prompt, dataclasses.replace(options, pinned=pinned, banned=banned))
        missing = [p.name for p in selection.picks if not resolved(p)]
        if not missing:
            return selection, gone
        lacking.update(missing)
        gone += missing
    raise WebUIGone(
        f"the WebUI does not have the adapters of the library ({', '.join(gone[:3])}, ...): give the folder that it "
        "uses as --library"
    )


def pick_record(pick: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of a pick.

    Args:
        pick: the fields of a pick, and whatever else.

    Returns:
        The fields that are kept; `clip_weight` only where the text encoder has a weight of its own.
    """
    record = {k: pick.get(k) for k in ("name", "weight", "keyword", "reason", "title", "kind")}
    return record if pick.get("clip_weight") is None else {**record, "clip_weight": pick["clip_weight"]}


def _picks(typed: str, used: str, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The adapters that the picture has and the prompt had not, as its own text says; `known` gives the reasons."""
    before = {tag.name for tag in adapter_tags(typed)}
    by_name = {pick["name"]: pick for pick in known}
    added = [tag for tag in adapter_tags(used) if tag.name not in before]
    return [pick_record({**by_name.get(tag.name, {"name": tag.name}), **_weights(tag)}) for tag in added]


def _weights(tag: NetworkTag) -> dict[str, float | None]:
    return {"weight": tag.weight, "clip_weight": None if tag.te == tag.weight else tag.te}
