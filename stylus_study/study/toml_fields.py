"""Values of a study's file, checked: every refusal names the file, the key and what it takes."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from stylus_study.study.finite_numbers import number
from stylus_study.study.study_folder import StudyError

_REQUIRED = object()
_NAMED = 60  # of what there is, where nothing is near


class TomlTable:
    """A table of the file. What is taken out of it is checked off; `done` refuses the rest."""

    def __init__(self, file: Path, values: Mapping[str, Any], at: str = "") -> None:
        self.file = file
        self.at = at
        self._left = dict(values)
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        """Takes a text without NUL."""
        value = self._take(key, default)
        if not isinstance(value, str) or "\0" in value:
            raise self.wrong(key, "a text in quotes", value)
        return value

    def whole(self, key: str, low: int, high: int, default: Any = _REQUIRED) -> int:
        """Takes a whole number between `low` and `high`."""
        return self._whole(key, self._take(key, default), low, high)

    def flag(self, key: str, default: bool) -> bool:
        """Takes true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def numbers(self, key: str, low: float, high: float, default: list[float]) -> tuple[float, ...]:
        """One number or several, each once."""
        value = self._take(key, default)
        items = value if isinstance(value, list) else [value]
        if not items or not all(_is_number(v) and low <= v <= high for v in items):
            raise self.wrong(key, f"numbers from {low:g} to {high:g}, like [1.5, 7]", value)
        return self._once(key, tuple(map(float, items)))

    def seeds(self, key: str, default: int) -> tuple[int, ...]:
        """How many, from 1 on, or a list of them."""
        value = self._take(key, default)
        if not isinstance(value, list):
            return tuple(range(1, self._whole(key, value, 1, 1000) + 1))
        if not value:
            raise self.wrong(key, "at least one seed", value)
        return self._once(key, tuple(self._whole(key, v, 0, 2**32 - 1) for v in value))

    def texts(self, key: str, default: list[str]) -> tuple[str, ...]:
        """One text or several, each once."""
        value = self._take(key, default)
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not items or not all(isinstance(v, str) for v in items):
            raise self.wrong(key, "a list of names in quotes", value)
        return self._once(key, tuple(items))

    def table(self, key: str) -> TomlTable:
        """Takes a table, empty where it is not given."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"a table: write [{self._name(key)}] on a line of its own", value)
        return TomlTable(self.file, value, self._name(key))

    def items(self, key: str) -> list[Any]:
        """Takes a list that is not empty."""
        value = self._take(key, _REQUIRED)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "a list with at least one entry", value)
        return value

    def rest(self) -> dict[str, Any]:
        """All that is left, for somebody else to check."""
        left, self._left = self._left, {}
        return left

    def done(self) -> None:
        """Refuses keys that nobody asked for."""
        if self._left:
            key = min(self._left)
            raise self.error(f"{self._name(key)} is no key of a study{near(key, self._known)}")

    def wrong(self, key: str, takes: str, value: Any) -> StudyError:
        """Makes the error for a value that a key does not take."""
        return self.error(f"{self._name(key)} takes {takes}, not {_shown(value)}")

    def error(self, sentence: str) -> StudyError:
        """Makes the error that names the file."""
        return StudyError(f"{self.file}: {sentence}")

    def _take(self, key: str, default: Any) -> Any:
        self._known.append(key)
        if key not in self._left and default is _REQUIRED:
            raise self.error(f"{self._name(key)} is missing")
        return self._left.pop(key, default)

    def _whole(self, key: str, value: Any, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low} to {high}", value)
        return value

    def _once(self, key: str, items: tuple[Any, ...]) -> tuple[Any, ...]:
        twice = [item for number, item in enumerate(items) if item in items[:number]]
        if twice:
            raise self.error(f"{self._name(key)} has {_shown(twice[0])} twice")
        return items

    def _name(self, key: str) -> str:
        return f"{self.at}.{key}" if self.at else key


def near(name: str, known: Collection[str]) -> str:
    """A hint at what was meant, or what there is."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f": is {close[0]} meant?" if close else f"; there are {', '.join(list(known)[:_NAMED])}"


def _is_number(value: Any) -> bool:
    return number(value) is not None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
