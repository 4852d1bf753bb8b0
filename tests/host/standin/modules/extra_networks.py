import re
from collections import defaultdict

import networks

_TAG = re.compile(r"<(\w+):([^>]+)>")


def parse_prompt(prompt):
    found = defaultdict(list)

    def take(match):
        found[match.group(1)].append(match.group(2).split(":"))
        return ""

    return _TAG.sub(take, prompt), found


def parse_prompts(prompts):
    """The prompts without their tags, and the tags of the first one: those of the others are dropped in silence."""
    parsed = [parse_prompt(p) for p in prompts]
    return [text for text, _ in parsed], parsed[0][1]


def activate(found):
    """What is loaded now, as (file, weight)."""
    loaded = []
    for name, *rest in found.get("lora", []):
        try:
            weight = float(rest[0]) if rest else 1.0
        except ValueError:
            return []  # one bad weight, and none of the batch's adapters is loaded
        path = networks.load(name)
        if path is not None:
            loaded.append((path, weight))
    return loaded
