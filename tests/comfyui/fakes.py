"""ComfyUI's modules as far as the nodes use them: `folder_paths`, `nodes`, `server`, and `aiohttp` behind its routes.

Written after ComfyUI 0.3.64. `executor.py` runs prompts on them.
"""

from __future__ import annotations

import asyncio
import copy
import heapq
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

_EXTENSIONS = {".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"}


class FolderPaths(ModuleType):
    """Several roots of LoRAs, of which the first that has a file wins."""

    def __init__(self, *roots: Path) -> None:
        super().__init__("folder_paths")
        self.roots = [str(root) for root in roots]

    def get_folder_paths(self, folder_name: str) -> list[str]:
        assert folder_name == "loras"
        return list(self.roots)

    def get_filename_list(self, folder_name: str) -> list[str]:
        found = set()
        for root in self.get_folder_paths(folder_name):
            for folder, _, files in os.walk(root, followlinks=True):
                found |= {os.path.relpath(os.path.join(folder, file), root) for file in files}
        return sorted(name for name in found if os.path.splitext(name)[1].lower() in _EXTENSIONS)

    def get_full_path(self, folder_name: str, filename: str) -> str | None:
        filename = os.path.relpath(os.path.join("/", filename), "/")
        paths = (os.path.join(root, filename) for root in self.get_folder_paths(folder_name))
        return next((path for path in paths if os.path.isfile(path)), None)

    def get_full_path_or_raise(self, folder_name: str, filename: str) -> str:
        path = self.get_full_path(folder_name, filename)
        if path is None:
            raise FileNotFoundError(f"Model in folder '{folder_name}' with filename '{filename}' not found.")
        return path


class InnerModel:
    """What a MODEL wraps: something that can be hashed and held weakly, as a module of torch is."""

    model_config: Any
    diffusion_model: Any


class PatchedObject:
    """A MODEL or a CLIP: `loras` are those that were applied to it, each with its strength.

    Args:
        architecture: name of the class of a MODEL's configuration.
        tensors: of its network, by their names.
    """

    def __init__(self, architecture: str = "SD15", tensors: Mapping[str, tuple[int, ...]] | None = None) -> None:
        network = {name: SimpleNamespace(shape=shape) for name, shape in (tensors or {}).items()}
        config = type(architecture, (), {})()
        self.model = InnerModel()
        self.model.model_config = config
        self.model.diffusion_model = SimpleNamespace(state_dict=lambda: network)
        self.loras: tuple[tuple[str, float], ...] = ()

    def patched(self, name: str, strength: float) -> PatchedObject:
        made = copy.copy(self)
        made.loras = (*self.loras, (name, strength))
        return made


def nodes_module(folder_paths: FolderPaths) -> Any:
    """`nodes` with ComfyUI's loader, which notes the files that it read and cannot read those in `broken`."""
    module: Any = ModuleType("nodes")
    module.NODE_CLASS_MAPPINGS, module.NODE_DISPLAY_NAME_MAPPINGS = {}, {}
    module.read, module.broken = [], set()

    class LoraLoaderStandIn:
        def __init__(self) -> None:
            self.loaded_lora: tuple[str, str] | None = None

        def load_lora(self, model: Any, clip: Any, lora_name: str, strength_model: float, strength_clip: float) -> Any:
            if strength_model == 0 and strength_clip == 0:
                return (model, clip)
            path = folder_paths.get_full_path_or_raise("loras", lora_name)
            if self.loaded_lora is None or self.loaded_lora[0] != path:
                if lora_name in module.broken:
                    raise ValueError(f"Error while deserializing header of {path}")
                module.read.append(lora_name)
                self.loaded_lora = (path, lora_name)
            return (
                None if model is None else model.patched(lora_name, strength_model),
                None if clip is None else clip.patched(lora_name, strength_clip),
            )

    module.LoraLoader = LoraLoaderStandIn
    return module


