"""The accordion whose header holds a checkbox: a checkbox that is not shown, and an accordion that follows it."""

import functools
import importlib

import gradio as gr

if gr.__version__[0] != "3":  # the host keeps gradio from writing a file of types beside each module with a component
    _meta = importlib.import_module("gradio.component_meta")
    _written = _meta.create_or_modify_pyi
    _meta.create_or_modify_pyi = lambda kind, *rest: kind.__module__ == __name__ or _written(kind, *rest)


class InputAccordion(gr.Checkbox):
    """Its value is the checkbox's; what is made inside it stands in the accordion."""

    made = 0

    @functools.wraps(gr.Checkbox.__init__)  # gradio 4 tells the page of those arguments that it finds here
    def __init__(self, value, **kwargs):
        elem_id = kwargs.pop("elem_id", None)
        if elem_id is None:
            elem_id = f"input-accordion-{InputAccordion.made}"
            InputAccordion.made += 1
        super().__init__(value, elem_id=f"{elem_id}-checkbox", visible=False, **kwargs)
        script = f"function(checked) {{ inputAccordionChecked({elem_id!r}, checked); }}"
        self.change(fn=None, inputs=[self], **{"js" if gr.__version__[0] != "3" else "_js": script})
        label = kwargs.get("label", "Accordion")
        self.accordion = gr.Accordion(label=label, open=value, elem_id=elem_id, elem_classes=["input-accordion"])

    def __enter__(self):
        self.accordion.__enter__()
        return self

    def __exit__(self, *raised):
        self.accordion.__exit__(*raised)

    def get_block_name(self):
        return "checkbox"


#: The host's script for it: the header's checkbox follows the folding until it was clicked once.
JS = """
function inputAccordionChecked(id, checked) {
    const box = document.getElementById(id).standinBox;
    box.checked = checked;
    box.standinTell();
}
function standinAccordion(accordion) {
    const header = accordion.querySelector('.label-wrap');
    const hidden = document.querySelector(`#${accordion.id}-checkbox input`);
    const box = document.createElement('input');
    const open = () => header.classList.contains('open');
    let follows = true;
    box.type = 'checkbox';
    box.id = `${accordion.id}-visible-checkbox`;
    box.className = hidden.className;
    box.checked = open();
    box.standinTell = function() {
        if (follows && open() !== box.checked) header.click();
        hidden.checked = box.checked;
        updateInput(hidden);
    };
    box.addEventListener('click', function(event) { follows = false; event.stopPropagation(); });
    box.addEventListener('input', box.standinTell);
    new MutationObserver(function() {
        if (!follows) return;
        box.checked = open();
        box.standinTell();
    }).observe(header, {attributes: true, attributeFilter: ['class']});
    const text = header.querySelector('span');
    text.insertBefore(box, text.firstChild);
    accordion.standinBox = box;
}
onUiLoaded(function() { document.querySelectorAll('.input-accordion').forEach(standinAccordion); });
"""
