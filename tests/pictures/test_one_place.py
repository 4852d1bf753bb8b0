"""Pictures are opened in one place, which knows what may be opened."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tests.sources import PACKAGES, ROOT, modules, nodes

PLACE = "stylus_core/pictures/decoding.py"
#: Other libraries that open pictures by themselves.
_OTHERS = {"cv2", "imageio", "matplotlib.image", "skimage", "torchvision", "pyvips", "wand"}


def opening(source: str) -> Iterator[str]:
    """What in a module opens pictures, or could: `open` of anything of Pillow, its parser, its plugins."""
    yield from _opening(tuple(ast.walk(ast.parse(source))))


def _opening(written: Sequence[ast.AST]) -> Iterator[str]:
    names: dict[str, str] = {}
    for node in written:
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
                if any(alias.name == other or alias.name.startswith(f"{other}.") for other in _OTHERS):
                    yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                if node.module in _OTHERS or f"{node.module}.{alias.name}" in _OTHERS:
                    yield node.module
    for node in written:
        if names and isinstance(node, (ast.Attribute, ast.Name)):
            whole = ast.unparse(node)
            first, _, rest = whole.partition(".")
            meant = names.get(first, "") + (f".{rest}" if rest else "")
            if meant.startswith("PIL.") and (
                meant.endswith((".open", "Plugin", ".Parser", ".core", ".init", ".preinit"))
            ):
                yield meant


def test_nothing_else_opens_pictures() -> None:
    found = {str(path.relative_to(ROOT)): sorted(set(_opening(nodes(path)))) for path in modules(*PACKAGES, "scripts")}
    assert {name: calls for name, calls in found.items() if calls} == {PLACE: ["PIL.Image.open"]}


def test_the_search_sees_every_way_of_writing_it() -> None:
    for source in (
        "from PIL import Image\nImage.open(p)",
        "import PIL.Image\nPIL.Image.open(p)",
        "import PIL.Image as I\nread = I.open",
        "from PIL.Image import open as o\no(p)",
        "from PIL import ImageFile\nImageFile.Parser()",
        "from PIL import EpsImagePlugin\nEpsImagePlugin.EpsImageFile(p)",
        "import cv2",
    ):
        assert list(opening(source)), source
    assert not list(opening("from PIL import Image\nImage.new('L', (1, 1)); open(p); path.open()"))
