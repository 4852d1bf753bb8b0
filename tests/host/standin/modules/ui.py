"""The page: both tabs, as far as a script is concerned, with the host's global JavaScript."""

import html
import json

import gradio as gr

from modules import (
    infotext_utils,
    processing,
    script_callbacks,
    scripts,
    shared,
    ui_components,
    ui_loadsave,
    ui_settings,
)

#: What the host's script.js and ui.js offer to extensions.
HOST_JS = (
    """
function gradioApp() { return document; }
const standinLoaded = [], standinAfterUpdate = [];
function onUiLoaded(f) { standinLoaded.push(f); }
function onAfterUiUpdate(f) { standinAfterUpdate.push(f); }
function onUiUpdate(f) {}
function updateInput(target) {
    const event = new Event('input', {bubbles: true});
    Object.defineProperty(event, 'target', {value: target});
    target.dispatchEvent(event);
}
document.addEventListener('DOMContentLoaded', function() {
    let loaded = false, timer = null;
    new MutationObserver(function() {
        if (!loaded && document.querySelector('#txt2img_prompt')) {
            loaded = true;
            standinLoaded.forEach(f => f());
        }
        clearTimeout(timer);
        timer = setTimeout(() => standinAfterUpdate.forEach(f => f()), 200);
    }).observe(document, {childList: true, subtree: true});
});
"""
    + ui_components.JS
)


def log_line(number, processed):
    """What is written below the pictures of a job."""
    return f"{number}: {html.escape(processed.comments)}"


def create_ui():
    """One page with both tabs; returns it and, by tab, the host's components and the job's handler."""
    script_callbacks.call("before_ui")
    parts = {}
    loadsave = ui_loadsave.UiLoadsave(shared.cmd_opts.ui_config_file)
    with gr.Blocks(analytics_enabled=False) as demo:
        with gr.Tabs():
            for tab in ("txt2img", "img2img"):
                with gr.Tab(tab, elem_id=f"tab_{tab}") as block:
                    parts[tab] = _tab(tab)
                loadsave.add_block(block, tab)
            scripts.scripts_current = None
            with gr.Tab("Settings", elem_id="tab_settings"):
                ui_settings.create_ui(demo)
        source, target = parts["txt2img"]["prompt"], parts["img2img"]["prompt"]
        for button in parts["txt2img"]["send"]:  # the prompt as it stands in the box, and nothing of our script
            button.click(fn=lambda text: text, inputs=[source], outputs=[target])
    loadsave.dump_defaults()
    shared.demo = demo
    return demo, parts


def _tab(tab):
    runner = scripts.scripts_txt2img if tab == "txt2img" else scripts.scripts_img2img
    scripts.scripts_current = runner
    runner.initialize_scripts(tab == "img2img")
    prompt = gr.Textbox(value="", label="Prompt", elem_id=f"{tab}_prompt", lines=3)
    with gr.Row():
        styles = gr.Dropdown(
            label="Styles",
            elem_id=f"{tab}_styles",
            choices=list(shared.prompt_styles.styles),
            value=[],
            multiselect=True,
        )
        count = gr.Slider(label="Batch count", elem_id=f"{tab}_batch_count", minimum=1, maximum=8, step=1, value=1)
        paste = gr.Button("Paste", elem_id=f"{tab}_paste")
        generate = gr.Button("Generate", elem_id=f"{tab}_generate", variant="primary")
    runner.prepare_ui()
    inputs = runner.setup_ui()
    gallery = gr.HTML(elem_id=f"{tab}_gallery")
    targets = ("img2img", "inpaint") if tab == "txt2img" else ()
    send = [gr.Button(f"Send to {to}", elem_id=f"txt2img_send_to_{to}") for to in targets]
    info = gr.HTML(elem_id=f"html_info_{tab}")
    log = gr.HTML(elem_id=f"html_log_{tab}")
    fields = [(prompt, "Prompt"), (styles, lambda d: d.get("Styles array")), *runner.infotext_fields]

    def make(text, names, batches, *args):
        kind = (
            processing.StableDiffusionProcessingTxt2Img
            if tab == "txt2img"
            else processing.StableDiffusionProcessingImg2Img
        )
        p = kind(prompt=text, styles=names, n_iter=int(batches), seed=1)
        p.scripts = runner
        p.script_args = args
        return p

    jobs = []

    def job(*values):
        p = make(*values)
        processed = processing.run(p)
        jobs.append(processed)
        shown = html.escape(json.dumps({"infotexts": processed.infotexts, "images": processed.images}))
        picture = f'<img alt="picture {len(jobs)}">'
        return picture, f"<pre>{shown}</pre>", f"<p>{log_line(len(jobs), processed)}</p>"

    def pasted(text):
        updates, _ = infotext_utils.paste(text, fields)
        return [update for _, update in updates]

    generate.click(fn=job, inputs=[prompt, styles, count, *inputs], outputs=[gallery, info, log])
    paste.click(fn=pasted, inputs=[prompt], outputs=[component for component, _ in fields])
    return {
        "prompt": prompt,
        "styles": styles,
        "inputs": inputs,
        "fields": fields,
        "jobs": jobs,
        "job": job,
        "runner": runner,
        "send": send,
    }


def inject(head):
    """Adds `head` to every page that is served, as the host adds the scripts and styles of extensions."""
    import gradio.routes

    templates = gradio.routes.templates
    original = getattr(templates, "standin_original", None) or templates.TemplateResponse
    templates.standin_original = original

    def response(*args, **kwargs):
        made = original(*args, **kwargs)
        made.body = made.body.replace(b"</head>", f"{head}</head>".encode())
        made.init_headers()
        return made

    templates.TemplateResponse = response
