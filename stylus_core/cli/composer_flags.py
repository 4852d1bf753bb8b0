"""Flags of the composers that ask a model: what they ask, and for how long."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any


def _seconds(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise argparse.ArgumentTypeError(f"seconds are needed, not {text!r}")
    return value


#: flag -> (field of `ComposerSettings`, type, metavar, help)
_FLAGS: dict[str, tuple[str, Callable[[str], Any], str, str]] = {
    "--base-url": ("base_url", str, "URL", "an OpenAI-compatible server (STYLUS_ENDPOINT)"),
    "--model": ("model", str, "NAME", "the server's model (STYLUS_MODEL)"),
    "--key-variable": ("key_env", str, "NAME", "environment variable with the key (STYLUS_API_KEY)"),
    "--timeout": ("timeout", _seconds, "S", "seconds for one prompt, retries included (20)"),
    "--keep-alive": (
        "keep_alive",
        _seconds,
        "S",
        "seconds for which Ollama keeps the model loaded; 0 frees its memory",
    ),
    "--reranker": ("reranker", str, "NAME", "cross-encoder, its folder, or a rerank endpoint's URL (STYLUS_RERANKER)"),
    "--reranker-model": ("reranker_model", str, "NAME", "the rerank endpoint's model"),
}
_PREFIX = "ask_"


def add_flags(command: argparse.ArgumentParser) -> None:
    """Adds the flags; those that are not given are absent from what is parsed."""
    group = command.add_argument_group("composers that ask a model (--composer llm, --composer reranker)")
    for flag, (name, kind, metavar, text) in _FLAGS.items():
        group.add_argument(flag, dest=_PREFIX + name, type=kind, metavar=metavar, default=argparse.SUPPRESS, help=text)


def given(args: argparse.Namespace) -> dict[str, Any]:
    """`composers=` for `Stylus` if any of the flags was given, else nothing: the environment decides."""
    values = {k[len(_PREFIX) :]: v for k, v in vars(args).items() if k.startswith(_PREFIX)}
    if not values:
        return {}
    from stylus_core.composer.settings import ComposerSettings

    return {"composers": ComposerSettings(**values)}
