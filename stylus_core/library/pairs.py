"""Pairs of files that are one adapter: a model that works in two parts has an adapter for each.

Wan 2.2 paints with one set of weights while there is much noise and with another when little is left, and authors train
two files: "..._high_noise" and "..._low_noise". Names tell them, of files, versions and titles, and each author has a
way of his own ("HighNoise", "-HIGH", "_hn", "_H", "hne", a folder "high"). Only adapters for a model of this kind are
looked at: elsewhere "high" is what a picture has.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stylus_core.prompt.english import is_word
from stylus_core.types import Adapter, Half

#: Architectures whose models have two parts, and those under which such a model goes where it is not recognised.
ARCHITECTURES = ("wan",)
OPEN = ("other", "unknown")

_STATED = re.compile(r"(?i)(?<![a-z])wan(?![a-z])|wan[\s_-]?(?:ai|video|\d)")
#: The models of the same name that have one part.
_WHOLE = re.compile(r"(?i)wan[\s_-]?(?:ai|video)?[\s_-]?v?2[._]?1|(?<!\d)(?:5|1[._]3)b")
_LONGEST = 200  # characters of a name
_TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+(?:\.\d+)?|[^\W\d_A-Za-z]+")
_VERSION = re.compile(r"(?<=[A-Za-z])(?=[vV]\d)")
#: What Chinese and Japanese names say, as tokens of their own.
_FOREIGN = (
    (re.compile(r"高噪[声聲音点點]?|高ノイズ"), " highnoise "),
    (re.compile(r"低噪[声聲音点點]?|低ノイズ"), " lownoise "),
)

# How much a mark tells: by itself; with other words for such a model beside it; only together with its counterpart.
_SURE, _LIKELY, _WEAK = 2, 1, 0
_MARKS = {
    "highnoise": ("high", _SURE), "hinoise": ("high", _SURE), "lownoise": ("low", _SURE), "lonoise": ("low", _SURE),
    "high": ("high", _LIKELY), "low": ("low", _LIKELY), "hne": ("high", _SURE), "lne": ("low", _SURE),
    "hn": ("high", _WEAK), "ln": ("low", _WEAK), "h": ("high", _WEAK), "l": ("low", _WEAK),
}  # fmt: skip
_NOISE = ("noise", "noised", "noises")
_BEFORE_NOISE = {"high": "high", "hi": "high", "h": "high", "low": "low", "lo": "low", "l": "low"}
#: Of these a picture has much or little: behind "high" and "low" they make other words of them.
_GRADED = frozenset(
    """detail details detailed quality res resolution key poly polygon angle angles contrast motion speed fps frame
    fidelity definition def saturation exposure light lighting lights tone pitch cut rise waist heel heels tide brow
    volume density intensity strength dynamic fantasy fashion tech school shot shots cfg vram""".split()
)
#: Words for the model and the training that stand beside a mark.
_TECHNICAL = frozenset(
    """wan v e ep epoch epochs s step steps t i ti tv iv b k a fp bf r rank dim lora loras model expert final video ai
    safetensors comfy comfyui transformer""".split()
)
_COUNTED = frozenset("e ep epoch epochs s step steps".split())

_OTHER = {"high": "low", "low": "high"}


class _Name(NamedTuple):
    """A name that calls its file one half."""

    stage: str
    rest: tuple[str, ...]  # its other tokens
    weight: int  # of the mark
    alone: bool  # whether it is a half even where no counterpart is found


@dataclass(frozen=True, slots=True)
class FilePair:
    """Two files that belong together; None stands for one that is not there."""

    high: Adapter | None
    low: Adapter | None

    def half(self, adapter: Adapter) -> Half:
        """Says what an adapter is of the pair.

        Args:
            adapter: one of the two.

        Returns:
            Which half it is.
        """
        stage = "high" if self.high is not None and self.high.id == adapter.id else "low"
        other = self.low if stage == "high" else self.high
        return Half(stage, other, _missing(_OTHER[stage], other))

    @property
    def second(self) -> Adapter | None:
        """Of two that are there the one of which less is known: the other one stands for both."""
        if self.high is None or self.low is None or self.half(self.high).missing or self.half(self.low).missing:
            return None
        return self.high if _known(self.low) > _known(self.high) else self.low


def could_be_half(*names: str) -> bool:
    """Whether one of these names has a mark at all; most have none."""
    return any(_read(name) is not None for name in names if name)


def find_pairs(adapters: Iterable[Adapter]) -> dict[int, FilePair]:
    """Finds the pair that each half belongs to.

    Args:
        adapters: of any status, in any order: a half may be there and not be usable.

    Returns:
        The pair by the id of each half; adapters without another half are left out.
    """
    halves = sorted((h for a in adapters if (h := _Half.of(a)) is not None), key=lambda h: h.adapter.path)
    found: dict[int, FilePair] = {}
    for key in _KEYS:
        _match([h for h in halves if h.adapter.id not in found], key, found)
    for h in halves:
        if h.adapter.id not in found and h.alone:
            found[h.adapter.id] = FilePair(h.adapter, None) if h.stage == "high" else FilePair(None, h.adapter)
    return found


def untitled(title: str) -> str:
    """Takes the words out of a title that call it one half.

    Args:
        title: of one half.

    Returns:
        The title of both.
    """
    return " ".join(_IN_TITLE.sub(" ", title[:_LONGEST]).split()).strip(" -_|") or title


_IN_TITLE = re.compile(
    r"(?i)[(\[]?\s?(?<![a-z])(?:high|hi|low|lo)[\s_-]?noise\s?[)\]]?|[(\[]\s?(?:high|low)\s?[)\]]"
    r"|[\s_-](?:high|low)(?=\s?(?:v?\d|$))"
)


@dataclass(frozen=True, slots=True)
class _Half:
    """An adapter whose names call it one half, and by what its counterpart is found."""

    adapter: Adapter
    stage: str
    certain: bool  # that its model has two parts; nothing speaks against it where it is not
    alone: bool  # whether it is one even where no counterpart is found
    stem: _Name | None
    version: _Name | None
    title: _Name | None
    folder: _Name | None

    @classmethod
    def of(cls, adapter: Adapter) -> _Half | None:
        m = adapter.metadata
        stem, version, title = _read(adapter.stem), _read(m.version), _read(m.title)
        folder = _read(os.path.basename(os.path.dirname(adapter.path)))
        if folder is not None and not _TECHNICAL.issuperset(t for t in folder.rest if not t[0].isdigit()):
            folder = None  # a folder with a name of its own
        names = [n for n in (stem, version, title, folder) if n is not None]
        two_parts = _two_parts(adapter) if names else False
        if two_parts is False:
            return None
        stage = max(names, key=lambda n: n.weight).stage
        same = [n if n is not None and n.stage == stage else None for n in (stem, version, title, folder)]
        said = f"{m.base_model} {adapter.stem}"[:_LONGEST]
        sure = any(n.weight == _SURE or (n.alone and not _WHOLE.search(said)) for n in same if n is not None)
        return cls(adapter, stage, bool(two_parts), bool(two_parts) and sure, *same)


def _two_parts(adapter: Adapter) -> bool | None:
    """Whether it is for a model of two parts: by what is known or stated, else as its names say; None: who knows."""
    m = adapter.metadata
    if m.architecture in ARCHITECTURES:
        return True
    if m.architecture not in OPEN:
        return False
    if m.base_model:
        return bool(_STATED.search(m.base_model[:_LONGEST]))
    return any(_STATED.search(text[:_LONGEST]) for text in (adapter.stem, m.title, m.version, m.alias)) or None


def _match(halves: Sequence[_Half], key: Callable[[_Half], Hashable | None], found: dict[int, FilePair]) -> None:
    """Joins those that share a key; where there are several of each, in the order of their paths from the end.

    The last is the latest: of an author's trials the one that he trained longest.
    """
    groups: dict[Hashable, dict[str, list[_Half]]] = {}
    for h in halves:
        value = key(h)
        if value is not None:
            groups.setdefault(value, {"high": [], "low": []})[h.stage].append(h)
    for group in groups.values():
        for high, low in zip(reversed(group["high"]), reversed(group["low"]), strict=False):
            if high.certain or low.certain:
                found[high.adapter.id] = found[low.adapter.id] = FilePair(high.adapter, low.adapter)


def _in_folder(h: _Half) -> Hashable | None:
    return (os.path.dirname(h.adapter.path), h.stem.rest) if h.stem else None


def _of_model(h: _Half) -> Hashable | None:
    """The site's model, of which the two are versions."""
    model = h.adapter.metadata.model_id
    return (model, h.version.rest) if h.version and model is not None else None


