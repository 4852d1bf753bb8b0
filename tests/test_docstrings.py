"""What one room of the house hands to another says what it takes, gives back and raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.sources import PACKAGES, ROOT, modules, nodes, tree

_PLAIN = {"None", "NoReturn", ""}


def _room(module: str) -> str:
    """The folder below the package that a module is in: what is imported across this line is public."""
    return ".".join(module.split(".")[:2])


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in modules(*PACKAGES)
}


def _imports(name: str) -> Iterator[tuple[str, ast.alias]]:
    """Each name that a module imports out of one of the project's or of a package of them, and that module."""
    for node in nodes(MODULES[name]):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node.module, alias


def _handed_over() -> set[tuple[str, str]]:
    """Module and name of all that is imported from another room, or as `module.name` out of one."""
    found = set()
    for name, path in MODULES.items():
        aliases = {}
        for module, alias in _imports(name):
            if module in MODULES and _room(module) != _room(name):
                found.add((module, alias.name))
            if (inner := f"{module}.{alias.name}") in MODULES and _room(inner) != _room(name):
                aliases[alias.asname or alias.name] = inner
        for node in nodes(path) if aliases else ():
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
                found.add((aliases[node.value.id], node.attr))
    for name in MODULES:  # what a package's `__init__` hands on is meant where it is defined
        for module, alias in _imports(name):
            if module in MODULES and (name, alias.asname or alias.name) in found:
                found.add((module, alias.name))
    return found


def _public() -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    for module, name in sorted(_handed_over()):
        for node in tree(MODULES[module]).body:
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
