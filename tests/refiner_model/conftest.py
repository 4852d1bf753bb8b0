"""Libraries with pictures, and a server that describes whatever record it gets."""

from __future__ import annotations

import io
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stylus_core.llm import Endpoint
from tests.clock import HANG
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf
from tests.llm.fault_server import FaultServer, answers


def answer(**changes: Any) -> dict[str, Any]:
    return {
        "description": "Draws foxes with thick red fur in falling snow, seen from a low angle.",
        "kind": "animal",
        "subject": "red fox",
        "trigger_words": [],
        "weight": 0.7,
        **changes,
    }


def record_in(request: dict[str, Any]) -> dict[str, Any]:
    """The adapter's record in a request's body."""
    content = request["messages"][1]["content"]
    record: dict[str, Any] = json.loads(content if isinstance(content, str) else content[0]["text"])
    return record


def pictures_in(request: dict[str, Any]) -> list[str]:
    content = request["messages"][1]["content"]
    return [] if isinstance(content, str) else [part["image_url"]["url"] for part in content[1:]]


def describes(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """A model that knows what it was asked about."""
    title = record_in(request)["title"]
    answers(answer(description=f"What {title} adds is a fox in deep snow.", subject=title))(handler, request)


def asked(server: FaultServer) -> Counter[str]:
    """How often each adapter was asked about, by its title."""
    return Counter(record_in(request)["title"] for request in server.requests)


def png(path: Path, size: tuple[int, int] = (900, 600), mode: str = "RGB", **more: Any) -> Path:
    Image.new(mode, size, (200, 40, 20) if mode == "RGB" else (200, 40, 20, 0)).save(path, **more)
    return path


def noise(size: tuple[int, int] = (320, 200), form: str = "PNG") -> bytes:
    """A picture that does not compress away."""
    out = io.BytesIO()
    Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3)).save(out, form)
    return out.getvalue()


def add(shelf: Shelf, name: str, *, pictures: int = 0, **record: Any) -> Path:
    """An adapter with Civitai-Helper's record, and example pictures if asked for."""
    path = safetensors(shelf.loras / f"{name}.safetensors")
    model = {"name": record.pop("title", name.replace("_", " ")), "description": record.pop("text", "A fox in snow.")}
    sidecar(path, ".civitai.info", {"id": 1, "modelId": 2, "model": model, **record})
    for number in range(pictures):
        png(shelf.loras / f"{name}.example.{number}.png")
    return path


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.library.close()


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer([describes]) as server:
        yield server


class Gate:
    """Lets `free` requests through and holds the others until it is opened."""

    def __init__(self, free: int) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self._free = free
        self._seen = 0
        self._lock = threading.Lock()

    def __call__(self, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        with self._lock:
            self._seen += 1
            held = self._seen > self._free
        if held:
            self.reached.set()
            self.opened.wait(HANG)
        describes(handler, request)


def endpoint(server: FaultServer, model: str = "m") -> Endpoint:
    return Endpoint(server.url, model, timeout=60)
