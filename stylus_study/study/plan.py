"""A study's file: TOML in, a plan with nothing left open out.

```toml
seeds = 2                      # how many, or a list
cfg = [5, 7]
checkpoints = ["model_a"]      # not given: the one that is loaded
systems = ["base", "random", "retriever", "reranker", "local", "llm"]

[prompts]
file = "captions.csv"          # beside this file; as `stylus batch` takes them
sample = 1000                  # or limit = 1000, the first ones

[picture]
steps = 35
```

`docs/study.md` has all keys.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stylus_core.composer.registry import declaration
from stylus_core.composer_table import COMPOSERS
from stylus_core.errors import OptionError
from stylus_core.options import Options
from stylus_core.refiner.description_sources import METADATA, NONE, digest
from stylus_study.batch.prompts import Prompt, read_prompts
from stylus_study.study.render_jobs import system_key
from stylus_study.study.study_folder import StudyError
from stylus_study.study.toml_fields import TomlTable, near
from stylus_study.study.types import BASE, StudyPlan, StudySystem

#: The adapters as the library knows them: models' descriptions, imported ones and the user's edits.
LIBRARY = "library"
_NO_COMPOSER = "none"
_FILE = 1 << 20  # bytes of a study's file
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
#: What a study decides itself, so that pictures pair up.
_DECIDED = (
    *("prompt", "negative_prompt", "seed", "steps", "width", "height", "cfg_scale", "batch_size", "n_iter"),
    *(
        "send_images",
        "save_images",
        "alwayson_scripts",
        "script_name",
        "subseed",
        "override_settings_restore_afterwards",
    ),
)


def read_study(path: Path, models: Mapping[str, str] | None = None) -> StudyPlan:
    """The plan that a study's file makes.

    Args:
        path: the file. The files that it names lie beside it.
        models: for the composers that ask a model, which one: another model makes other pictures.

    Returns:
        The plan, with nothing left open.

    Raises:
        StudyError: the file cannot be used; the sentence names file and key.
        PromptError: its prompts cannot be read.
        LibraryError: descriptions that it names cannot be read.
    """
    top = TomlTable(path, _parsed(path))
    name = top.text("name", path.stem)
    named = _named(top.table("descriptions"))
    common = top.table("options").rest()
    systems = _systems(top.items("systems"), path, common, named)
    used = {s.descriptions for s in systems if s.options} - {METADATA, NONE, LIBRARY}
    composers = {s.options.get("composer") for s in systems}
    total, prompts = _prompts(top.table("prompts"), path)
    picture = _picture(top.table("picture"))
    settings: dict[str, Any] = {
        "picture": picture,
        "descriptions": {key: _source(path, named.get(key, key)) for key in sorted(used)},
        "models": {key: model for key, model in (models or {}).items() if key in composers},
        "fallbacks": top.flag("fallbacks", False),
        "prompts_in_file": total,
    }
    cfgs = top.numbers("cfg", 0, 100, [7.0])
    plan = StudyPlan(name, systems, prompts, cfgs, top.seeds("seeds", 1), top.texts("checkpoints", [""]), settings)
    top.done()
    _distinct(plan, path)
    return plan


def source_of(plan: StudyPlan, system: StudySystem) -> str:
    """Where the descriptions of a system come from.

    Args:
        plan: the study.
        system: one of its systems.

    Returns:
        What `Stylus(descriptions=...)` takes: a file, `metadata`, `none`, or "" for the library as it stands.
    """
    if system.descriptions == LIBRARY:
        return ""
    return str(plan.settings["descriptions"].get(system.descriptions, {}).get("file", system.descriptions))


def _parsed(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError:
            raise StudyError("Python 3.10 reads no TOML by itself: pip install tomli, or use Python 3.11") from None
    try:
        with path.open("rb") as file:
            data = file.read(_FILE + 1)
    except OSError as error:
        raise StudyError(f"the study cannot be read from {path}: {error.strerror or error}") from None
    if len(data) > _FILE:
        raise StudyError(f"{path} is longer than {_FILE >> 20} MiB: that is no study")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise StudyError(f"{path} is not UTF-8: save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is no TOMLDecodeError
        raise StudyError(f"{path} is no TOML: {error}") from None


def _named(table: TomlTable) -> dict[str, str]:
    """[descriptions]: name -> file."""
    named = table.rest()
    for name, file in named.items():
        if not _NAME.fullmatch(name) or name in (METADATA, NONE, LIBRARY):
            raise table.error(f"{table.at}.{name} cannot be a name: take up to 40 letters, digits, - and _")
        if not isinstance(file, str):
            raise table.wrong(name, "the path of a file that stylus describe export wrote", file)
    return named


def _systems(
    entries: Sequence[Any], path: Path, common: Mapping[str, Any], named: Mapping[str, str]
) -> tuple[StudySystem, ...]:
    """The base model comes first, whether it is listed or not: everything is compared with it."""
    found: dict[str, StudySystem] = {BASE: StudySystem(BASE, "Base model", {}, NONE)}
    listed: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        at = f"systems[{number}]"
        if isinstance(entry, str) and entry not in (BASE, *COMPOSERS):
            raise StudyError(f"{path}: {at} is {entry!r}, which is no composer{near(entry, (BASE, *COMPOSERS))}")
        if not isinstance(entry, (str, dict)):
            raise StudyError(f"{path}: {at} takes a composer's name in quotes or a table, not {entry!r:.60}")
        system = _system(TomlTable(path, {"name": entry} if isinstance(entry, str) else entry, at), common, named)
        if system.name in listed:
            raise StudyError(f"{path}: {at} is called {system.name!r} like one before it: give it another name")
        listed.add(system.name)
        found[system.name] = system
    return tuple(found.values())


def _system(table: TomlTable, common: Mapping[str, Any], named: Mapping[str, str]) -> StudySystem:
    name = table.text("name")
    if not _NAME.fullmatch(name):
        raise table.wrong("name", "up to 40 letters, digits, - and _", name)
    if name == BASE:
        label = table.text("label", "Base model")
        table.done()
        return StudySystem(BASE, label, {}, NONE)
    composer = table.text("composer", name) if name in COMPOSERS else table.text("composer")
    if composer not in (*COMPOSERS, _NO_COMPOSER):
        raise table.wrong("composer", f"one of {', '.join((*COMPOSERS, _NO_COMPOSER))}", composer)
    append = table.text("append", "").strip()
    descriptions = table.text("descriptions", METADATA)
    label = table.text("label", _label(composer, descriptions, append))
    if composer == _NO_COMPOSER:
        table.done()
        if not append:
            raise table.error(f"{table.at} would be the base model: a system without a composer has append")
        return StudySystem(name, label, {}, NONE, append)
    known = (METADATA, NONE, LIBRARY, *named)
    if descriptions not in known and "." not in descriptions:
        raise table.error(f"{table.at}.descriptions is {descriptions!r}, and no file{near(descriptions, known)}")
    try:
        options = Options.of({**common, **table.rest(), "composer": composer})
    except OptionError as error:
        raise table.error(f"{table.at}: {error}") from None
    return StudySystem(name, label, {**options.changed(), "composer": composer}, descriptions, append)


def _label(composer: str, descriptions: str, append: str) -> str:
    words = ["Base model" if composer == _NO_COMPOSER else declaration(composer).label]
    if composer != _NO_COMPOSER and descriptions != METADATA:
        words.append("no descriptions" if descriptions == NONE else f"descriptions: {descriptions}")
    return ", ".join([*words, *([f"“{append}”"] if append else [])])


def _source(path: Path, file: str) -> dict[str, str]:
    """A file of descriptions, and what is in it: the same name with another content is another source."""
    place = path.parent / Path(file).expanduser()
    return {"file": str(place), "sha256": digest(place)}


def _prompts(table: TomlTable, path: Path) -> tuple[int, tuple[tuple[str, str], ...]]:
    """How many there are in the file, and those that are asked for, each with an id."""
    file = path.parent / Path(table.text("file")).expanduser()
    limit = table.whole("limit", 1, 10**9, 0) if "limit" in table else None
    sample = table.whole("sample", 1, 10**9) if "sample" in table else None
    seed = table.whole("seed", 0, 2**32 - 1, 0)
    table.done()
    every = read_prompts(file)
    chosen = every[:limit]
    if sample is not None:
        if sample > len(chosen):
            raise table.error(f"{table.at}.sample is {sample}, and there are only {len(chosen)} prompts")
        numbers = random.Random(seed).sample(range(len(chosen)), sample)
        chosen = [chosen[number] for number in sorted(numbers)]
    return len(every), tuple(_identified(chosen))


def _identified(prompts: Iterable[Prompt]) -> Iterator[tuple[str, str]]:
    """A prompt's id is its row's file name, else a part of its checksum: prompts may come and go around it."""
    seen: dict[str, int] = {}
    for prompt in prompts:
        name = prompt.name or hashlib.sha256(prompt.text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), prompt.text


def _picture(table: TomlTable) -> dict[str, Any]:
    """What `stylus_study.batch.render_jobs.Picture` takes, without guidance scale and checkpoint."""
    given: dict[str, Any] = {
        "steps": table.whole("steps", 1, 150, 20),
        "width": table.whole("width", 64, 4096, 512),
        "height": table.whole("height", 64, 4096, 512),
        "negative": table.text("negative", ""),
    }
    request = {"sampler_name": table.text("sampler", ""), "scheduler": table.text("scheduler", "")}
    further = table.table("request")
    more = further.rest()
    decided = [key for key in more if key in (*_DECIDED, *request)]
    if decided:
        raise further.error(f"{further.at}.{decided[0]} is decided by the study: take it out")
    if not isinstance(more.get("override_settings", {}), dict):
        raise further.wrong("override_settings", "a table", more["override_settings"])
    try:
        json.dumps(more, allow_nan=False)
    except (TypeError, ValueError):
        raise further.error(f"{further.at} holds a date or a number that JSON cannot say: take it out") from None
    table.done()
    request = {key: value for key, value in request.items() if value}
    return {**given, **({"request": {**request, **more}} if request or more else {})}


def _distinct(plan: StudyPlan, path: Path) -> None:
    seen: dict[str, str] = {}
    for system in plan.systems:
        key = json.dumps(system_key(plan, system), sort_keys=True)
        if key in seen:
            raise StudyError(
                f"{path}: the systems {seen[key]!r} and {system.name!r} are the same: take one of them out"
            )
        seen[key] = system.name
