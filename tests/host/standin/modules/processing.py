"""One generation, in the host's order."""

import json
import re

from modules import extra_networks, infotext_utils, sd_models, shared


class StableDiffusionProcessing:
    is_api = False

    def __init__(
        self, prompt="", negative_prompt="", styles=None, seed=-1, subseed=0, batch_size=1, n_iter=1, steps=2, **more
    ):
        self.prompt = prompt
        self.negative_prompt = negative_prompt
        self.styles = list(styles or ())
        self.seed = seed
        self.subseed = subseed
        self.subseed_strength = 0
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.steps = steps
        self.width = more.get("width", 512)
        self.height = more.get("height", 512)
        self.enable_hr = more.get("enable_hr", False)
        self.hr_prompt = more.get("hr_prompt", "")
        self.checkpoint = more.get("checkpoint")
        self.extra_generation_params = {}
        self.comments = {}
        self.scripts = None
        self.script_args = ()
        self.all_prompts = None
        self.main_prompt = None
        self.all_hr_prompts = None
        self.made = []  # what each picture was made with

    def comment(self, text):
        self.comments[text] = 1

    def setup_prompts(self):
        given = self.prompt if isinstance(self.prompt, list) else self.batch_size * self.n_iter * [self.prompt]
        self.all_prompts = [shared.prompt_styles.apply_styles_to_prompt(x, self.styles) for x in given]
        self.all_negative_prompts = [self.negative_prompt] * len(self.all_prompts)
        self.main_prompt = self.all_prompts[0]
        if self.enable_hr:
            if self.hr_prompt == "":
                self.hr_prompt = self.prompt
            given = self.hr_prompt if isinstance(self.hr_prompt, list) else len(self.all_prompts) * [self.hr_prompt]
            self.all_hr_prompts = [shared.prompt_styles.apply_styles_to_prompt(x, self.styles) for x in given]


class StableDiffusionProcessingTxt2Img(StableDiffusionProcessing):
    pass


class StableDiffusionProcessingImg2Img(StableDiffusionProcessing):
    pass


class Processed:
    def __init__(self, p, infotexts):
        self.images = list(p.made)
        self.infotexts = infotexts
        self.info = infotexts[0] if infotexts else ""
        self.all_prompts = p.all_prompts
        self.all_seeds = p.all_seeds
        self.comments = "".join(f"{comment}\n" for comment in p.comments)
        self.extra_generation_params = p.extra_generation_params

    def js(self):
        known = {k: getattr(self, k) for k in ("all_prompts", "all_seeds", "infotexts", "extra_generation_params")}
        return json.dumps({**known, "seed": self.all_seeds[0]}, default=lambda o: None)


def strip_comments(text):
    text = re.sub(r"(^|\n)#[^\n]*(\n|$)", "\n", text)
    return re.sub(r"#[^\n]*(\n|$)", "\n", text)


def _strip_comments(p):
    """The host's own script: its `process` comes after those of extensions."""
    if shared.opts.enable_prompt_comments:
        p.all_prompts = [strip_comments(x) for x in p.all_prompts]
        p.main_prompt = strip_comments(p.main_prompt)
        if p.enable_hr:
            p.all_hr_prompts = [strip_comments(x) for x in p.all_hr_prompts]


def create_infotext(p, all_prompts, all_seeds, index, use_main_prompt=False):
    """`index` counts in `all_prompts`, which are those of one batch while pictures are made."""
    params = {
        "Steps": p.steps,
        "Sampler": "Euler",
        "CFG scale": 7,
        "Seed": all_seeds[index],
        "Size": f"{p.width}x{p.height}",
    }
    params.update(p.extra_generation_params)
    prompt_text = p.main_prompt if use_main_prompt else all_prompts[index]
    if p.enable_hr and p.all_hr_prompts[index] != prompt_text:  # of the first batch, whichever this is
        params["Hires prompt"] = p.all_hr_prompts[index]
    for key, value in params.items():
        if isinstance(value, list):
            params[key] = value[index]
        elif callable(value):
            params[key] = value(**locals())
    text = ", ".join(k if k == v else f"{k}: {infotext_utils.quote(v)}" for k, v in params.items() if v is not None)
    negative = f"\nNegative prompt: {p.negative_prompt}" if p.negative_prompt else ""
    return f"{prompt_text}{negative}\n{text}".strip()


def process_images(p):
    runner = p.scripts

    def call(hook, *first, **kwargs):
        if runner is not None:
            runner.call(hook, p, *first, **kwargs)

    call("before_process")
    sd_models.reload_model_weights(p.checkpoint)
    p.setup_prompts()
    seed = p.seed if p.seed != -1 else 4_000_000_000
    p.all_seeds = [int(seed) + i for i in range(len(p.all_prompts))]
    call("process")
    _strip_comments(p)
    p.made = []
    infotexts = []
    for n in range(p.n_iter):
        part = slice(n * p.batch_size, (n + 1) * p.batch_size)
        p.iteration = n
        p.prompts = p.all_prompts[part]
        p.seeds = p.all_seeds[part]
        call("before_process_batch", batch_number=n, prompts=p.prompts, seeds=p.seeds, subseeds=[])
        given = p.prompts
        p.prompts, tags = extra_networks.parse_prompts(p.prompts)
        loaded = extra_networks.activate(tags)
        call("process_batch", batch_number=n, prompts=p.prompts, seeds=p.seeds, subseeds=[])
        hires = []
        if p.enable_hr:
            call("before_hr")
            _, tags = extra_networks.parse_prompts(p.all_hr_prompts[part])
            hires = extra_networks.activate(tags)
        for i, text in enumerate(p.prompts):
            p.made.append({"prompt": text, "loaded": loaded, "hires": hires})
            infotexts.append(create_infotext(p, given, p.seeds, i))
        call("postprocess_batch", images=[], batch_number=n)
    processed = Processed(p, infotexts)
    call("postprocess", processed)
    return processed


def run(p):
    """A generation from the page or the API: the selectable script if one is chosen, else the images."""
    if p.scripts is not None:
        p.scripts.call("setup", p)
        done = p.scripts.run(p)
        if done is not None:
            return done
    return process_images(p)
