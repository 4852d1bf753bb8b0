"""What every test leaves as it found it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def levels_of_loggers() -> Iterator[None]:
    """A command that runs in this process says how much is logged, which is not for the tests behind it."""
    loggers = [
        logging.getLogger(name)
        for name in ("stylus", "stylus_core", "stylus_study", "stylus.storage", "httpx", "openai", "pymilvus")
    ]
    before = [(logger, logger.level) for logger in loggers]
    yield
    for logger, level in before:
        logger.setLevel(level)
