"""The real process over stdin and stdout, asked by the official client."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from samples.make_samples import build
from stylus_core.cli import main
from tests.clock import HANG
from tests.sources import ROOT

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


def command(library: Path, home: Path, *more: str) -> list[str]:
    return ["-m", "stylus_core", "mcp", "--library", str(library), "--home", str(home), *more]


def test_a_missing_package_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["mcp", "--library", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and 'pip install "stylus-webui[mcp]"' in err


def test_no_library_is_told_before_anything_is_served(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mcp", reason="mcp is not installed: pip install mcp")
    monkeypatch.delenv("STYLUS_LIBRARY", raising=False)
    assert main(["mcp"]) == 1
    assert "--library DIR" in capsys.readouterr().err


@pytest.mark.whole
def test_the_official_client_asks_every_tool(tmp_path: Path) -> None:
    pytest.importorskip("mcp", reason="mcp is not installed: pip install mcp")
    from mcp import Client, StdioServerParameters

    library, _ = build(tmp_path)
    env = {"PYTHONPATH": str(ROOT), "STYLUS_LIBRARY": str(library)}
    arguments = ["-m", "stylus_core", "mcp", "--home", str(tmp_path / "home"), "--encoder", "none"]
    server = StdioServerParameters(command=sys.executable, args=arguments, cwd=ROOT, env=env)

    async def ask() -> list[Any]:
        async with Client(server) as client:
            listed = (await client.list_tools()).tools
            while (await client.call_tool("library_status", {})).structured_content["status"] != "ready":
                await client.call_tool("search_loras", {"limit": 1})  # waits
            calls = [
                ("pick_loras", {"prompt": "a corgi in the snow"}),
                ("search_loras", {"query": "corgi"}),
                ("show_lora", {"name": "pembroke_corgi"}),
                ("library_status", {}),
                ("pick_loras", {"prompt": "a corgi", "strength": -1}),
            ]
            return [listed, *[await client.call_tool(name, given) for name, given in calls]]

    listed, picked, found, shown, status, broken = asyncio.run(asyncio.wait_for(ask(), HANG))
    assert [tool.name for tool in listed] == ["pick_loras", "search_loras", "show_lora", "library_status"]
    assert [p["name"] for p in picked.structured_content["picks"]] == ["pembroke_corgi"]
    assert found.structured_content["loras"][0]["name"] == "pembroke_corgi"
    assert shown.structured_content["kind"] == "animal" and status.structured_content["status"] == "ready"
    assert broken.is_error and "option 'strength' takes 0.1 to 2" in broken.content[0].text
    assert str(tmp_path) not in json.dumps([r.structured_content for r in (picked, found, shown, status)])


@pytest.mark.whole
@pytest.mark.parametrize("end", ["the input ends", "Ctrl-C"])
def test_it_ends_cleanly_with_nothing_but_the_protocol_on_stdout(tmp_path: Path, end: str) -> None:
    pytest.importorskip("mcp", reason="mcp is not installed: pip install mcp")
    if end == "Ctrl-C" and sys.platform == "win32":
        pytest.skip("Windows sends Ctrl-C to a whole group of processes")
    library, _ = build(tmp_path)
    with subprocess.Popen(
        [sys.executable, *command(library, tmp_path / "home")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdin.write(json.dumps(HELLO) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert answer["result"]["serverInfo"]["name"] == "stylus"
        if end == "Ctrl-C":
            process.send_signal(signal.SIGINT)
        else:
            process.stdin.close()
        assert process.wait(HANG) == (130 if end == "Ctrl-C" else 0)
        assert process.stdout.read() == ""
        assert process.stderr.read() == ("stylus: interrupted\n" if end == "Ctrl-C" else "")


@pytest.mark.whole
def test_a_folder_that_is_missing_is_served_and_told(tmp_path: Path) -> None:
    pytest.importorskip("mcp", reason="mcp is not installed: pip install mcp")
    from mcp import Client, StdioServerParameters

    arguments = command(tmp_path / "missing", tmp_path / "home", "--encoder", "none")
    server = StdioServerParameters(command=sys.executable, args=arguments, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})

    async def ask() -> list[Any]:
        async with Client(server) as client:
            refused = await client.call_tool("pick_loras", {"prompt": "a corgi"})
            return [refused, await client.call_tool("library_status", {})]

    refused, status = asyncio.run(asyncio.wait_for(ask(), HANG))
    assert refused.is_error and "--library" in refused.content[0].text
    assert status.structured_content["status"] == "failed"
    assert str(tmp_path) not in refused.content[0].text + json.dumps(status.structured_content)
