"""The LLM composer over the real protocol: calls, cache, fallback, limits."""

from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")

from stylus_core.composer import Composers
from stylus_core.composer.instructions import CONSTANT
from stylus_core.composer.llm import LLMComposer
from stylus_core.composer.settings import ComposerSettings
from stylus_core.llm.cache import SingleFlight
from stylus_core.types import Composition
from tests.clock import until
from tests.composer.build import candidate, judging, request, verdicts
from tests.llm.fault_server import FaultServer, Step, answers, held, raw, status, without
from tests.llm.test_client import FAILURES, KEY, budget_for

CANDIDATES = [candidate(0, "style", "paper cut", words=("papercut",)), candidate(1, "vehicle", "steam locomotive")]
PROMPT = "papercut art of a steam locomotive"
CHANCES = (0.5, 0.9)
#: On the steam locomotive, which is likelier and comes first, and on the paper cut.
WANTED = verdicts(2, 2)
GOOD = answers(WANTED)
ASKED = request(PROMPT, CANDIDATES)


def composers(server: FaultServer, home: Path, chances: tuple[float, ...] = CHANCES, **more: object) -> Composers:
    settings = ComposerSettings(**{"base_url": server.url, "model": "m", "timeout": 60.0, **more})
    return Composers({"llm": lambda: LLMComposer(settings, home, judging(*chances))})


def names(composition) -> list[str]:
    return [a.candidate.name for a in composition.assignments]


def test_one_call_and_none_for_the_same_prompt_again(tmp_path: Path) -> None:
    with FaultServer([GOOD]) as server:
        first = composers(server, tmp_path).compose(ASKED)
        again = composers(server, tmp_path).compose(ASKED)
        assert len(server.requests) == 1
    assert first.composer == again.composer == "llm"
    assert names(first) == names(again) == ["file0", "file1"]  # in the order of the prompt
    assert [a.confidence for a in first.assignments] == [0.5, 0.9]  # the local chances, and never certain
    assert "700 tokens" in first.notes[0] and "from the cache" in again.notes[0]


