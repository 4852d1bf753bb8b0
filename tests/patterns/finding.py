"""Finds every regular expression of the two packages: what they compile as they are loaded, and what they will.

Run as a program it prints them as JSON. All modules are loaded in a process of its own, in which each pattern is noted
that `re` is asked for from a module of ours, whatever builds it there. What only a call will build is read from the
source, with the module's own names put in. What is built of another's text is in `_BUILT`, with texts that show it.
"""

from __future__ import annotations

import ast
import fnmatch
import importlib
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.sources import PACKAGES

_ROOT = Path(__file__).parents[2]
_ASKS = frozenset("compile search match fullmatch split findall finditer sub subn".split())
_AT_A_PLACE = frozenset(("match", "fullmatch"))
_FLAGS = re.I | re.M | re.S | re.X | re.A
#: What a function builds that is only called later -> what it may come to, by module and by what is handed to `re`.
_BUILT: dict[tuple[str, str], tuple[str, ...]] = {
    ("stylus_core.base_models.entry", "self.stated"): (),  # `_FIELDS`
    ("stylus_core.base_models.entry", "self.hosts"): (),
    ("stylus_core.base_models.tensors", "self.written"): (),
    ("stylus_core.base_models.families", "pattern"): (),  # as the module is loaded
    ("stylus_core.library.encoding", "f'[{letters}]{{{shortest},}}'"): (),
    ("stylus_core.pool_entries", "f'{fnmatch.translate(folded)}|{re.escape(folded)}\\\\Z'"): tuple(
        f"{fnmatch.translate(text)}|{re.escape(text)}\\Z" for text in ("*a*a*a*b", "*[ab]*[!c]?*a", "**a")
    ),
    ("stylus_core.net.redaction", "f'(?<!\\\\w)(?:{either})(?!\\\\w)'"): (r"(?<!\w)(?:aab|aa|ab)(?!\w)",),
    ("stylus_core.refiner.model.validation", "f'(?<![^\\\\W_]){re.escape(phrase)}(?![^\\\\W_])'"): (
        r"(?<![^\W_])aa\ aa(?![^\W_])",
    ),
    ("stylus_core.rewriter.supported_words", "f'(?<![^\\\\W_]){form}(?:e?s)?(?![^\\\\W_])'"): (
        r"(?<![^\W_])aa(?:e?s)?(?![^\W_])",
        r"(?<![^\W_])ses(?:e?s)?(?![^\W_])",
    ),
    ("stylus_webui.guard", "pattern"): (),  # a flag of the host, which its user wrote and the host goes by too
    ("stylus_core.library.hostile_text", "f'</{name}[^<>]*>'"): ("</script[^<>]*>", "</iframe[^<>]*>"),
    ("stylus_core.library.versions", "f'(?<![^\\\\W_]){re.escape(name)}(?![^\\\\W_]|\\\\.\\\\d)'"): (
        r"(?<![^\W_])v2\.1(?![^\W_]|\.\d)",
        r"(?<![^\W_])aaaa(?![^\W_]|\.\d)",
    ),
}
#: How what is built there is used, where it is handed on.
_HANDED_ON = {"stylus_core.pool_entries": "match"}
#: Fields of what modules make as they are loaded that hold patterns.
_FIELDS = {"BaseModel": ("stated", "hosts"), "Size": ("stated",), "TensorEvidence": ("written",)}
#: Modules whose patterns read nothing but our own patterns.
_OF_OUR_OWN = frozenset(("stylus_core.prompt.fast_alternation",))
_CALLS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class PatternUse(NamedTuple):
    """A pattern, and how it is used."""

    source: str
    flags: int
    where: str  # the first place that asks for it
    name: str  # that it has in its module, with the module's; "" if it has none
    everywhere: bool  # it is looked for in a text, and not only tried at its beginning
    whole: bool  # the text's end has to be that of the match

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.source, self.flags & _FLAGS)


