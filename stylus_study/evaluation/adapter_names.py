"""Which adapters a judgement or another tool means by a name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from stylus_core.types import Adapter

_EXTENSIONS = (".safetensors", ".ckpt", ".pt")


class AdapterNames:
    """The adapters of a library or a corpus by number, file name, alias and title.

    A number is the `model_id` of the corpus, or of the site that a library's sidecars name. A name that several
    adapters have, such as the title of two versions, stands for all of them.
    """

    def __init__(self, adapters: Iterable[Adapter]) -> None:
        self._numbers: dict[int, tuple[int, ...]] = {}
        by_file: dict[str, tuple[int, ...]] = {}
        by_title: dict[str, tuple[int, ...]] = {}
        for a in adapters:
            if a.metadata.model_id is not None:
                self._numbers[a.metadata.model_id] = (*self._numbers.get(a.metadata.model_id, ()), a.id)
            for name in {_folded(a.stem), _folded(a.metadata.alias)} - {""}:
                by_file[name] = (*by_file.get(name, ()), a.id)
            for title in {_folded(a.metadata.title), _folded(a.given_title)} - {""}:
                by_title[title] = (*by_title.get(title, ()), a.id)
        # What the file is called goes before what somebody calls it.
        self._names = {**by_title, **by_file}

    def ids(self, name: int | str) -> tuple[int, ...]:
        """The adapters that are meant by a name.

        A text is a name first and, where it is made of digits, a number after that. A path or an extension may be part
        of a file's name.

        Args:
            name: a number, or the name of a file, an alias or a title.

        Returns:
            The ids of all adapters that have the name; none if there is no such adapter.
        """
        if isinstance(name, int):
            return self._numbers.get(name, ())
        found = self._names.get(_folded(name)) or self._names.get(_folded(_stem(name)))
        if found is None and name.isascii() and name.isdigit() and len(name) < 19:
            return self._numbers.get(int(name), ())
        return found or ()


def _folded(name: str) -> str:
    return " ".join(name.lower().split())


def _stem(name: str) -> str:
    last = PurePosixPath(name.replace("\\", "/")).name
    return next((last[: -len(e)] for e in _EXTENSIONS if last.lower().endswith(e)), last)
