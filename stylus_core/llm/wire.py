"""One request over the wire, through the `openai` client, that ends when its time is over, whatever the server does.

A time limit of an HTTP client holds for each read: a server that sends a byte now and then is never late. So the
request runs on a thread of its own, which its caller waits for as long as it said and no longer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stylus_core.errors import LLMError
from stylus_core.llm.answers import MAX_BODY
from stylus_core.llm.endpoint import Endpoint

#: What servers without a key are sent: the client insists on one.
_NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no body. `status` is HTTP's, 0 if the server gave none."""

    sentence: str
    status: int = 0
    retry_after: float | None = None  # seconds that the server asked to wait
    detail: str = ""  # the server's own words, for finding out what it does not take; never shown with a key in it
    broken: bool = False  # the connection was there and broke
    formless: bool = False  # there was an answer, and not in the form that was asked for


@dataclass(slots=True)
class _Outcome:
    done: threading.Event = field(default_factory=threading.Event)
    value: bytes | Failure | None = None


@dataclass(slots=True)
class _Connections:
    """A client of `openai`, and how many wait for it."""

    client: Any
    waiting: int = 0
    given_up: bool = False  # some thread still reads from it for nobody


class Wire:
    """Connections to one endpoint. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._open: _Connections | None = None

    def ready(self) -> None:
        """Imports and makes the client: seconds on a busy machine, which no call's budget has to pay for."""
        with self._lock:
            self._connections()

    def post(self, parameters: Mapping[str, Any], seconds: float) -> bytes | Failure:
        """The body of a chat completion, or why there is none, after `seconds` at the latest."""
        outcome = _Outcome()
        with self._lock:
            mine = self._connections()
            mine.waiting += 1

        def work() -> None:
            try:
                outcome.value = self._read(mine.client, parameters, seconds)
            except Exception as e:  # a thread of its own: whatever it is has to reach the caller
                outcome.value = Failure(f"{self._endpoint.shown} could not be asked ({type(e).__name__})")
            outcome.done.set()

        threading.Thread(target=work, name="stylus-llm", daemon=True).start()
        outcome.done.wait(seconds)
        value = outcome.value
        self._leave(mine, late=value is None)
        return self._late(seconds) if value is None else value

    def close(self) -> None:
        """Closes the connections when nobody waits for them any more."""
        with self._lock:
            mine, self._open = self._open, None
            if mine is None:
                return
            mine.given_up = True
            last = mine.waiting == 0
        if last:
            mine.client.close()

    def _connections(self) -> _Connections:
        if self._open is None:
            try:
                import openai
            except ImportError:
                raise LLMError(
                    "the package 'openai' is missing, which talks to language models: pip install openai"
                ) from None
            self._open = _Connections(
                openai.OpenAI(api_key=self._endpoint.key or _NO_KEY, base_url=self._endpoint.base_url, max_retries=0)
            )
        return self._open

    def _leave(self, mine: _Connections, late: bool) -> None:
        """After a call. What a late thread reads from is closed once no other call needs it, which ends that too."""
        with self._lock:
            mine.waiting -= 1
            if late:
                mine.given_up = True
                if self._open is mine:
                    self._open = None
            last = mine.given_up and mine.waiting == 0
        if last:
            mine.client.close()

    def _late(self, seconds: float) -> Failure:
        return Failure(f"{self._endpoint.shown} did not answer within {seconds:.0f} s")

    def _read(self, client: Any, parameters: Mapping[str, Any], seconds: float) -> bytes | Failure:
        import openai

        late = time.monotonic() + seconds
        shown = self._endpoint.shown
        body = bytearray()
        try:
            with client.chat.completions.with_streaming_response.create(**parameters, timeout=seconds) as response:
                for chunk in response.iter_bytes(16384):
                    body += chunk
                    if len(body) > MAX_BODY:
                        return Failure(f"{shown} sent an answer longer than {MAX_BODY // 1024} KB: it was not read")
                    if time.monotonic() > late:
                        return self._late(seconds)
        except openai.APITimeoutError:
            return self._late(seconds)
        except openai.APIConnectionError as e:
            broken = "disconnected" in str(e.__cause__).lower()
            why = "broke off the connection" if broken else "cannot be reached: is the server running?"
            return Failure(f"{shown} {why}", broken=broken)
        except openai.APIStatusError as e:
            return self._refused(e)
        except Exception as e:  # what the transport raises while a body is read, by names that differ between versions
            if "timeout" in type(e).__name__.lower():
                return self._late(seconds)
            return Failure(f"{shown} stopped in the middle of its answer", broken=True)
        return bytes(body)

    def _refused(self, error: Any) -> Failure:
        """One sentence for a status; `error` is an `openai.APIStatusError`."""
        status, shown, model = int(error.status_code), self._endpoint.shown, self._endpoint.model
        wait = _seconds(error.response.headers.get("retry-after"))
        detail = " ".join(str(error.message).split())[:2000]
        if self._endpoint.key:
            detail = detail.replace(self._endpoint.key, "(the key)")
        if status in (401, 403):
            given = "the key that it was given" if self._endpoint.key else "a call without a key"
            sentence = f"{shown} refuses {given} ({status})"
        elif status == 404:
            sentence = f"{shown} has no model {model!r}, or the base URL is wrong (404)"
        elif status == 429:
            sentence = f"{shown} takes no more calls for now (429)"
        elif status >= 500:
            sentence = f"{shown} failed ({status})"
        else:
            sentence = f"{shown} does not take the request ({status}): {detail[:160]}"
        return Failure(sentence, status, wait, detail)


def _seconds(value: str | None) -> float | None:
    """`Retry-After` in seconds; it may be a date as well."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
