"""From assignments to a prompt that is ready to generate."""

from __future__ import annotations

from stylus_core.rewriter.missing_triggers import is_in_prompt, missing_trigger_words
from stylus_core.rewriter.prompt_appending import PhrasePlaces, appended
from stylus_core.rewriter.rewrite import Rewrite, make_pick, rewrite
from stylus_core.rewriter.weights import format_weight, share_budget, tag

__all__ = [
    "PhrasePlaces",
    "Rewrite",
    "appended",
    "format_weight",
    "is_in_prompt",
    "make_pick",
    "missing_trigger_words",
    "rewrite",
    "share_budget",
    "tag",
]
