"""What is said of an endpoint, in one table: by which flag, which variables, which setting of a WebUI.

All who ask a model read it: the composers, the refiner, the study's judge, the WebUI's settings page, the doctor.
"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stylus_core.llm.endpoint import BUDGET, KEY_VARIABLE, Endpoint

_OPENAI_VARIABLE, _OPENAI_HOST = "OPENAI_API_KEY", "api.openai.com"


@dataclass(frozen=True, slots=True)
class EndpointField:
    """One row of the table.

    Attributes:
        name: as fields of settings call it.
        help: what it is, a few words.
        flags: of the command line, the first is shown; none where it must not stand there.
        variables: of the environment, the first that is set counts.
        metavar: what stands for its value in the command line's help.
        seconds: whether it is a number of seconds, and no text.
        setting: key of the WebUI's setting; empty where it has none.
        label: of that setting.
        default: where nobody says anything; None: nothing.
    """

    name: str
    help: str
    flags: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    metavar: str = "NAME"
    seconds: bool = False
    setting: str = ""
    label: str = ""
    default: float | None = None


#: A flag or a setting wins over the environment, but for the key: there the environment wins over the setting.
FIELDS: tuple[EndpointField, ...] = (
    EndpointField(
        "base_url",
        "an OpenAI-compatible server, such as http://127.0.0.1:11434/v1",
        ("--base-url", "--endpoint"),
        ("STYLUS_BASE_URL", "STYLUS_ENDPOINT"),
        "URL",
        setting="stylus_endpoint",
        label="LLM: base URL",
    ),
    EndpointField(
        "model",
        "the name of the model that the server knows",
        ("--model",),
        ("STYLUS_MODEL",),
        setting="stylus_model",
        label="LLM: model",
    ),
    EndpointField("key", "the key", (), (KEY_VARIABLE, _OPENAI_VARIABLE), setting="stylus_key", label="LLM: key"),
    EndpointField("key_env", "environment variable with the key, if it is none of these", ("--key-variable",)),
    EndpointField(
        "timeout", "seconds for one call, retries included", ("--timeout",), (), "S", seconds=True, default=BUDGET
    ),
    EndpointField(
        "keep_alive",
        "seconds for which Ollama keeps the model loaded; 0 frees its memory",
        ("--keep-alive",),
        (),
        "S",
        seconds=True,
    ),
    EndpointField(
        "reranker",
        "a cross-encoder, its folder, or the URL of a Cohere-compatible rerank endpoint",
        ("--reranker",),
        ("STYLUS_RERANKER",),
        setting="stylus_reranker",
        label="Reranker",
    ),
    EndpointField(
        "reranker_model",
        "the name of the model that the rerank endpoint knows",
        ("--reranker-model",),
        setting="stylus_reranker_model",
        label="Reranker: model",
    ),
)

BY_NAME = {field.name: field for field in FIELDS}

#: Variables that may hold the key, best first; the second is sent to its owner's host alone.
KEY_VARIABLES = BY_NAME["key"].variables


def resolved(name: str, given: str = "") -> str:
    """Completes a text of the table from the environment.

    Args:
        name: of the row; not that of the key, for which see `find_key`.
        given: by a flag or a setting; "": nobody gave it.

    Returns:
        What was given, else the first of the row's variables that is set, else "".
    """
    if given:
        return given
    return next((value for v in BY_NAME[name].variables if (value := os.environ.get(v, "").strip())), "")


def endpoint_of(values: Mapping[str, Any]) -> Endpoint:
    """Makes the language model's endpoint, from the environment where `values` lack something.

    Args:
        values: by the names of the table's rows, and `extra` as `Endpoint` takes it.

    Returns:
        The endpoint, unchecked: `Endpoint.problem` says what it lacks.
    """
    base_url = resolved("base_url", values.get("base_url") or "")
    return Endpoint(
        base_url,
        resolved("model", values.get("model") or ""),
        find_key(base_url, values.get("key") or "", values.get("key_env") or ""),
        values.get("timeout", BUDGET),
        values.get("extra") or {},
    )


def find_key(base_url: str, given: str = "", variable: str = "") -> str:
    """Finds the key for a server.

    Args:
        base_url: of the server.
        given: the key of a setting, which counts where the environment has none.
        variable: name of the one variable that holds it; "": `STYLUS_API_KEY`, then for OpenAI's own host
            `OPENAI_API_KEY`.

    Returns:
        The key; "" where there is none.
    """
    if variable:
        return os.environ.get(variable, "").strip()
    if key := os.environ.get(KEY_VARIABLE, "").strip():
        return key
    try:
        host = urllib.parse.urlsplit(base_url).hostname
    except ValueError:
        host = None
    if host == _OPENAI_HOST and (key := os.environ.get(_OPENAI_VARIABLE, "").strip()):
        return key
    return given.strip()
