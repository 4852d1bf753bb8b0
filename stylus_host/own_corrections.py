"""What a click on a chip says of a pick, kept with the prompt: and what it takes back of what was said before."""

from __future__ import annotations

from dataclasses import dataclass

from stylus_core.history.records import BANNED, KEPT, PINNED, REMOVED, WANTED, WEIGHED, Correction
from stylus_host.own_history import OwnHistory


@dataclass(frozen=True, slots=True)
class ClickMeaning:
    """What one click says."""

    says: str = ""  # one of `records.ACTIONS`; "": nothing new
    takes_back: tuple[str, ...] = ()  # of this adapter: those for this prompt, pins and bans for any
    instead: str = ""  # where one of these was taken back, that was all there is to say


#: By what hosts call the click.
CLICKS = {
    "remove": ClickMeaning(REMOVED, (REMOVED, WANTED, WEIGHED, KEPT), WANTED),
    "restore": ClickMeaning("", (REMOVED,)),
    "weight": ClickMeaning(WEIGHED, (WEIGHED,)),
    "reset": ClickMeaning("", (WEIGHED,)),
    "use": ClickMeaning(WANTED, (REMOVED, WANTED), REMOVED),
    "pin": ClickMeaning(PINNED, (PINNED, BANNED)),
    "unpin": ClickMeaning("", (PINNED,)),
    "ban": ClickMeaning(BANNED, (BANNED, PINNED, WANTED)),
    "unban": ClickMeaning("", (BANNED,)),
}
_ALWAYS = (PINNED, BANNED)  # said for every prompt, whichever it was said at


def remember(
    history: OwnHistory, click: str, prompt: str, name: str, weight: float | None = None, by: str = "panel"
) -> bool:
    """Keeps what a click says. Raises the store's errors.

    Args:
        history: of the library; while it is off nothing is kept.
        click: one of `CLICKS`; any other says nothing.
        prompt: for which the adapter was picked.
        name: what the host calls the adapter.
        weight: of "weight".
        by: who clicked.

    Returns:
        Whether anything is different now.
    """
    meaning = CLICKS.get(click)
    if meaning is None or not name or not history.on:
        return False
    taken = []
    for one in history.corrections():
        if one.adapter == name and one.action in meaning.takes_back and _is_about(one, prompt):
            history.undo(one.id)
            taken.append(one.action)
    if not meaning.says or (meaning.instead and meaning.instead in taken):
        return bool(taken)
    if (meaning.says == WEIGHED) != (weight is not None) or not prompt.strip():
        return bool(taken)
    return history.correct(prompt, name, meaning.says, weight=weight, by=by) is not None or bool(taken)


def _is_about(correction: Correction, prompt: str) -> bool:
    return correction.action in _ALWAYS or correction.prompt.split() == prompt.split()
