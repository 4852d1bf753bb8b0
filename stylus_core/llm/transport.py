"""One request for a chat completion, through the `openai` client; one sentence for whatever keeps its answer away."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stylus_core.errors import LLMError
from stylus_core.llm.answers import MAX_BODY
from stylus_core.llm.endpoint import Endpoint
from stylus_core.net.errors import BROKEN, LATE, UNREACHABLE, NetError

#: What servers without a key are sent: the client insists on one.
_NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """Why there is no body. `status` is HTTP's, 0 if the server gave none."""

    sentence: str
    status: int = 0
    retry_after: float | None = None  # seconds that the server asked to wait
    detail: str = ""  # the server's own words, for finding out what it does not take
    broken: bool = False  # the connection was there and broke
    late: bool = False  # nothing came until the time was over
    formless: bool = False  # there was an answer, and not in the form that was asked for


class Transport:
    """The way to one endpoint. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._client: Any = None

    def ready(self) -> None:
        """Imports and makes the client: seconds on a busy machine, which no call's budget has to pay for."""
        self._opened()

    def post(self, parameters: Mapping[str, Any], seconds: float) -> bytes | TransportFailure:
        """The body of a chat completion, or why there is none, after `seconds` at the latest."""
        client, shown = self._opened(), self._endpoint.shown
        import openai

        try:
            with client.chat.completions.with_streaming_response.create(**parameters, timeout=seconds) as response:
                return bytes(response.read())
        except openai.APIStatusError as e:
            return self._refused(e)
        except (NetError, openai.OpenAIError) as e:  # some versions pass ours on, others raise their own for it
            cause = e if isinstance(e, NetError) else e.__cause__
            if not isinstance(cause, NetError):
                return TransportFailure(f"{shown} could not be asked ({type(cause or e).__name__})")
            hint = ": is the server running?" if cause.kind == UNREACHABLE else ""
            broken, late = cause.kind == BROKEN, cause.kind == LATE
            return TransportFailure(f"{shown} {cause}{hint}", cause.status, broken=broken, late=late)

    def close(self) -> None:
        """Forgets the client; a further request makes another. There is no connection to close between requests.

        The client itself is not closed: where a request of another thread is under way, versions of its client of HTTP
        raise a bare `RuntimeError` then.
        """
        with self._lock:
            self._client = None

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                from stylus_core.net.openai_client import openai_client

                try:
                    self._client = openai_client(self._endpoint.base_url, self._endpoint.key or _NO_KEY, MAX_BODY)
                except ImportError:
                    raise LLMError(
                        "the package 'openai' is missing, which talks to language models: pip install openai"
                    ) from None
            return self._client

    def _refused(self, error: Any) -> TransportFailure:
        """One sentence for a status; `error` is an `openai.APIStatusError`."""
        status, shown, model = int(error.status_code), self._endpoint.shown, self._endpoint.model
        wait = _seconds(error.response.headers.get("retry-after"))
        detail = " ".join(str(error.message).split())[:2000]
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
        return TransportFailure(sentence, status, wait, detail)


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
