"""What every test leaves as it found it, and that none is measured by a clock."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# No test measures time: on a busy machine any step may take long.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


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
