"""The script is driven through a stand-in of the host, in an environment with that host's gradio.

`make host-test` runs this folder in each. Elsewhere, where there is no gradio, nothing here is collected.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clock import HANG

if TYPE_CHECKING:
    from stylus_core.types import Adapter

STANDIN = Path(__file__).parent / "standin"
ROOT = Path(__file__).resolve().parent.parent.parent

if importlib.util.find_spec("gradio") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    sys.path.insert(0, str(STANDIN))

from tests.host.fake import FakeCore  # noqa: E402


class Host:
    """A WebUI that was started with our extension in it."""

    def __init__(self, folder: Path) -> None:
        import networks
        from modules import errors, script_callbacks, scripts, sd_models, shared, ui

        self.folder = folder
        self.modules = importlib.import_module("modules")
        self.networks, self.errors, self.scripts = networks, errors, scripts
        self.sd_models, self.shared, self.ui, self.callbacks = sd_models, shared, ui, script_callbacks
        errors.reported.clear()
        networks.reset()
        shared.reset(str(folder))
        sd_models.model_data.__init__()
        self.loras = Path(shared.cmd_opts.lora_dir)
        self.core = FakeCore(self.loras)
        self.app: Any = None
        self.api: Any = None
        self.demo: Any = None
        self.parts: Any = None

    def start(self, wait: bool = True, **flags: Any) -> Host:
        """Loads scripts, builds the page, starts the application."""
        from fastapi import FastAPI
        from modules.api import Api

        from stylus_host.service import Service
        from stylus_webui import runtime
        from stylus_webui.cache import Cache

        vars(self.shared.cmd_opts).update(flags)
        self.networks.list_available_networks()
        paths = [STANDIN / "scripts" / "xyz_grid.py", ROOT / "scripts" / "stylus.py"]
        self.scripts.load_scripts([str(p) for p in paths])
        self.callbacks.call("ui_settings")
        from stylus_webui import host, settings

        self.cache = Cache(self.folder / "picks.sqlite")
        self.service = Service(lambda folders: self.core.open(folders), settings.folders, host.architecture)
        runtime.install(runtime.Runtime(self.service, self.cache))
        self.demo, self.parts = self.ui.create_ui()
        self.app = FastAPI()
        self.api = Api(self.app, self.parts)
        self.callbacks.call("app_started", self.demo, self.app)
        if wait:
            assert self.service.wait(HANG)
        return self

    def stop(self) -> None:
        from stylus_webui import runtime

        runtime.install(None)
        if self.app is not None:
            self.service.close()
            self.cache.close()

    def adapter(self, name: str, **more: Any) -> Adapter:
        """A file in the host's folder, known to the core as well."""
        made = self.core.add(name, **more)
        self.networks.list_available_networks()
        return made

    def script(self, tab: str = "txt2img") -> Any:
        return self.parts[tab]["runner"].script("Stylus")

    def args(self, tab: str = "txt2img", first: object = True, **options: object) -> tuple[Any, ...]:
        """Arguments of every script, ours with these options."""
        from stylus_webui.options import CONTROLS

        args = list(self.api.defaults[tab])
        script = self.script(tab)
        args[script.args_from] = first
        for name, value in options.items():
            at = len(CONTROLS) if name == "state" else [o.name for o in CONTROLS].index(name)
            args[script.args_from + at] = value
        return tuple(args)

    def job(
        self,
        prompt: str | list[str] = "",
        tab: str = "txt2img",
        first: object = True,
        options: Mapping[str, object] | None = None,
        is_api: bool = False,
        **more: object,
    ) -> Any:
        """A job, not run yet."""
        from modules import processing

        kind = (
            processing.StableDiffusionProcessingTxt2Img
            if tab == "txt2img"
            else processing.StableDiffusionProcessingImg2Img
        )
        p = kind(prompt=prompt, **{"seed": 1, **more})
        p.scripts = self.parts[tab]["runner"]
        p.script_args = self.args(tab, first, **(options or {}))
        p.is_api = is_api
        return p

    def generate(self, prompt: str | list[str] = "", **more: Any) -> tuple[Any, Any]:
        """(p, what was processed) of a job that was run."""
        from modules import processing

        p = self.job(prompt, **more)
        return p, processing.run(p)

    def paste(self, text: str, tab: str = "txt2img") -> tuple[dict[str, Any], tuple[Any, ...], list[Any]]:
        """Arguments for our script and the prompt after pasting an infotext into the page."""
        from modules import infotext_utils

        script = self.script(tab)
        updates, params = infotext_utils.paste(text, self.parts[tab]["fields"])
        values = {id(component): update for component, update in updates}
        args = list(self.api.defaults[tab])
        for i, component in enumerate(self.parts[tab]["inputs"]):
            update = values.get(id(component))
            if update is not None and "value" in update:
                args[i] = update["value"]
        return params, tuple(args), args[script.args_from : script.args_to - 1]  # without the page's key


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    for name in (
        "STYLUS_HOME",
        "STYLUS_API_KEY",
        "OPENAI_API_KEY",
        "STYLUS_BASE_URL",
        "STYLUS_ENDPOINT",
        "STYLUS_MODEL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    made = Host(tmp_path)
    yield made
    made.stop()