def test_what_the_answer_depends_on_is_asked_again(tmp_path: Path) -> None:
    other = [CANDIDATES[0], candidate(1, "vehicle", "steam locomotive", "another description")]
    asked = [
        (ASKED, {}),
        (request("papercut art of a steam tram", CANDIDATES), {}),
        (request(PROMPT, other), {}),
        (request(PROMPT, CANDIDATES, kinds=("style",)), {}),
        (ASKED, {"chances": (0.9, 0.5)}),
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


def at_once(step: Step, count: int, home: Path) -> list[Composition]:
    """What `count` threads get that all ask before a server answers with `step`, which it has to do once."""
    answer, flights = threading.Event(), SingleFlight()
    with FaultServer([held(answer, step)]) as server, ThreadPoolExecutor(count) as pool:
        settings = ComposerSettings(base_url=server.url, model="m", timeout=60.0)
        asked = Composers({"llm": lambda: LLMComposer(settings, home, judging(*CHANCES), flights)})
        found = [pool.submit(asked.compose, ASKED) for _ in range(count)]
        until(lambda: flights.waiting == count - 1)
        answer.set()
        given = [f.result() for f in found]
        assert len(server.requests) == 1
    return given


def test_those_who_ask_at_once_share_one_call(tmp_path: Path) -> None:
    assert all(names(f) == ["file0", "file1"] for f in at_once(GOOD, 8, tmp_path))


def test_a_shared_failure_is_shared(tmp_path: Path) -> None:
    assert all(f.composer == "local" for f in at_once(status(404), 4, tmp_path))


#: Those of the client's own schema are not the composer's.
OTHERS = {
    "another object": ([answers({"picks": []})], "lacks 'verdicts'"),
    "another type": ([answers({"verdicts": [2, 0]})], "no object"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_ends_in_the_local_picks_and_one_sentence(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    steps, expected = {**FAILURES, **OTHERS}[name]
    local = Composers().compose(request(PROMPT, CANDIDATES, composer="local"))
    with FaultServer(steps) as server, caplog.at_level(logging.DEBUG):
        found = composers(server, tmp_path, timeout=budget_for(name), key=KEY).compose(ASKED)
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
    unset = Composers({"llm": lambda: LLMComposer(ComposerSettings(), tmp_path, judging())})
    found = unset.compose(ASKED)
    assert found.composer == "local" and "base URL" in found.notes[-1]
    monkeypatch.setenv("STYLUS_ENDPOINT", "http://127.0.0.1:9/v1")
    found = Composers({"llm": lambda: LLMComposer(ComposerSettings(), tmp_path, judging())}).compose(ASKED)
    assert "no model is named" in found.notes[-1]


def test_settings_come_from_the_environment_where_none_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLUS_ENDPOINT", "http://a/v1")
    monkeypatch.setenv("STYLUS_MODEL", "m")
    monkeypatch.setenv("STYLUS_API_KEY", KEY)
    monkeypatch.delenv("STYLUS_BASE_URL", raising=False)
    endpoint = ComposerSettings().endpoint
    assert (endpoint.base_url, endpoint.model, endpoint.key) == ("http://a/v1", "m", KEY)
    monkeypatch.setenv("STYLUS_BASE_URL", "http://b/v1")
    assert ComposerSettings().endpoint.base_url == "http://b/v1"
    assert ComposerSettings(base_url="http://c/v1").endpoint.base_url == "http://c/v1"
    assert KEY not in repr(ComposerSettings(key=KEY))


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


@pytest.mark.parametrize(
    "answer", [verdicts(0, 0), verdicts(1, 0), verdicts(), {"verdicts": {"a dog": 2, "9": 2, "0": 7}}]
)
def test_an_answer_that_wants_nothing_is_an_answer(answer: dict, tmp_path: Path) -> None:
    """Also one of which nothing holds: the model was asked and did not find anything, so nobody stands in for it."""
    with FaultServer([answers(answer)]) as server:
        found = [composers(server, tmp_path).compose(ASKED) for _ in range(2)]
        assert len(server.requests) == 1
    assert {(f.composer, f.assignments) for f in found} == {("llm", ())}
    assert any("no adapter that fits" in n for n in found[0].notes)
    assert [a.candidate.name for a in found[0].nearly] == ["file1", "file0"]


def test_what_makes_no_sense_is_dropped_and_told(tmp_path: Path) -> None:
    wrong = {"verdicts": {**WANTED["verdicts"], "7": 2, "steam locomotive": 2, "1.0": 1}}
    with FaultServer([answers(wrong)]) as server:
        found = composers(server, tmp_path).compose(ASKED)
    assert names(found) == ["file0", "file1"]
    assert "3 of its verdicts made no sense" in found.notes[1]


def test_what_breaks_a_rule_is_dropped_and_told(tmp_path: Path) -> None:
    asked = request(PROMPT, CANDIDATES, max_adapters=1)
    with FaultServer([GOOD]) as server:
        found = composers(server, tmp_path).compose(asked)
    assert names(found) == ["file1"] and "1 of the 2 adapters that it wanted broke a rule" in found.notes[1]
    assert [a.candidate.name for a in found.nearly] == ["file0"] and "as many" in found.nearly[0].reason


def test_what_the_model_did_not_want_is_told(tmp_path: Path) -> None:
    with FaultServer([answers(verdicts(0, 1))]) as server:
        nearly = composers(server, tmp_path).compose(ASKED).nearly
    assert [(a.candidate.name, a.confidence) for a in nearly] == [("file1", 0.9), ("file0", 0.5)]
    assert "does not ask for it" in nearly[0].reason and "related and not asked for" in nearly[1].reason


def test_where_nothing_is_likely_enough_the_model_is_not_asked(tmp_path: Path) -> None:
    with FaultServer([GOOD]) as server:
        found = composers(server, tmp_path, (0.02, 0.0)).compose(ASKED)
        assert not server.requests
    assert (found.composer, found.assignments) == ("llm", ()) and "likely enough" in found.notes[0]


def test_the_message_has_the_likeliest_first_and_an_answer_is_on_those(tmp_path: Path) -> None:
    many = [candidate(i, "object", f"thing number {i}") for i in range(30)]
    with FaultServer([answers(verdicts(2))]) as server:
        found = composers(server, tmp_path, tuple(0.5 + i / 60 for i in range(30))).compose(request("a thing", many))
        (asked,) = server.requests
    rows = [json.loads(x) for x in asked["messages"][-1]["content"].split("\n")[1:-1]]
    assert [row[1:4] for row in rows] == [["a thing", "object", f"thing number {i}"] for i in range(29, 17, -1)]
    form = asked["response_format"]["json_schema"]["schema"]["properties"]["verdicts"]
    assert list(form["properties"]) == form["required"] == [f"{i} a thing: thing number {29 - i}" for i in range(12)]
    assert names(found) == ["file29"]


def test_a_server_that_takes_no_schema_is_asked_for_an_object_and_then_in_words(tmp_path: Path) -> None:
    said = answers('Here you are:\n```json\n{"verdicts": {"0": 2, "1": 0}}\n```')
    with FaultServer([without("json_schema", 500, without("json_object", 400, said))]) as server:
        found = composers(server, tmp_path).compose(ASKED)
        assert len(server.requests) == 3
    assert (found.composer, names(found)) == ("llm", ["file1"])


def test_answers_that_cannot_be_used_do_not_put_the_server_to_rest(tmp_path: Path) -> None:
    """One prompt's answer that was cut off says nothing of the next prompt."""
    cut = answers('{"verdicts": {"0":', finish_reason="length")
    with FaultServer([cut, cut, cut, cut, GOOD]) as server:
        asked = composers(server, tmp_path)
        found = [asked.compose(ASKED) for _ in range(5)]
        assert len(server.requests) == 5
    assert [f.composer for f in found] == ["local"] * 4 + ["llm"] and "cut off" in found[0].notes[-1]


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
