"""The built-in LoRA extension's list of adapters. Top-level and in `sys.modules` before any script is loaded."""

import json
import os

from modules import shared

available_networks = {}
available_network_aliases = {}
forbidden_network_aliases = {}
listings = 0


class NetworkOnDisk:
    def __init__(self, name, filename):
        self.name = name
        self.filename = filename
        self.metadata = _metadata(filename)
        self.alias = self.metadata.get("ss_output_name", name)
        self.hash = None
        self.shorthash = None


def _metadata(filename):
    try:
        with open(filename, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            return json.loads(file.read(length)).get("__metadata__", {}) if 0 < length < 1 << 20 else {}
    except (OSError, ValueError):
        return {}


def _add(names=None):
    for folder, _, files in sorted(os.walk(shared.cmd_opts.lora_dir, followlinks=True)):
        for file in sorted(files):
            stem, ext = os.path.splitext(file)
            if ext not in (".pt", ".ckpt", ".safetensors") or (names and stem not in names):
                continue
            entry = NetworkOnDisk(stem, os.path.join(folder, file))
            available_networks[stem] = entry
            if entry.alias in available_network_aliases:
                forbidden_network_aliases[entry.alias.lower()] = 1
            available_network_aliases[stem] = entry
            available_network_aliases[entry.alias] = entry


def list_available_networks():
    global listings
    listings += 1
    available_networks.clear()
    available_network_aliases.clear()
    forbidden_network_aliases.clear()
    forbidden_network_aliases.update({"none": 1, "addams": 1})
    _add()


def _found(name):
    return (available_networks if name.lower() in forbidden_network_aliases else available_network_aliases).get(name)


def load(name):
    """The file that a tag's name loads, or None: the host says nothing then."""
    if _found(name) is None:
        _add([name])
    entry = _found(name)
    return entry.filename if entry is not None and os.path.isfile(entry.filename) else None


_own_listing = list_available_networks


def reset():
    """A module that no extension has touched yet."""
    global list_available_networks, listings
    list_available_networks = _own_listing
    listings = 0
    available_networks.clear()
    available_network_aliases.clear()
    forbidden_network_aliases.clear()
