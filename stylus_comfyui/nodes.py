"""The nodes: what ComfyUI asks of each, and what it hands on. Everything that they do is in the modules beside this.

Those are imported when a node runs: ComfyUI's start waits for nothing but this file.
Ids of inputs and the order of widgets stand in saved workflows: a new widget goes to the end.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from stylus_comfyui import host, runtime
from stylus_comfyui.widgets import EVERYDAY, MORE, InputSpec, inputs
from stylus_host.variants import OPTION as VARIANTS

logger = logging.getLogger("stylus")

_OPTIONS = "STYLUS_OPTIONS"
_STACK = "LORA_STACK"
#: The parts of a model of two parts, of which each has its own MODEL, and what a file is for that belongs to one.
_PARTS = {"whole": "", "high noise": "high", "low noise": "low"}

_PROMPT: InputSpec = (
    "STRING",
    {"multiline": True, "dynamicPrompts": True, "default": "", "tooltip": "What the picture shows, in your words."},
)
_SEED_OF_VARIANTS: InputSpec = (
    "INT",
    {
        "default": 0,
        "min": 0,
        "max": 2**64 - 1,
        "control_after_generate": False,
        "tooltip": "Which variant this picture is: link the sampler's seed, or count up.",
    },
)
_STATE: InputSpec = (
    "STRING",
    {"default": "", "multiline": False, "tooltip": "What you did to the picks. Use the chips instead of this field."},
)


def _variants() -> InputSpec:
    return list(VARIANTS.choices), {"default": VARIANTS.default, "tooltip": "Which of the picks each picture gets."}


def _picker_inputs(required: dict[str, InputSpec]) -> dict[str, Any]:
    """Only what a prompt cannot do without is required: a client that posts a prompt names nothing else."""
    return {
        "required": {**required, "prompt": _PROMPT},
        "optional": {
            **inputs(EVERYDAY),
            "variants": _variants(),
            "variant_seed": _SEED_OF_VARIANTS,
            "picks_state": _STATE,
            **({} if "model" in required else {"model": ("MODEL", {"tooltip": "Only LoRAs for its base are picked."})}),
            "lora_stack": (_STACK, {"tooltip": "LoRAs that the picture has already: they are kept and counted."}),
            "options": (_OPTIONS, {"tooltip": "More options, from the node of this name."}),
        },
        "hidden": {"unique_id": "UNIQUE_ID", "graph": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    }


class PickerNode:
    """What the two nodes that pick have in common."""

    CATEGORY = "Stylus"
    OUTPUT_NODE = True  # so that it can be run alone, and the chips are filled where its output is cached

    @classmethod
    def IS_CHANGED(cls, picks_state: Any = None, **given: Any) -> str:
        """Says whether to run again: when the library changed, and not otherwise.

        Args:
            picks_state: what was done to the picks; None where it is linked.
            given: the other inputs.

        Returns:
            A text that is another one when the node has to run again.
        """
        from stylus_comfyui import picker_run

        return picker_run.changed(picks_state)


class StylusPick(PickerNode):
    """Picks LoRAs for a prompt."""

    DESCRIPTION = "Picks LoRAs out of your folders for a prompt: prompt with trigger words, LORA_STACK and reasons."
    FUNCTION = "pick"
    RETURN_TYPES = ("STRING", _STACK, "STRING", "STRING", "STRING")
    RETURN_NAMES = ("prompt", "lora_stack", "lora_text", "trigger_words", "report")
    OUTPUT_TOOLTIPS = (
        "The prompt with trigger words, for a text encoder.",
        "The LoRAs that came in and those that were picked.",
        "The same as <lora:name:model:clip>, for loaders that read text.",
        "The trigger words that were added.",
        "What was picked and why.",
    )

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs of the node."""
        return _picker_inputs({})

    def pick(self, **given: Any) -> dict[str, Any]:
        """Picks. What cannot be done leaves the prompt as it is, and the report says why.

        Args:
            given: by the names of `INPUT_TYPES`.

        Returns:
            `ui` for the chips, and `result` in the order of `RETURN_TYPES`.
        """
        from stylus_comfyui import picker_run

        outcome = picker_run.picked(given)
        return {"ui": picker_run.shown(outcome), "result": (outcome.result, *picker_run.outputs(outcome))}


