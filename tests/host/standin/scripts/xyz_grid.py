"""A plot of one axis: each cell is a job of its own, from a shallow copy of `p`."""

from copy import copy

import gradio as gr
from modules import processing, scripts


class AxisOption:
    def __init__(self, label, type, apply, format_value=None, confirm=None, cost=0.0, choices=None, prepare=None):
        self.label = label
        self.type = type
        self.apply = apply
        self.choices = choices


def _seed(p, value, values):
    p.seed = value


axis_options = [AxisOption("Nothing", str, lambda p, x, xs: None), AxisOption("Seed", int, _seed)]


class Script(scripts.Script):
    def title(self):
        return "X/Y/Z plot"

    def ui(self, is_img2img):
        return [gr.Textbox(label="X type", value="Nothing"), gr.Textbox(label="X values", value="")]

    def run(self, p, kind, values):
        axis = next(a for a in axis_options if a.label == kind)
        given = [axis.type(v.strip()) for v in values.split(",")]
        cells = []
        for value in given:
            cell = copy(p)
            cell.styles = cell.styles[:]
            axis.apply(cell, value, given)
            cells.append(processing.process_images(cell))
        first = cells[0]
        first.images = [image for cell in cells for image in cell.images]
        first.infotexts = [text for cell in cells for text in cell.infotexts]
        return first
