import gradio as gr


class InputAccordion(gr.Checkbox):
    """There on newer hosts only; a script that has to run on all of them does without."""
