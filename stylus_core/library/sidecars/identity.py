"""Which file it is, told by the sidecars: the version's id at Civitai, and hashes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

from stylus_core.library.sidecars.registry import JSON_SIDECARS
from stylus_core.library.untrusted_values import Claims, identifier, mapping
from stylus_core.library.versions import Identity, hash_digits

#: Any tool's record may be in any file, so each key is looked for in all of them.
_INNER = ((), *dict.fromkeys(s.site_record for s in JSON_SIDECARS if s.site_record))
_VERSION_IDS = tuple(dict.fromkeys(key for s in JSON_SIDECARS for key in s.version_id_keys))
_HASHES = tuple(dict.fromkeys(key for s in JSON_SIDECARS for key in s.hash_keys))


def identity_of(records: Iterable[Any], header: Claims) -> Identity:
    """What records and header tell about which file it is. `records` are parsed, the most trusted first."""
    ids: list[Any] = []
    hashes: list[Any] = [header.get("autov3")]
    for value in records:
        for keys in _INNER:
            record = reduce(lambda outer, key: mapping(outer.get(key)), keys, mapping(value))
            ids += [record.get(key) for key in _VERSION_IDS]
            if "modelId" in record:  # Civitai's record of a version
                ids.append(record.get("id"))
            for told in map(record.get, _HASHES):
                hashes += list(told.values())[:20] if isinstance(told, dict) else [told]
    found = dict.fromkeys(filter(None, map(identifier, ids)))
    return Identity(tuple(found), frozenset(filter(None, map(hash_digits, hashes))))