def _of_title(h: _Half) -> Hashable | None:
    return (os.path.dirname(h.adapter.path), h.title.rest) if h.title else None


def _of_folders(h: _Half) -> Hashable | None:
    """Two folders side by side that are called by the parts."""
    parent = os.path.dirname(os.path.dirname(h.adapter.path))
    return (parent, h.folder.rest, h.stem.rest if h.stem else h.adapter.stem) if h.folder else None


def _trained_longer(h: _Half) -> Hashable | None:
    """The two are seldom best after as many steps."""
    return (os.path.dirname(h.adapter.path), _uncounted(h.stem.rest)) if h.stem else None


_KEYS: tuple[Callable[[_Half], Hashable | None], ...] = (_in_folder, _of_model, _of_title, _of_folders, _trained_longer)


def _uncounted(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Without what counts epochs and steps: "e12", "epoch 12", "000002500"; "720p" is none of it."""
    out: list[str] = []
    for i, token in enumerate(tokens):
        after = tokens[i + 1] if i + 1 < len(tokens) else ""
        counts = token in _COUNTED and after.isdigit()
        number = token.isdigit() and (len(token) > 2 or (i > 0 and tokens[i - 1] in _COUNTED)) and after != "p"
        if not counts and not number:
            out.append(token)
    return tuple(out)


def _read(name: str) -> _Name | None:
    """What a name says of its half: by the mark that tells most. One that says both is of a file for both."""
    text = name[:_LONGEST]
    for pattern, said in _FOREIGN:
        text = pattern.sub(said, text)
    written = _TOKENS.findall(_VERSION.sub(" ", text))
    tokens = [t.lower() for t in written]
    marks: list[tuple[int, int, str, int]] = []  # first and last token, stage, weight
    for i, token in enumerate(tokens):
        after = tokens[i + 1] if i + 1 < len(tokens) else ""
        if token in _BEFORE_NOISE and after in _NOISE:
            marks.append((i, i + 1, _BEFORE_NOISE[token], _SURE))
        elif token in _MARKS and after not in _GRADED:
            marks.append((i, i, *_MARKS[token]))
    if not marks:
        return None
    most = max(weight for *_, weight in marks)
    best = [m for m in marks if m[3] == most]
    if len({stage for _, _, stage, _ in best}) > 1:
        return None
    first, last, stage, _ = best[-1]
    alone = most == _SURE or (most == _LIKELY and _stands_out(written, first))
    return _Name(stage, (*tokens[:first], *tokens[last + 1 :]), most, alone)


def _stands_out(written: Sequence[str], i: int) -> bool:
    """Whether "high" or "low" is no word of what is drawn: the only one in capitals, or between no other such words."""
    if written[i].isupper() and not all(t.isupper() for t in written if t[0].isalpha()):
        return True
    before = written[i - 1].lower() if i else ""
    after = written[i + 1].lower() if i + 1 < len(written) else ""
    technical = not after or after[0].isdigit() or after in _TECHNICAL
    return technical and (not before or before[0].isdigit() or before in _TECHNICAL or not is_word(before))


def _missing(stage: str, other: Adapter | None) -> str:
    if other is None:
        return f"its {stage}-noise half is not in the folder"
    if other.status != "ok":
        return f"its {stage}-noise half {other.path} cannot be used: {other.problem}"
    if other.metadata.excluded:
        return f"its {stage}-noise half {other.name!r} is excluded in another tool"
    return ""


def _known(adapter: Adapter) -> tuple[int, int]:
    m = adapter.metadata
    return len(m.examples) + len(m.trigger_words), len(m.description)
