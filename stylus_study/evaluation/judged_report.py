"""Composers and other tools on judged prompts, as tables and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from stylus_study.evaluation.composer_metrics import GRID
from stylus_study.evaluation.judged_metrics import MEASURES, Judged
from stylus_study.evaluation.judgements import count
from stylus_study.evaluation.markdown_table import MarkdownTable, format_estimate
from stylus_study.evaluation.statistics import as_dict, wilson

#: The name under which all sets together are told.
ALL = "all sets"
#: What is listed of the local composer when a pick may be as unsure as it likes.
LISTED = "local, however unsure"


@dataclass(frozen=True, slots=True)
class JudgedEvaluation:
    """What was measured on judged prompts."""

    sets: Mapping[str, Mapping[str, Judged]]  # set -> composer or tool
    listed: Mapping[str, Judged] = field(default_factory=dict)  # set -> the local composer, however unsure its picks
    notes: Sequence[str] = ()
    unjudged: Sequence[Mapping[str, Any]] = ()  # picks that nobody judged, as rows that lack only the score

    @property
    def pooled(self) -> dict[str, dict[str, Judged]]:
        """The sets, and where there are several all of them as one."""
        out = {name: dict(found) for name, found in self.sets.items()}
        if len(out) > 1 and ALL not in out:
            systems = next(iter(out.values()))
            out[ALL] = {s: _sum([found[s] for found in self.sets.values()]) for s in systems}
        return out

    @property
    def reliable(self) -> dict[str, Judged]:
        """System -> all its picks, for those whose picks have a confidence."""
        systems = next(iter(self.sets.values()), {})
        out = {s: _sum([found[s] for found in self.sets.values()]) for s in systems}
        if self.listed:
            out[LISTED] = _sum(list(self.listed.values()))
        return {s: judged for s, judged in out.items() if judged.bins}

    def curves(self) -> dict[str, dict[str, list[tuple[float, Judged]]]]:
        """System -> set -> what is left at each threshold of `GRID`, for those whose picks have a confidence.

        The local composer's is made of all that it lists, however unsure; another's of what it picked.
        """
        out: dict[str, dict[str, list[tuple[float, Judged]]]] = {}
        for name, found in self.sets.items():
            for system, judged in found.items():
                source = self.listed.get(name, judged) if system == "local" else judged
                if source.bins:
                    out.setdefault(system, {})[name] = [(t, source.at(t)) for t in GRID]
        return out

    def tables(self) -> list[MarkdownTable]:
        """All of it, for people."""
        out = [self._table()]
        for system, sets in self.curves().items():
            table = MarkdownTable(
                f"Judged picks over the confidence, {system}",
                ["prompts", "a pick is as sure as", *MEASURES.values(), "left alone"],
            )
            for name, points in sets.items():
                for threshold, j in points:
                    cells = (_format_value(j.value(m)) for m in MEASURES)
                    table.add(name, f"{threshold:g}", *cells, _left_alone(j, False))
            out.append(table)
        for system, judged in self.reliable.items():
            table = MarkdownTable(
                f"Reliability, {system}: what picks of one confidence are worth",
                ["confidence", "mean confidence", "wanted", "judged picks"],
            )
            for b in judged.bins:
                table.add(f"{b.low:.1f} to {b.high:.1f}", f"{b.confidence:.3f}", f"{b.wanted:.3f}", str(b.number))
            table.notes.append(f"expected calibration error {format_estimate(judged.calibration)}")
            out.append(table)
        return out

    def as_dict(self) -> dict[str, Any]:
        """All numbers, for programs."""
        return {
            "sets": {name: {s: j.as_dict() for s, j in found.items()} for name, found in self.pooled.items()},
            "curves": {
                system: {name: [_point(t, j) for t, j in points] for name, points in sets.items()}
                for system, sets in self.curves().items()
            },
            "reliability": {
                system: {"bins": [asdict(b) for b in j.bins], "ECE": as_dict(j.calibration)}
                for system, j in self.reliable.items()
            },
            "notes": list(self.notes),
        }

    def _table(self) -> MarkdownTable:
        table = MarkdownTable(
            "Judged picks: shares with 95% intervals",
            ["prompts", "number", "picked by", *MEASURES.values(), "left alone", "unjudged picks", "ECE"],
        )
        for name, found in self.pooled.items():
            for system, j in found.items():
                cells = (format_estimate(j.mean(m)) for m in MEASURES)
                unjudged = f"{j.unjudged} of {j.judged + j.unjudged}"
                table.add(
                    name,
                    str(len(j.outcomes)),
                    system,
                    *cells,
                    _left_alone(j, True),
                    unjudged,
                    format_estimate(j.calibration),
                )
                if j.unanswered and name != ALL:
                    table.notes.append(
                        f"{name}: {system} has no row for {count(j.unanswered, 'prompt')} and is measured on the others"
                    )
                if j.stood_in and name != ALL:
                    table.notes.append(
                        f"{name}: {system} could not answer {count(j.stood_in, 'prompt')}, another composer stood in"
                    )
        table.notes += self.notes
        table.notes.append("P2, P0: of the judged picks; R2: of the adapters that are wanted for the prompts")
        table.notes.append("left alone: of the prompts for which no judged adapter is wanted")
        return table


def _sum(parts: Sequence[Judged]) -> Judged:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _left_alone(judged: Judged, interval: bool) -> str:
    left, of = judged.left_alone
    share = wilson(left, of)
    if share is None:
        return "-"
    return f"{left} of {of}" + (f", {format_estimate(share, '.2f')}" if interval else "")


def _format_value(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _point(threshold: float, j: Judged) -> dict[str, Any]:
    left, of = j.left_alone
    values = {m: j.value(m) for m in MEASURES}
    return {"confidence": threshold, **values, "left alone": {"number": left, "of": of}}
