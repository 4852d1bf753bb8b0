"""Makes the example workflows for ComfyUI: `python -m samples.workflows`.

They are graphs as ComfyUI's page saves them. The widgets of our own nodes come from their `INPUT_TYPES`, so that a new
one cannot be forgotten; what is used of ComfyUI's nodes stands here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylus_comfyui import NODE_CLASS_MAPPINGS

FOLDER = Path(__file__).resolve().parents[1] / "example_workflows"
PROMPT = "a corgi in a knitted sweater, watercolor, soft morning light"
NEGATIVE = "blurry, low quality"

_Slots = tuple[tuple[str, str], ...]
_Output = tuple[int, str]  # number of a node, name of its output
_NODES: dict[str, Any] = dict(NODE_CLASS_MAPPINGS)

#: Of nodes that are not ours: sockets, outputs; a socket that stands for a widget is marked in `_WIDGET_SOCKETS`.
_SOCKETS: dict[str, tuple[_Slots, _Slots]] = {
    "CheckpointLoaderSimple": ((), (("MODEL", "MODEL"), ("CLIP", "CLIP"), ("VAE", "VAE"))),
    "UNETLoader": ((), (("MODEL", "MODEL"),)),
    "DualCLIPLoader": ((), (("CLIP", "CLIP"),)),
    "VAELoader": ((), (("VAE", "VAE"),)),
    "CLIPTextEncode": ((("clip", "CLIP"), ("text", "STRING")), (("CONDITIONING", "CONDITIONING"),)),
    "FluxGuidance": ((("conditioning", "CONDITIONING"),), (("CONDITIONING", "CONDITIONING"),)),
    "EmptyLatentImage": ((), (("LATENT", "LATENT"),)),
    "EmptySD3LatentImage": ((), (("LATENT", "LATENT"),)),
    "KSampler": (
        (("model", "MODEL"), ("positive", "CONDITIONING"), ("negative", "CONDITIONING"), ("latent_image", "LATENT")),
        (("LATENT", "LATENT"),),
    ),
    "VAEDecode": ((("samples", "LATENT"), ("vae", "VAE")), (("IMAGE", "IMAGE"),)),
    "SaveImage": ((("images", "IMAGE"),), ()),
    "Lora Loader (LoraManager)": (
        (("model", "MODEL"), ("clip", "CLIP"), ("lora_stack", "LORA_STACK")),
        (("MODEL", "MODEL"), ("CLIP", "CLIP"), ("trigger_words", "STRING"), ("loaded_loras", "STRING")),
    ),
}
_WIDGET_SOCKETS = {("CLIPTextEncode", "text")}
_OURS = ("MODEL", "CLIP", "LORA_STACK", "STYLUS_OPTIONS")  # types of sockets without a widget


@dataclass
class Graph:
    """A workflow that grows from left to right."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    links: list[list[Any]] = field(default_factory=list)

    def add(
        self,
        kind: str,
        at: tuple[int, int],
        size: tuple[int, int],
        values: Sequence[Any] = (),
        **links: tuple[int, str],
    ) -> int:
        """Adds a node.

        Args:
            kind: its id in ComfyUI.
            at: x and y.
            size: width and height.
            values: of its widgets; of one of ours the prompt alone, where it has one.
            links: by the socket's name the number of another node and the name of its output.

        Returns:
            Its number.
        """
        number = len(self.nodes) + 1
        sockets, outputs = _sockets(kind)
        inputs: list[dict[str, Any]] = []
        for name, type_ in sockets:
            if (kind, name) in _WIDGET_SOCKETS and name not in links:
                continue
            socket: dict[str, Any] = {"name": name, "type": type_, "link": None}
            if (kind, name) in _WIDGET_SOCKETS:
                socket["widget"] = {"name": name}
            if name in links:
                socket["link"] = self._linked(links[name], number, len(inputs), type_)
            inputs.append(socket)
        self.nodes.append(
            {
                "id": number,
                "type": kind,
                "pos": list(at),
                "size": list(size),
                "flags": {},
                "order": number - 1,
                "mode": 0,
                "inputs": inputs,
                "outputs": [{"name": n, "type": t, "links": []} for n, t in outputs],
                "properties": {"Node name for S&R": kind},
                "widgets_values": [*_widgets(kind, values)],
            }
        )
        return number

    def _linked(self, source: _Output, target: int, slot: int, type_: str) -> int:
        outputs = self.nodes[source[0] - 1]["outputs"]
        at = next(i for i, output in enumerate(outputs) if output["name"] == source[1])
        self.links.append([len(self.links) + 1, source[0], at, target, slot, type_])
        outputs[at]["links"].append(len(self.links))
        return len(self.links)

    def dump(self) -> str:
        """As the file that ComfyUI's page opens."""
        whole = {
            "last_node_id": len(self.nodes),
            "last_link_id": len(self.links),
            "nodes": self.nodes,
            "links": self.links,
            "groups": [],
            "config": {},
            "extra": {},
            "version": 0.4,
        }
        return json.dumps(whole, indent=2) + "\n"


def _sockets(kind: str) -> tuple[_Slots, _Slots]:
    if kind not in _NODES:
        return _SOCKETS[kind]
    node = _NODES[kind]
    sockets = tuple((name, spec[0]) for name, spec in _listed(kind).items() if spec[0] in _OURS)
    return sockets, tuple(zip(getattr(node, "RETURN_NAMES", node.RETURN_TYPES), node.RETURN_TYPES, strict=True))


def _listed(kind: str) -> dict[str, Any]:
    given = _NODES[kind].INPUT_TYPES()
    return {**given.get("required", {}), **given.get("optional", {})}


