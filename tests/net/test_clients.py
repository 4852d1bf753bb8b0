"""Each client of a server against the same list of faults: a sentence in time, nothing read without end, no secret."""

from __future__ import annotations

import json
import logging
import os
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")

from stylus_core.composer import Composers
from stylus_core.composer.reranker import EndpointScorer
from stylus_core.composer.settings import ComposerSettings
from stylus_core.errors import ComposerError, LLMError, StylusError
from stylus_core.llm import Endpoint, LLMClient
from stylus_core.llm.unload import unload
from stylus_core.retriever.engine.address import parse_address
from stylus_study.batch.webui import WebUI, WebUIError
from tests.clock import HANG, FakeClock
from tests.composer.build import candidate, request
from tests.net.faults import ECHOES, FAULTS, forms, said
from tests.net.faulty_server import FaultyServer, http

pytestmark = pytest.mark.whole

KEY = "sk-Very+Secret/0123456789abcDEF="
PHRASE = "correct-horse/battery+staple="
SCHEMA = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
BUDGET = 0.8  # seconds for a server that would be waited for

ASKED = request("papercut art", [candidate(0, "style", "paper cut")], 0.5, composer="reranker")

Asking = Callable[..., str]  # of an address, a home and the seconds


def chat(url: str, home: Path, seconds: float = BUDGET) -> str:
    client = LLMClient(Endpoint(f"{url}/v1", "m", KEY), home, sleep=FakeClock().sleep)
    try:
        return json.dumps(client.complete([{"role": "user", "content": "?"}], SCHEMA, 9, seconds).data)
    except LLMError as error:
        return f"refused: {error}"
    finally:
        client.close()


def rerank(url: str, home: Path, seconds: float = BUDGET) -> str:
    try:
        return str(EndpointScorer(Endpoint(url, "m", KEY, seconds)).scores("a fox", ["fox", "castle"]))
    except ComposerError as error:
        return f"refused: {error}"


def freed(url: str, home: Path, seconds: float = BUDGET) -> str:
    return f"{'' if unload(Endpoint(f'{url}/v1', 'm', KEY), 0, seconds) else 'refused: '}unloaded"


def webui(url: str, home: Path, seconds: float = BUDGET) -> str:
    try:
        host = WebUI(url, f"ann:{PHRASE}", timeout=seconds, pauses=())
        return str(host.post("/sdapi/v1/txt2img", {"prompt": "a fox"}, seconds))
    except WebUIError as error:
        return f"refused: {error}"


CLIENTS: dict[str, Asking] = {"chat": chat, "rerank": rerank, "unload": freed, "webui": webui}
#: What a client says of each kind; of one that unloads nobody hears.
SAID = {
    "late": ("within", "took longer"),
    "broken": ("broke off", "stopped in the middle", "took longer"),
    "large": ("longer than",),
    "garbled": ("no HTTP", "without end", "compressed", "decompressed", "ends nothing"),
    "elsewhere": ("sends elsewhere to http://127.0.0.1:",),
    "": ("refused",),
}


def secret(name: str) -> str:
    return PHRASE if name == "webui" else KEY


