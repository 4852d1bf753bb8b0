"""What is kept of the user's own pictures and corrections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from stylus_core.generation_data import AdapterUse, GenerationData


class PictureRecord(NamedTuple):
    """What reading one file led to.

    Attributes:
        path: of the file, absolute.
        size: in bytes, with that of the text beside it.
        mtime_ns: when it or the text beside it was written last, in nanoseconds since 1970; 0: it could not
            be opened this time, what was known of it stays, and it is read again the next time.
        data: how the picture was made; None where it does not say, or cannot be read.
        problem: why it cannot be read, in a few words; "" where it can, also if it says nothing.
    """

    path: str
    size: int
    mtime_ns: int
    data: GenerationData | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OwnPrompt:
    """One prompt of the user's with one set of adapters, and how many pictures were made with it."""

    id: int
    prompt: str  # as typed
    adapters: tuple[AdapterUse, ...]  # may be none: a prompt that did without
    checkpoint: str
    pictures: int
    first_at: float  # seconds since 1970
    last_at: float


@dataclass(frozen=True, slots=True)
class LearnedFolder:
    """A folder from which Stylus learns, and what was found there when it was read last."""

    path: str
    on: bool  # False: it is kept and does not count
    pictures: int  # with adapters or a prompt
    silent: int  # files that say nothing of how they were made
    unreadable: int
    read_at: float  # seconds since 1970; 0: not yet


#: What a user can do to a pick, and is remembered with the prompt.
REMOVED, KEPT, WEIGHED, PINNED, BANNED, WANTED = ACTIONS = ("removed", "kept", "weighed", "pinned", "banned", "wanted")


@dataclass(frozen=True, slots=True)
class Correction:
    """What the user did to a pick, for one prompt.

    "removed": it was picked and is not wanted; "kept": it was picked and is; "weighed": at another weight; "pinned" and
    "banned": for every prompt; "wanted": it was not picked and was put there.
    """

    id: int
    at: float  # seconds since 1970
    prompt: str
    adapter: str  # what the host calls it
    hash: str  # AutoV3 of the adapter where it is known
    action: str  # one of ACTIONS
    weight: float | None = None  # of "weighed"
    by: str = "user"  # "user" (command line, Python), "panel", "api"


@dataclass(frozen=True, slots=True)
class OwnUse:
    """How the user used one adapter, over all folders that count.

    Attributes:
        pictures: in how many of the user's own pictures it is.
        prompts: in how many different ones.
        last_at: when last, seconds since 1970.
        weights: (lowest, median, highest) that the user wrote; None where no weight is known.
        together: names of the adapters that were most often with it, and in how many pictures.
        picked: in how many of the pictures Stylus had picked it.
    """

    pictures: int
    prompts: int
    last_at: float
    weights: tuple[float, float, float] | None
    together: tuple[tuple[str, int], ...] = ()
    picked: int = 0
