"""Puts what a picker gave into what ComfyUI saves with a picture, so that the picture's workflow repeats it.

Picks are made while a prompt runs, and are in none of what ComfyUI saves. They are added to the copy of the workflow
that came with the prompt, never to the graph that runs: nothing that decides what is cached is touched. A picker whose
output is cached is not run, so what it gave is kept here, by all that its output depends on, and added again.

ComfyUI's queue lists of what runs a copy that was made before it began. So the places of the picks are put in when a
prompt is posted, as dicts that all copies have in common.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from stylus_comfyui.node_state import frozen_entry
from stylus_comfyui.picking import PickOutcome

logger = logging.getLogger("stylus")

PICKERS = frozenset(("StylusPick", "StylusPickAndApply"))
#: The key under which a page finds a picture's picks in a node's properties, and that of the text in a picture.
PROPERTY, CHUNK = "stylus_picture", "stylus"
_KEPT = 256
_DEEPEST = 64  # nodes above a picker, along one way

_records: OrderedDict[str, dict[str, Any]] = OrderedDict()
_lock = threading.Lock()


class _CommonDict(dict[str, Any]):
    """A part of what is saved that is the same object in every copy of a prompt."""

    def __deepcopy__(self, memo: Any) -> _CommonDict:
        return self


def record(prompt: Any, node_id: Any, extra_pnginfo: Any, outcome: PickOutcome) -> None:
    """Adds what a picker gave to what is saved, and keeps it for prompts in which the picker is cached. Never raises.

    Args:
        prompt: the graph that runs.
        node_id: of the picker.
        extra_pnginfo: what is saved beside the graph; None where the client sent nothing.
        outcome: what the picker gave.
    """
    made = {"prompt": outcome.prompt, "picks": [frozen_entry(p) for p in outcome.picks]}
    try:
        digest = _digest(prompt, str(node_id))
        with _lock:
            _records[digest] = made
            while len(_records) > _KEPT:
                _records.popitem(last=False)
        _write(extra_pnginfo, str(node_id), made)
    except Exception:  # of a graph that no client of ComfyUI sends
        logger.warning("the picks are not saved with the picture", exc_info=True)


def recall(server: Any) -> None:
    """Adds to the prompt that runs what its pickers gave when they ran last, should they be cached. Never raises.

    Args:
        server: ComfyUI's `PromptServer`.
    """
    try:
        running, _ = server.prompt_queue.get_current_queue_volatile()
        for _, _, prompt, extra_data, *_ in running:
            extra = extra_data.get("extra_pnginfo")
            for node_id, node in prompt.items():
                if isinstance(node, Mapping) and node.get("class_type") in PICKERS:
                    with _lock:
                        made = _records.get(_digest(prompt, node_id))
                    if made is not None:
                        _write(extra, node_id, made)
    except Exception:  # of a ComfyUI that keeps its queue another way: then a cached picker's picks are not saved
        logger.debug("what runs could not be looked at", exc_info=True)


def on_prompt(data: dict[str, Any]) -> dict[str, Any]:
    """Looks at a prompt that was posted.

    A picture's graph has what `IS_CHANGED` said when it was made, and ComfyUI would not ask again. And a client that
    sends nothing to be saved beside the graph gets a place for the picks all the same.

    Args:
        data: what the client sent.

    Returns:
        The same, changed in place.
    """
    prompt = data.get("prompt")
    pickers = {
        node_id: node
        for node_id, node in (prompt.items() if isinstance(prompt, dict) else ())
        if isinstance(node, dict) and node.get("class_type") in PICKERS
    }
    for node in pickers.values():
        node.pop("is_changed", None)
    if pickers:
        extra = data.setdefault("extra_data", {})
        if isinstance(extra, dict):
            if not isinstance(extra.get("extra_pnginfo"), dict):
                extra["extra_pnginfo"] = {}
            _make_places(extra["extra_pnginfo"], pickers)
    return data


def _make_places(extra_pnginfo: dict[str, Any], node_ids: Iterable[str]) -> None:
    extra_pnginfo[CHUNK] = _CommonDict()
    for node_id in node_ids:
        node = _in_workflow(extra_pnginfo.get("workflow"), node_id)
        properties = None if node is None else node.get("properties", {})
        if node is not None and isinstance(properties, dict):
            node["properties"] = _CommonDict(properties)


def _digest(prompt: Any, node_id: str) -> str:
    """Of all that a node's output depends on: its inputs, and those of what leads to it, whatever that is called."""
    order: dict[str, int] = {}
    found: list[Any] = []

    def collect(name: str, depth: int) -> None:
        node = prompt.get(name) if isinstance(prompt, Mapping) else None
        if name in order or depth > _DEEPEST or not isinstance(node, Mapping):
            return
        order[name] = len(order)
        given = node.get("inputs")
        inputs = dict(sorted(given.items())) if isinstance(given, Mapping) else {}
        found.append([node.get("class_type"), inputs])
        for value in inputs.values():
            if _is_link(value):
                collect(value[0], depth + 1)

    collect(node_id, 0)
    plain = [
        [kind, {k: ["link", order.get(v[0]), v[1]] if _is_link(v) else v for k, v in inputs.items()}]
        for kind, inputs in found
    ]
    text = json.dumps([node_id, plain], default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def _write(extra_pnginfo: Any, node_id: str, made: dict[str, Any]) -> None:
    if not isinstance(extra_pnginfo, dict):
        return
    chunk = extra_pnginfo.setdefault(CHUNK, {})
    if isinstance(chunk, dict):
        chunk[node_id] = made
    node = _in_workflow(extra_pnginfo.get("workflow"), node_id)
    if node is not None:
        properties = node.setdefault("properties", {})
        if isinstance(properties, dict):
            properties[PROPERTY] = made


def _in_workflow(workflow: Any, node_id: str) -> dict[str, Any] | None:
    """The node of the workflow that a node of the graph was made of; one in a subgraph has a path for an id."""
    if not isinstance(workflow, dict):
        return None
    nodes = workflow.get("nodes")
    inner = workflow.get("definitions")
    subgraphs = inner.get("subgraphs") if isinstance(inner, dict) else None
    *above, last = node_id.split(":")
    for name in above:
        outer = _of_id(nodes, name)
        kind = outer.get("type") if outer else None
        graphs = [g for g in subgraphs or () if isinstance(g, dict) and g.get("id") == kind]
        nodes = graphs[0].get("nodes") if len(graphs) == 1 else None
    return _of_id(nodes, last)


def _of_id(nodes: Any, name: str) -> dict[str, Any] | None:
    listed = nodes if isinstance(nodes, list) else ()
    return next((n for n in listed if isinstance(n, dict) and str(n.get("id")) == name), None)
