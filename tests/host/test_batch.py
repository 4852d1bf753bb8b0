"""`stylus batch` over HTTP against the extension itself, as a host's API serves it."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("uvicorn")

from stylus_core.cli import main
from tests.host.test_api import listen  # noqa: F401 - a fixture


@pytest.mark.parametrize("login", ["", "ann:s3cret"])
def test_pairs_with_picks_and_reasons(host, listen, tmp_path, monkeypatch, login):  # noqa: F811
    host.adapter("fox_v2", word="fox")
    host.adapter("snow", word="snow", weight=0.5)
    host.start(api_auth=login or None)
    monkeypatch.setenv("STYLUS_WEBUI_AUTH", login)
    (tmp_path / "prompts.txt").write_text("a fox in the snow\na bowl of soup\n")
    url = f"http://127.0.0.1:{listen()}"
    assert main(["batch", str(tmp_path / "prompts.txt"), "--webui", url, "--out", str(tmp_path / "out")]) == 0
    found = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert {(r["prompt"], r["side"], r["used_prompt"]) for r in found} == {
        ("a fox in the snow", "without", "a fox in the snow"),
        ("a fox in the snow", "with", "a fox in the snow <lora:fox_v2:0.8> <lora:snow:0.5>"),
        ("a bowl of soup", "without", "a bowl of soup"),
        ("a bowl of soup", "with", "a bowl of soup"),
    }
    (picked,) = [r["picks"] for r in found if r["picks"]]
    assert [(p["name"], p["weight"]) for p in picked] == [("fox_v2", 0.8), ("snow", 0.5)]
    assert all(p["reason"] for p in picked)
    assert ["Stylus picks: none" in r["infotext"] for r in found if r["prompt"] == "a bowl of soup"] == [False, True]
    assert "s3cret" not in json.dumps(found)


def test_a_host_without_adapters_makes_the_pairs_and_picks_nothing(host, listen, tmp_path):  # noqa: F811
    host.start()
    (tmp_path / "prompts.txt").write_text("a fox\n")
    url = f"http://127.0.0.1:{listen()}"
    code = main(["batch", str(tmp_path / "prompts.txt"), "--webui", url, "--out", str(tmp_path / "out")])
    found = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert code == 0 and [r["used_prompt"] for r in found] == ["a fox", "a fox"]
    assert not any(r["picks"] for r in found)
