"""A workflow of ComfyUI as drawn, made into the graph that it would run, as far as its file tells.

Muted nodes are left out, bypassed ones hand on what they get of the same type. What a subgraph holds is not looked at.
"""

from __future__ import annotations

from typing import Any

_MOST = 20_000
_MUTED, _BYPASSED = 2, 4
_AFTER = frozenset(("fixed", "increment", "decrement", "randomize"))
#: The values of nodes whose files have no names for them: those of ComfyUI's own that matter here.
_OLD_NAMES = {
    "CLIPTextEncode": ("text",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name",),
    "SaveImage": ("filename_prefix",),
    "StylusPick": ("prompt",),
    "StylusPickAndApply": ("prompt",),
}


def graph(workflow: dict[str, Any]) -> dict[str, Any]:
    """Makes a graph of a workflow.

    Args:
        workflow: as ComfyUI's page saves it.

    Returns:
        Nodes by their number, each with `class_type` and `inputs`.
    """
    nodes = {
        str(n.get("id")): n
        for n in workflow["nodes"][:_MOST]
        if isinstance(n, dict) and isinstance(n.get("type"), str) and n.get("mode") != _MUTED
    }
    links = dict(filter(None, map(_link, _list(workflow.get("links"))[: 10 * _MOST])))
    out: dict[str, Any] = {}
    for name, node in nodes.items():
        if node.get("mode") == _BYPASSED:
            continue
        inputs = _values(node)
        for item in _list(node.get("inputs")):
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                source = _source(item.get("link"), links, nodes)
                if source is not None:
                    inputs[item["name"]] = source
        out[name] = {"class_type": node["type"], "inputs": inputs}
    return out


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _link(value: Any) -> tuple[Any, tuple[str, int, Any]] | None:
    if isinstance(value, dict):
        value = [value.get(k) for k in ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")]
    if not isinstance(value, list) or len(value) < 6 or not isinstance(value[0], int) or not isinstance(value[2], int):
        return None
    return value[0], (str(value[1]), value[2], value[5])


def _source(link: Any, links: dict[Any, tuple[str, int, Any]], nodes: dict[str, Any]) -> list[Any] | None:
    for _ in range(100):  # bypassed nodes in a row
        if not isinstance(link, int) or link not in links:
            return None
        name, slot, kind = links[link]
        node = nodes.get(name)
        if node is None:
            return None
        if node.get("mode") != _BYPASSED:
            return [name, slot]
        same = (i for i in _list(node.get("inputs")) if isinstance(i, dict) and i.get("type") == kind)
        link = next((i.get("link") for i in same if i.get("link") is not None), None)
    return None


def _values(node: dict[str, Any]) -> dict[str, Any]:
    given = node.get("widgets_values")
    if isinstance(given, dict):
        return {str(k): v for k, v in given.items() if not isinstance(v, list)}
    given = _list(given)
    widgets = [i.get("widget") for i in _list(node.get("inputs")) if isinstance(i, dict)]
    names = [w["name"] for w in widgets if isinstance(w, dict) and isinstance(w.get("name"), str)]
    names = names if len(names) > 1 or not _OLD_NAMES.get(node["type"]) else list(_OLD_NAMES[node["type"]])
    if len(given) > len(names):
        given = [v for v in given if not (isinstance(v, str) and v in _AFTER)]
    out = dict(zip(names, given, strict=False))
    if not names:
        texts = [v for v in given if isinstance(v, str) and v.strip()]
        out |= {"text": texts[0]} if texts else {}
    loras = [v for v in given if isinstance(v, dict) and "lora" in v]
    out |= {f"lora_{index}": value for index, value in enumerate(loras, 1)}
    rows = next((v for v in given if isinstance(v, list) and v and isinstance(v[0], dict) and "strength" in v[0]), None)
    return out if rows is None else out | {"loras": rows}
