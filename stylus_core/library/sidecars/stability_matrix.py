"""`S.cm-info.json` of StabilityMatrix."""

from __future__ import annotations

from typing import Any

from stylus_core.library.hostile_text import clean_line, clean_list, plain
from stylus_core.library.meaningless_names import given_title
from stylus_core.library.sidecar_format import LIST, NUMBER, OBJECT, TEXT, JsonSidecar, Trust
from stylus_core.library.untrusted_values import (
    DESCRIPTION,
    VERSION_DESCRIPTION,
    Claims,
    claims,
    identifier,
    mapping,
    nsfw_level,
    sequence,
    sha256,
    title_line,
    trigger_words,
)
from stylus_core.library.versions import VersionContext


def _read(record: dict[str, Any], context: VersionContext) -> Claims:
    version = plain(record.get("VersionDescription"), DESCRIPTION, is_html=True)
    texts = dict.fromkeys((plain(record.get("ModelDescription"), DESCRIPTION, is_html=True), version))
    return claims(
        title=given_title(record.get("ModelName"), (context.stem, "")),
        own_title=title_line(record.get("UserTitle")),
        version=clean_line(record.get("VersionName"), 200),
        description="\n\n".join(t for t in texts if t)[:DESCRIPTION],
        version_description=version[:VERSION_DESCRIPTION],
        tags=clean_list([*sequence(record.get("UserTags"), 100), *sequence(record.get("Tags"), 400)], 100, 100),
        trigger_words=trigger_words(record.get("TrainedWords")),
        base_model=clean_line(record.get("BaseModel"), 80),
        model_id=identifier(record.get("ModelId")),
        version_id=identifier(record.get("VersionId")),
        sha256=sha256(mapping(record.get("Hashes")).get("SHA256")),
        autov3=sha256(mapping(record.get("Hashes")).get("AutoV3"), 10),
        nsfw=nsfw_level(record.get("Nsfw")),
    )


FORMAT = JsonSidecar(
    suffix=".cm-info.json",
    source=".cm-info.json",
    written_by="StabilityMatrix",
    tells="the model's and the version's description, the user's title and tags, NSFW",
    read=_read,
    expected={
        **dict.fromkeys(("ModelName", "ModelDescription", "VersionName", "VersionDescription", "UserTitle"), TEXT),
        **{"BaseModel": TEXT, "Tags": LIST, "TrainedWords": LIST, "Hashes": OBJECT},
        **{"ModelId": NUMBER, "VersionId": NUMBER},
    },
    trust=Trust.TOOL,
    version_id_keys=("VersionId",),
    hash_keys=("Hashes",),
)
