"""The adapters that the user loaded into a pipeline himself: which are active at which weight, so that they stay so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from stylus_core.pipeline.adapter_layers import adapter_layers, is_ours
from stylus_core.types import PresentAdapter


class _LayerState(NamedTuple):
    """What the user has in one layer."""

    layer: Any  # held, so that its id stays its own
    active: list[str]


class UserAdapters:
    """The user's adapters in a pipeline as they are now, to be put back after each step of ours.

    Loading an adapter switches all others off, in diffusers as in peft, and deleting one may switch another one on.

    Args:
        pipe: a pipeline of diffusers.
    """

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._states: dict[int, _LayerState] = {}
        active: dict[str, None] = {}
        for _, layer in adapter_layers(pipe):
            own = [name for name in layer.active_adapters if not is_ours(name)]
            self._states[id(layer)] = _LayerState(layer, own)
            active.update(dict.fromkeys(own))
        #: Names of those that are active somewhere.
        self.active = tuple(active)

    def put_back(self, ours: Sequence[str] = ()) -> None:
        """Makes the user's adapters active as they were, and beside them these of ours.

        Their weights nobody has touched: diffusers sets those of the adapters that it is told to activate.

        Args:
            ours: names of those that are active from now on.
        """
        for _, layer in adapter_layers(self._pipe):
            state = self._states.get(id(layer))
            wanted = [*(state.active if state else ()), *ours]
            if list(layer.active_adapters) != wanted:
                layer.set_adapter(wanted)


def present_adapters(pipe: Any) -> tuple[PresentAdapter, ...]:
    """Finds what the user loaded into a pipeline, for `Stylus.select(present=...)`, which counts it.

    Args:
        pipe: a pipeline of diffusers.

    Returns:
        The active adapters that are not ours, by their names in the pipeline, at their weights; none where the
        pipeline can have none.
    """
    weights: dict[str, dict[bool, float]] = {}  # by name: of the text encoders, of the rest
    try:
        for part, layer in adapter_layers(pipe):
            for name in layer.active_adapters:
                if not is_ours(name) and name in getattr(layer, "scaling", {}):
                    of_text = part.startswith("text_encoder")
                    weights.setdefault(name, {}).setdefault(of_text, _weight(layer, name))
    except (AttributeError, ImportError, ValueError):
        return ()
    out = []
    for name, found in weights.items():
        weight = found.get(False, found.get(True, 1.0))
        clip = found.get(True, weight)
        out.append(PresentAdapter(name, weight, None if clip == weight else clip))
    return tuple(out)


def _weight(layer: Any, name: str) -> float:
    """At which an adapter is set in a layer; peft keeps it multiplied by alpha and divided by the rank."""
    try:
        rank = layer.r[name]
        rooted = getattr(layer, "use_rslora", {}).get(name, False)
        whole = layer.lora_alpha[name] / (math.sqrt(rank) if rooted else rank)
        return float(round(layer.scaling[name] / whole, 4))
    except (AttributeError, KeyError, ZeroDivisionError):  # LoKr and its like
        return 1.0