def own_nodes(
    given: Mapping[str, Any], models: dict[str, PatchedObject], pictures: Callable[[], list[dict[str, Any]]]
) -> dict[str, type]:
    """The nodes beside ours: any value, a checkpoint, a sampler, and one that saves what it gets.

    Args:
        given: what `Given` hands on, by its `key`.
        models: by the names of checkpoints; what is not there is made.
        pictures: gives the list to which pictures are added with their texts.
    """

    class GivenNode:
        RETURN_TYPES = ("*",)
        FUNCTION = "give"

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            return {"required": {"key": ("STRING", {})}}

        def give(self, key: str) -> tuple[Any]:
            return (given[key],)

    class CheckpointNode:
        RETURN_TYPES = ("MODEL", "CLIP")
        FUNCTION = "load"

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            return {"required": {"ckpt_name": ("STRING", {})}}

        def load(self, ckpt_name: str) -> tuple[Any, Any]:
            return models.setdefault(ckpt_name, PatchedObject()), PatchedObject()

    class SamplerNode:
        RETURN_TYPES = ("IMAGE",)
        FUNCTION = "sample"

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            required: dict[str, Any] = {"seed": ("INT", {}), "positive": ("STRING", {})}
            return {"required": required, "optional": {"model": ("MODEL", {}), "clip": ("CLIP", {})}}

        def sample(self, seed: int, positive: str, model: Any = None, clip: Any = None) -> tuple[Any]:
            return ({"seed": seed, "text": positive, "loras": [getattr(of, "loras", ()) for of in (model, clip)]},)

    class SaveNode:
        RETURN_TYPES: tuple[str, ...] = ()
        FUNCTION = "save"
        OUTPUT_NODE = True

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            hidden = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}
            return {"required": {"images": ("IMAGE", {})}, "hidden": hidden}

        def save(self, images: Any, prompt: Any = None, extra_pnginfo: Any = None) -> dict[str, Any]:
            pictures().append({"image": images, **copy.deepcopy({"prompt": prompt, **(extra_pnginfo or {})})})
            return {"ui": {"images": [{"filename": "picture.png"}]}}

    return {
        "Given": GivenNode,
        "CheckpointLoaderSimple": CheckpointNode,
        "KSampler": SamplerNode,
        "SaveImage": SaveNode,
    }


class RouteTable:
    """What `PromptServer.instance.routes` is used for."""

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[[Any], Any]] = {}

    def get(self, path: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
        return lambda handler: self.handlers.setdefault(path, handler)

    post = get


class QueueOfPrompts:
    """ComfyUI's queue. What runs is listed as a copy that was made before it began to run."""

    def __init__(self) -> None:
        self.queue: list[Any] = []
        self.currently_running: dict[int, Any] = {}

    def put(self, item: tuple[Any, ...]) -> None:
        heapq.heappush(self.queue, item)

    def get(self) -> tuple[Any, ...]:
        item: tuple[Any, ...] = heapq.heappop(self.queue)
        self.currently_running[0] = copy.deepcopy(item)
        return item

    def get_current_queue_volatile(self) -> tuple[list[Any], list[Any]]:
        return list(self.currently_running.values()), copy.copy(self.queue)


class ServerStandIn:
    """`PromptServer.instance`: routes, the application's start, handlers of posted prompts, the queue, messages."""

    def __init__(self) -> None:
        self.routes = RouteTable()
        self.app = SimpleNamespace(on_startup=[])
        self.prompt_queue = QueueOfPrompts()
        self.on_prompt_handlers: list[Callable[[Any], Any]] = []
        self.sent: list[tuple[str, Any]] = []

    def add_on_prompt_handler(self, handler: Callable[[Any], Any]) -> None:
        self.on_prompt_handlers.append(handler)

    def trigger_on_prompt(self, data: Any) -> Any:
        for handler in self.on_prompt_handlers:
            data = handler(data)
        return data

    def send_sync(self, event: str, data: Any, sid: str | None = None) -> None:
        self.sent.append((event, json.loads(json.dumps(data, allow_nan=False))))

    def start(self) -> None:
        """The application starts."""
        for handler in self.app.on_startup:
            asyncio.run(handler(self.app))

    def ask(self, path: str, **query: str) -> Any:
        """A page asks for a route."""
        return asyncio.run(self.routes.handlers[path](SimpleNamespace(query=query)))

    def tell(self, path: str, body: Any, content_type: str = "application/json") -> Any:
        """A page posts something: JSON of it, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()

        async def read() -> bytes:
            return data

        request = SimpleNamespace(content_type=content_type, content_length=len(data), read=read)
        return asyncio.run(self.routes.handlers[path](request))


def aiohttp_module() -> Any:
    """`aiohttp` with the two answers that routes give."""
    module: Any = ModuleType("aiohttp")

    def response(*, status: int = 200, body: bytes = b"", content_type: str = "", headers: Any = None) -> Any:
        return SimpleNamespace(status=status, body=body, content_type=content_type, headers=headers or {})

    def json_response(data: Any) -> Any:
        return response(body=json.dumps(data).encode(), content_type="application/json")

    module.web = SimpleNamespace(Response=response, json_response=json_response)
    return module