class StylusApply:
    """Applies a stack of LoRAs by ComfyUI's own loader."""

    CATEGORY = "Stylus"
    DESCRIPTION = "Applies a LORA_STACK to a model and a CLIP, as LoraLoader nodes in a row would."
    FUNCTION = "apply"
    RETURN_TYPES = ("MODEL", "CLIP")

    def __init__(self) -> None:
        self._applier = host.LoraApplier()

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs of the node."""
        part = "Where a model has two parts, each with a MODEL of its own: which of the two this is."
        return {
            "required": {"model": ("MODEL", {}), "lora_stack": (_STACK, {"forceInput": True})},
            "optional": {"clip": ("CLIP", {}), "part": (list(_PARTS), {"default": "whole", "tooltip": part})},
        }

    def apply(self, model: Any, lora_stack: Any = None, clip: Any = None, part: str = "whole") -> tuple[Any, Any]:
        """Applies. A LoRA that cannot be applied is left out, and the log says why.

        Args:
            model: a MODEL.
            lora_stack: a LORA_STACK; None: empty.
            clip: a CLIP; None: the text encoder stays as it is.
            part: of the model; a file that belongs to the other part is left out.

        Returns:
            MODEL and CLIP.
        """
        from stylus_comfyui.stack import read_stack

        other = {"high": "low", "low": "high"}.get(_PARTS.get(part, ""))
        entries = [e for e in read_stack(lora_stack) if not (other and _stage(e.name) == other)]
        model, clip, notes = self._applier.apply(model, clip, entries)
        for note in notes:
            logger.warning("%s", note)
        return model, clip


def _stage(name: str) -> str:
    """The part of a model that a file is made for; "" where it is by itself, or nobody knows."""
    half = runtime.service().half(name)
    return half.stage if half is not None else ""


class StylusPickAndApply(PickerNode):
    """Picks LoRAs for a prompt and applies them."""

    DESCRIPTION = "Picks LoRAs for a prompt and applies them to the model and the CLIP: put it behind the checkpoint."
    FUNCTION = "pick_and_apply"
    RETURN_TYPES = ("MODEL", "CLIP", "STRING", _STACK, "STRING", "STRING", "STRING")
    RETURN_NAMES = ("MODEL", "CLIP", *StylusPick.RETURN_NAMES)
    OUTPUT_TOOLTIPS = ("The model with the LoRAs.", "The CLIP with the LoRAs.", *StylusPick.OUTPUT_TOOLTIPS)

    def __init__(self) -> None:
        self._applier = host.LoraApplier()

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs of the node."""
        return _picker_inputs({"model": ("MODEL", {}), "clip": ("CLIP", {})})

    def pick_and_apply(self, model: Any, clip: Any = None, **given: Any) -> dict[str, Any]:
        """Picks and applies. What cannot be done leaves prompt and model as they are, and the report says why.

        Args:
            model: a MODEL.
            clip: a CLIP.
            given: by the names of `INPUT_TYPES`.

        Returns:
            `ui` for the chips, and `result` in the order of `RETURN_TYPES`.
        """
        from stylus_comfyui import picker_run
        from stylus_comfyui.stack import read_stack

        outcome = picker_run.picked({**given, "model": model}, one_model=True)
        model, clip, notes = self._applier.apply(model, clip, read_stack(outcome.stack))
        outcome = outcome.noted(notes)
        result = (model, clip, outcome.result, *picker_run.outputs(outcome))
        return {"ui": picker_run.shown(outcome), "result": result}


class StylusOptions:
    """The options that do not stand on the picker."""

    CATEGORY = "Stylus"
    DESCRIPTION = "Which LoRAs may be picked at all, and other options of the picker that are seldom needed."
    FUNCTION = "options"
    RETURN_TYPES: ClassVar[tuple[str, ...]] = (_OPTIONS,)
    RETURN_NAMES: ClassVar[tuple[str, ...]] = ("options",)

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """The inputs of the node."""
        return {"required": {}, "optional": inputs(MORE)}

    def options(self, **given: Any) -> tuple[dict[str, Any]]:
        """Hands the options on.

        Args:
            given: by the option's name.

        Returns:
            They, for a picker.
        """
        return (given,)
