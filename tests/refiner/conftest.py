"""The shared corpus, read once."""

from __future__ import annotations

import pytest

from stylus_core.types import Adapter
from stylus_study.evaluation.corpus import load_adapters
from tests.shared import DATA, REASON


@pytest.fixture(scope="session")
def corpus() -> list[Adapter]:
    if DATA is None:
        pytest.skip(REASON)
    return load_adapters(DATA / "corpus.jsonl.gz")
