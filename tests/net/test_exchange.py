"""The way out itself: names, proxies, certificates, what is sent, and that there is no other."""

from __future__ import annotations

import ast
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from stylus_core.net.connection import Connection, Deadline, reach
from stylus_core.net.errors import NetError
from stylus_core.net.exchange import HttpRequest, send
from tests.clock import HANG
from tests.net.faults import FAULTS, gzipped
from tests.net.faulty_server import FaultyServer, Talk, http
from tests.sources import PACKAGES, ROOT, modules, nodes

KEY = "sk-Very-Secret-0123456789"
BEARER = {"Authorization": f"Bearer {KEY}"}


def test_a_request_and_its_answer() -> None:
    with FaultyServer(lambda talk: talk.say(http(b'{"a": [1, "b"]}', "200 OK", "Retry-After: 3"))) as server:
        reply = send(
            HttpRequest(f"{server.url}/v1/ä b", b"{}", {**BEARER, "Accept-Encoding": "br", "Host": "elsewhere"})
        )
        assert (reply.status, reply.json(), reply.body) == (200, {"a": [1, "b"]}, b'{"a": [1, "b"]}')
        assert reply.retry_after == "3"
        head = server.asked[0].head.decode()
        assert head.startswith("POST /v1/%C3%A4%20b HTTP/1.1\r\n") and f"Host: 127.0.0.1:{server.port}" in head
        assert "Accept-Encoding: identity" in head and "elsewhere" not in head and f"Bearer {KEY}" in head
        send(HttpRequest(server.url))
        assert server.asked[1].head.startswith(b"GET / HTTP/1.1\r\n")


def test_what_is_compressed_all_the_same_is_read() -> None:
    with FaultyServer(lambda talk: talk.say(http(gzipped(1), "200 OK", "Content-Encoding: gzip"))) as server:
        assert send(HttpRequest(server.url, limit=1 << 20)).body == bytes(1 << 20)
        with pytest.raises(NetError, match="longer than 1023 KB"):
            send(HttpRequest(server.url, limit=(1 << 20) - 1024))


def test_pictures_stay_as_they_came_and_the_rest_is_told_without_the_key() -> None:
    body = f'{{"images": ["{KEY}"], "info": "{KEY}"}}'.encode()
    with FaultyServer(lambda talk: talk.say(http(body))) as server:
        reply = send(HttpRequest(server.url, headers=BEARER))
        assert reply.json(leave=("images",)) == {"images": [KEY], "info": "(the key)"}


def test_an_error_in_drips_is_not_waited_for() -> None:
    script, _ = FAULTS["drips the body of an error"]
    with FaultyServer(script) as server:
        assert send(HttpRequest(server.url, seconds=600)).status == 400
        assert not server.asked[0].ended


def test_a_key_in_the_time_to_wait_is_covered() -> None:
    with FaultyServer(lambda talk: talk.say(http(b"{}", "429 No", f"Retry-After: {KEY}"))) as server:
        assert send(HttpRequest(server.url, headers=BEARER)).retry_after == "(the key)"


def test_a_header_that_cannot_be_sent_is_told_and_not_shown() -> None:
    with pytest.raises(NetError, match="characters that none can have") as error:
        send(HttpRequest("http://127.0.0.1:9/", headers={"Authorization": f"Bearer {KEY}\nX: y"}))
    assert KEY not in str(error.value)


def test_a_server_that_refuses_before_it_has_read_everything_is_heard() -> None:
    def refuse(made: socket.socket) -> None:
        made.recv(1000)
        made.sendall(http(b'{"detail": "too much"}', "413 Too Large"))
        made.shutdown(socket.SHUT_WR)
        while made.recv(1 << 20):
            pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=lambda: refuse(listening.accept()[0]), daemon=True).start()
        reply = send(HttpRequest(f"http://127.0.0.1:{listening.getsockname()[1]}", bytes(8 << 20), seconds=HANG))
    assert reply.status == 413 and reply.json() == {"detail": "too much"}


def test_a_server_that_takes_nothing_in_is_late() -> None:
    with FaultyServer(None) as server, pytest.raises(NetError) as error:
        send(HttpRequest(server.url, bytes(64 << 20), seconds=0.3))
    assert error.value.kind == "late"


def test_a_name_that_takes_long_to_find_is_late_and_leaves_no_thread() -> None:
    go_on = threading.Event()

    def look_up(*_: object, **__: object) -> list[tuple[object, ...]]:
        assert go_on.wait(HANG)
        return []

    with pytest.raises(NetError) as error:
        Connection("pictures.example", 80, Deadline(0.2), look_up)
    assert error.value.kind == "late"
    waiting = [t for t in threading.enumerate() if t.name == "stylus-look-up"]
    assert waiting  # for the look-up is not done: it was not waited for
    go_on.set()
    for thread in waiting:
        thread.join(HANG)
        assert not thread.is_alive()


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "no-such-host.invalid", "..", "x\u0000y"])
def test_a_name_that_is_none_is_told(host: str) -> None:
    with pytest.raises(NetError, match="cannot be reached"):
        reach(host, 80, HANG)


