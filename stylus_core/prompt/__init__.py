"""The WebUI's prompt grammar, read without changing a byte of the prompt."""

from __future__ import annotations

from stylus_core.prompt.grammar import ParsedPrompt, Part, parse
from stylus_core.prompt.tags import NetworkTag, adapter_tags, find_tags

__all__ = ["NetworkTag", "ParsedPrompt", "Part", "adapter_tags", "find_tags", "parse"]
