"""A small client of a WebUI's API: pictures, installed scripts and adapters. Every failure is one clear sentence."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from stylus_core.errors import StylusError
from stylus_core.net.address import address_problem
from stylus_core.net.errors import ELSEWHERE, LARGE, LATE, NetError
from stylus_core.net.exchange import HttpReply, HttpRequest, send
from stylus_study.batch import webui_answers

#: Longest answer that is read, in bytes: a picture of 4096 x 4096 in base64 fits, of noise even.
MAX_ANSWER_BYTES = 72 << 20
#: Seconds before each further try of what failed in passing.
PAUSES = (1.0, 3.0, 8.0)
_TIMEOUT = 30.0  # seconds for everything but a picture
_MAX_MESSAGE = 300  # characters of a server's own message that are repeated
#: What is long and shown to nobody: pictures, and what trainers wrote into adapters.
_UNREDACTED = ("images", "metadata")
_TRANSIENT = (429, 500, 502, 503, 504)

_Answer = TypeVar("_Answer")


class WebUIError(StylusError):
    """This request failed; another may do. `transient`: the same one may succeed in a moment."""

    def __init__(self, message: str, status: int = 0, *, transient: bool = False) -> None:
        super().__init__(message)
        self.status = status  # HTTP's, 0 if there was none
        self.transient = transient


class WebUIGone(WebUIError):
    """Nothing more can be had from this WebUI: it does not answer, or lets nobody in."""


class WebUI:
    """One WebUI.

    Args:
        url: where its page is, e.g. `http://127.0.0.1:7860`.
        auth: `user:password` of its `--api-auth`, empty if it has none.
        timeout: seconds for one picture.
        pauses: seconds before each further try.
        sleep: waits; may raise to end the waiting.
    """

    def __init__(
        self,
        url: str,
        auth: str = "",
        *,
        timeout: float = 600.0,
        pauses: tuple[float, ...] = PAUSES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = checked_url(url)
        self._auth = "Basic " + base64.b64encode(auth.encode()).decode("ascii") if auth else ""
        self.timeout = timeout
        self._pauses = pauses
        self.sleep = sleep

    def __repr__(self) -> str:
        return f"WebUI({self.url!r})"

    def scripts(self) -> list[str]:
        """Titles of the scripts that txt2img runs, as the WebUI gives them: in lower case."""
        return self.read("/sdapi/v1/scripts", webui_answers.scripts)

    def loras(self) -> dict[str, str]:
        """Names that a tag may use, each with the path that the WebUI knows it by."""
        return self.read("/sdapi/v1/loras", webui_answers.loras)

    def checkpoints(self) -> list[dict[str, str]]:
        """The checkpoints, with `title`, `model_name` and `filename`."""
        return self.read("/sdapi/v1/sd-models", webui_answers.checkpoints)

    def samplers(self) -> list[str]:
        """Names of the samplers."""
        return self.read("/sdapi/v1/samplers", webui_answers.samplers)

    def index_state(self) -> webui_answers.IndexState:
        """How far the index of the extension is."""
        return self.read("/stylus/v1/index", webui_answers.index_state)

    def selection(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the extension picks.

        Args:
            body: `prompt` and `options`.

        Returns:
            `picks`, `composer` and `notes`, as `webui_answers.selection` checks them.
        """
        return self.read("/stylus/v1/select", webui_answers.selection, body)

    def txt2img(self, body: Mapping[str, Any]) -> tuple[bytes, webui_answers.RenderedPicture]:
        """Asks for a picture.

        Args:
            body: of the request, as the WebUI's API has it.

        Returns:
            The first picture's bytes, which are all there, and what the WebUI says about it.
        """
        return self.read("/sdapi/v1/txt2img", webui_answers.picture, body)

    def read(self, path: str, reader: Callable[[Any], _Answer], body: Mapping[str, Any] | None = None) -> _Answer:
        """Asks, and checks the answer.

        Args:
            path: of the API, from the slash on.
            reader: makes of the answer's JSON what is returned, or raises `AnswerError`.
            body: of a POST that may take as long as a picture; None for a GET.

        Returns:
            What `reader` gives.

        Raises:
            WebUIError: the request failed, or `reader` refused the answer.
        """
        answer = self.get(path) if body is None else self.post(path, body, self.timeout)
        try:
            return reader(answer)
        except webui_answers.AnswerError as error:
            raise WebUIError(f"{self.url} answered {path} with {error}") from None

    def get(self, path: str) -> Any:
        """GET, tried again where the failure may pass.

        Args:
            path: of the API, from the slash on.

        Returns:
            The answer's JSON; what it repeats of a password is left out, but in pictures and metadata.

        Raises:
            WebUIError: the request failed.
        """
        return self._with_retries(path, None, _TIMEOUT)

    def post(self, path: str, body: Mapping[str, Any], timeout: float = _TIMEOUT) -> Any:
        """POST, tried again where the failure may pass.

        Args:
            path: of the API, from the slash on.
            body: plain JSON values.
            timeout: seconds for one try.

        Returns:
            The answer's JSON; what it repeats of a password is left out, but in pictures and metadata.

        Raises:
            WebUIError: the request failed.
        """
        return self._with_retries(path, json.dumps(body).encode("ascii"), timeout)

    def _with_retries(self, path: str, body: bytes | None, timeout: float) -> Any:
        for pause in (*self._pauses, None):
            try:
                return self._exchange(path, body, timeout)
            except WebUIError as error:
                if pause is None or not error.transient:
                    raise
                self.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _exchange(self, path: str, body: bytes | None, timeout: float) -> Any:
        headers = {"Accept": "application/json", **({"Authorization": self._auth} if self._auth else {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            reply = send(HttpRequest(self.url + path, body, headers, timeout, MAX_ANSWER_BYTES))
        except NetError as error:
            raise self._no_reply(error, path, timeout) from None
        if reply.status >= 400:
            raise self._error_status(reply, path)
        try:
            return reply.json(leave=_UNREDACTED)
        except ValueError:
            raise WebUIGone(f"{self.url} answered {path} with something that is no JSON: is this a WebUI?") from None

    def _no_reply(self, error: NetError, path: str, timeout: float) -> WebUIError:
        if error.kind == LATE:
            return WebUIGone(f"{self.url} took longer than {timeout:g} s for {path}")
        if error.kind == LARGE:
            return WebUIGone(f"{self.url} {error} ({path})")
        if error.kind == ELSEWHERE:
            return WebUIGone(f"{self.url} {error}", error.status)
        return WebUIGone(f"{self.url} {error}: is the WebUI running, with --api?", transient=True)

    def _error_status(self, reply: HttpReply, path: str) -> WebUIError:
        status = reply.status
        if status in (401, 403):
            return WebUIGone(
                f"{self.url} asks for a user and a password: put user:password of its --api-auth into the environment "
                "variable that --auth-env names",
                status,
            )
        message = _message(reply)
        if status == 404 and message in ("", "Not Found"):  # else it is the request that names what is not there
            return WebUIGone(f"{self.url} has no {path}: start the WebUI with --api", status)
        sentence = f"{self.url} refused {path} with {status}{f': {message}' if message else ''}"
        return WebUIError(sentence, status, transient=status in _TRANSIENT)


def checked_url(url: str) -> str:
    """`url` without a slash at its end. Raises `WebUIError` if no WebUI can be there."""
    url = url.strip()
    if problem := address_problem(url, "http://127.0.0.1:7860", "put user:password into a variable, see --auth-env"):
        raise WebUIError(f"an address of a WebUI {problem}")
    return url.rstrip("/")


def _message(reply: HttpReply) -> str:
    """What a WebUI says of an error, in one line: FastAPI's `detail`, or the WebUI's `errors` and `error`."""
    try:
        value = reply.json()
    except ValueError:
        return ""
    given = value if isinstance(value, dict) else {}
    message = next((given[k] for k in ("errors", "detail", "error") if given.get(k)), "")
    text = message if isinstance(message, str) else json.dumps(message)
    return " ".join(text.split())[:_MAX_MESSAGE]
