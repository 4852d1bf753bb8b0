"""Judges for the tests: servers that look at the pictures and answer by a rule."""

from __future__ import annotations

import base64
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.llm.fault_server import Step, answers
from tests.study.colours import seen

Rule = Callable[[list[str], list[str]], str]  # the colours of A and of B -> "A" or "B"


def verdict(better: str = "A", **changes: Any) -> dict[str, Any]:
    scores = {"score_a": 2, "score_b": 1} if better == "A" else {"score_a": 1, "score_b": 2}
    return {"reason_a": "what A shows", "reason_b": "what B shows", "better": better, **scores, **changes}


def sides(request: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The colours that a request shows as A and as B."""
    shown: list[list[str]] = []
    for part in request["messages"][1]["content"]:
        if part["type"] == "text" and part["text"][-2:] in ("A:", "B:"):
            shown.append([])
        elif part["type"] == "image_url":
            shown[-1].append(seen(base64.b64decode(part["image_url"]["url"].partition(",")[2])))
    first, second = shown
    return first, second


def judges(rule: Rule, **changes: Any) -> Step:
    def step(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        answers(verdict(rule(*sides(request)), **changes))(handler, request)

    return step


def likes(colour: str) -> Rule:
    return lambda first, second: "A" if colour in first else "B"


def leftmost(first: list[str], second: list[str]) -> str:
    return "A"
