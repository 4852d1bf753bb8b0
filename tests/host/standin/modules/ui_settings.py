"""The settings page: a tab for each section, a component for each option, and the button that applies them all."""

import gradio as gr

from modules import shared

components = {}


def create_ui(demo):
    """Builds the page inside `demo`; returns its components by the option's key."""
    components.clear()
    with gr.Row():
        submit = gr.Button("Apply settings", elem_id="settings_submit", variant="primary")
    result = gr.HTML(elem_id="settings_result")
    sections = {}
    for key, info in shared.opts.data_labels.items():
        sections.setdefault(info.section or ("other", "Other"), []).append((key, info))
    with gr.Tabs(elem_id="settings"):
        for (section, text), options in sections.items():
            with gr.TabItem(text, elem_id=f"settings_{section}"):
                for key, info in options:
                    components[key] = (info.component or gr.Textbox)(
                        label=info.label,
                        value=shared.opts.data.get(key, info.default),
                        elem_id=f"setting_{key}",
                        **(info.component_args or {}),
                    )
    keys = list(components)

    def apply(*values):
        changed = [key for key, value in zip(keys, values, strict=True) if shared.opts.set(key, value)]
        shared.opts.save(shared.config_filename)
        return f"{len(changed)} settings changed{': ' if changed else ''}{', '.join(changed)}."

    submit.click(fn=apply, inputs=list(components.values()), outputs=[result])
    demo.load(
        fn=lambda: [gr.update(value=getattr(shared.opts, key)) for key in keys],
        inputs=[],
        outputs=list(components.values()),
        queue=False,
    )
    return dict(components)
