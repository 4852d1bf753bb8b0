"""A graph of ComfyUI: what led to the picture, and which text its sampler was given.

Nodes are told by what they take, not by their class, so that nobody's nodes need to be listed.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from stylus_core.generation_data import values

_MOST_NODES, _DEEPEST, _MOST_STEPS, _MOST_ENDS = 20_000, 100, 5_000, 8
_TEXT = re.compile(
    r"(?:.*_)?(?:text|prompt|string|value|wildcard|caption|tags|clip_[lgh]|t5xxl|t5|llama|str|result)"
    r"(?:_?(?:[a-z]|\d{1,3}|positive|negative|g|l))?\Z",
    re.IGNORECASE,
)
#: What carries no text, so that nothing is looked for behind it.
_OTHER = re.compile(
    r"(?:.*_)?(?:model|clip|vae|image|images|pixels|mask|latent|latent_image|samples|control_net|clip_vision"
    r"|clip_vision_output|noise|sigmas|sampler|seed|style_model|width|height)(?:_?\d{1,3})?\Z",
    re.IGNORECASE,
)
_CHECKPOINTS = ("ckpt_name", "unet_name", "base_ckpt_name", "model_name", "checkpoint")


class PromptGraph:
    """What ComfyUI was asked to run.

    Attributes:
        used: the nodes that the picture needed, those nearest to it first.
    """

    def __init__(self, data: Mapping[str, Any], stem: str = "") -> None:
        self._nodes: dict[str, Mapping[str, Any]] = {}
        for name, node in data.items():
            if isinstance(node, dict) and isinstance(node.get("inputs"), dict):
                self._nodes[name] = node
            if len(self._nodes) >= _MOST_NODES:
                break
        self._steps = _MOST_STEPS
        self.used = self._needed(stem)

    def kind(self, name: str) -> str:
        """The class of a node; "" if there is none."""
        kind = self._nodes[name].get("class_type") if name in self._nodes else ""
        return kind if isinstance(kind, str) else ""

    def inputs(self, name: str) -> Mapping[str, Any]:
        """The inputs of a node, by name."""
        inputs: Mapping[str, Any] = self._nodes[name]["inputs"]
        return inputs

    def link(self, value: Any) -> tuple[str, int] | None:
        """Tells whether an input is linked.

        Args:
            value: of an input.

        Returns:
            The node that it comes from and which of its outputs; None if it is a value.
        """
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
            name = str(value[0])
            if name in self._nodes:
                return name, value[1]
        return None

    def links(self, name: str) -> Iterator[tuple[str, str, int]]:
        """Of each linked input of a node its name, and where it comes from."""
        for key, value in self.inputs(name).items():
            if link := self.link(value):
                yield key, *link

    def plain(self, value: Any, depth: int = 0) -> Any:
        """Follows a value through primitives.

        Args:
            value: of an input.
            depth: how many were passed.

        Returns:
            What stands at the end; None if that is not one value.
        """
        link = self.link(value)
        if link is None:
            return value
        inputs = list(self.inputs(link[0]).values())
        return self.plain(inputs[0], depth + 1) if len(inputs) == 1 and depth < _DEEPEST else None

    def checkpoint(self) -> str:
        """The name of the checkpoint, or "": that of the loader farthest from the picture."""
        for key in _CHECKPOINTS:
            for name in reversed(self.used):
                value = self.plain(self.inputs(name).get(key))
                if isinstance(value, str) and (found := values.model_name(value)):
                    return found
        return ""

    def prompts(self) -> tuple[str, str]:
        """The text that the sampler wanted and the one that it did not: of the first of several samplers."""
        samplers = [n for n in self.used if self._is_sampler(n)]
        loaders = [n for n in self.used if _speaks(self, self.inputs(n).get("positive"))]  # that hand on a "pipe"
        for name in (*reversed(samplers[-_MOST_ENDS:]), *reversed(loaders[-_MOST_ENDS:])):
            positive = self._side(name, "positive")
            if positive:
                return positive, self._side(name, "negative")
        encoders = [n for n in self.used if "TextEncode" in self.kind(n)]
        texts = (self._whole((name, 0), "positive") for name in reversed(encoders[-_MOST_ENDS:]))
        return next(filter(None, texts), ""), ""

    # -- what the picture needed ---------------------------------------------------------------------------------------

    def _needed(self, stem: str) -> list[str]:
        pointed = {source for name in self._nodes for _, source, _ in self.links(name)}
        ends = [n for n in self._nodes if n not in pointed and any(True for _ in self.links(n))]
        best: list[str] = []
        best_rank: tuple[bool, bool, bool] | None = None
        for end in sorted(ends, key=lambda n: "save" not in self.kind(n).lower())[:_MOST_ENDS]:
            prefix = self.inputs(end).get("filename_prefix")
            base = prefix.replace("\\", "/").rpartition("/")[2] if isinstance(prefix, str) else ""
            above = self._above(end)
            rank = (
                any(map(self._is_sampler, above)),
                bool(base) and stem.startswith(base),
                "save" in self.kind(end).lower(),
            )
            if best_rank is None or rank > best_rank:
                best, best_rank = above, rank
        return best

    def _above(self, end: str) -> list[str]:
        seen = {end: None}
        queue = deque([end])
        while queue:
            for _, source, _ in self.links(queue.popleft()):
                if source not in seen:
                    seen[source] = None
                    queue.append(source)
        return list(seen)

    def _is_sampler(self, name: str) -> bool:
        linked = {key for key, _, _ in self.links(name)}
        return "guider" in linked or ("positive" in linked and bool(linked & {"model", "latent_image", "base_model"}))

    # -- texts ---------------------------------------------------------------------------------------------------------

    def _side(self, sampler: str, side: str) -> str:
        inputs = self.inputs(sampler)
        guider = self.link(inputs.get("guider"))
        if guider is not None:
            inputs = self.inputs(guider[0])
        value = inputs.get(side)
        if value is None and side == "positive":
            value = inputs.get("conditioning", inputs.get("cond1"))
        link = self.link(value)
        if link is None:
            return values.clean_text(value)
        return self._whole(link, side)

    def _whole(self, link: tuple[str, int], side: str) -> str:
        self._steps = _MOST_STEPS
        return values.clean_text(self._text(link, side, frozenset()))

    def _text(self, link: tuple[str, int], side: str, above: frozenset[str]) -> str:
        name = link[0]
        self._steps -= 1 + len(self.inputs(name)) // 20
        if name in above or len(above) > _DEEPEST or self._steps < 0 or "ZeroOut" in self.kind(name):
            return ""
        above |= {name}
        inputs = self.inputs(name)
        other = "negative" if side == "positive" else "positive"
        wanted = {k: v for k, v in inputs.items() if other not in k.lower() and not _OTHER.match(k)}
        for chosen in (
            [v for k, v in wanted.items() if side in k.lower() and _speaks(self, v)],
            [v for k, v in wanted.items() if k == "populated_text" and _speaks(self, v)],
            [v for k, v in wanted.items() if _TEXT.match(k) and _speaks(self, v)],
            [v for v in wanted.values() if self.link(v)],
        ):
            parts = [self._part(v, side, above) for v in chosen]
            parts = list(dict.fromkeys(p for p in parts if p.strip()))
            if parts:
                delimiter = self.plain(inputs.get("delimiter", inputs.get("separator", ", ")))
                return (delimiter if isinstance(delimiter, str) else ", ").join(parts)[: values.MOST_PROMPT]
        return ""

    def _part(self, value: Any, side: str, above: frozenset[str]) -> str:
        link = self.link(value)
        return self._text(link, side, above) if link else str(value)


def _speaks(graph: PromptGraph, value: Any) -> bool:
    return bool(graph.link(value)) or (isinstance(value, str) and bool(value.strip()))
