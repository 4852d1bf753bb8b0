"""A ComfyUI that is none, with our nodes in it, over LoRAs on disk or over a core that says what is picked."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stylus_comfyui import NODE_CLASS_MAPPINGS, routes, runtime, saved
from stylus_core import Stylus
from stylus_host.service import Service
from tests.clock import HANG, until
from tests.comfyui.executor import FakeComfyUI
from tests.host.fake import FakeCore
from tests.library.build import safetensors


class CountedStylus(Stylus):
    """The real core without vectors, which notes the prompts that it was asked for."""

    asked: list[str]

    def select(self, prompt: str, *given: Any, **more: Any) -> Any:
        self.asked.append(prompt)
        return super().select(prompt, *given, **more)


class ComfyDesk(FakeComfyUI):
    """A running ComfyUI with the service of our nodes. `loras` and `more_loras` are its roots, the first wins."""

    def __init__(self, folder: Path, core: FakeCore | None = None) -> None:
        self.loras, self.more_loras = folder / "loras", folder / "more loras"
        for root in (self.loras, self.more_loras):
            root.mkdir(exist_ok=True)
        super().__init__(self.loras, self.more_loras)
        self.nodes.NODE_CLASS_MAPPINGS.update(NODE_CLASS_MAPPINGS)
        self.folder, self.core = folder, core
        self.asked: list[str] = []
        self.service = Service(self._open, lambda: host_roots(self), no_folder="ComfyUI has no LoRA folder")

    def _open(self, folders: Any) -> Any:
        if self.core is not None:
            return self.core.open(folders)
        made = CountedStylus(list(folders), home=self.folder / "home", encoder="none", names="paths")
        made.asked = self.asked
        return made

    def ready(self) -> ComfyDesk:
        """Reads the library, and waits for it."""
        self.service.refresh()
        self.settled()
        return self

    def settled(self) -> None:
        """Waits until nothing is done in the background."""
        assert self.service.wait(HANG)
        until(lambda: not self.service.state.refreshing, "the vectors")


def host_roots(comfy: ComfyDesk) -> list[Path]:
    return [Path(root) for root in comfy.folder_paths.roots if Path(root).is_dir()]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes a ComfyUI, and puts its modules where the nodes look for them."""
    for name in ("STYLUS_HOME", "STYLUS_API_KEY", "OPENAI_API_KEY", "STYLUS_BASE_URL", "STYLUS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    made: list[ComfyDesk] = []

    def install(core: FakeCore | None = None) -> ComfyDesk:
        comfy = ComfyDesk(tmp_path, core)
        for name, module in comfy.modules().items():
            monkeypatch.setitem(sys.modules, name, module)
        runtime.install(comfy.service)
        monkeypatch.setattr(saved, "_records", OrderedDict())
        routes.add()
        made.append(comfy)
        return comfy

    yield install
    runtime.install(None)
    for comfy in made:
        comfy.service.close()


@pytest.fixture
def comfy(installed: Any) -> Any:
    """With a library of real files, and the real core. A test that adds files calls `ready` after it."""
    return installed()


@pytest.fixture
def told(installed: Any, tmp_path: Path) -> Any:
    """With a core that picks what a test says."""
    comfy = installed(FakeCore(tmp_path / "loras"))
    for name, word in (("kite", "kite"), ("ink", "ink drawing"), ("fox", "fox")):
        file = safetensors(comfy.loras / "a" / f"{name}.safetensors")
        comfy.core.add(f"a/{name}.safetensors", word, file=file, title=name.title())
    return comfy.ready()
