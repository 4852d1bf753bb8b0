"""`S.swarm.json` of SwarmUI: what it would write into the header, where the user told it not to."""

from __future__ import annotations

import json
from typing import Any

from stylus_core.library.header_metadata import SPACER, header_claims
from stylus_core.library.sidecar_format import TEXT, JsonSidecar, Trust
from stylus_core.library.untrusted_values import Claims
from stylus_core.library.versions import VersionContext


def _read(record: dict[str, Any], context: VersionContext) -> Claims:
    texts = {key: v if isinstance(v, str) else json.dumps(v) for key, v in record.items() if isinstance(v, (str, list))}
    found, _ = header_claims({**texts, SPACER: ""})
    return found


FORMAT = JsonSidecar(
    suffix=".swarm.json",
    source=".swarm.json",
    written_by="SwarmUI",
    tells="ModelSpec's keys, and the default weight",
    read=_read,
    expected=dict.fromkeys(("modelspec.title", "modelspec.description"), TEXT),
    trust=Trust.TOOL,
)
