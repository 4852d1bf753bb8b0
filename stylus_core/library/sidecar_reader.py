"""Reads the sidecars of one adapter, each file once: first what tells which file it is, then what they claim."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from functools import cache
from typing import Any

from stylus_core.library.encoding import decode
from stylus_core.library.hostile_text import Malformed, parse_text
from stylus_core.library.regular_file import error_text, open_regular
from stylus_core.library.sidecar_format import JsonSidecar
from stylus_core.library.sidecars.identity import identity_of
from stylus_core.library.sidecars.registry import BY_SUFFIX, TEXT_SIDECARS
from stylus_core.library.untrusted_values import Claims
from stylus_core.library.versions import VersionContext, civitai_record

log = logging.getLogger(__name__)

MAX_SIDECAR = 8 * 2**20  # bytes


def read_sidecars(
    names: Iterable[str], context: VersionContext, header: Claims
) -> tuple[dict[str, Claims], list[tuple[str, str]]]:
    """Reads the sidecars `names` of one adapter.

    A record of all versions of a model can be read only once it is known which of them the file is; that is told by
    any of the other files, or by `header`.

    Returns: the claims by source, and (file name, problem) for each file that is broken or was read with damage.
    """
    found: dict[str, Claims] = {}
    problems: list[tuple[str, str]] = []
    parsed: dict[str, tuple[str, Any]] = {}  # suffix -> (file name, value)
    for name in names:
        suffix = name[len(context.stem) :].lower()
        if suffix not in BY_SUFFIX and suffix not in TEXT_SIDECARS:
            continue
        try:
            text, note = decode(_read(os.path.join(context.folder, name)))
            if note:
                problems.append((name, note))
            if sidecar := TEXT_SIDECARS.get(suffix):
                found[sidecar.source] = sidecar.read(text)
            elif text.strip():
                parsed[suffix] = name, _record(text)
            else:
                problems.append((name, "it is empty"))
        except Malformed as error:
            problems.append((name, f"ignored: {error}"))
        except Exception as error:
            problems.append((name, f"ignored: {error_text(error)}"))
    values = [parsed[suffix][1] for suffix in BY_SUFFIX if suffix in parsed]
    context = context._replace(identity=cache(lambda: identity_of(values, header)))
    for suffix, (name, value) in parsed.items():
        try:
            made, wrong = _claims(suffix, value, context)
        except Exception as error:
            log.exception("what is in %s beside %s cannot be understood", name, context.stem)
            problems.append((name, f"ignored: {error_text(error)}"))
            continue
        found.update(made)
        if wrong:
            problems.append((name, f"ignored for their wrong type: {', '.join(wrong)}"))
    return found, problems


def _claims(suffix: str, value: Any, context: VersionContext) -> tuple[dict[str, Claims], list[str]]:
    """What a parsed file claims, by source, and its keys of a wrong type."""
    found: dict[str, Claims] = {}
    wrong: dict[str, None] = {}
    for sidecar in BY_SUFFIX[suffix]:
        if record := sidecar.record(value):
            found[sidecar.source] = sidecar.read(record, context)
            wrong.update(dict.fromkeys(_wrong(record, sidecar)))
    return found, list(wrong)


def _record(text: str) -> Any:
    value = parse_text(text)
    if not isinstance(value, dict) and not civitai_record(value):
        raise Malformed("it holds no JSON object")
    return value


def _wrong(record: dict[str, Any], sidecar: JsonSidecar) -> list[str]:
    return [key for key, types in sidecar.expected.items() if not isinstance(record.get(key), (*types, type(None)))]


def _read(path: str) -> bytes:
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_SIDECAR:
            raise Malformed(f"it has {size} bytes, and {MAX_SIDECAR} are read at most")
        raw = file.read(MAX_SIDECAR + 1)
    if len(raw) > MAX_SIDECAR:
        raise Malformed("it grew beyond what is read while it was read")
    return raw
