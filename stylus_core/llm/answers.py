"""From the bytes that a server sent to the JSON object that was asked for. Nothing here trusts the sender."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stylus_core.errors import LLMError

#: A longer body is not read to its end: an answer of ours has a few hundred characters, a description a few thousand.
MAX_BODY = 256 * 1024

_THOUGHTS = ("<think>", "</think>")
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*?)```", re.S)
_TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list, "object": dict, "string": str, "integer": int, "number": (int, float), "boolean": bool,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """A chat completion: its text and the tokens that the server counted, -1 where it counted none."""

    text: str
    prompt_tokens: int = -1
    completion_tokens: int = -1


def read_reply(body: bytes) -> Reply:
    """The first choice of a chat completion. Raises `LLMError` with one sentence for whatever else comes."""
    if not body.strip():
        raise LLMError("the language model's server sent an empty answer")
    try:
        value = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise LLMError("the language model's server sent text that is not UTF-8") from None
    except (ValueError, RecursionError):
        raise LLMError("what the language model's server sent is no JSON: is the base URL that of its API?") from None
    choices = value.get("choices") if isinstance(value, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise LLMError("what the language model's server sent is no chat completion: is the base URL that of its API?")
    if message.get("refusal"):
        raise LLMError("the language model refused to answer", answered=True)
    if choice.get("finish_reason") == "content_filter":
        raise LLMError("the filter of the language model's server held the answer back", answered=True)
    text = _text(message.get("content"))
    if not text.strip():
        raise LLMError("the language model gave an empty answer", answered=True)
    if choice.get("finish_reason") == "length":
        raise LLMError("the language model's answer was cut off: it ran into the limit of tokens", answered=True)
    usage = value.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Reply(text, _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))


def read_object(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The one JSON object in a model's text: the text itself, or its only fenced block, or its first object.

    The fields that `schema` requires have to be there and of the type that it says; what lies deeper is for the
    caller to check. Raises `LLMError`.
    """
    text = _without_thoughts(text).strip()
    fenced = _FENCED.findall(text)
    for source in (text, *(fenced if len(fenced) == 1 else ())):
        value = _whole(source)
        if value is not None:
            return _fitting(value, schema)
    start = text.find("{")
    value = _first(text[start:]) if start >= 0 else None
    if value is None:
        said = "cut off or broken JSON" if start >= 0 else "prose"
        raise LLMError(f"the language model answered with {said} where JSON was asked for")
    return _fitting(value, schema)


def _without_thoughts(text: str) -> str:
    """Without the first account of what the model thought. A pattern would look for its end from each beginning."""
    first, last = _THOUGHTS
    before, begun, rest = text.partition(first)
    _, ended, after = rest.partition(last)
    return before.rstrip() + after if begun and ended else text


def _whole(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _first(text: str) -> Any:
    try:
        return json.JSONDecoder(parse_constant=_no_constant).raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _fitting(value: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LLMError("the language model answered with JSON that is no object")
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            raise LLMError(f"the language model's answer lacks {name!r}")
        kind = properties.get(name, {}).get("type")
        if isinstance(kind, str) and not isinstance(value[name], _TYPES[kind]):
            raise LLMError(f"{name!r} of the language model's answer is no {kind}")
    return value


def _text(content: Any) -> str:
    """Servers send a string, some a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(p["text"] for p in content if isinstance(p, dict) and isinstance(p.get("text"), str))
    return ""


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else -1
