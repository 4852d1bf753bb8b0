"""No test measures time, and no process is forked beside threads: a busy machine fails nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import PACKAGES, ROOT, modules, nodes, tree

#: What tells how long something took. Waiting for what has no event is for `tests.clock.until`.
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "process_time_ns", "times"}
CLOCKS |= {"thread_time", "thread_time_ns"}
FORKS = {"fork", "forkpty", "forkserver"}
DEFAULT_STARTS = {"multiprocessing.Process", "multiprocessing.Pool", "ProcessPoolExecutor"}


def measuring(node: ast.AST, within: str = "") -> Iterator[str]:
    """Where clocks are read, outside of a function that is called `until`."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        within = node.name
    if isinstance(node, ast.Attribute) and node.attr in CLOCKS and within != "until":
        if isinstance(node.value, ast.Name) and node.value.id in ("time", "os"):
            yield f"{node.value.id}.{node.attr} in line {node.lineno}"
    for inner in ast.iter_child_nodes(node):
        yield from measuring(inner, within)


def forking(path: Path) -> Iterator[str]:
    """What starts a child as a copy of this process, or lets Python run in it before it is another program."""
    for node in nodes(path):
        if isinstance(node, ast.keyword) and node.arg == "preexec_fn":
            yield f"preexec_fn in line {node.value.lineno}"
        elif isinstance(node, ast.Attribute) and node.attr in FORKS:
            yield f"{node.attr} in line {node.lineno}"
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get_context", "set_start_method"):
            if [getattr(a, "value", None) for a in node.args] != ["spawn"]:
                yield f"another start than by spawn in line {node.lineno}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in DEFAULT_STARTS:
            yield f"the system's own way to start in line {node.lineno}"


def having(words: set[str], *folders: str) -> Iterator[Path]:
    """The modules in which any of the words stands: to take all of them apart costs seconds."""
    for path in modules(*folders):
        text = path.read_text(encoding="utf-8")
        if any(word in text for word in words):
            yield path


def test_no_test_measures_time() -> None:
    found = {str(path.relative_to(ROOT)): list(measuring(tree(path))) for path in having(CLOCKS, "tests")}
    assert {path: where for path, where in found.items() if where} == {}


def test_no_process_is_forked() -> None:
    rooms = (*PACKAGES, "scripts", "samples", "benchmarks", "tests")
    words = FORKS | DEFAULT_STARTS | {"preexec_fn", "get_context", "set_start_method"}
    found = {str(path.relative_to(ROOT)): list(forking(path)) for path in having(words, *rooms)}
    assert {path: where for path, where in found.items() if where} == {}


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("import time\ndef test(): start = time.monotonic()", 1),
        ("import os\nbefore = os.times()", 1),
        ("import time\ndef until(): time.monotonic()\ntime.time()", 0),
    ],
)
def test_a_clock_is_seen(source: str, count: int) -> None:
    assert len(list(measuring(ast.parse(source)))) == count


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("import os\nos.fork()", 1),
        ("Popen(argv, preexec_fn=work)", 1),
        ("import multiprocessing\nmultiprocessing.get_context('fork')", 1),
        ("import multiprocessing\nmultiprocessing.Process(target=work)", 1),
        ("import multiprocessing\nmultiprocessing.get_context('spawn').Process(target=work)", 0),
    ],
)
def test_a_fork_is_seen(source: str, count: int, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(source)
    assert len(list(forking(path))) == count
