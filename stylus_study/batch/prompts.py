"""Prompts from a file: captions of COCO and PartiPrompts as the research code has them, other CSV, JSON lines, text."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stylus_core.errors import StylusError

#: Longest file that is read, in bytes: a million captions.
MAX_FILE_BYTES = 256 << 20
#: Longest prompt, in characters: about 3,000 tokens.
MAX_PROMPT_CHARS = 20_000
#: Columns that hold the prompt, the first that is there wins.
PROMPT_COLUMNS = ("prompt", "caption")
#: Columns that go into the results as they are; `ranked_adapters` is of no use without the research code's adapters.
LABEL_COLUMNS = ("Category", "Challenge", "Note")


class PromptError(StylusError):
    """A file of prompts cannot be read; the message names the file, the line and the way out."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt of a file."""

    text: str
    name: str = ""  # `file_name` of the row, so that a picture can be compared with the one it was captioned from
    labels: dict[str, str] = field(default_factory=dict)


def read_prompts(path: Path, limit: int | None = None) -> list[Prompt]:
    """The prompts of `path` in their order, the same one twice only where the rows name different files.

    What the file holds goes by its ending: `.csv` and `.tsv` (with a column `prompt` or `caption`), `.jsonl` and
    `.ndjson` (a text, or an object with such a key, a line), anything else: one prompt a line.

    Args:
        path: of the file, UTF-8.
        limit: only the first so many; None for all. What comes after them is not read.

    Returns:
        At least one prompt.

    Raises:
        PromptError: the file cannot be read, or a line of it is no prompt.
    """
    text = _read_text(path)
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        found = _from_csv(text, path, "\t" if suffix == ".tsv" else ",")
    elif suffix in (".jsonl", ".ndjson"):
        found = _from_json_lines(text, path)
    elif suffix == ".json":
        raise PromptError(f"{path} is one piece of JSON: write one object a line and call the file {path.stem}.jsonl")
    else:
        found = _from_lines(text, path)
    once = {(p.text, p.name): p for p in itertools.islice(found, limit)}
    if not once:
        raise PromptError(f"{path} holds no prompts")
    return list(once.values())


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PromptError(f"the prompts cannot be read from {path}: {error.strerror or error}") from None
    if len(data) > MAX_FILE_BYTES:
        raise PromptError(f"{path} is longer than {MAX_FILE_BYTES >> 20} MiB: split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PromptError(f"line {line} of {path} is not UTF-8: save the file as UTF-8") from None


def _from_csv(text: str, path: Path, delimiter: str) -> Iterator[Prompt]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = [name.strip() for name in next(rows, [])]
        lower = [name.lower() for name in head]
        column = next((lower.index(name) for name in PROMPT_COLUMNS if name in lower), None)
        if column is None:
            raise PromptError(
                f"line 1 of {path} names no column prompt or caption, only {', '.join(head)[:200] or 'nothing'}"
            )
        named = lower.index("file_name") if "file_name" in lower else None
        labels = [(label, head.index(label)) for label in LABEL_COLUMNS if label in head]
        line = rows.line_num + 1  # a quoted text may go over several lines: the first one is told
        for row in rows:
            if any(cell.strip() for cell in row):
                if len(row) <= column:
                    raise PromptError(f"line {line} of {path} has {len(row)} columns and no {head[column]}")
                name = row[named].strip() if named is not None and named < len(row) else ""
                given = {label: row[i].strip() for label, i in labels if i < len(row) and row[i].strip()}
                yield Prompt(_check_prompt(row[column], line, path), name[:200], given)
            line = rows.line_num + 1
    except csv.Error as error:
        raise PromptError(f"line {rows.line_num} of {path} is no CSV: {error}") from None


def _from_json_lines(text: str, path: Path) -> Iterator[Prompt]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise PromptError(f"line {number} of {path} is no JSON") from None
        given = value if isinstance(value, dict) else {"prompt": value}
        prompt = next((given[name] for name in PROMPT_COLUMNS if name in given), None)
        if not isinstance(prompt, str):
            raise PromptError(f"line {number} of {path} has no text under prompt or caption")
        labels = {label: given[label] for label in LABEL_COLUMNS if isinstance(given.get(label), str)}
        name = given.get("file_name", "")
        yield Prompt(_check_prompt(prompt, number, path), name[:200] if isinstance(name, str) else "", labels)


def _from_lines(text: str, path: Path) -> Iterator[Prompt]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield Prompt(_check_prompt(line, number, path))


def _check_prompt(prompt: str, line: int, path: Path) -> str:
    prompt = prompt.strip()
    if not prompt:
        raise PromptError(f"line {line} of {path} has an empty prompt")
    if len(prompt) > MAX_PROMPT_CHARS:
        raise PromptError(f"the prompt in line {line} of {path} is longer than {MAX_PROMPT_CHARS:,} characters")
    if "\0" in prompt:
        raise PromptError(f"line {line} of {path} holds binary data where a prompt is expected")
    return prompt
