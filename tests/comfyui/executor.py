"""Posts and runs prompts as ComfyUI 0.3.64 does: handlers, validation, `IS_CHANGED`, the cache of the last prompt."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.comfyui.fakes import (
    FolderPaths,
    PatchedObject,
    ServerStandIn,
    aiohttp_module,
    nodes_module,
    own_nodes,
)

Graph = dict[str, dict[str, Any]]


@dataclass
class PromptRun:
    """What came of one prompt."""

    prompt_id: str
    errors: list[str] = field(default_factory=list)  # of the validation
    failed: BaseException | None = None  # what a node raised
    ran: list[str] = field(default_factory=list)  # ids of nodes that were not cached
    outputs: dict[str, list[Any]] = field(default_factory=dict)
    graph: Graph = field(default_factory=dict)  # that ran
    messages: list[tuple[str, Any]] = field(default_factory=list)
    pictures: list[dict[str, Any]] = field(default_factory=list)  # the texts of each that was saved

    def shown(self, node_id: str) -> Any:
        """What the page was sent of a node."""
        found = [m["output"] for event, m in self.messages if event == "executed" and m["node"] == node_id]
        assert len(found) == 1, f"{node_id} was shown {len(found)} times"
        return found[0]


class FakeComfyUI:
    """A ComfyUI with our nodes, a few of its own, and these roots of LoRAs."""

    def __init__(self, *roots: Path) -> None:
        self.folder_paths = FolderPaths(*roots)
        self.nodes = nodes_module(self.folder_paths)
        self.server = ServerStandIn()
        self.given: dict[str, Any] = {}  # what nodes of the class `Given` hand on, by their `key`
        self.keeps_all = False  # as with --cache-lru; else the last prompt's nodes alone are cached
        self.models: dict[str, PatchedObject] = {}  # by the names of checkpoints; others are SD 1.5
        self._ids = itertools.count(1)
        self._runs: dict[str, PromptRun] = {}
        self._objects: dict[tuple[str, str], Any] = {}
        self._cache: dict[Any, list[Any]] = {}
        self._ui: dict[Any, Any] = {}
        self._saved: list[dict[str, Any]] = []
        self.nodes.NODE_CLASS_MAPPINGS.update(own_nodes(self.given, self.models, lambda: self._saved))

    def modules(self) -> dict[str, Any]:
        """What stands in `sys.modules` while this runs."""
        aiohttp = aiohttp_module()
        server: Any = type(aiohttp)("server")
        server.PromptServer = type("PromptServer", (), {"instance": self.server})
        return {"folder_paths": self.folder_paths, "nodes": self.nodes, "server": server, "aiohttp": aiohttp}

    # -- posting -------------------------------------------------------------------------------------------------------

    def queue(self, graph: Graph, workflow: Any = None, client: str = "page", **extra: Any) -> str:
        """Posts a prompt. `workflow` is what a page sends to be saved beside it; None: a client that sends nothing.

        Returns:
            The id of the run.
        """
        data: dict[str, Any] = {"prompt": graph}
        if client:
            data["client_id"] = client
        if workflow is not None:
            data["extra_data"] = {"extra_pnginfo": {"workflow": workflow}}
        data = self.server.trigger_on_prompt(json.loads(json.dumps({**data, **extra})))
        prompt, extra_data = data["prompt"], data.get("extra_data", {})
        if "client_id" in data:
            extra_data["client_id"] = data["client_id"]
        run = PromptRun(str(next(self._ids)))
        self._runs[run.prompt_id] = run
        wanted = [n for n in prompt if getattr(self._class(prompt, n), "OUTPUT_NODE", False)]
        outputs = [n for n in wanted if not list(self._faults(prompt, n, run.errors))]
        if outputs:
            self.server.prompt_queue.put((int(run.prompt_id), run.prompt_id, prompt, extra_data, outputs))
        return run.prompt_id

    def post(self, graph: Graph, workflow: Any = None, client: str = "page", **extra: Any) -> PromptRun:
        """Posts a prompt, and runs all that is queued."""
        prompt_id = self.queue(graph, workflow, client, **extra)
        return {run.prompt_id: run for run in self.run()}.get(prompt_id, self._runs[prompt_id])

    def _faults(self, prompt: Graph, node_id: str, told: list[str]) -> Iterator[str]:
        types, inputs = self._class(prompt, node_id).INPUT_TYPES(), prompt[node_id]["inputs"]
        required = types.get("required", {})
        for name, (wanted, about) in {**required, **types.get("optional", {})}.items():
            if name not in inputs:
                fault = "Required input is missing" if name in required else ""
            elif isinstance(inputs[name], list):
                fault = self._bad_link(prompt, inputs[name], wanted)
                yield from self._faults(prompt, inputs[name][0], told) if not fault else ()
            else:
                fault = self._bad_value(inputs, name, wanted, about)
            if fault:
                told.append(f"{node_id}.{name}: {fault}")
                yield fault

    def _bad_link(self, prompt: Graph, link: list[Any], wanted: Any) -> str:
        if len(link) != 2:
            return "Bad linked input, must be a length-2 list of [node_id, slot_index]"
        received = self._class(prompt, link[0]).RETURN_TYPES[link[1]]
        return "" if received in ("*", wanted) else "Return type mismatch between linked nodes"

    def _bad_value(self, inputs: dict[str, Any], name: str, wanted: Any, about: Mapping[str, Any]) -> str:
        value = inputs[name]
        if isinstance(value, dict) and "__value__" in value:
            value = inputs[name] = value["__value__"]
        convert = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}.get(str(wanted))
        try:
            value = inputs[name] = convert(value) if convert else value
        except (TypeError, ValueError):
            return f"Failed to convert an input value to a {wanted} value"
        if value < about["min"] if "min" in about else False:
            return f"Value {value} smaller than min of {about['min']}"
        if value > about["max"] if "max" in about else False:
            return f"Value {value} bigger than max of {about['max']}"
        return "Value not in list" if isinstance(wanted, list) and value not in wanted else ""

    def _class(self, prompt: Graph, node_id: str) -> Any:
        return self.nodes.NODE_CLASS_MAPPINGS[prompt[node_id]["class_type"]]

    # -- running -------------------------------------------------------------------------------------------------------

    def run(self) -> list[PromptRun]:
        """Runs all that is queued, one after the other."""
        done = []
        while self.server.prompt_queue.queue:
            item = self.server.prompt_queue.get()
            done.append(self._execute(*item[1:]))
            self.server.prompt_queue.currently_running.clear()
        return done

    def _execute(self, prompt_id: str, prompt: Graph, extra_data: dict[str, Any], outputs: list[str]) -> PromptRun:
        run = self._runs[prompt_id]
        run.graph = prompt
        self._saved = run.pictures
        self.server.sent.clear()
        changed: dict[str, Any] = {}
        keys = {n: self._key(prompt, n, changed) for n in prompt}
        if not self.keeps_all:
            self._cache = {key: self._cache[key] for key in keys.values() if key in self._cache}
            self._ui = {key: self._ui[key] for key in keys.values() if key in self._ui}
        there = {(n, node["class_type"]) for n, node in prompt.items()}
        self._objects = {key: made for key, made in self._objects.items() if key in there}
        try:
            for node_id in outputs:
                self._output(node_id, prompt, extra_data, keys, run)
        except Exception as error:
            run.failed = error
        run.messages = list(self.server.sent)
        run.outputs = {n: self._cache[keys[n]] for n in prompt if keys[n] in self._cache}
        return run

    def _output(self, node_id: str, prompt: Graph, extra: Any, keys: Mapping[str, Any], run: PromptRun) -> list[Any]:
        key, node = keys[node_id], prompt[node_id]
        shown = "client_id" in extra and all(m["node"] != node_id for event, m in self.server.sent)
        if key in self._cache:
            if shown and node_id not in run.ran and getattr(self._class(prompt, node_id), "OUTPUT_NODE", False):
                self.server.send_sync("executed", {"node": node_id, "output": self._ui.get(key)})
            return self._cache[key]
        linked = {
            name: self._output(value[0], prompt, extra, keys, run)[value[1]]
            for name, value in node["inputs"].items()
            if _is_link(value)
        }
        given = self._inputs(prompt, node_id, {"PROMPT": prompt, "EXTRA_PNGINFO": extra.get("extra_pnginfo")}, linked)
        made = self._objects.setdefault((node_id, node["class_type"]), self._class(prompt, node_id)())
        run.ran.append(node_id)
        answer = getattr(made, made.FUNCTION)(**given)
        result = answer.get("result", ()) if isinstance(answer, dict) else answer
        if isinstance(answer, dict) and answer.get("ui"):
            self._ui[key] = answer["ui"]
            if shown:
                self.server.send_sync("executed", {"node": node_id, "output": answer["ui"]})
        self._cache[key] = list(result)
        return self._cache[key]

    def _inputs(self, prompt: Graph, node_id: str, hidden: Mapping[str, Any], linked: Mapping[str, Any]) -> Any:
        """What a node is called with: unknown inputs are dropped, linked ones that are not known are None."""
        types = self._class(prompt, node_id).INPUT_TYPES()
        known = {**types.get("required", {}), **types.get("optional", {})}
        given = {n: v for n, v in prompt[node_id]["inputs"].items() if n in known and not _is_link(v)}
        given |= {n: linked.get(n) for n, v in prompt[node_id]["inputs"].items() if _is_link(v)}
        return given | {n: {**hidden, "UNIQUE_ID": node_id}[what] for n, what in types.get("hidden", {}).items()}

    def _changed(self, prompt: Graph, node_id: str, known: dict[str, Any]) -> Any:
        """What `IS_CHANGED` says, asked once a prompt, with constants alone; NaN where it raises."""
        node, made = prompt[node_id], self._class(prompt, node_id)
        if node_id not in known and not hasattr(made, "IS_CHANGED"):
            known[node_id] = False
        elif node_id not in known:
            if "is_changed" not in node:
                given = self._inputs(prompt, node_id, {"PROMPT": {}, "EXTRA_PNGINFO": None}, {})
                try:
                    node["is_changed"] = [made.IS_CHANGED(**given)]
                except Exception:
                    node["is_changed"] = float("nan")
            known[node_id] = node["is_changed"]
        return known[node_id]

    def _key(self, prompt: Graph, node_id: str, changed: dict[str, Any]) -> Any:
        """A node's inputs and `IS_CHANGED` and those of all that leads to it, whose own ids do not count."""
        order: list[str] = []
        _ancestors(prompt, node_id, order)
        return _hashable([self._signature(prompt, n, order, changed) for n in (node_id, *order)])

    def _signature(self, prompt: Graph, node_id: str, order: Sequence[str], changed: dict[str, Any]) -> list[Any]:
        node = prompt[node_id]
        hidden = self._class(prompt, node_id).INPUT_TYPES().get("hidden", {}).values()
        found = [node["class_type"], self._changed(prompt, node_id, changed), *["UNIQUE_ID" in hidden and node_id]]
        for name, value in sorted(node["inputs"].items()):
            found.append((name, ("ANCESTOR", order.index(value[0]), value[1]) if _is_link(value) else value))
        return found


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int)


def _ancestors(prompt: Graph, node_id: str, order: list[str]) -> None:
    for _, value in sorted(prompt[node_id]["inputs"].items()):
        if _is_link(value) and value[0] not in order:
            order.append(value[0])
            _ancestors(prompt, value[0], order)


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return frozenset((k, _hashable(v)) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(_hashable, value))
    return value
