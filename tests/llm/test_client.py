"""The client against a server that fails in every way that real ones do."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")

from stylus_core.errors import LLMError
from stylus_core.llm.answers import read_object
from stylus_core.llm.circuit_breaker import NEVER, CircuitBreaker
from stylus_core.llm.client import LLMClient
from stylus_core.llm.endpoint import Endpoint
from stylus_core.llm.endpoint_settings import find_key
from tests.clock import HANG, FakeClock, until
from tests.llm.fault_server import (
    FaultServer,
    Step,
    answers,
    completion,
    drips,
    hangs_up,
    held,
    raw,
    silent,
    status,
    stops,
    without,
)

SCHEMA = {"type": "object", "properties": {"picks": {"type": "array"}}, "required": ["picks"]}
MESSAGES = [{"role": "user", "content": "which?"}]
GOOD = answers({"picks": [1]})
KEY = "sk-very-secret-0123456789"


def ask(steps: list[Step], tmp_path: Path, budget: float = 60.0, key: str = "", **more: object):
    """The answer and the server; pauses pass on a clock of their own, and within the budget."""
    clock = FakeClock()
    with FaultServer(steps) as server:
        client = LLMClient(Endpoint(server.url, "m", key), tmp_path, clock=clock, sleep=clock.sleep)
        try:
            return client.complete(MESSAGES, SCHEMA, 100, budget, **more), server
        finally:
            assert clock.now < budget
            client.close()


def test_one_request_one_answer(tmp_path: Path) -> None:
    answer, server = ask([GOOD], tmp_path, key=KEY)
    assert answer.data == {"picks": [1]}
    assert (answer.prompt_tokens, answer.completion_tokens, answer.mode, answer.calls) == (700, 30, "json_schema", 1)
    assert 0 < answer.server_seconds <= answer.seconds
    (request,) = server.requests
    assert request["response_format"]["json_schema"]["schema"] == SCHEMA
    assert request["temperature"] == 0 and request["max_tokens"] == 100
    assert server.keys == [f"Bearer {KEY}"]


FAILURES: dict[str, tuple[list[Step], str]] = {
    "401": ([status(401, f"Incorrect API key: {KEY}")], "refuses the key"),
    "404": ([status(404, "no such model")], "no model 'm'"),
    "429 without end": ([status(429)], "no more calls"),
    "429 for longer than the budget": ([status(429, retry_after="60")], "no more calls"),
    "500": ([status(500)], "failed (500)"),
    "a late answer": ([silent], "did not answer within"),
    "a body in drips": ([drips], "did not answer within"),
    "a stream that stops": ([stops], "stopped in the middle"),
    "no word": ([hangs_up], "broke off"),
    "an empty body": ([raw(b"")], "empty answer"),
    "an empty text": ([answers("")], "empty answer"),
    "no text": ([answers(None)], "empty answer"),
    "prose": ([answers("I would take the first one, it looks nice.")], "prose where JSON"),
    "cut off": ([answers('{"picks": [{"keyword": "a h', finish_reason="length")], "cut off"),
    "cut off in silence": ([answers('{"picks": [{"keyword": "a h')], "cut off or broken"),
    "a refusal": ([answers(None, message={"refusal": "I cannot help with that."})], "refused to answer"),
    "a filter": ([answers("", finish_reason="content_filter")], "filter"),
    "1 MB": ([answers({"picks": ["x" * 1_000_000]})], "longer than 256 KB"),
    "invalid UTF-8": ([raw(json.dumps(completion("ab")).encode().replace(b"ab", b"\xff\xfe"))], "not UTF-8"),
    "HTML": ([raw(b"<html>welcome</html>")], "no JSON"),
    "another API": ([raw(b'{"hello": 1}')], "no chat completion"),
    "no object": ([answers("[1, 2]")], "no object"),
    "another object": ([answers({"choices": []})], "lacks 'picks'"),
    "another type": ([answers({"picks": "all"})], "no array"),
    "not a number": ([answers('{"picks": [NaN]}')], "broken JSON"),
    "deep": ([answers("[" * 100_000)], "prose"),
}


#: Those of a server that would have been waited for; no other failure depends on how long it takes.
LATE = ("a late answer", "a body in drips")


def budget_for(name: str) -> float:
    """Seconds for a call that meets this one of the failures."""
    return 0.5 if name in LATE else 60.0


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_one_sentence_in_time(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    steps, expected = FAILURES[name]
    with caplog.at_level(logging.DEBUG), pytest.raises(LLMError) as caught:
        ask(steps, tmp_path, budget_for(name), key=KEY)
    message = str(caught.value)
    assert expected in message and "\n" not in message and len(message) < 300
    assert KEY not in message and KEY not in caplog.text


def test_connection_refused_is_told_at_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    clock = FakeClock()
    with pytest.raises(LLMError, match=r"cannot be reached \(Connection refused\): is the server running"):
        LLMClient(Endpoint(url, "m"), tmp_path, sleep=clock.sleep).complete(MESSAGES, SCHEMA, 10)
    assert not clock.slept


@pytest.mark.parametrize(
    "endpoint", [Endpoint("", "m"), Endpoint("ftp://x/", "m"), Endpoint("http://[", "m"), Endpoint("http://x/v1", "")]
)
def test_settings_that_cannot_work_are_told(endpoint: Endpoint, tmp_path: Path) -> None:
    with pytest.raises(LLMError, match=r"give one such as|no model is named"):
        LLMClient(endpoint, tmp_path).complete(MESSAGES, SCHEMA, 10)


def test_an_address_that_is_not_there_is_not_called_a_wrong_one() -> None:
    assert Endpoint("", "m").problem.startswith("the base URL of the language model is not set")


@pytest.mark.parametrize(
    "first",
    [
        status(429, retry_after="0"),
        status(429, retry_after=formatdate(time.time() - 5)),
        status(503, retry_after="0.1"),
        stops,
        hangs_up,
    ],
    ids=["429", "429 with a date", "503", "stopped", "no word"],
)
def test_what_passes_is_tried_once_more(first: Step, tmp_path: Path) -> None:
    answer, server = ask([first, GOOD], tmp_path)
    assert answer.data == {"picks": [1]} and answer.calls == len(server.requests) == 2


def test_retry_after_is_waited_for(tmp_path: Path) -> None:
    clock = FakeClock()
    with FaultServer([status(429, retry_after="1.2"), GOOD]) as server:
        LLMClient(Endpoint(server.url, "m"), tmp_path, clock=clock, sleep=clock.sleep).complete(MESSAGES, SCHEMA, 9, 60)
    assert clock.slept == [1.2]


def test_what_was_waited_is_no_part_of_the_time_for_another_try(tmp_path: Path) -> None:
    clock = FakeClock()
    with FaultServer([status(503, retry_after="59.5"), silent]) as server:
        client = LLMClient(Endpoint(server.url, "m"), tmp_path, clock=clock, sleep=clock.sleep)
        with pytest.raises(LLMError, match=r"did not answer within 0\.4"):
            client.complete(MESSAGES, SCHEMA, 9, 60)
    assert clock.slept == [59.5]


def test_a_pause_that_is_longer_than_the_budget_is_not_made(tmp_path: Path) -> None:
    clock = FakeClock()
    with FaultServer([status(429, retry_after="60"), GOOD]) as server:
        client = LLMClient(Endpoint(server.url, "m"), tmp_path, clock=clock, sleep=clock.sleep)
        with pytest.raises(LLMError, match="no more calls"):
            client.complete(MESSAGES, SCHEMA, 9, 60)
        assert len(server.requests) == 1 and not clock.slept


@pytest.mark.parametrize("code", [400, 422, 500, 501])
def test_a_server_without_schemas_is_asked_for_an_object_from_then_on(code: int, tmp_path: Path) -> None:
    with FaultServer([without("json_schema", code, GOOD)]) as server:
        for _ in range(2):
            assert LLMClient(Endpoint(server.url, "m"), tmp_path).complete(MESSAGES, SCHEMA, 9).mode == "json_object"
        asked = [r["response_format"]["type"] for r in server.requests]
    assert asked == ["json_schema", "json_object", "json_object"]


def test_a_server_that_knows_no_form_is_asked_in_words(tmp_path: Path) -> None:
    fenced = answers('<think>{"picks": [9]}</think>Here:\n```json\n{"picks": [2]}\n```\nDone.')
    step = without("json_schema", 400, without("json_object", 400, fenced))
    answer, server = ask([step], tmp_path)
    assert (answer.mode, answer.data, answer.calls) == ("text", {"picks": [2]}, 3)
    assert "response_format" not in server.requests[-1]


def test_a_server_that_ignores_the_form_is_asked_otherwise(tmp_path: Path) -> None:
    answer, _ = ask([answers("Sure! Let me think."), GOOD], tmp_path)
    assert answer.mode == "json_object"


def test_what_once_worked_is_not_unlearnt_by_a_failure(tmp_path: Path) -> None:
    with FaultServer([GOOD, status(500), GOOD]) as server:
        client = LLMClient(Endpoint(server.url, "m"), tmp_path, sleep=FakeClock().sleep)
        assert [client.complete(MESSAGES, SCHEMA, 9).mode for _ in range(2)] == ["json_schema"] * 2


def test_parameters_that_a_model_does_not_take_are_left_out(tmp_path: Path) -> None:
    steps = [
        status(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."),
        status(400, "Unsupported value: 'temperature' does not support 0."),
        GOOD,
    ]
    with FaultServer(steps) as server:
        client = LLMClient(Endpoint(server.url, "m", extra={"reasoning_effort": "low"}), tmp_path)
        client.complete(MESSAGES, SCHEMA, 9)
        client.complete(MESSAGES, SCHEMA, 9)
    for request in server.requests[2:]:
        assert "temperature" not in request and "max_tokens" not in request
        assert request["max_completion_tokens"] == 9 and request["reasoning_effort"] == "low"
    assert len(server.requests) == 4


@pytest.mark.parametrize("content", ["", "nonsense", "[]", '{"a b": 3}', '{"a b": {"mode": "x"}}'])
def test_a_damaged_memory_is_no_error(content: str, tmp_path: Path) -> None:
    (tmp_path / "servers.json").write_text(content)
    answer, _ = ask([GOOD], tmp_path)
    assert answer.mode == "json_schema"


def test_after_three_failures_the_server_rests(tmp_path: Path) -> None:
    with FaultServer([status(404)]) as server:
        client = LLMClient(Endpoint(server.url, "m"), tmp_path, clock=FakeClock())
        for _ in range(3):
            with pytest.raises(LLMError, match="no model"):
                client.complete(MESSAGES, SCHEMA, 9)
        with pytest.raises(LLMError, match=r"no model .*; it is left alone for another 60 s"):
            client.complete(MESSAGES, SCHEMA, 9)
        assert len(server.requests) == 3


def test_rests_grow_to_ten_minutes_and_end_with_an_answer() -> None:
    now = [0.0]
    rest = CircuitBreaker(lambda: now[0])
    lengths = []
    for _ in range(3):
        rest.failed("x")
    for _ in range(6):
        said = re.fullmatch(r"x; it is left alone for another (\d+) s", rest.resting())
        assert said
        lengths.append(int(said[1]))
        now[0] += lengths[-1]
        assert rest.resting() == ""
        rest.failed("x")
    assert lengths == [60, 120, 240, 480, 600, 600]
    rest.answered()
    rest.failed("x")
    assert rest.resting() == ""


@pytest.mark.parametrize("step", [silent, drips])
def test_a_server_that_lets_the_time_of_a_call_pass_rests_at_once(step: Step, tmp_path: Path) -> None:
    with FaultServer([step, GOOD]) as server:
        client = LLMClient(Endpoint(server.url, "m", timeout=0.5), tmp_path)
        with pytest.raises(LLMError, match=r"did not answer within 0\.5 s$"):
            client.complete(MESSAGES, SCHEMA, 9)
        for _ in range(2):
            with pytest.raises(LLMError, match=r"did not answer within 0\.5 s; it is left alone for another \d\d s$"):
                client.complete(MESSAGES, SCHEMA, 9)
        assert len(server.requests) == 1


def test_after_its_rest_a_late_server_is_asked_again(tmp_path: Path) -> None:
    clock = FakeClock()
    with FaultServer([silent, GOOD]) as server:
        client = LLMClient(Endpoint(server.url, "m", timeout=0.5), tmp_path, CircuitBreaker(clock))
        with pytest.raises(LLMError, match="did not answer"):
            client.complete(MESSAGES, SCHEMA, 9)
        clock.sleep(61)
        for _ in range(2):
            assert client.complete(MESSAGES, SCHEMA, 9, HANG).data == {"picks": [1]}


def test_a_client_that_is_closed_while_a_request_hangs_is_late_and_raises_nothing_else(tmp_path: Path) -> None:
    go_on = threading.Event()
    with FaultServer([held(go_on, silent), GOOD]) as server:
        client = LLMClient(Endpoint(server.url, "m", timeout=0.5), tmp_path, CircuitBreaker(after=NEVER))
        closing = threading.Thread(target=lambda: (until(lambda: server.requests), client.close(), go_on.set()))
        closing.start()
        with pytest.raises(LLMError, match="did not answer"):
            client.complete(MESSAGES, SCHEMA, 9)
        closing.join()
        assert client.complete(MESSAGES, SCHEMA, 9, HANG).data == {"picks": [1]}


def test_ollama_unloads_after_the_call_and_others_are_left_alone(tmp_path: Path) -> None:
    with FaultServer([GOOD]) as server:
        server.other = raw(b'{"model": "m", "done": true, "done_reason": "unload"}')
        client = LLMClient(Endpoint(server.url, "m"), tmp_path / "a")
        client.complete(MESSAGES, SCHEMA, 9, keep_alive=0)
        client.complete(MESSAGES, SCHEMA, 9, keep_alive=0)
        assert server.paths == ["/v1/chat/completions", "/api/generate"] * 2
    with FaultServer([GOOD]) as server:
        client = LLMClient(Endpoint(server.url, "m"), tmp_path / "b")
        client.complete(MESSAGES, SCHEMA, 9, keep_alive=0)
        client.complete(MESSAGES, SCHEMA, 9, keep_alive=0)
        assert server.paths.count("/api/generate") == 1


def test_pictures_go_through(tmp_path: Path) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    message = {"role": "user", "content": [{"type": "text", "text": "what is it?"}, picture]}
    with FaultServer([raw(json.dumps({**completion('{"picks": []}'), "usage": None}).encode())]) as server:
        answer = LLMClient(Endpoint(server.url, "m"), tmp_path).complete([message], SCHEMA, 9)
        assert server.requests[0]["messages"] == [message]
    assert answer.prompt_tokens == 3  # the server counted none: the text alone, 4 characters a token


def test_the_key_goes_to_its_owner_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STYLUS_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert find_key("http://127.0.0.1/v1", " given ") == "given"
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    assert find_key("https://api.openai.com/v1") == "theirs"
    assert find_key("https://api.openai.com.example.org/v1") == ""
    assert find_key("http://[", "given") == "given"
    monkeypatch.setenv("STYLUS_API_KEY", "ours")
    assert find_key("https://api.openai.com/v1", "given") == "ours"
    monkeypatch.setenv("MINE", "mine")
    assert find_key("https://api.openai.com/v1", "given", "MINE") == "mine"


def test_the_key_is_in_no_representation() -> None:
    assert KEY not in repr(Endpoint("http://x/v1", "m", KEY)) + repr(LLMClient(Endpoint("http://x/v1", "m", KEY), "."))


@pytest.mark.parametrize(
    "text",
    [
        '{"picks": []}',
        ' \n{"picks": []}\n',
        '```\n{"picks": []}\n```',
        'So: {"picks": []} is what I think',
        '{"picks": [], "more": 1}',
    ],
)
def test_json_in_text_is_found(text: str) -> None:
    assert read_object(text, SCHEMA)["picks"] == []


def test_a_call_that_is_given_up_takes_no_other_with_it(tmp_path: Path) -> None:
    given_up = threading.Event()
    with FaultServer([GOOD, held(given_up, GOOD), drips]) as server:
        client = LLMClient(Endpoint(server.url, "m"), tmp_path)
        client.complete(MESSAGES, SCHEMA, 9, 60)
        with ThreadPoolExecutor(2) as pool:
            good = pool.submit(client.complete, MESSAGES, SCHEMA, 9, 120)
            until(lambda: len(server.requests) == 2)
            late = pool.submit(client.complete, MESSAGES, SCHEMA, 9, 0.4)
            assert "did not answer" in str(late.exception())
            given_up.set()
            assert good.result().data == {"picks": [1]}
        server.steps[:] = [GOOD]
        assert client.complete(MESSAGES, SCHEMA, 9).data == {"picks": [1]}