def test_a_server_that_speaks_no_tls_and_one_that_says_nothing() -> None:
    for script, kind in ((lambda talk: talk.say(http(b"{}")), "unreachable"), (None, "late")):
        with FaultyServer(script, heard=False) as server, pytest.raises(NetError) as error:
            send(HttpRequest(server.url.replace("http:", "https:"), seconds=0.5 if kind == "late" else HANG))
        assert error.value.kind == kind


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_a_proxy_is_asked_and_its_password_is_a_secret(proxied: pytest.MonkeyPatch) -> None:
    refusal = http(b"no: QW5uOmhvcnNlLWJhdHRlcnk=, horse-battery", "407 No")
    with FaultyServer(lambda talk: talk.say(refusal)) as proxy:
        address = proxy.url.replace("//", "//Ann:horse-battery@")
        proxied.setenv("http_proxy", address)
        proxied.setenv("https_proxy", address)
        reply = send(HttpRequest("http://pictures.invalid/a", b"{}", BEARER))
        assert reply.status == 407 and reply.body.count(b"(the key)") == 2
        assert proxy.asked[0].head.startswith(b"POST http://pictures.invalid/a HTTP/1.1\r\n")
        with pytest.raises(NetError, match=r"the proxy refuses it: 407"):
            send(HttpRequest("https://pictures.invalid/a", b"{}", BEARER))
        tunnel = proxy.asked[1].head
        assert tunnel.startswith(b"CONNECT pictures.invalid:443 HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic" in tunnel and KEY.encode() not in tunnel
        proxied.setenv("no_proxy", "pictures.invalid")
        with pytest.raises(NetError, match="cannot be reached"):
            send(HttpRequest("http://pictures.invalid/a", b"{}", BEARER))
        assert len(proxy.asked) == 2


def test_this_machine_is_behind_no_proxy(proxied: pytest.MonkeyPatch) -> None:
    proxied.setenv("http_proxy", "http://127.0.0.1:9")
    with FaultyServer(lambda talk: talk.say(http(b"{}"))) as server:
        assert send(HttpRequest(server.url)).status == 200


def test_a_proxy_of_another_kind_is_told(proxied: pytest.MonkeyPatch) -> None:
    proxied.setenv("all_proxy", "socks5://127.0.0.1:9")
    with pytest.raises(NetError, match="no http proxy"):
        send(HttpRequest("http://pictures.invalid/"))
    proxied.setenv("http_proxy", "http://127.0.0.1:port")
    with pytest.raises(NetError, match="no http proxy"):
        send(HttpRequest("http://pictures.invalid/"))


def test_a_redirect_to_no_address_is_told() -> None:
    for where in ("http://[", "//[::", "mailto:a", "http://a:b", ""):
        answer = http(b"", "302 Found", f"Location: {where}")
        with FaultyServer(lambda talk, answer=answer: talk.say(answer)) as server:
            with pytest.raises(NetError, match="sends elsewhere"):
                send(HttpRequest(server.url))


def test_an_error_that_is_cut_within_a_key_is_told_without_it() -> None:
    def script(talk: Talk) -> None:
        talk.say(b"HTTP/1.1 400 No\r\n\r\nno key " + KEY[:-1].encode())
        talk.stop.wait()

    with FaultyServer(script) as server:
        assert send(HttpRequest(server.url, headers=BEARER)).body == b""


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    import ssl

    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    making += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(making, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    heard: list[bytes] = []

    def encrypted(talk: Talk) -> None:
        with context.wrap_socket(talk.socket, server_side=True) as made:
            made.recv(65536)
            made.sendall(http(b"{}"))

    asks = "import sys; from stylus_core.net.exchange import *; print(send(HttpRequest(sys.argv[1])).status)"
    with FaultyServer(encrypted, heard=False) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(NetError, match="its certificate is not trusted"):
            send(HttpRequest(url, headers=BEARER))
        assert not heard
        assert trusting(asks, url, certificate) == "200"


def trusting(code: str, url: str, certificate: Path) -> str:
    """What `code` prints in a process that takes the certificate for an authority's."""
    import os
    import sys

    told = subprocess.run(
        [sys.executable, "-c", code, url],
        env={**os.environ, "SSL_CERT_FILE": str(certificate)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return told.stdout.strip() or told.stderr


#: What opens connections.
OUT = {
    *("socket", "ssl", "http", "urllib.request", "urllib3", "httpx", "httpx2", "requests", "aiohttp", "openai"),
    *("ftplib", "smtplib", "imaplib", "poplib", "telnetlib", "nntplib", "xmlrpc", "websockets", "pycurl", "grpc"),
    *("pymilvus", "asyncio", "huggingface_hub", "webbrowser"),
}
#: Who else may, and why.
ELSEWHERE = {
    "stylus_core/retriever/engine/milvus.py": {"pymilvus", "grpc"},  # an engine speaks its own protocol
    "stylus_study/vote/vote_server.py": {"http", "socket"},  # listens on this machine, and asks nobody
    "stylus_study/vote/bounded_server.py": {"http"},  # how that listens
    "stylus_study/metrics/extractors.py": {
        "huggingface_hub"
    },  # fetches the model that a user names, from its hub alone
    "stylus_core/llm/transport.py": {"openai"},  # its errors; the client comes from the way out
    "stylus_comfyui/routes.py": {"asyncio", "aiohttp"},  # answers in ComfyUI's own server
    "stylus_mcp/server.py": {"asyncio"},  # waits for threads
    "stylus_mcp/threads.py": {"asyncio"},
}


def opened(path: Path) -> set[str]:
    """What of `OUT` a module imports, anywhere in it."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__"):
                names.add(str(node.args[0].value))
    return {out for out in OUT for name in names if name == out or name.startswith(f"{out}.")}


def test_there_is_one_way_out() -> None:
    found = {}
    for path in modules(*PACKAGES):
        if not path.is_relative_to(ROOT / "stylus_core" / "net") and (names := opened(path)):
            found[path.relative_to(ROOT).as_posix()] = names
    assert found == ELSEWHERE
    connecting = {p.name for p in (ROOT / "stylus_core" / "net").glob("*.py") if "socket" in opened(p)}
    assert connecting == {"connection.py"}
