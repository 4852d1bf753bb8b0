"""The same prompt, library and options lead to the same picks and weights wherever Stylus is asked."""

from __future__ import annotations

import asyncio
import importlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from samples.catalogue import PROMPTS
from samples.make_samples import build
from stylus_core import Stylus
from stylus_core.cli import main
from stylus_host.service import Service
from tests.clock import HANG
from tests.comfyui.conftest import ComfyDesk

STANDIN = Path(__file__).parents[1] / "host" / "standin"
#: Each set changes what is picked, or how strong, or with which words.
OPTIONS: tuple[dict[str, Any], ...] = (
    {"architecture": "sd1"},
    {"architecture": "sd1", "max_adapters": 1, "strength": 0.8},
    {"architecture": "sd1", "restraint": "generous", "trigger_words": "always", "weight_budget": 1.2},
    {"architecture": "sd1", "exclude_folders": ["styles"], "kinds": ["animal", "character", "clothing", "style"]},
)

_Picks = list[tuple[str, float, str, tuple[str, ...]]]
_Ask = Callable[[str, dict[str, Any]], _Picks]


def told(picks: list[dict[str, Any]]) -> _Picks:
    """Stem, weight, words that are served, trigger words of each."""
    return [(Path(p["name"]).stem, p["weight"], p["keyword"], tuple(p["trigger_words"])) for p in picks]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = build(tmp_path_factory.mktemp("library"))[0]
    shutil.rmtree(library / "backup")  # two files of one name are one to a WebUI and two to ComfyUI
    return library


@pytest.fixture(scope="module")
def from_python(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Ask]:
    with Stylus(library, home=tmp_path_factory.mktemp("python"), encoder="none") as stylus:
        stylus.index()
        yield lambda prompt, options: told(stylus.select(prompt, options).to_json()["picks"])


@pytest.fixture
def from_the_command_line(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> _Ask:
    def ask(prompt: str, options: dict[str, Any]) -> _Picks:
        flags = [
            part
            for name, value in options.items()
            for part in (
                "--" + name.replace("_", "-"),
                ",".join(value) if isinstance(value, list) else str(value),
            )
        ]
        common = ["--library", str(library), "--home", str(tmp_path / "cli"), "--encoder", "none", "--json"]
        assert main(["select", prompt, *common, *flags]) == 0
        return told(json.loads(capsys.readouterr().out)["picks"])

    return ask


@pytest.fixture
def from_a_webui(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Ask]:
    """The hook of the script, in the stand-in of a host; its page, which needs gradio, is not built."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(STANDIN))
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "webui"))
    shared, networks = importlib.import_module("modules.shared"), importlib.import_module("networks")
    shared.reset(str(tmp_path))
    networks.reset()
    shutil.rmtree(shared.cmd_opts.lora_dir)
    shutil.copytree(library, shared.cmd_opts.lora_dir)
    networks.list_available_networks()
    shared.opts.data["stylus_encoder"] = "none"
    from stylus_webui import generation_hook, runtime, settings
    from stylus_webui.cache import Cache

    service = Service(runtime._open_core, settings.folders)
    whole = runtime.Runtime(service, Cache(None))
    runtime.install(whole)
    service.refresh()
    assert service.wait(HANG)

    def ask(prompt: str, options: dict[str, Any]) -> _Picks:
        job = SimpleNamespace(
            prompt=prompt, all_prompts=[prompt], batch_size=1, extra_generation_params={}, comment=lambda text: None
        )
        outcome = generation_hook.run(job, [options], whole.context)
        assert outcome is not None
        for pick in outcome.picks:
            assert f"<lora:{pick.name}:{pick.weight:g}>" in job.all_prompts[0]
        return [(p.name, p.weight, p.keyword, p.trigger_words) for p in outcome.picks]

    yield ask
    runtime.install(None)
    whole.close()
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("modules", "networks"):
            del sys.modules[name]


@pytest.fixture
def from_comfyui(library: Path, comfy: ComfyDesk) -> _Ask:
    """A graph with the picker, and the node with more options where it needs these."""
    from stylus_comfyui.widgets import EVERYDAY

    shutil.copytree(library, comfy.loras, dirs_exist_ok=True)
    comfy.ready()

    def ask(prompt: str, options: dict[str, Any]) -> _Picks:
        more = {n: "\n".join(v) if isinstance(v, list) else v for n, v in options.items() if n not in EVERYDAY}
        everyday = {n: v for n, v in options.items() if n in EVERYDAY}
        graph = {
            "1": {"class_type": "StylusPick", "inputs": {"prompt": prompt, "options": ["2", 0], **everyday}},
            "2": {"class_type": "StylusOptions", "inputs": more},
        }
        done = comfy.post(graph)
        (payload,) = done.shown("1")["stylus"]
        assert payload["decided"], payload["notes"]
        stack = done.outputs["1"][1]
        assert [tuple(entry) for entry in stack] == [(p["name"], p["weight"], p["weight"]) for p in payload["picks"]]
        return told(payload["picks"])

    return ask


@pytest.fixture
def from_an_assistant(library: Path, tmp_path: Path) -> Iterator[_Ask]:
    mcp = pytest.importorskip("mcp", reason="mcp is not installed: pip install mcp")
    from stylus_mcp.answers import Answers
    from stylus_mcp.server import LibraryTools, make_server

    core = Stylus(library, home=tmp_path / "mcp", encoder="none")
    service = Service(lambda _: core, lambda: [library])
    server = make_server(LibraryTools(service, Answers([library], core.home), False, HANG))
    service.refresh()
    assert service.wait(HANG)

    def ask(prompt: str, options: dict[str, Any]) -> _Picks:
        async def call() -> Any:
            async with mcp.Client(server) as client:
                return await client.call_tool("pick_loras", {"prompt": prompt, **options})

        result = asyncio.run(call())
        assert not result.is_error, result.content
        return told(result.structured_content["picks"])

    yield ask
    service.close()


@pytest.mark.whole
@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: ", ".join(f"{k} {v}" for k, v in o.items()))
def test_every_host_picks_alike(
    options: dict[str, Any],
    from_python: _Ask,
    from_the_command_line: _Ask,
    from_a_webui: _Ask,
    from_comfyui: _Ask,
    from_an_assistant: _Ask,
) -> None:
    hosts = {
        "command line": from_the_command_line,
        "WebUI": from_a_webui,
        "ComfyUI": from_comfyui,
        "MCP": from_an_assistant,
    }
    prompts = [prompt for prompt in PROMPTS if "<lora:" not in prompt]
    picked = 0
    for prompt in prompts:
        expected = from_python(prompt, options)
        picked += len(expected)
        assert {name: ask(prompt, options) for name, ask in hosts.items()} == dict.fromkeys(hosts, expected), prompt
    assert picked >= len(prompts) // 2
