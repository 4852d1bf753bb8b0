"""From assignments to a prompt that is ready to generate."""

from __future__ import annotations

from stylus_core.rewriter.prompt_appending import Places, appended
from stylus_core.rewriter.rewrite import Rewrite, pick_of, rewrite
from stylus_core.rewriter.triggers import lacking, stands_in
from stylus_core.rewriter.weights import share, tag, written

__all__ = ["Places", "Rewrite", "appended", "lacking", "pick_of", "rewrite", "share", "stands_in", "tag", "written"]
