"""The project's own sources, read and taken apart once for all tests that look at how they are written."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: The packages of the project; a further host is one of them as soon as it is there.
PACKAGES = tuple(sorted(path.parent.name for path in ROOT.glob("stylus_*/__init__.py")))


def modules(*folders: str) -> Iterator[Path]:
    """The Python files below these folders of the project."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of `tree`, those further out before those within."""
    return tuple(ast.walk(tree(path)))
