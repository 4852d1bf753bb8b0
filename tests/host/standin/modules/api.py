"""The part of the host's HTTP API that a client needs to generate, with its rules for script arguments."""

import base64
import io
import threading
from secrets import compare_digest

import gradio as gr
import networks
from fastapi import Body, Depends, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from PIL import Image

from modules import infotext_utils, processing, shared


class Api:
    def __init__(self, app, parts):
        self.app = app
        self.parts = parts
        self.lock = threading.Lock()
        self.credentials = dict(x.split(":") for x in (shared.cmd_opts.api_auth or "").split(",") if x)
        self.defaults = {tab: self._defaults(parts[tab]["runner"]) for tab in parts}
        self.requests = []
        for path, function, method in (
            ("/sdapi/v1/txt2img", self.txt2img, "POST"),
            ("/sdapi/v1/img2img", self.img2img, "POST"),
            ("/sdapi/v1/scripts", self.scripts, "GET"),
            ("/sdapi/v1/loras", self.loras, "GET"),
            ("/sdapi/v1/refresh-loras", self.refresh_loras, "POST"),
            ("/sdapi/v1/options", self.options, "GET"),
            ("/sdapi/v1/options", self.set_options, "POST"),
        ):
            guard = [Depends(self.auth)] if self.credentials else []
            app.add_api_route(path, function, methods=[method], dependencies=guard)

    def auth(self, credentials: HTTPBasicCredentials = Depends(HTTPBasic())):  # noqa: B008
        known = self.credentials.get(credentials.username)
        if known is None or not compare_digest(credentials.password, known):
            raise HTTPException(status_code=401, detail="Incorrect username or password")
        return True

    @staticmethod
    def _defaults(runner):
        """The values of the components: `ui()` is called twice more for them."""
        last = max([1, *[s.args_to for s in runner.scripts]])
        args = [None] * last
        args[0] = 0
        with gr.Blocks():
            for script in runner.scripts:
                if script.ui(script.is_img2img):
                    args[script.args_from : script.args_to] = [c.value for c in script.ui(script.is_img2img)]
        return args

    def _args(self, tab, request):
        runner = self.parts[tab]["runner"]
        args = list(self.defaults[tab])
        if request.get("infotext"):
            params = infotext_utils.parse_generation_parameters(request["infotext"])
            request.setdefault("prompt", params["Prompt"])
            request.setdefault("seed", int(params.get("Seed", -1)))
            position = {id(c): i for i, c in enumerate(runner.inputs)}
            for component, read in self.parts[tab]["fields"]:
                value = read(params) if callable(read) else params.get(read)
                kind = type(component.value)
                if id(component) not in position or value is None or kind is type(None):
                    continue
                args[position[id(component)]] = value if isinstance(value, kind) else kind(value)
        for name, given in (request.get("alwayson_scripts") or {}).items():
            script = runner.script(name)
            if script is None:
                raise HTTPException(status_code=422, detail=f"always on script {name} not found")
            for i, value in enumerate(given.get("args", [])[: script.args_to - script.args_from]):
                args[script.args_from + i] = value
        if request.get("script_name"):
            script = runner.script(request["script_name"])
            args[script.args_from : script.args_to] = request.get("script_args", [])
            args[0] = runner.selectable_scripts.index(script) + 1
        return tuple(args)

    def _generate(self, tab, kind, request):
        self.requests.append(dict(request))
        args = self._args(tab, request)
        known = (
            "prompt",
            "negative_prompt",
            "styles",
            "seed",
            "batch_size",
            "n_iter",
            "steps",
            "enable_hr",
            "hr_prompt",
        )
        with self.lock:
            p = kind(**{k: request[k] for k in known if request.get(k) is not None})
            p.is_api = True
            p.scripts = self.parts[tab]["runner"]
            p.script_args = args
            processed = processing.run(p)
        return {"images": [_picture() for _ in processed.images], "parameters": {}, "info": processed.js()}

    def txt2img(self, request: dict = Body(...)):  # noqa: B008
        return self._generate("txt2img", processing.StableDiffusionProcessingTxt2Img, request)

    def img2img(self, request: dict = Body(...)):  # noqa: B008
        return self._generate("img2img", processing.StableDiffusionProcessingImg2Img, request)

    def scripts(self):
        return {tab: [s.name for s in self.parts[tab]["runner"].scripts if s.name] for tab in self.parts}

    def loras(self):
        return [{"name": n.name, "alias": n.alias, "path": n.filename} for n in networks.available_networks.values()]

    def refresh_loras(self):
        networks.list_available_networks()

    def options(self):
        return {k: shared.opts.data.get(k, v.default) for k, v in shared.opts.data_labels.items()}

    def set_options(self, request: dict = Body(...)):  # noqa: B008
        for key, value in request.items():
            shared.opts.set(key, value, is_api=True)
        shared.opts.save(shared.config_filename)


def _picture():
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()
