import inspect
import os
import re
import sys
from collections import namedtuple

import gradio as gr

from modules import errors, script_callbacks, script_loading

AlwaysVisible = object()
ScriptClassData = namedtuple("ScriptClassData", ["script_class", "path", "basedir", "module"])
HOOKS = (
    "setup",
    "before_process",
    "process",
    "before_process_batch",
    "after_extra_networks_activate",
    "process_batch",
    "before_hr",
    "postprocess_batch",
    "postprocess",
)


class Script:
    name = None
    filename = None
    section = None
    args_from = 0
    args_to = 0
    alwayson = False
    is_txt2img = False
    is_img2img = False
    infotext_fields = None
    paste_field_names = None

    def title(self):
        raise NotImplementedError

    def ui(self, is_img2img):
        return None

    def show(self, is_img2img):
        return True

    def elem_id(self, item_id):
        title = re.sub(r"[^a-z_0-9]", "", re.sub(r"\s", "_", self.title().lower()))
        return f"script_{'img2img' if self.is_img2img else 'txt2img'}_{title}_{item_id}"

    def before_component(self, component, **kwargs):
        pass

    def after_component(self, component, **kwargs):
        pass


for _hook in HOOKS:
    setattr(Script, _hook, lambda self, p, *args, **kwargs: None)

scripts_data = []
scripts_current = None
scripts_txt2img = None
scripts_img2img = None


def load_scripts(paths):
    """Loads each script with its extension's folder on `sys.path`, which is restored afterwards."""
    global scripts_txt2img, scripts_img2img
    scripts_data.clear()
    script_callbacks.clear_callbacks()
    saved = sys.path
    for path in paths:
        basedir = os.path.dirname(os.path.dirname(path))
        try:
            sys.path = [basedir, *sys.path]
            module = script_loading.load_module(path)
            for value in list(module.__dict__.values()):
                if inspect.isclass(value) and issubclass(value, Script):
                    scripts_data.append(ScriptClassData(value, path, basedir, module))
        except Exception:
            errors.report(f"Error loading script: {os.path.basename(path)}", exc_info=True)
        finally:
            sys.path = saved
    scripts_txt2img = ScriptRunner()
    scripts_img2img = ScriptRunner()


class ScriptRunner:
    def __init__(self):
        self.scripts = []
        self.alwayson_scripts = []
        self.selectable_scripts = []
        self.infotext_fields = []
        self.paste_field_names = []
        self.inputs = [None]

    def initialize_scripts(self, is_img2img):
        self.scripts.clear()
        self.alwayson_scripts.clear()
        self.selectable_scripts.clear()
        for data in scripts_data:
            try:
                script = data.script_class()
            except Exception:
                errors.report("failed to initialize script", exc_info=True)
                continue
            script.filename = data.path
            script.is_txt2img, script.is_img2img = not is_img2img, is_img2img
            shown = script.show(is_img2img)
            if shown is AlwaysVisible:
                script.alwayson = True
                self.alwayson_scripts.append(script)
                self.scripts.append(script)
            elif shown:
                self.selectable_scripts.append(script)
                self.scripts.append(script)

    def prepare_ui(self):
        self.inputs = [None]
        self.infotext_fields = []

    def setup_ui(self):
        dropdown = gr.Dropdown(
            label="Script", choices=["None", *[s.title() for s in self.selectable_scripts]], value="None", type="index"
        )
        self.inputs[0] = dropdown
        for script in self.alwayson_scripts + self.selectable_scripts:
            with gr.Group():
                self._setup(script)
        return self.inputs

    def _setup(self, script):
        script.args_from = script.args_to = len(self.inputs)
        try:
            controls = script.ui(script.is_img2img)
        except Exception:
            errors.report(f"Error calling: {script.filename}/ui", exc_info=True)
            return
        if controls is None:
            return
        script.name = script.title().lower()
        for control in controls:
            assert control.label is not None
            control.custom_script_source = os.path.basename(script.filename)
        if script.infotext_fields is not None:
            self.infotext_fields += script.infotext_fields
        self.inputs += controls
        script.args_to = len(self.inputs)

    def script(self, title):
        return next((s for s in self.scripts if s.title().lower() == title.lower()), None)

    def call(self, hook, p, *first, **kwargs):
        for script in self.alwayson_scripts:
            try:
                args = p.script_args[script.args_from : script.args_to]
                getattr(script, hook)(p, *first, *args, **kwargs)
            except Exception:
                errors.report(f"Error running {hook}: {script.filename}", exc_info=True)

    def run(self, p):
        index = p.script_args[0]
        if not index:
            return None
        script = self.selectable_scripts[index - 1]
        return script.run(p, *p.script_args[script.args_from : script.args_to])

    def before_component(self, component, **kwargs):
        for script in self.scripts:
            try:
                script.before_component(component, **kwargs)
            except Exception:
                errors.report("Error running before_component", exc_info=True)

    def after_component(self, component, **kwargs):
        for script in self.scripts:
            try:
                script.after_component(component, **kwargs)
            except Exception:
                errors.report("Error running after_component", exc_info=True)


def _patch_components():
    """Scripts hear of every component that is made."""
    base = gr.components.IOComponent if hasattr(gr.components, "IOComponent") else gr.components.Component
    if getattr(base.__init__, "standin", False):
        return
    original = base.__init__

    def init(self, *args, **kwargs):
        kwargs.pop("tooltip", None)
        if scripts_current is not None:
            scripts_current.before_component(self, **kwargs)
        original(self, *args, **kwargs)
        script_callbacks.call("after_component", self, **kwargs)
        if scripts_current is not None:
            scripts_current.after_component(self, **kwargs)

    init.standin = True
    base.__init__ = init


_patch_components()
