"""Parts a span of time into columns of weeks, months, quarters or years, and says when something was in words."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from stylus_core.history.records import OwnPrompt

_MOST = 40  # columns: more are too narrow to be told apart
#: Of the pictures so many are left out at the beginning at most, and only if the rest takes less than half of the time:
#: one with a wrong date would stretch the axis by decades.
_STRAYS = 0.01


def day(at: float) -> str:
    """The day of a time in this machine's zone, as "2026-03-01".

    Args:
        at: seconds since 1970.

    Returns:
        The day; "at an unknown time" where no calendar has it.
    """
    found = _date(at)
    return found.isoformat() if found is not None and at > 0 else "at an unknown time"


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """Columns of equal sense that follow on each other.

    Attributes:
        step: what one is: "week", "month", "quarter" or "year".
        starts: when each begins, seconds since 1970.
        labels: what each is called, as "2026-03".
        before: pictures that are older than the first.
    """

    step: str
    starts: tuple[float, ...]
    labels: tuple[str, ...]
    before: int = 0

    def spread(self, prompt: OwnPrompt) -> Counter[int]:
        """How many of a prompt's pictures are of which column.

        Only the first and the last have a known time: those between them are spread evenly.
        """
        count, first = prompt.pictures, prompt.first_at
        if count == 1 or first >= prompt.last_at:
            places = {bisect_right(self.starts, prompt.last_at) - 1: count}
        else:
            gap = (prompt.last_at - first) / (count - 1)
            places = Counter(bisect_right(self.starts, first + gap * number) - 1 for number in range(count))
        return Counter({place: number for place, number in places.items() if place >= 0})


def time_columns(prompts: Sequence[OwnPrompt]) -> TimeColumns:
    """The columns for some prompts: of the shortest step of which there are few enough.

    Args:
        prompts: with their times; those without a picture do not count.

    Returns:
        From the first picture to the last without a gap; no columns where there is no picture.
    """
    times = sorted((prompt.first_at, prompt.pictures, prompt.last_at) for prompt in prompts if prompt.pictures > 0)
    if not times:
        return TimeColumns("month", (), ())
    newest, oldest = max(last for _, _, last in times), _without_strays(times)
    if newest - oldest > (newest - times[0][0]) / 2:
        oldest = times[0][0]
    first, end = _date(oldest), _date(newest)
    step, found = _days(first, end) if first is not None and end is not None else ("month", [])
    starts = tuple(datetime.combine(at, time()).timestamp() for at in found)
    old = sum(pictures for _, pictures, last_at in times if starts and last_at < starts[0])
    return TimeColumns(step, starts, tuple(_STEPS[step].label(at) for at in found), old)


def _days(first: date, end: date) -> tuple[str, list[date]]:
    """The shortest step of which few enough reach from one day to another, and on which days they begin."""
    for step, rule in _STEPS.items():
        found: list[date] = []
        at = rule.floor(first)
        while at <= end and (len(found) <= _MOST or step == "year"):
            found.append(at)
            at = rule.following(at)
        if len(found) <= _MOST:
            break
    return step, found


def _without_strays(times: list[tuple[float, int, float]]) -> float:
    """When the first picture was made, the allowed share of the oldest left out."""
    allowed = sum(pictures for _, pictures, _ in times) * _STRAYS
    for first_at, pictures, _ in times:
        allowed -= pictures
        if allowed < 0:
            return first_at
    return times[-1][0]


def _date(at: float) -> date | None:
    try:
        return datetime.fromtimestamp(at).date()
    except (OverflowError, OSError, ValueError):
        return None


def _quarter(at: date) -> date:
    return at.replace(month=(at.month - 1) // 3 * 3 + 1, day=1)


class _Step(NamedTuple):
    floor: Callable[[date], date]
    following: Callable[[date], date]  # of a day that `floor` gave
    label: Callable[[date], str]


_STEPS = {
    "week": _Step(lambda d: d - timedelta(d.weekday()), lambda d: d + timedelta(7), date.isoformat),
    "month": _Step(
        lambda d: d.replace(day=1), lambda d: (d + timedelta(31)).replace(day=1), lambda d: d.isoformat()[:7]
    ),
    "quarter": _Step(_quarter, lambda d: _quarter(d + timedelta(95)), lambda d: f"{d.year} Q{(d.month + 2) // 3}"),
    "year": _Step(lambda d: d.replace(month=1, day=1), lambda d: d.replace(year=d.year + 1), lambda d: str(d.year)),
}
