"""Code that runs in a process of its own with some checkout of this project, so that two can be held side by side."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

#: This checkout.
HERE = Path(__file__).resolve().parent.parent


def run(
    checkout: Path,
    code: str,
    *arguments: object,
    cwd: Path | None = None,
    python: str | Path = sys.executable,
    more: Mapping[str, str] | None = None,
) -> list[str]:
    """Runs code with the packages of a checkout.

    Args:
        checkout: its folder.
        code: of Python.
        arguments: its `sys.argv[1:]`, as texts.
        cwd: the folder that it runs in; None: the checkout.
        python: the interpreter.
        more: variables of its environment, besides those of this process.

    Returns:
        The lines that it printed.

    Raises:
        SystemExit: it failed; with the end of what it complained of.
    """
    done = subprocess.run(
        [str(python), "-c", code, *map(str, arguments)],
        env={**os.environ, **(more or {}), "PYTHONPATH": str(checkout)},
        cwd=cwd or checkout,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise SystemExit(f"{checkout} does not run: {done.stderr.strip()[-2000:]}")
    return done.stdout.splitlines()
