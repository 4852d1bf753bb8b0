"""Any OpenAI-compatible chat endpoint: settings, one bounded call, what a server can do, answers kept on disk."""

from __future__ import annotations

from stylus_core.llm.client import LLMAnswer, LLMClient
from stylus_core.llm.endpoint import Endpoint

__all__ = ["Endpoint", "LLMAnswer", "LLMClient"]