def no_secret(name: str, text: str) -> None:
    text = "".join(text.split())
    for form, shown in forms(secret(name)):
        assert shown not in text, form


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_in_time_and_in_a_sentence(
    fault: str, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    script, kind = FAULTS[fault]
    waits = kind == "late" or "drips" in fault
    budget = BUDGET if waits else HANG  # of no other fault is it to matter how busy the machine is
    caplog.set_level(logging.DEBUG)
    with FaultyServer(lambda talk: talk.say(http(b"{}"))) as other, FaultyServer(script, other.url) as server:
        told = CLIENTS[name](server.url, tmp_path, budget)
        if waits:
            assert not any(asked.ended for asked in server.asked)
        assert told.startswith("refused: ") and len(told) < 400 and "\n" not in told
        if name != "unload":
            assert any(words in told for words in SAID[kind]), told
        assert not other.asked
        if name != "webui" and "without end" in fault:
            # what one request took in, and what lies in the buffers between the two
            assert all(asked.sent < 16 << 20 for asked in server.asked)
    no_secret(name, told + caplog.text + stored(tmp_path))


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("echo", ECHOES)
def test_what_a_server_repeats_of_a_key_is_told_to_nobody(
    echo: str, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    repeated = ECHOES[echo](secret(name))
    body = json.dumps({"choices": [{"message": {"content": json.dumps({"word": repeated})}}], "info": repeated})
    answers = [
        *(said(f"no such key: {repeated}", status) for status in ("400 No", "401 No", "422 No", "500 No")),
        http(f"no: {repeated}".encode(), "404 Not Found"),
        http(body.encode()),
        http(json.dumps({"choices": [{"message": {"content": repeated}}]}).encode()),
        http(json.dumps({repeated: [{"deep": repeated}]}).encode()),
    ]
    if "\n" not in repeated:
        answers += [http(b"{}", f"418 {repeated}"), http(b"{}", "429 No", f"Retry-After: {repeated}")]
        answers.append(http(b"", "302 No", f"Location: http://{repeated}.example/{repeated}"))
        answers.append(http(b"{}", "200 OK", f"Set-Cookie: a={repeated}", f"{repeated.replace(':', '')}: x"))
    for answer in answers:
        with FaultyServer(lambda talk, answer=answer: talk.say(answer)) as server:
            no_secret(name, CLIENTS[name](server.url, tmp_path))
    no_secret(name, caplog.text + stored(tmp_path))


def stored(folder: Path) -> str:
    return "".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("fault", ["a bomb", "a bomb for an error", "an error without end", "a body without end"])
def test_memory_does_not_grow_with_what_a_server_sends(fault: str, tmp_path: Path) -> None:
    with FaultyServer(FAULTS[fault][0]) as server:
        chat(server.url, tmp_path)  # what is loaded for the first call
        tracemalloc.start()
        try:
            for asking in (chat, rerank, freed):
                asking(server.url, tmp_path)
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="this system does not list a process's files")
def test_late_servers_leave_nothing_behind(tmp_path: Path) -> None:
    def left() -> tuple[int, int]:
        ours = [t for t in threading.enumerate() if t.name.startswith("stylus")]
        return len(os.listdir("/proc/self/fd")), len(ours)

    with FaultyServer(None) as server:
        for asking in CLIENTS.values():
            asking(server.url, tmp_path)
        before = left()
        for _ in range(3):
            for asking in CLIENTS.values():
                asking(server.url, tmp_path)
        assert left() == before


@pytest.mark.parametrize(
    "address",
    [
        f"http://ann:{PHRASE}@127.0.0.1:9",
        f"http://{PHRASE}@127.0.0.1:9",
        f"http://127.0.0.1:9?api_key={PHRASE}",
        f"http://127.0.0.1:9/#{PHRASE}",
        f"http://ann:{PHRASE}@127.0.0.1:port",
        f"ann:{PHRASE}@127.0.0.1:9",
        f"http:///ann:{PHRASE}@x",
    ],
)
def test_a_key_in_an_address_is_refused_and_not_repeated(address: str, tmp_path: Path) -> None:
    for asking in (chat, webui):
        told = asking(address, tmp_path)
        assert told.startswith("refused: ") and ("STYLUS_API_KEY" in told or "--auth-env" in told)
        assert PHRASE not in told
    engine = address.replace("http:", "milvus:", 1)
    with pytest.raises(StylusError, match=r"STYLUS_MILVUS_TOKEN") as refusal:
        parse_address(engine)
    assert PHRASE not in str(refusal.value)
    settings = ComposerSettings(base_url=address, reranker=address, model="m")
    if address.startswith("http"):
        found = Composers.from_settings(settings, tmp_path).compose(ASKED)
        assert "STYLUS_API_KEY" in found.notes[-1] and PHRASE not in repr(found)
    assert PHRASE not in repr(settings) + repr(settings.endpoint) + repr(settings.rerank_endpoint)


def test_the_key_itself_in_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LLMError, match="holds the key itself") as refusal:
        LLMClient(Endpoint(f"http://127.0.0.1:9/{KEY}/v1", "m", KEY), tmp_path).complete([], SCHEMA, 9)
    assert KEY not in str(refusal.value)


def test_a_word_that_stands_in_for_a_key_may_be_a_name_in_the_address() -> None:
    assert Endpoint("http://ollama:11434/v1", "m", "ollama").problem == ""
