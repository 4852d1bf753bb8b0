"""Composers: who decides which candidates serve which keyword of a prompt."""

from __future__ import annotations

from stylus_core.composer.contract import Composer, Request
from stylus_core.composer.registry import Composers
from stylus_core.composer.settings import ComposerSettings

__all__ = ["Composer", "ComposerSettings", "Composers", "Request"]
