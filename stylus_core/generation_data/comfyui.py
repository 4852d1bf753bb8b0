"""ComfyUI: "prompt" (the graph that ran), else "workflow" (the graph as drawn); "stylus" (what our pickers gave).

| text | what it gives |
| --- | --- |
| prompt | the sampler's conditioning back to the text; every LoRA on the way to the picture; the checkpoint |
| workflow | the same, where there is no prompt |
| stylus | our picks, by the picker's node |
| parameters | hashes, and the prompt where no text is found (as some savers write an infotext besides) |
| extraMetadata in the graph | prompt and resources of Civitai's generator |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stylus_core.generation_data import comfyui_workflow, values, webui
from stylus_core.generation_data.comfyui_graph import PromptGraph
from stylus_core.generation_data.comfyui_loras import uses
from stylus_core.generation_data.source import Texts
from stylus_core.generation_data.types import AdapterUse, GenerationData, GenerationDataError

#: Our nodes that pick, and which of their outputs carry the LoRAs: where none of these is linked, none was loaded.
_PICKERS = {"StylusPick": (1, 2), "StylusPickAndApply": (0, 1, 3, 4)}


def read(texts: Texts, stem: str = "") -> GenerationData | None:
    """Reads what ComfyUI wrote.

    Args:
        texts: of a picture.
        stem: of the picture's file, to tell which of several savers wrote it.

    Returns:
        What it says; None if it is of another program.
    """
    workflow = _object(texts.get("workflow", ""))
    data = next((d for k in ("prompt", "usercomment", "comment") if _is_graph(d := _object(texts.get(k, "")))), None)
    if data is None and isinstance(workflow.get("nodes"), list):
        data = comfyui_workflow.graph(workflow)
    if not data:
        return None
    graph = PromptGraph(data, stem)
    prompt, negative = graph.prompts()
    found = uses(graph)
    picks = list(_picks(graph, _object(texts.get("stylus", "")), workflow))
    names = {values.stem(p.name) for p in picks}
    found = [*picks, *(u for u in found if u is not None and values.stem(u.name) not in names)]
    extra = _object(data.get("extraMetadata") if isinstance(data.get("extraMetadata"), str) else "")
    resources = extra.get("resources")
    for item in resources if isinstance(resources, list) else ():
        if isinstance(item, dict) and item.get("type", "lora") == "lora":
            version = item.get("modelVersionId")
            found.append(
                values.use(item.get("modelName") or f"urn:air:{version}", item.get("strength"), version_id=version)
            )
    also = _infotext(texts)
    if also is not None:
        hashes = {values.stem(u.name): u for u in also.adapters}
        found = [_completed(u, hashes) for u in found if u is not None] or list(also.adapters)
    return GenerationData(
        tool="civitai" if extra else "comfyui",
        prompt=values.clean_text(extra.get("prompt")) or prompt or (also.prompt if also else ""),
        negative_prompt=values.clean_text(extra.get("negativePrompt"))
        or negative
        or (also.negative_prompt if also else ""),
        adapters=values.once(found),
        checkpoint=graph.checkpoint() or (also.checkpoint if also else ""),
    )


def _object(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or not text.startswith("{"):
        return {}
    value = values.parsed_json(text)
    return value if isinstance(value, dict) else {}


def _is_graph(data: dict[str, Any]) -> bool:
    return any(isinstance(n, dict) and "class_type" in n for n in data.values())


def _infotext(texts: Texts) -> GenerationData | None:
    try:
        return webui.read(texts)
    except GenerationDataError:
        return None


def _completed(item: AdapterUse, others: dict[str, AdapterUse]) -> AdapterUse:
    other = others.get(values.stem(item.name))
    if other is None:
        return item
    return item._replace(hash=item.hash or other.hash, version_id=item.version_id or other.version_id)


def _picks(graph: PromptGraph, chunk: dict[str, Any], workflow: dict[str, Any]) -> Iterator[AdapterUse]:
    """What our pickers gave: beside the graph, or in the properties of the drawn one."""
    nodes = workflow.get("nodes")
    linked = {(source, output) for name in graph.used for _, source, output in graph.links(name)}
    for name in graph.used:
        if not any((name, output) in linked for output in _PICKERS.get(graph.kind(name), ())):
            continue
        made = chunk.get(name)
        if not isinstance(made, dict):
            drawn = (n for n in (nodes if isinstance(nodes, list) else ()) if isinstance(n, dict))
            node = next((n for n in drawn if str(n.get("id")) == name), {})
            properties = node.get("properties")
            made = properties.get("stylus_picture") if isinstance(properties, dict) else None
        listed = made.get("picks") if isinstance(made, dict) else None
        for pick in listed if isinstance(listed, list) else ():
            if isinstance(pick, dict):
                item = values.use(pick.get("name"), pick.get("weight", 1.0), pick.get("clip_weight"), picked=True)
                if item is not None:
                    yield item
