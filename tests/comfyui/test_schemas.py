"""What ComfyUI is told of the nodes. Saved workflows hold ids, names and the order of widgets: these never change."""

from __future__ import annotations

import json

import pytest

import stylus_comfyui
from stylus_comfyui import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS
from stylus_core.option_table import BY_NAME, TABLE
from stylus_host.variants import VARIANTS
from tests.comfyui.v3 import IoStandIn, schema_of

#: Inputs in their order, sockets among them: a new one goes to the end of what a workflow's `widgets_values` hold.
PICKER = [
    *("prompt", "max_adapters", "strength", "restraint", "trigger_words", "composer"),
    *("variants", "variant_seed", "picks_state"),
]
FROZEN = {
    "StylusPick": [*PICKER, "model", "lora_stack", "options"],
    "StylusPickAndApply": ["model", "clip", *PICKER, "lora_stack", "options"],
    "StylusApply": ["model", "lora_stack", "clip", "part"],
    "StylusOptions": [
        *("weight_budget", "kinds", "existing", "architecture", "candidates", "pinned", "banned"),
        *("include_folders", "exclude_folders", "include_tags", "exclude_tags", "include_names", "exclude_names"),
        *("include_bases", "exclude_bases", "favourites", "favourite_names", "nsfw", "family", "own_pictures"),
    ],
}
OUTPUTS = {
    "StylusPick": [
        *(("STRING", "prompt"), ("LORA_STACK", "lora_stack"), ("STRING", "lora_text")),
        *(("STRING", "trigger_words"), ("STRING", "report")),
    ],
    "StylusPickAndApply": [
        *(("MODEL", "MODEL"), ("CLIP", "CLIP"), ("STRING", "prompt"), ("LORA_STACK", "lora_stack")),
        *(("STRING", "lora_text"), ("STRING", "trigger_words"), ("STRING", "report")),
    ],
    "StylusApply": [("MODEL", "MODEL"), ("CLIP", "CLIP")],
    "StylusOptions": [("STYLUS_OPTIONS", "options")],
}


def inputs(name):
    types = NODE_CLASS_MAPPINGS[name].INPUT_TYPES()
    return {**types.get("required", {}), **types.get("optional", {})}


def object_info(name):
    """As ComfyUI's server makes it."""
    node = NODE_CLASS_MAPPINGS[name]
    return {
        "input": node.INPUT_TYPES(),
        "input_order": {key: list(value) for key, value in node.INPUT_TYPES().items()},
        "output": node.RETURN_TYPES,
        "output_name": getattr(node, "RETURN_NAMES", node.RETURN_TYPES),
        "output_tooltips": getattr(node, "OUTPUT_TOOLTIPS", None),
        "name": name,
        "display_name": NODE_DISPLAY_NAME_MAPPINGS[name],
        "description": node.DESCRIPTION,
        "category": node.CATEGORY,
        "output_node": getattr(node, "OUTPUT_NODE", False),
    }


def test_ids_and_titles_are_those_of_saved_workflows():
    assert NODE_DISPLAY_NAME_MAPPINGS == {
        "StylusPick": "Stylus: pick LoRAs",
        "StylusApply": "Stylus: apply",
        "StylusPickAndApply": "Stylus: pick and apply",
        "StylusOptions": "Stylus: more options",
    }
    assert list(NODE_CLASS_MAPPINGS) == list(NODE_DISPLAY_NAME_MAPPINGS)
    assert not hasattr(stylus_comfyui, "comfy_entrypoint")  # of two, ComfyUI reads one


@pytest.mark.parametrize("name", NODE_CLASS_MAPPINGS)
def test_inputs_and_outputs_have_the_order_of_saved_workflows(name):
    assert list(inputs(name)) == FROZEN[name]
    node = NODE_CLASS_MAPPINGS[name]
    assert list(zip(node.RETURN_TYPES, object_info(name)["output_name"], strict=True)) == OUTPUTS[name]


@pytest.mark.parametrize("name", NODE_CLASS_MAPPINGS)
def test_a_node_can_be_told_as_json(name):
    told = json.loads(json.dumps(object_info(name), allow_nan=False))
    assert told["description"].endswith(".") and told["category"] == "Stylus"
    assert callable(getattr(NODE_CLASS_MAPPINGS[name], NODE_CLASS_MAPPINGS[name].FUNCTION))
    if told["output_tooltips"]:
        assert len(told["output_tooltips"]) == len(told["output"])
    for kind, about in inputs(name).values():
        assert isinstance(kind, list) or kind == kind.upper()
        if "default" in about and isinstance(kind, list):
            assert about["default"] in kind
        if "min" in about:
            assert about["min"] <= about["default"] <= about["max"] and about["max"] < 2**64


