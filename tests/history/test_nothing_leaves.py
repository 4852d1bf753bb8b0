"""What is known of a user's own pictures reaches no language model, no assistant and no log."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from samples.make_samples import build
from stylus_core.composer.settings import ComposerSettings
from stylus_core.generation_data import AdapterUse, GenerationData
from stylus_core.history.records import PictureRecord
from stylus_core.stylus import Stylus
from stylus_host.service import Service
from tests.llm.fault_server import FaultServer, answers

PROMPT = "a corgi in a knitted sweater on a vintage motorcycle"
TELLTALE = "quillwhisper"  # in every prompt of the user's, and nowhere else


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return build(tmp_path / "samples")[0]


def lived(stylus: Stylus) -> None:
    """Somebody made pictures like these, and corrected picks."""
    out = stylus.home / "out"
    stylus.history.store.add_folder(out)
    uses = (AdapterUse("pembroke_corgi", 0.31), AdapterUse("lighthouse_coast", 0.77))
    records = [
        PictureRecord(
            str(out / f"{n}.png"),
            1,
            n,
            GenerationData("webui", f"{PROMPT}, {TELLTALE} {n}", adapters=uses, made_at=time.time() - 9 * n),
        )
        for n in range(41)
    ]
    stylus.history.store.put(out, records)
    stylus.history.correct(f"{PROMPT}, {TELLTALE}", "knitted_sweater", "removed")


def test_a_language_model_is_told_nothing_of_it(library: Path, tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="the package openai is not installed")
    with FaultServer([answers({"verdicts": {}})] * 2) as server:
        settings = ComposerSettings(base_url=server.url, model="m")
        for home in ("without", "with"):
            with Stylus(library, home=tmp_path / home, encoder="none", composers=settings) as stylus:
                stylus.index()
                if home == "with":
                    lived(stylus)
                    assert stylus.history.use_of(stylus.find("pembroke_corgi")[0]) is not None
                stylus.select(PROMPT, {"composer": "llm"})
        before, after = (json.dumps(r["messages"], ensure_ascii=False) for r in server.requests)
    assert TELLTALE not in after and "of yours" not in after
    assert not {"41", "0.31", "0.77"} & set(after.replace('"', " ").replace(",", " ").split()) - set(before.split())


def test_an_assistant_gets_what_it_would_without(library: Path, tmp_path: Path) -> None:
    pytest.importorskip("mcp", reason="mcp is not installed: pip install mcp")
    from mcp import Client

    from stylus_mcp.answers import Answers
    from stylus_mcp.server import LibraryTools, make_server

    async def asked(server: Any) -> list[str]:
        async with Client(server) as client:
            picked = await client.call_tool("pick_loras", {"prompt": PROMPT})
            shown = await client.call_tool("show_lora", {"name": "pembroke_corgi"})
            return [json.dumps(r.structured_content) for r in (picked, shown)]

    answered = []
    for home in ("without", "with"):
        with Stylus(library, home=tmp_path / home, encoder="none") as stylus:
            stylus.index()
            if home == "with":
                lived(stylus)
                assert stylus.select(PROMPT).picks[0].own_note
            service = Service(lambda _, core=stylus: core, lambda: [library])  # type: ignore[misc]
            tools = LibraryTools(service, Answers([library], stylus.home))
            answered.append(asyncio.run(asked(make_server(tools))))
            service.close()
    assert answered[0] == answered[1] and TELLTALE not in str(answered)


def test_no_log_has_a_word_of_it(library: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Stylus(library, home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        lived(stylus)
        stylus.select(f"{PROMPT}, {TELLTALE}")
        stylus.history.note(tmp_path / f"{TELLTALE}.png")
        stylus.history.store.close()
        (stylus.home / "history.sqlite").write_bytes(b"broken" * 1000)
        stylus.select(PROMPT)
        stylus.history.store.forget()
    assert TELLTALE not in caplog.text
