"""The tiny pipelines, made once for each test that changes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def pipe(tmp_path: Path) -> Any:
    """Stable Diffusion 1.5 with a few thousand random numbers, always the same."""
    pytest.importorskip("diffusers", reason="diffusers is not installed")
    pytest.importorskip("peft", reason="peft is not installed")
    from tests.pipeline import tiny_pipelines

    return tiny_pipelines.sd15(tmp_path)
