"""People's preference: a page on this machine that shows blind pairs, and what the votes add up to."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stylus_core.pictures import need_pillow
from stylus_core.storage.files import write_whole
from stylus_study.evaluation.rater_agreement import agreement
from stylus_study.study.picture_pairs import PicturePair, find_pairs
from stylus_study.study.preference import win_rate
from stylus_study.study.study_folder import StudyError, StudyFolder
from stylus_study.study.types import BASE, VOTES
from stylus_study.vote.deck import distinct, pair_key
from stylus_study.vote.vote_store import SAME, Vote, VoteStore

STORE = "votes.sqlite"
HOST, PORT = "127.0.0.1", 7871


def serve(
    folder: Path,
    *,
    host: str = HOST,
    port: int = PORT,
    rater: str | None = None,
    systems: Sequence[str] | None = None,
    against: str = BASE,
    limit: int | None = None,
    cfgs: Sequence[float] | None = None,
    seed: int = 0,
    ready: Callable[[str, int], None] | None = None,
    stop: threading.Event | None = None,
) -> dict[str, Any]:
    """Serves the page until it is interrupted, then writes votes.json.

    Pairs of the same picture on both sides are not shown. Every vote is on the disk before the next pair comes.

    Args:
        folder: of the study.
        host: an address of this machine's loopback.
        port: 0 for any that is free.
        rater: the name of the one who votes; the page asks for it if None.
        systems: those that are compared; all but `against` if None.
        against: the system that they are compared with.
        limit: pairs of each system, at most; all raters see the same ones.
        cfgs: only these CFG values.
        seed: of the draw of the pairs where there is a limit.
        ready: called with the page's address and the number of pairs once it can be opened.
        stop: ends it when it is set.

    Returns:
        What `summary` returns.

    Raises:
        StudyError: the study has no pairs, the address is not the loopback's, or the port is taken.
        ModelError: Pillow is not installed.
    """
    from stylus_study.vote.vote_server import VoteServer

    if not _is_loopback(host):
        raise StudyError(
            f"votes are taken on this machine alone, not at {host!r}: give 127.0.0.1, and let raters elsewhere come "
            "through an SSH tunnel"
        )
    need_pillow()
    study = StudyFolder(folder)
    found = find_pairs(study, systems, against, limit=limit, cfgs=cfgs, seed=seed, differing=True)
    pairs = distinct(found.pairs)
    if not pairs:
        raise StudyError(f"{folder} holds no two pictures to compare: finish stylus study run, or name other systems")
    with contextlib.closing(VoteStore(folder / STORE)) as store:
        try:
            server = VoteServer((host, port), pairs, store, rater)
        except OSError as error:
            raise StudyError(f"the page cannot be served at {host}:{port}: {error.strerror or error}") from None
        with server:
            thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="stylus-vote", daemon=True)
            thread.start()
            try:
                if ready is not None:
                    ready(server.url, len(pairs))
                with contextlib.suppress(KeyboardInterrupt):
                    while thread.is_alive() and not (stop is not None and stop.wait(0.2)):
                        thread.join(0.2)
            finally:
                server.shutdown()
    return summary(folder, against=against)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def summary(folder: Path, *, against: str = BASE) -> dict[str, Any]:
    """Sums the votes up and writes votes.json.

    A vote counts for every system that made the picture it is about. The categories of the agreement are the system,
    the other one, and no difference.

    Args:
        folder: of the study; nobody need have voted.
        against: the system that the others are compared with.

    Returns:
        What votes.json holds: besides what `study.types` says `against`, `left` (the share of decided votes for the
        left side), `stale` (votes on pictures that the study does not have any more) and, in a row, `same` (pairs of
        the same picture on both sides, which nobody is asked about).

    Raises:
        StudyError: the folder is no study, or votes.json cannot be written.
    """
    study = StudyFolder(folder)
    votes: list[Vote] = []
    if (folder / STORE).exists():
        with contextlib.closing(VoteStore(folder / STORE)) as store:
            votes = store.votes()
    pairs = find_pairs(study, against=against).pairs
    known: dict[str, PicturePair] = distinct([pair for pair in pairs if not pair.same])
    by_pair: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        if vote.pair in known:
            by_pair[vote.pair].append(vote)
    counted = [vote for some in by_pair.values() for vote in some]
    raters = sorted({vote.rater for vote in counted})
    ratings = []
    for key, some in by_pair.items():
        category = {vote.rater: _category(known[key], vote) for vote in some}
        ratings.append([category.get(rater) for rater in raters])
    decided = [vote for vote in counted if vote.winner != SAME]
    result = {
        "raters": len(raters),
        "votes": len(counted),
        "against": against,
        "left": sum(vote.winner == vote.left_side for vote in decided) / len(decided) if decided else None,
        "stale": len(votes) - len(counted),
        "rows": [
            _row(system, against, [pair for pair in pairs if pair.system == system], by_pair)
            for system in dict.fromkeys(pair.system for pair in pairs)
        ],
        "agreement": agreement(ratings)._asdict(),
    }
    try:
        write_whole(folder / VOTES, json.dumps(result, indent=1, allow_nan=False).encode("ascii") + b"\n")
    except OSError as error:
        raise StudyError(f"{folder / VOTES} cannot be written: {error.strerror or error}") from None
    return result


def _category(pair: PicturePair, vote: Vote) -> str:
    if vote.winner == SAME:
        return "same"
    return "system" if vote.winner == pair.ours[0].sha256 else "against"


def _row(system: str, against: str, pairs: Sequence[PicturePair], by_pair: dict[str, list[Vote]]) -> dict[str, Any]:
    voted = [pair for pair in pairs if not pair.same]
    cast = [(pair, _category(pair, vote)) for pair in voted for vote in by_pair.get(pair_key(pair), ())]
    decided = [(pair, category == "system") for pair, category in cast if category != "same"]
    rate = win_rate([won for _, won in decided], [pair.prompt for pair, _ in decided])
    wins = sum(won for _, won in decided)
    return {
        "system": system,
        "against": against,
        "wins": wins,
        "losses": len(decided) - wins,
        "ties": len(cast) - len(decided),
        "same": sum(pair.same for pair in pairs),
        "rate": rate and rate.as_dict(),
    }
