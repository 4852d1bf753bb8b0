"""Prompts that are JSON objects: `{"subject": "a fox", "style": "watercolor", "avoid": ["text"]}`.

Only the values are a prompt; keys, numbers and punctuation are not. What stands behind the object is read as usual.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

Span = tuple[int, int]

_LONGEST = 50_000  # characters; whatever is longer is read as an ordinary prompt
#: A string before a colon is a key; one that is not closed, which no JSON has, reaches to the end.
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)(?:"(\s*:)?|\\?\Z)|[{}\[\]]', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_NO_WORDS = re.compile(r"#[0-9a-fA-F]{3,8}|[\d\s.:x×%/+-]*|true|false|null|none|n/a", re.IGNORECASE)
_UNWANTED = re.compile(
    r"(?:^|_)(?:negatives?|avoid|exclu\w*|unwanted|forbidden|without|omit\w*|no|not|do_?nt|never)(?:_|$)"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class JsonPrompt:
    """A prompt that is an object."""

    text: str  # as long as the prompt; what is no value is blank, values are parted by commas
    end: int  # where the object ends
    unwanted: tuple[Span, ...]  # values under keys such as "negative" or "avoid"


def read_json_prompt(prompt: str) -> JsonPrompt | None:
    """Reads the values of a prompt that begins with a JSON object.

    Args:
        prompt: any text.

    Returns:
        Its values; None for every other prompt, and for objects of more than 50,000 characters.
    """
    start = len(prompt) - len(prompt.lstrip())
    if prompt[start : start + 1] != "{" or len(prompt) > _LONGEST:
        return None
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(prompt, start)
    except (ValueError, RecursionError):
        return None
    if not value or not isinstance(value, dict):
        return None
    text = [c if c == "\n" else " " for c in prompt[:end]]
    unwanted: list[Span] = []
    around: list[str] = []  # keys of the objects and lists around
    key = ""
    for token in _STRING.finditer(prompt, start, end):
        if token[0] in "{[":
            around.append(key)
        elif token[0] in "}]":
            key = around.pop()
        elif token[2]:
            key = _CAMEL.sub("_", token[1]).lower().replace(" ", "_").replace("-", "_")
        elif not _NO_WORDS.fullmatch(token[1]):
            begin, close = token.span(1)
            text[begin:close] = _ESCAPE.sub(lambda m: " " * len(m[0]), token[1])
            text[close] = ","
            if any(map(_UNWANTED.search, (*around, key))):
                unwanted.append((begin, close))
    return JsonPrompt("".join(text) + prompt[end:], end, tuple(unwanted))