@pytest.mark.parametrize("name", ["StylusPick", "StylusPickAndApply"])
def test_a_client_has_to_send_the_prompt_alone(name):
    types = NODE_CLASS_MAPPINGS[name].INPUT_TYPES()
    assert set(types["required"]) - {"model", "clip"} == {"prompt"}
    assert types["hidden"] == {"unique_id": "UNIQUE_ID", "graph": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}
    assert NODE_CLASS_MAPPINGS[name].OUTPUT_NODE is True


# The seed of the composer "random" is that of the picker: ComfyUI would turn one of this name at every run.
@pytest.mark.parametrize("option", [o for o in TABLE if o.name != "seed"], ids=lambda o: o.name)
def test_an_option_is_told_as_the_table_has_it(option):
    places = [name for name in ("StylusPick", "StylusOptions") if option.name in inputs(name)]
    assert len(places) == 1
    kind, about = inputs(places[0])[option.name]
    assert about["tooltip"] == option.help
    if option.type == "choice":
        assert (kind, about["default"]) == (list(option.choices), option.default)
    elif option.type in ("int", "float"):
        assert kind == option.type.upper()
        assert (about["min"], about["max"], about["default"]) == (option.low, option.high, option.default)
    elif option.type == "bool":
        assert (kind, about["default"]) == ("BOOLEAN", option.default)
    else:
        assert (kind, about["multiline"]) == ("STRING", True)


def test_both_pickers_have_the_same_options():
    shared = [name for name in inputs("StylusPick") if name != "model"]
    assert {n: inputs("StylusPick")[n] for n in shared} == {n: inputs("StylusPickAndApply")[n] for n in shared}
    assert inputs("StylusPick")["variants"][0] == list(VARIANTS)


def test_the_widgets_as_they_stand_are_the_tables_defaults(told):
    """A page posts every widget of the node."""
    graph = {}
    for node_id, name in (("1", "StylusPick"), ("2", "StylusOptions")):
        widgets = {n: about["default"] for n, (_, about) in inputs(name).items() if "default" in about}
        graph[node_id] = {"class_type": name, "inputs": widgets}
    graph["1"]["inputs"] |= {"prompt": "a kite", "options": ["2", 0]}
    run = told.post(graph)
    assert not run.errors and run.failed is None
    _, options = told.core.asked[-1]
    assert {o.name: getattr(options, o.name) for o in TABLE} == {o.name: o.default for o in TABLE}


def test_what_is_set_on_the_nodes_reaches_the_core(told):
    graph = {
        "1": {"class_type": "StylusPick", "inputs": {"prompt": "a kite", "max_adapters": 1, "options": ["2", 0]}},
        "2": {
            "class_type": "StylusOptions",
            "inputs": {"kinds": "style\nconcept", "include_folders": "a, b\nc", "weight_budget": 1.5, "nsfw": "pg"},
        },
    }
    told.post(graph)
    _, options = told.core.asked[-1]
    assert (options.max_adapters, options.weight_budget, options.nsfw) == (1, 1.5, "pg")
    assert options.kinds == ("style", "concept") and options.include_folders == ("a, b", "c")


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("composer", "nobody", "Value not in list"),
        ("max_adapters", 99, "bigger than max"),
        ("strength", 0, "smaller than min"),
        ("variants", "some", "Value not in list"),
    ],
)
def test_a_value_beyond_the_table_is_refused_before_it_runs(told, name, value, fault):
    run = told.post({"1": {"class_type": "StylusPick", "inputs": {"prompt": "a kite", name: value}}})
    assert fault in run.errors[0] and run.ran == []


@pytest.mark.parametrize("name", NODE_CLASS_MAPPINGS)
def test_the_newer_api_can_describe_the_nodes_just_so(name):
    info = object_info(name)
    schema = schema_of(NODE_CLASS_MAPPINGS[name], name, info["display_name"], IoStandIn())
    told = schema.as_v1()
    assert {k: list(v) for k, v in told["input"].items()} == {
        k: v for k, v in info["input_order"].items() if k != "hidden" and (v or k == "required")
    }
    for group in ("required", "optional"):
        for key, (kind, about) in info["input"].get(group, {}).items():
            new_kind, new_about = told["input"][group][key]
            if isinstance(kind, list):
                assert (new_kind, new_about.pop("options")) == ("COMBO", kind)
            else:
                assert new_kind == kind
            lost = {k: v for k, v in about.items() if k not in new_about}
            assert set(lost) <= {"control_after_generate", "forceInput"}
            assert new_about == {k: v for k, v in about.items() if k not in lost}
    for key in ("name", "display_name", "description", "category", "output_node"):
        assert told[key] == info[key]
    assert told["output"] == list(info["output"]) and told["output_name"] == list(info["output_name"])
    assert schema.hidden == list(info["input"].get("hidden", {}).values())


def test_options_have_one_list():
    """No name of an option that is none, and each of the table once on one node."""
    ours = {"prompt", "variants", "variant_seed", "picks_state", "model", "clip", "lora_stack", "options", "part"}
    for name in NODE_CLASS_MAPPINGS:
        assert set(inputs(name)) - ours <= set(BY_NAME)