def _widgets(kind: str, values: Sequence[Any]) -> list[Any]:
    if kind not in _NODES:
        return list(values)
    specs = [spec for spec in _listed(kind).values() if spec[0] not in _OURS]
    defaults = [spec[1].get("default", spec[0][0] if isinstance(spec[0], list) else "") for spec in specs]
    return [*values, *defaults[len(values) :]]


def _rest(graph: Graph, heads: tuple[_Output, _Output, _Output], vae: int, x: int, size: int) -> None:
    """From the text encoders to the saved picture, as every checkpoint of SD has it; `heads` are model, CLIP, text."""
    model, clip, text = heads
    positive = graph.add("CLIPTextEncode", (x, 60), (320, 120), [""], clip=clip, text=text)
    negative = graph.add("CLIPTextEncode", (x, 240), (320, 120), [NEGATIVE], clip=clip)
    latent = graph.add("EmptyLatentImage", (x, 420), (320, 110), [size, size, 1])
    sampler = graph.add(
        "KSampler", (x + 380, 60), (315, 262), [1, "randomize", 25, 7.0, "euler", "normal", 1.0],
        model=model, positive=(positive, "CONDITIONING"), negative=(negative, "CONDITIONING"),
        latent_image=(latent, "LATENT"),
    )  # fmt: skip
    _saved(graph, sampler, vae, x + 760)


def _saved(graph: Graph, sampler: int, vae: int, x: int) -> None:
    decoded = graph.add("VAEDecode", (x, 60), (210, 46), samples=(sampler, "LATENT"), vae=(vae, "VAE"))
    graph.add("SaveImage", (x, 170), (400, 400), ["stylus"], images=(decoded, "IMAGE"))


def sd15() -> Graph:
    """Picker and loader apart, for SD 1.5."""
    graph = Graph()
    base = graph.add("CheckpointLoaderSimple", (0, 60), (320, 98), ["v1-5-pruned-emaonly.safetensors"])
    picker = graph.add("StylusPick", (380, 60), (420, 480), [PROMPT], model=(base, "MODEL"))
    loaded = graph.add(
        "StylusApply", (860, 60), (260, 90),
        model=(base, "MODEL"), clip=(base, "CLIP"), lora_stack=(picker, "lora_stack"),
    )  # fmt: skip
    _rest(graph, ((loaded, "MODEL"), (loaded, "CLIP"), (picker, "prompt")), base, 1180, 512)
    return graph


def sdxl() -> Graph:
    """Both in one, for SDXL and its kin."""
    graph = Graph()
    base = graph.add("CheckpointLoaderSimple", (0, 60), (320, 98), ["sd_xl_base_1.0.safetensors"])
    both = graph.add("StylusPickAndApply", (380, 60), (420, 480), [PROMPT], model=(base, "MODEL"), clip=(base, "CLIP"))
    _rest(graph, ((both, "MODEL"), (both, "CLIP"), (both, "prompt")), base, 860, 1024)
    return graph


def flux() -> Graph:
    """Picker and loader apart, for Flux, whose parts are loaded one by one."""
    graph = Graph()
    unet = graph.add("UNETLoader", (0, 60), (320, 82), ["flux1-dev.safetensors", "default"])
    clip = graph.add(
        "DualCLIPLoader", (0, 200), (320, 130), ["clip_l.safetensors", "t5xxl_fp16.safetensors", "flux", "default"]
    )
    vae = graph.add("VAELoader", (0, 390), (320, 60), ["ae.safetensors"])
    picker = graph.add("StylusPick", (380, 60), (420, 480), [PROMPT], model=(unet, "MODEL"))
    loaded = graph.add(
        "StylusApply", (860, 60), (260, 90),
        model=(unet, "MODEL"), clip=(clip, "CLIP"), lora_stack=(picker, "lora_stack"),
    )  # fmt: skip
    positive = graph.add("CLIPTextEncode", (1180, 60), (320, 120), [""], clip=(loaded, "CLIP"), text=(picker, "prompt"))
    guided = graph.add("FluxGuidance", (1180, 240), (320, 58), [3.5], conditioning=(positive, "CONDITIONING"))
    negative = graph.add("CLIPTextEncode", (1180, 360), (320, 120), [""], clip=(loaded, "CLIP"))
    latent = graph.add("EmptySD3LatentImage", (1180, 540), (320, 110), [1024, 1024, 1])
    sampler = graph.add(
        "KSampler", (1560, 60), (315, 262), [1, "randomize", 20, 1.0, "euler", "simple", 1.0],
        model=(loaded, "MODEL"), positive=(guided, "CONDITIONING"), negative=(negative, "CONDITIONING"),
        latent_image=(latent, "LATENT"),
    )  # fmt: skip
    _saved(graph, sampler, vae, 1940)
    return graph


def lora_manager() -> Graph:
    """The picker's stack through LoRA Manager's loader."""
    graph = Graph()
    base = graph.add("CheckpointLoaderSimple", (0, 60), (320, 98), ["v1-5-pruned-emaonly.safetensors"])
    picker = graph.add("StylusPick", (380, 60), (420, 480), [PROMPT], model=(base, "MODEL"))
    loaded = graph.add(
        "Lora Loader (LoraManager)", (860, 60), (400, 300), ["", []],
        model=(base, "MODEL"), clip=(base, "CLIP"), lora_stack=(picker, "lora_stack"),
    )  # fmt: skip
    _rest(graph, ((loaded, "MODEL"), (loaded, "CLIP"), (picker, "prompt")), base, 1320, 512)
    return graph


WORKFLOWS = {
    "stylus_sd15": sd15,
    "stylus_sdxl_pick_and_apply": sdxl,
    "stylus_flux": flux,
    "stylus_lora_manager": lora_manager,
}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make in WORKFLOWS.items():
        (FOLDER / f"{name}.json").write_text(make().dump(), encoding="utf-8")
