"""Any OpenAI-compatible chat endpoint: settings, one bounded call, what a server can do, answers kept on disk."""

from __future__ import annotations

from stylus_core.llm.client import Answer, Client
from stylus_core.llm.endpoint import Endpoint

__all__ = ["Answer", "Client", "Endpoint"]
