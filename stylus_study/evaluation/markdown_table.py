"""Tables in Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field

from stylus_study.evaluation.statistics import Estimate


@dataclass
class MarkdownTable:
    """A title, a header, rows, and what has to be said about them."""

    title: str
    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Adds a row, one cell for each column of the header."""
        self.rows.append(list(cells))

    def __str__(self) -> str:
        lines = [f"## {self.title}", "", "| " + " | ".join(self.header) + " |", "|" + " --- |" * len(self.header)]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join([*lines, "", *(f"- {n}" for n in self.notes)])


def format_estimate(e: Estimate | None, form: str = ".3f") -> str:
    """`0.703 (0.668 to 0.737)`; a dash where there is nothing."""
    if e is None or e.value != e.value:
        return "-"
    return f"{e.value:{form}}" + (f" ({e.low:{form}} to {e.high:{form}})" if e.low is not None else "")
