"""The accordion whose header holds a checkbox: a checkbox that is not shown, and an accordion that follows it."""

import importlib
import itertools

import gradio as gr

if gr.__version__[0] != "3":  # the host keeps gradio from writing a file of types beside each module with a component
    _meta = importlib.import_module("gradio.component_meta")
    _written = _meta.create_or_modify_pyi
    _meta.create_or_modify_pyi = lambda kind, *rest: kind.__module__ == __name__ or _written(kind, *rest)


class _HeaderSwitch(gr.Checkbox):
    """Its value is the checkbox's; what is made inside it stands in the accordion."""

    accordion = None

    def __enter__(self):
        self.accordion.__enter__()
        return self

    def __exit__(self, *raised):
        self.accordion.__exit__(*raised)

    def get_block_name(self):
        return "checkbox"


_numbers = itertools.count()


def InputAccordion(value=None, **kwargs):
    """A class on the hosts with gradio 3, a function like this one on those with gradio 4."""
    elem_id = kwargs.pop("elem_id", None) or f"input-accordion-{next(_numbers)}"
    switch = _HeaderSwitch(value=value, elem_id=f"{elem_id}-checkbox", visible=False, **kwargs)
    script = f"function(checked) {{ inputAccordionChecked({elem_id!r}, checked); }}"
    switch.change(fn=None, inputs=[switch], **{"js" if gr.__version__[0] != "3" else "_js": script})
    switch.accordion = gr.Accordion(
        label=kwargs.get("label", "Accordion"), open=value, elem_id=elem_id, elem_classes=["input-accordion"]
    )
    return switch


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
