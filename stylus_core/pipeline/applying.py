"""Puts a selection on a pipeline and takes it off again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple
from weakref import ref

from stylus_core.errors import OptionError
from stylus_core.pipeline.adapter_layers import adapter_layers, first_tensor, is_ours, parts_of, same_tensors
from stylus_core.pipeline.file_loading import PickError, adapter_file, load
from stylus_core.pipeline.kept_adapters import AdapterFile, KeptAdapters, kept_adapters
from stylus_core.pipeline.outcome import AppliedAdapter, AppliedSelection
from stylus_core.pipeline.user_adapters import UserAdapters
from stylus_core.prompt.tags import adapter_tags
from stylus_core.types import Pick, Selection

log = logging.getLogger(__name__)

#: How many adapters of ours a pipeline holds, those in use included. In half precision one has some 10 to 300 MB.
KEEP = 8

#: The loaders of diffusers and transformers change classes of torch while they work: two at once break both for good.
_alone = threading.RLock()


class _Chosen(NamedTuple):
    """A pick whose file may be loaded."""

    pick: Pick
    file: AdapterFile


def apply(pipe: Any, selection: Selection, *, keep: int = KEEP) -> AppliedSelection:
    """Makes the picks of a selection, and no others of ours, active in a pipeline at their weights.

    Adapters that the user loaded himself stay as they are. Whatever is wrong with a pick leaves that one out with a
    sentence; nothing of it raises, so that there is a picture. Threads that call this wait for each other.

    Args:
        pipe: a pipeline of diffusers.
        selection: of `Stylus.select`; one without picks takes off what is on.
        keep: how many of our adapters stay loaded for the next prompt, those in use included, which all are loaded
            even if they are more.

    Returns:
        The prompt to paint, what is applied, and what could not be. As a context manager it takes it off at its end.

    Raises:
        OptionError: for a `keep` below 0.
    """
    if keep < 0:
        raise OptionError(f"keep is {keep}: it takes a number of adapters, 0 or more")
    with _alone:
        return _applied(pipe, selection, keep)


def _applied(pipe: Any, selection: Selection, keep: int) -> AppliedSelection:
    prompt = selection.with_trigger_words or selection.prompt
    notes = [_foreign_tag(tag.raw) for tag in adapter_tags(prompt)]
    obstacle = _obstacle(pipe)
    if obstacle:
        return AppliedSelection(prompt, notes=(*notes, *([obstacle] if selection.picks else [])))
    if not selection.picks and not any(map(is_ours, _listed(pipe))):
        return AppliedSelection(prompt, users=UserAdapters(pipe).active, notes=tuple(notes))
    kept, users = kept_adapters(pipe), UserAdapters(pipe)
    users.put_back()
    chosen = _chosen(pipe, selection.picks, notes)
    applied: list[AppliedAdapter] = []
    try:
        kept.evict(pipe, [c.file for c in chosen], keep)
        applied = _loaded(pipe, chosen, kept, users, notes)
        if applied:
            pipe.set_adapters([a.adapter_name for a in applied], [a.weights for a in applied])
    except Exception as error:
        log.exception("the picks cannot be applied")
        notes.append(f"the picks are left out: diffusers cannot switch adapters here ({type(error).__name__}: {error})")
        applied = []
    users.put_back([a.adapter_name for a in applied])
    return AppliedSelection(prompt, tuple(applied), users.active, tuple(notes), partial(_take_off, pipe, keep))


def remove(pipe: Any) -> None:
    """Deletes all adapters of ours from a pipeline, and of diffusers' layers for adapters all where no other uses them.

    Args:
        pipe: a pipeline of diffusers, with or without anything of ours.
    """
    with _alone:
        _take_off(pipe, 0)
        if not _obstacle(pipe) and not _listed(pipe):
            pipe.unload_lora_weights()


def _take_off(pipe: Any, keep: int) -> None:
    with _alone:
        if _obstacle(pipe) or not any(map(is_ours, _listed(pipe))):
            return
        users = UserAdapters(pipe)
        users.put_back()
        kept_adapters(pipe).evict(pipe, (), keep)
        users.put_back()


def _listed(pipe: Any) -> set[str]:
    """Names of all adapters in a pipeline."""
    return {name for names in pipe.get_list_adapters().values() for name in names}


def _obstacle(pipe: Any) -> str:
    """Why nothing can be applied to a pipeline, in one sentence; "" where it can."""
    left_out = "the picks are left out"
    if not all(hasattr(pipe, name) for name in ("load_lora_weights", "set_adapters", "get_list_adapters")):
        return f"{left_out}: diffusers has no loader of adapters for {type(pipe).__name__}"
    try:
        import peft  # noqa: F401
    except ImportError:
        return f"{left_out}: diffusers loads adapters with the package peft (pip install peft)"
    for _, layer in adapter_layers(pipe):
        if getattr(layer, "merged", False):
            return (
                f"{left_out}: adapters are fused into the pipeline, which hides others: call pipe.unfuse_lora() first"
            )
        if getattr(layer, "disable_adapters", False):
            return f"{left_out}: adapters are switched off in the pipeline: call pipe.enable_lora() first"
    return ""


def _foreign_tag(raw: str) -> str:
    return (
        f"the prompt has {raw}, which a pipeline reads as words: load that adapter with pipe.load_lora_weights instead"
    )


def _left_out(pick: Pick, reason: object) -> str:
    return f"{pick.name!r} is left out: {reason}"


def _chosen(pipe: Any, picks: Iterable[Pick], notes: list[str]) -> list[_Chosen]:
    out: list[_Chosen] = []
    for pick in picks:
        try:
            out.append(_Chosen(pick, adapter_file(pipe, pick)))
        except PickError as error:
            notes.append(_left_out(pick, error))
    return out


def _loaded(
    pipe: Any, chosen: Iterable[_Chosen], kept: KeptAdapters, users: UserAdapters, notes: list[str]
) -> list[AppliedAdapter]:
    """Loads what is not kept; what cannot be loaded, and what the user has loaded already, is told in `notes`."""
    out: list[AppliedAdapter] = []
    for pick, file in chosen:
        fresh = not kept.has(pipe, file)
        double = kept.double(pipe, file)
        try:
            if fresh and double not in users.active:
                notes += [f"{pick.name!r} works in part: {clause}" for clause in load(pipe, file)]
        except PickError as error:
            notes.append(_left_out(pick, error))
            continue
        double = _double(pipe, file, kept, users) or double
        if double in users.active:
            notes.append(_left_out(pick, f"you loaded it into the pipeline as {double!r}, which stays as it is"))
            continue
        kept.used(file)
        weights = {part: _weight(pick, part) for part in parts_of(pipe, file.adapter_name)}
        out.append(AppliedAdapter(pick, file.adapter_name, weights, fresh))
    return out


def _double(pipe: Any, file: AdapterFile, kept: KeptAdapters, users: UserAdapters) -> str:
    """The user's active adapter that is the same file; then ours is deleted again. "" where there is none."""
    name = file.adapter_name
    double = next((own for own in users.active if same_tensors(pipe, name, own)), "")
    if double:
        users.put_back()
        pipe.delete_adapters([name])
        kept.doubles[file] = (double, ref(first_tensor(pipe, double)))
    return double


def _weight(pick: Pick, part: str) -> float:
    of_text = part.startswith("text_encoder") and pick.clip_weight is not None
    return pick.clip_weight if of_text and pick.clip_weight is not None else pick.weight
