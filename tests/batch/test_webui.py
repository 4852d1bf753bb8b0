"""The client: addresses, answers that are no answers, and what is said of each."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stylus_study.batch.webui import WebUI, WebUIError, WebUIGone
from tests.batch.webui import StandIn


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that sends each connection the next of `answers`, and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    asked.append(connection.recv(65536))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked


def http(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:7860", "no http address"),
        ("file:///etc/passwd", "no http address"),
        ("http://", "no http address"),
        ("http://host:port", "no http address"),
        ("http://ann:s3cret@host", "--auth-env"),
        ("ann:s3cret@host:7860", "--auth-env"),
        ("http://ann:s3cret@host:port", "--auth-env"),
        ("http://host:7860/?token=s3cret", "--auth-env"),
        ("http://host:7860/#s3cret", "--auth-env"),
    ],
)
def test_what_is_no_address_is_refused(url: str, said: str) -> None:
    with pytest.raises(WebUIError, match=said) as refusal:
        WebUI(url)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (http(b"<html>"), "no JSON: is this a WebUI"),
        (http(b"[" * 100_000), "no JSON"),
        (http(b"{}", "404 Not Found"), "start the WebUI with --api"),
        (http(b"", "302 Found", "Location: http://127.0.0.1:9/"), "sends elsewhere"),
        (http(b"{}", "401 Unauthorized"), "user:password"),
        (b"SSH-2.0-x\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", "longer than 72 MiB"),
    ],
)
def test_a_server_that_is_no_webui_is_given_up(answer: bytes, said: str) -> None:
    with answering(answer) as (url, _), pytest.raises(WebUIGone, match=said):
        WebUI(url, pauses=()).scripts()


def test_credentials_are_not_sent_where_a_redirect_points() -> None:
    with answering(http(b"[]")) as (other, asked):
        redirect = http(b"", "307 Temporary Redirect", f"Location: {other}/sdapi/v1/loras")
        with answering(redirect) as (url, first), pytest.raises(WebUIGone, match="sends elsewhere"):
            WebUI(url, "ann:s3cret", pauses=()).loras()
        assert b"Authorization: Basic" in first[0] and not asked


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    short = http(b'{"txt2img": ["stylus"]}')[:-5]
    with answering(short, http(b'{"txt2img": ["stylus"]}')) as (url, asked):
        assert WebUI(url, pauses=(0.0,)).scripts() == ["stylus"]
        assert len(asked) == 2


def test_a_webui_that_hangs_is_given_up_in_time() -> None:
    arrived, over = threading.Event(), threading.Event()
    with StandIn() as host:
        host.before_picture = lambda: (arrived.set(), over.wait())
        with pytest.raises(WebUIGone, match=r"longer than 2 s"):
            WebUI(host.url, timeout=2.0, pauses=(0.0, 0.0)).txt2img({"prompt": "x"})
        assert arrived.wait(300)
        assert len(host.asked) == 1
        over.set()


@pytest.mark.parametrize("images", [b"[]", b"null", b'["@@"]', b"[3]"])
def test_an_answer_without_a_picture_is_no_picture(images: bytes) -> None:
    with answering(http(b'{"images": ' + images + b', "info": "{}"}')) as (url, _), pytest.raises(WebUIError) as error:
        WebUI(url, pauses=()).txt2img({})
    assert "picture" in str(error.value)


def test_a_request_that_names_what_is_not_there_is_refused_and_the_webui_goes_on() -> None:
    answer = http(b'{"detail": "Sampler not found"}', "404 Not Found")
    with answering(answer) as (url, _), pytest.raises(WebUIError, match="with 404: Sampler not found") as error:
        WebUI(url, pauses=()).txt2img({})
    assert not isinstance(error.value, WebUIGone)
