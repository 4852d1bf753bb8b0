"""The LLM composer over the real protocol: calls, cache, fallback, limits."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")

from stylus_core.composer import Composers
from stylus_core.composer.instructions import CONSTANT
from stylus_core.composer.settings import Settings
from tests.composer.build import candidate, request
from tests.llm.fault_server import FaultServer, answers, raw, slow, status
from tests.llm.test_client import FAILURES, KEY

CANDIDATES = [candidate(0, "style", "paper cut", words=("papercut",)), candidate(1, "vehicle", "steam locomotive")]
PROMPT = "papercut art of a steam locomotive"
PICKS = {
    "picks": [
        {"keyword": "steam locomotive", "index": 1, "reason": "it draws them"},
        {"keyword": "papercut art", "index": 0, "reason": "the prompt asks for it"},
    ]
}
GOOD = answers(PICKS)
ASKED = request(PROMPT, CANDIDATES)


def composers(server: FaultServer, home: Path, **more: object) -> Composers:
    return Composers.from_settings(Settings(**{"base_url": server.url, "model": "m", "timeout": 3.0, **more}), home)


def names(composition) -> list[str]:
    return [a.candidate.name for a in composition.assignments]


def test_one_call_and_none_for_the_same_prompt_again(tmp_path: Path) -> None:
    with FaultServer([GOOD]) as server:
        first = composers(server, tmp_path).compose(ASKED)
        again = composers(server, tmp_path).compose(ASKED)
        assert len(server.requests) == 1
    assert first.composer == again.composer == "llm"
    assert names(first) == names(again) == ["file0", "file1"]  # in the order of the prompt
    assert first.assignments[1].reason == "it draws them"
    assert "700 tokens" in first.notes[0] and "from the cache" in again.notes[0]


def test_what_the_answer_depends_on_is_asked_again(tmp_path: Path) -> None:
    other = [CANDIDATES[0], candidate(1, "vehicle", "steam locomotive", "another description")]
    asked = [
        (ASKED, {}),
        (request("papercut art of a steam tram", CANDIDATES), {}),
        (request(PROMPT, other), {}),
        (request(PROMPT, CANDIDATES, max_adapters=1), {}),
        (ASKED, {"model": "n"}),
        (ASKED, {"extra": {"top_p": 0.5}}),
    ]
    with FaultServer([GOOD]) as server:
        for _ in range(2):
            for n, (question, more) in enumerate(asked):
                composers(server, tmp_path, **more).compose(question)
                assert len(server.requests) >= n + 1
        assert len(server.requests) == len(asked)


def test_what_never_changes_comes_first(tmp_path: Path) -> None:
    with FaultServer([GOOD]) as server:
        for prompt in (PROMPT, "a cat"):
            composers(server, tmp_path).compose(request(prompt, CANDIDATES))
        a, b = (r["messages"] for r in server.requests)
    assert a[:-1] == b[:-1] == list(CONSTANT) and a[-1] != b[-1]
    assert a[0]["role"] == "system" and "steam locomotive" in a[-1]["content"]


def test_those_who_ask_at_once_share_one_call(tmp_path: Path) -> None:
    with FaultServer([slow(0.3, GOOD)]) as server:
        asked = composers(server, tmp_path)
        gate = threading.Barrier(8)

        def ask(_: int):
            gate.wait()
            return asked.compose(ASKED)

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(ask, range(8)))
        assert len(server.requests) == 1
    assert all(names(f) == ["file0", "file1"] for f in found)


def test_a_shared_failure_is_shared(tmp_path: Path) -> None:
    with FaultServer([slow(0.3, status(404))]) as server:
        asked = composers(server, tmp_path)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: asked.compose(ASKED), range(4)))
        assert len(server.requests) == 1
    assert all(f.composer == "local" for f in found)


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_ends_in_the_local_picks_and_one_sentence(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    steps, expected = FAILURES[name]
    local = Composers().compose(request(PROMPT, CANDIDATES, composer="local"))
    with FaultServer(steps) as server, caplog.at_level(logging.DEBUG):
        start = time.monotonic()
        found = composers(server, tmp_path, timeout=0.8, key=KEY).compose(ASKED)
        assert time.monotonic() - start < 1.5
    assert (found.composer, found.assignments) == ("local", local.assignments)
    (note,) = [n for n in found.notes if n not in local.notes]
    assert note.startswith("the local composer chose instead: ") and expected in note
    assert KEY not in note + caplog.text


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    with FaultServer([answers("no"), answers("no"), answers("no"), GOOD]) as server:
        assert composers(server, tmp_path).compose(ASKED).composer == "local"
        assert composers(server, tmp_path).compose(ASKED).composer == "llm"


def test_without_settings_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STYLUS_BASE_URL", "STYLUS_ENDPOINT", "STYLUS_MODEL"):
        monkeypatch.delenv(name, raising=False)
    found = Composers.from_settings(Settings(), tmp_path).compose(ASKED)
    assert found.composer == "local" and "base URL" in found.notes[-1]
    monkeypatch.setenv("STYLUS_ENDPOINT", "http://127.0.0.1:9/v1")
    found = Composers.from_settings(Settings(), tmp_path).compose(ASKED)
    assert "no model is named" in found.notes[-1]


def test_settings_come_from_the_environment_where_none_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLUS_ENDPOINT", "http://a/v1")
    monkeypatch.setenv("STYLUS_MODEL", "m")
    monkeypatch.setenv("STYLUS_API_KEY", KEY)
    monkeypatch.delenv("STYLUS_BASE_URL", raising=False)
    endpoint = Settings().endpoint
    assert (endpoint.base_url, endpoint.model, endpoint.key) == ("http://a/v1", "m", KEY)
    monkeypatch.setenv("STYLUS_BASE_URL", "http://b/v1")
    assert Settings().endpoint.base_url == "http://b/v1"
    assert Settings(base_url="http://c/v1").endpoint.base_url == "http://c/v1"
    assert KEY not in repr(Settings(key=KEY))


def test_no_room_and_no_candidates_cost_no_call(tmp_path: Path) -> None:
    with FaultServer([GOOD]) as server:
        asked = composers(server, tmp_path)
        for question in (
            request(PROMPT, CANDIDATES, max_adapters=0),
            request(PROMPT, []),
            request(PROMPT + " <lora:a:1>", CANDIDATES, max_adapters=1),
        ):
            found = asked.compose(question)
            assert (found.composer, found.assignments) == ("llm", ())
        assert not server.requests


def test_choosing_nothing_is_an_answer(tmp_path: Path) -> None:
    with FaultServer([answers({"picks": []})]) as server:
        found = composers(server, tmp_path).compose(ASKED)
    assert (found.composer, found.assignments) == ("llm", ())
    assert any("no adapter that fits" in n for n in found.notes)


def test_what_breaks_a_rule_is_dropped_and_told(tmp_path: Path) -> None:
    wrong = {"picks": [*PICKS["picks"], {"keyword": "a dog", "index": 0, "reason": ""}, {"keyword": "of", "index": 1}]}
    with FaultServer([answers(wrong)]) as server:
        found = composers(server, tmp_path).compose(ASKED)
    assert names(found) == ["file0", "file1"]
    assert "2 of its 4 choices broke a rule" in found.notes[1]


@pytest.mark.parametrize(
    ("picks", "why"),
    [
        ([{"keyword": "a dog", "index": 0}, {"keyword": "art", "index": 9}], "no words of the prompt"),
        ([{"keyword": "of", "index": 1}], "nothing to do with it"),
    ],
)
def test_an_answer_of_which_nothing_holds_ends_in_the_local_picks(picks: list, why: str, tmp_path: Path) -> None:
    with FaultServer([answers({"picks": picks})]) as server:
        found = [composers(server, tmp_path).compose(ASKED) for _ in range(2)]
        assert len(server.requests) == 1
    assert {f.composer for f in found} == {"local"} and why in found[0].notes[-1]


def test_what_was_refused_is_told_once_and_not_if_it_was_chosen_for_something_else(tmp_path: Path) -> None:
    wrong = [{"keyword": "of", "index": i} for i in (0, 1, 0, 1)]
    with FaultServer([answers({"picks": [*wrong, *PICKS["picks"][:1]]})]) as server:
        found = composers(server, tmp_path).compose(ASKED)
    assert names(found) == ["file1"]
    assert [a.candidate.name for a in found.nearly] == ["file0"] and "left out" in found.nearly[0].reason


def test_a_long_prompt_and_many_candidates_keep_the_limit_of_tokens(tmp_path: Path) -> None:
    many = [candidate(i, "style", f"style number {i}", "many words " * 40) for i in range(500)]
    with FaultServer([GOOD]) as server:
        composers(server, tmp_path).compose(request("a cat in the rain, " * 600, many))
        content = sum(len(m["content"]) for m in server.requests[0]["messages"])
    assert content / 3 <= 2500


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_damaged_cache_costs_a_call_and_no_answer(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_bytes(content)
    with FaultServer([GOOD]) as server:
        for _ in range(3):
            assert names(composers(server, tmp_path).compose(ASKED)) == ["file0", "file1"]
        assert len(server.requests) <= 2


def test_a_home_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with FaultServer([GOOD]) as server:
        assert names(composers(server, tmp_path / "file" / "home").compose(ASKED)) == ["file0", "file1"]


def test_ollama_frees_its_memory_when_asked_to(tmp_path: Path) -> None:
    with FaultServer([GOOD]) as server:
        server.other = raw(b'{"done": true}')
        composers(server, tmp_path, keep_alive=0).compose(ASKED)
        assert [o["keep_alive"] for o in server.others] == [0]


def test_our_own_part_of_a_call_is_small(tmp_path: Path) -> None:
    """At most 20 ms besides the server's: counted as time on the processor, the fault server's own part included."""
    thirty = [candidate(i, "style", f"style number {i}", "many words " * 40) for i in range(30)]
    took = []
    with FaultServer([GOOD]) as server:
        asked = composers(server, tmp_path)
        for i in range(8):
            question = request(f"papercut art number {i} of a steam locomotive", thirty, 0.1)
            start = time.process_time()
            asked.compose(question)
            took.append(time.process_time() - start)
        assert len(server.requests) == 8
    assert min(took) <= 0.02, took
