"""Draws which room imports which into docs/architecture.md: `make architecture`.

Rooms are the folders and files directly in a package. Of the imports, those inside functions included, an arrow is
drawn where no way over other rooms says the same already.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from tests.sources import PACKAGES, ROOT

DOCUMENT = ROOT / "docs" / "architecture.md"

Imports = Mapping[str, set[str]]  # of modules or rooms: who imports -> whom


def imports_of_files() -> dict[str, set[str]]:
    """Reads the imports of all modules of the three packages, wherever in a file they stand."""
    import grimp

    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def of_rooms(files: Imports, whole: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Puts the imports of files together to those of rooms.

    Args:
        files: imports of modules.
        whole: packages that count as one room.

    Returns:
        For each room the others that it imports. A package's own `__init__` is no room: whoever imports it imports what
        it hands on.
    """

    def room(module: str) -> str:
        parts = module.split(".")
        return parts[0] if parts[0] in whole else ".".join(parts[:2])

    rooms: dict[str, set[str]] = {}
    for module, imported in files.items():
        if module not in PACKAGES or module in whole:
            found = rooms.setdefault(room(module), set())
            for name in imported:
                found.update(map(room, files[name] if name in PACKAGES and name not in whole else {name}))
    return {name: {r for r in found if r in rooms and r != name} for name, found in rooms.items()}


def reduced(rooms: Imports) -> dict[str, list[str]]:
    """Leaves out the arrows that a longer way says as well (the transitive reduction, where there are no circles).

    Args:
        rooms: imports of rooms.

    Returns:
        The arrows that are left, in the order of names.
    """

    def reached(start: str, without: str) -> set[str]:
        found, left = {start}, [start]
        while left:
            for name in rooms[left.pop()] - found - {without}:
                found.add(name)
                left.append(name)
        return found

    return {
        name: sorted(r for r in imported if not any(r in reached(other, name) for other in imported - {r}))
        for name, imported in sorted(rooms.items())
    }


def mermaid(arrows: Mapping[str, list[str]]) -> str:
    """Writes a flowchart in Mermaid's notation."""
    lines = ["```mermaid", "flowchart TD"]
    for name, imported in arrows.items():
        short = {n: n.partition(".")[2] or n for n in (name, *imported)}
        lines += [f"    {short[name].replace('.', '_')} --> {short[n]}" for n in imported] or [f"    {short[name]}"]
    return "\n".join([*lines, "```"])


def about(room: str) -> str:
    """The first sentence of a room's docstring, without links."""
    path = ROOT.joinpath(*room.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(re.split(r"(?<=\.)\s+(?=[A-Z`])|\n\n", said, maxsplit=1)[0].split()).rstrip(".").replace("|", "\\|")


def document() -> str:
    """All that is generated: a picture and a table for each package."""
    files = imports_of_files()
    out = []
    for package in PACKAGES:
        inside = {m: {i for i in found if i.startswith(package)} for m, found in files.items() if m.startswith(package)}
        shown = (
            of_rooms(files, tuple(p for p in PACKAGES if p != package)) if package == PACKAGES[0] else of_rooms(inside)
        )
        rows = [f"| `{r.partition('.')[2]}` | {about(r)} |" for r in sorted(of_rooms(inside)) if about(r)]
        table = "\n".join(["| | |", "| --- | --- |", *rows])
        out.append(f"## `{package}`\n\n{mermaid(reduced(shown))}\n\n{table}")
    return "\n\n".join(out)


def written(text: str) -> str:
    """A document with what is generated between its two marks."""
    begin, end = "<!-- generated: make architecture -->", "<!-- end -->"
    head, _, rest = text.partition(begin)
    return f"{head}{begin}\n\n{document()}\n\n{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
