"""What one room of the house hands to another says what it takes, gives back and raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("stylus_core", "stylus_study", "stylus_webui")
_PLAIN = {"None", "NoReturn", ""}


def _room(module: str) -> str:
    """The folder below the package that a module is in: what is imported across this line is public."""
    return ".".join(module.split(".")[:2])


def _modules() -> dict[str, ast.Module]:
    found = {}
    for package in ROOMS:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


MODULES = _modules()


def _imports(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """Module, name and the name here of all that a module imports from modules of ours."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name, alias.asname or alias.name) for alias in node.names)


def _handed_over() -> set[tuple[str, str]]:
    """Module and name of all that is imported from another room, or as `module.name` out of one."""
    found = set()
    for name, tree in MODULES.items():
        aliases = {}
        for module, imported, here in _imports(tree):
            if module in MODULES and _room(module) != _room(name):
                found.add((module, imported))
            if (inner := f"{module}.{imported}") in MODULES and _room(inner) != _room(name):
                aliases[here] = inner
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
                found.add((aliases[node.value.id], node.attr))
    for name, tree in MODULES.items():  # what a package's `__init__` hands on is meant where it is defined
        found |= {(module, imported) for module, imported, here in _imports(tree) if (name, here) in found}
    return found


def _public() -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    for module, name in sorted(_handed_over()):
        for node in MODULES[module].body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                yield f"{module}.{name}", node
            elif isinstance(node, ast.ClassDef) and node.name == name:
                yield f"{module}.{name}", node
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                        yield f"{module}.{name}.{inner.name}", inner


PUBLIC = dict(_public())


def _lacks(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """What the docstring does not say."""
    said = ast.get_docstring(node) or ""
    if not said:
        return ["a docstring"]
    lacks = []
    if not re.search(r"[.!?:]$", said.split("\n\n")[0].strip()):
        lacks.append("a whole sentence at its beginning")
    if isinstance(node, ast.ClassDef):
        return lacks
    if any(isinstance(d, ast.Name) and d.id in ("property", "cached_property") for d in node.decorator_list):
        return lacks
    if any(isinstance(d, ast.Name) and d.id == "override" for d in node.decorator_list):
        return lacks
    spec = node.args
    names = [a.arg for a in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs) if a.arg not in ("self", "cls")]
    names += [a.arg for a in (spec.vararg, spec.kwarg) if a]
    names = [n for n in names if not n.startswith("_")]
    args = said.partition("Args:")[2]
    lacks += [f"the argument {n}" for n in names if not re.search(rf"^\s+\**{re.escape(n)}\b.*:", args, re.M)]
    returns = ast.unparse(node.returns) if node.returns else ""
    if names and returns not in _PLAIN and not re.search(r"^(Returns|Yields):", said, re.M):
        lacks.append("what it returns")
    raised = {
        ast.unparse(n.exc.func if isinstance(n.exc, ast.Call) else n.exc).split(".")[-1]
        for n in ast.walk(node)
        if isinstance(n, ast.Raise) and n.exc is not None
    }
    raised = {n for n in raised if n[:1].isupper() and n not in ("NotImplementedError", "AssertionError")}
    lacks += [f"that it raises {n}" for n in sorted(raised) if n not in said.partition("Raises:")[2]]
    return lacks


def test_what_rooms_hand_to_each_other_is_found() -> None:
    assert "stylus_core.stylus.Stylus.select" in PUBLIC
    assert len(PUBLIC) > 300


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_handed_over_says_what_it_is(name: str) -> None:
    assert not _lacks(PUBLIC[name])