@lru_cache(maxsize=1)
def found() -> tuple[PatternUse, ...]:
    """All of them, each once."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.patterns.finding"], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    return tuple(PatternUse(*one) for one in json.loads(done.stdout))


def _main() -> None:
    sources = dict(_sources())
    asked: dict[tuple[str, int], list[tuple[str, bool, bool]]] = defaultdict(list)  # -> places and how they use it
    with _spying(asked):
        loaded = {name: _loaded(name) for name in sources}
    called: dict[tuple[str, int], str] = {}
    for name, parsed in sources.items():
        names = vars(loaded[name]) if loaded[name] else {}
        for one, value in names.items():
            if isinstance(value, re.Pattern):
                called.setdefault((value.pattern, value.flags), f"{name}.{one}")
        if name not in _OF_OUR_OWN:
            for place, pattern, asks in _written(name, parsed, names):
                asked[pattern.pattern, pattern.flags].append((place, asks not in _AT_A_PLACE, asks == "fullmatch"))
        for place, pattern, asks in _used(name, parsed, names):
            asked[pattern.pattern, pattern.flags].append((place, asks not in _AT_A_PLACE, asks == "fullmatch"))
    out = []
    for (source, flags), places in asked.items():
        uses = [use for use in places if use[1] is not None] or [(places[0][0], True, False)]
        name = called.get((source, flags), "")
        out.append((source, flags, places[0][0], name, any(u[1] for u in uses), all(u[2] for u in uses)))
    print(json.dumps(sorted(out, key=lambda one: one[2])))


@contextmanager
def _spying(asked: dict[tuple[str, int], list[Any]]) -> Iterator[None]:
    """Notes what modules of ours ask `re` for meanwhile."""
    compiled = vars(re)["_compile"]

    def told(pattern: Any, flags: int = 0) -> Any:
        made = compiled(pattern, flags)
        frame = sys._getframe(1)
        while frame.f_globals["__name__"].partition(".")[0] == "re" and frame.f_back:
            frame = frame.f_back
        module = frame.f_globals["__name__"]
        if module.startswith(PACKAGES) and module not in _OF_OUR_OWN:
            asked[made.pattern, made.flags].append((f"{module}:{frame.f_lineno}", None, None))
        return made

    vars(re)["_compile"] = told
    try:
        yield
    finally:
        vars(re)["_compile"] = compiled


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((_ROOT / package).rglob("*.py")):
            parts = path.relative_to(_ROOT).with_suffix("").parts
            yield ".".join(p for p in parts if p != "__init__"), ast.parse(path.read_text(encoding="utf-8"))


def _loaded(name: str) -> Any:
    """A module; None for one that needs a host around it, or is a program."""
    if name.endswith("__main__"):
        return None
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(PACKAGES):
            raise
        return None


def _written(name: str, parsed: ast.Module, names: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[str], str]]:
    """What the functions of a module ask `re` for, and by which of its functions."""
    inside = {id(node) for call in ast.walk(parsed) if isinstance(call, _CALLS) for node in ast.walk(call)}
    for node in ast.walk(parsed):
        if not (isinstance(node, ast.Call) and node.args and (asks := _of_re(node.func))):
            continue
        if names and id(node) not in inside:
            continue  # it was noted as the module was loaded
        place, said = f"{name}:{node.lineno}", ast.unparse(node.args[0])
        sources = _BUILT.get((name, said))
        if sources is None:
            try:
                made = _value(node.args[0], names)
            except NameError:
                raise LookupError(f"{place}: tell tests/patterns/finding.py what this may come to: {said}") from None
            sources = (made,) if isinstance(made, str) else ()  # else it is one that is known by its own name
        position = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(asks, 2)
        given = [k.value for k in node.keywords if k.arg == "flags"] + node.args[position : position + 1]
        flags = _value(given[0], names) if given else 0
        for source in sources:
            yield place, re.compile(source, flags), _HANDED_ON.get(name, asks)
    for value in names.values():
        for one in value if isinstance(value, (list, tuple)) else (value,):
            for source in _fields(one):
                yield f"{name}:table", re.compile(source), "search"


def _value(said: ast.expr, names: dict[str, Any]) -> Any:
    """What an expression of our source comes to in its module."""
    return eval(compile(ast.Expression(said), "<source>", "eval"), dict(names))  # noqa: S307


def _fields(value: Any) -> Iterator[str]:
    """The patterns in the fields of a table's entry, and of the entries in it."""
    if is_dataclass(value) and not isinstance(value, type):
        yield from filter(None, (getattr(value, field) for field in _FIELDS.get(type(value).__name__, ())))
        for field in fields(value):
            inner = getattr(value, field.name)
            for one in inner if isinstance(inner, tuple) else ():
                yield from _fields(one)


def _used(name: str, parsed: ast.Module, names: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[str], str]]:
    """The patterns that a module's names mean, wherever one stands, and the method that is taken of it there."""
    taken = {id(n.value): n.attr for n in ast.walk(parsed) if isinstance(n, ast.Attribute)}
    for node in ast.walk(parsed):
        if isinstance(node, ast.Name):
            pattern = names.get(node.id) if isinstance(node.ctx, ast.Load) else None
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            pattern = getattr(names.get(node.value.id), node.attr, None)
        else:
            continue
        if isinstance(pattern, re.Pattern) and name not in _OF_OUR_OWN and taken.get(id(node)) != "pattern":
            yield f"{name}:{node.lineno}", pattern, taken.get(id(node), "")


def _of_re(function: ast.expr) -> str:
    """The name of a function of `re`, or ""."""
    if not isinstance(function, ast.Attribute) or function.attr not in _ASKS:
        return ""
    return function.attr if isinstance(function.value, ast.Name) and function.value.id == "re" else ""


if __name__ == "__main__":
    _main()
