"""What every test leaves as it found it, that none is measured by a clock, and what pytest takes the root for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test measures time: on a busy machine any step may take long.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


class RootIsNoPackage:
    """The root's `__init__.py` is ComfyUI's: pytest would import it under the name of the checkout's folder.

    A checkout may be called as a library is, which would be hidden by it.
    """

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        root = path == parent.config.rootpath
        return pytest.Dir.from_parent(parent, path=path) if root else None


def pytest_configure(config: pytest.Config) -> None:
    # A hook of this file is asked only for what lies below it.
    config.pluginmanager.register(RootIsNoPackage())


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
