"""Composers: who decides which candidates serve which keyword of a prompt."""

from __future__ import annotations

from stylus_core.composer.contract import Composer, Request
from stylus_core.composer.registry import Composers

__all__ = ["Composer", "Composers", "Request"]
