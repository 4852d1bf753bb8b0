import json
import re
import sys

import gradio as gr

from modules import script_callbacks, shared

sys.modules["modules.generation_parameters_copypaste"] = sys.modules[__name__]

_PARAM = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_SIZE = re.compile(r"^(\d+)x(\d+)$")
_UPDATE = type(gr.update())


def quote(text):
    return json.dumps(text, ensure_ascii=False) if any(c in str(text) for c in ",\n:") else text


def unquote(text):
    if len(text) == 0 or text[0] != '"' or text[-1] != '"':
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def parse_generation_parameters(text):
    """The values of an infotext by name."""
    *lines, last = text.strip().split("\n")
    if len(_PARAM.findall(last)) < 3:
        lines.append(last)
        last = ""
    prompt, negative, in_negative = [], [], False
    for line in (line.strip() for line in lines):
        if line.startswith("Negative prompt:"):
            in_negative, line = True, line[16:].strip()
        (negative if in_negative else prompt).append(line)
    params = {}
    for key, value in _PARAM.findall(last):
        value = unquote(value) if value[:1] == '"' and value[-1:] == '"' else value
        size = _SIZE.match(value)
        if size:
            params[f"{key}-1"], params[f"{key}-2"] = size.groups()
        else:
            params[key] = value
    params["Prompt"], params["Negative prompt"] = "\n".join(prompt), "\n".join(negative)
    if shared.opts.infotext_styles != "Ignore":
        found, bare, bare_negative = shared.prompt_styles.extract_styles_from_prompt(
            params["Prompt"], params["Negative prompt"]
        )
        params["Prompt"], params["Negative prompt"] = bare, bare_negative
        if found:
            params["Styles array"] = found
    params.setdefault("Hires prompt", "")
    return params


def paste(text, fields):
    """What the paste button does to components: (component, update) for each of `fields`."""
    params = parse_generation_parameters(text)
    script_callbacks.call("infotext_pasted", text, params)
    out = []
    for component, key in fields:
        value = key(params) if callable(key) else params.get(key)
        if value is None or isinstance(value, _UPDATE):
            out.append((component, gr.update() if value is None else value))
            continue
        kind = type(component.value)
        try:
            if kind is bool and value == "False":
                value = False
            elif kind is int:
                value = float(value)
            else:
                value = kind(value)
            out.append((component, gr.update(value=value)))
        except Exception:
            out.append((component, gr.update()))
    return out, params
