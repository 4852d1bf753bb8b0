"""Where the shared corpus lies, if it is there: tests and benchmarks may read it and skip with a reason if not."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent / "shared"

DATA: Path | None = _ROOT / "data" if (_ROOT / "data" / "corpus.jsonl.gz").is_file() else None
MAKE_LIBRARY: Path | None = (
    _ROOT / "tools" / "make_library.py" if (_ROOT / "tools" / "make_library.py").is_file() else None
)
HOSTS: Path | None = _ROOT / "cases" / "hosts.json" if (_ROOT / "cases" / "hosts.json").is_file() else None
REASON = "the shared corpus is not beside the project (../shared/data)"
