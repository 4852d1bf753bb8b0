// The chips of "Stylus: pick LoRAs" and "Stylus: pick and apply": what ComfyUI's page is told, and what it tells.

import {app} from '../../scripts/app.js';
import {api} from '../../scripts/api.js';
import {askOwn, tellOwn} from './own.js';
import {Panel} from './panel.js';
import {listen, look} from './progress.js';
import {readState, takePicture, writeState} from './state.js';

const NODES = ['StylusPick', 'StylusPickAndApply'];
const STATE = 'picks_state';
const PROPERTY = 'stylus_picture';
const MARGIN = 10; // around what stands in a node
const WIDTH = 420;
const PROMPT = 60; // what the prompt's field gets beyond its least height

const shown = new Set(); // of all nodes on the page: {node, panel}

function chain(node, name, then) {
    const before = node[name];
    node[name] = function(...given) {
        const result = before ? before.apply(this, given) : undefined;
        then.apply(this, given);
        return result;
    };
}

const widgetOf = (node, name) => (node.widgets || []).find((widget) => widget.name === name);

// The field is for us, not for people. Each generation of the page hides it by another of these.
function hide(node, widget) {
    widget.hidden = true;
    widget.options = widget.options || {};
    widget.options.hidden = true;
    widget.computeSize = () => [0, -4];
    const at = (node.inputs || []).findIndex((input) => input.widget && input.widget.name === widget.name);
    // Nor is it to be linked to. In the middle of others it stays, for links go by number.
    if (at >= 0 && at === node.inputs.length - 1 && node.inputs[at].link == null) node.removeInput(at);
}

// Outputs of the last run, as the page keeps them for a workflow: over undo, and while another one is shown.
function outputOf(node) {
    const outputs = app.nodeOutputs || {};
    const graph = node.graph && node.graph.id;
    const found = outputs[`${graph}:${node.id}`] || outputs[String(node.id)];
    return found && Array.isArray(found.stylus) ? found.stylus[0] : null;
}

function isInRoot(node) {
    return Boolean(node.graph) && node.graph.isRootGraph !== false;
}

// What ComfyUI's undo goes by.
function changing(change) {
    const canvas = app.canvas;
    if (canvas && canvas.emitBeforeChange) canvas.emitBeforeChange();
    try {
        change();
    } finally {
        if (canvas && canvas.emitAfterChange) canvas.emitAfterChange();
    }
}

function attach(node) {
    const state = widgetOf(node, STATE);
    if (!state || typeof node.addDOMWidget !== 'function') return;
    hide(node, state);
    const host = {
        read: () => (typeof state.value === 'string' ? state.value : ''),
        write(text) {
            changing(() => {
                state.value = text;
                if (state.callback) state.callback(text);
            });
            redraw(node);
        },
        prompt() {
            const prompt = widgetOf(node, 'prompt');
            const linked = (node.inputs || []).some((input) => input.name === 'prompt' && input.link != null);
            return prompt && !linked && typeof prompt.value === 'string' ? prompt.value : null;
        },
        thumbnail: (name) => api.apiURL(`/stylus/thumbnail?name=${encodeURIComponent(name)}`),
        run: () => app.queuePrompt(0, 1, isInRoot(node) ? [String(node.id)] : undefined),
        askOwn,
        tellOwn,
        resized: (more) => fit(entry, more),
    };
    const panel = new Panel(host);
    const entry = {node, panel, chips: 0}; // chips: what of the node's height is theirs
    const widget = node.addDOMWidget('picks', 'stylus_picks', panel.element, {
        serialize: false,
        margin: MARGIN,
        hideInPanel: true, // the element can be in one place only
        getValue: () => '',
        setValue() {},
        getMinHeight: () => panel.height + 2 * MARGIN,
        getMaxHeight: () => panel.height + 2 * MARGIN,
        getHeight: () => panel.height + 2 * MARGIN,
        onDraw: () => panel.sync(),
    });
    if (widget) widget.serialize = false; // not in the workflow either: it would take a place among the values
    panel.element.addEventListener('wheel', (event) => wheel(event, panel), {passive: false});
    node.setSize([Math.max(node.size[0], WIDTH), node.computeSize()[1] + PROMPT]);

    let stop = null;
    chain(node, 'onAdded', () => {
        if (stop) return;
        shown.add(entry);
        panel.open();
        stop = listen((progress) => panel.tell(progress));
    });
    chain(node, 'onExecuted', (output) => {
        panel.take(output && Array.isArray(output.stylus) ? output.stylus[0] : null);
        look();
    });
    chain(node, 'onConfigure', () => {
        hide(node, state);
        entry.chips = 0;
        fit(entry, panel.extra);
        const picture = node.properties && node.properties[PROPERTY];
        if (picture) {
            delete node.properties[PROPERTY];
            state.value = writeState(takePicture(readState(host.read()), picture));
        }
        panel.take(outputOf(node));
        panel.sync();
    });
    chain(node, 'onSerialize', (saved) => {
        if (saved.size) saved.size = [saved.size[0], saved.size[1] - entry.chips];
    });
    chain(node, 'onRemoved', () => {
        if (stop) stop();
        stop = null;
        shown.delete(entry);
        panel.close();
    });
}

// In a node that is drawn on the canvas there has to be room for the chips; elsewhere the page makes it. The node's height
// is the user's and that of the chips together, of which only the first is saved: chips come and go with each run.
function fit(entry, more) {
    const {node} = entry;
    if (more && !isInPage()) {
        const [width, height] = node.size;
        entry.chips += more;
        node.setSize([width, Math.max(height + more, node.computeSize()[1])]);
    }
    redraw(node);
}

// Whether nodes are elements of the page, which gives them the room they need. Else they are drawn on a canvas.
function isInPage() {
    return Boolean(window.LiteGraph && window.LiteGraph.vueNodesMode);
}

function redraw(node) {
    if (typeof node.setDirtyCanvas === 'function') node.setDirtyCanvas(true, true);
}

// The wheel scrolls what is longer than its place, and else moves the canvas as it does everywhere.
function wheel(event, panel) {
    const {scroll} = panel;
    const scrolls = scroll.scrollHeight > scroll.clientHeight && Math.abs(event.deltaY) >= Math.abs(event.deltaX);
    if (scrolls && !event.ctrlKey) {
        event.stopPropagation();
        return;
    }
    if (isInPage() || !app.canvas || !app.canvas.processMouseWheel) return;
    event.preventDefault();
    event.stopPropagation();
    app.canvas.processMouseWheel(event);
}

function style() {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = new URL('./stylus.css', import.meta.url).href;
    document.head.append(link);
}

app.registerExtension({
    name: 'stylus.chips',
    setup() {
        style();
        api.addEventListener('reconnected', look);
    },
    beforeRegisterNodeDef(nodeType, nodeData) {
        if (!NODES.includes(nodeData.name)) return;
        const created = nodeType.prototype.onNodeCreated;
        nodeType.prototype.onNodeCreated = function(...given) {
            const result = created ? created.apply(this, given) : undefined;
            try {
                attach(this);
            } catch (error) {
                console.error('Stylus: the chips of a node are missing', error); // the node works without them
            }
            return result;
        };
    },
    // A workflow's outputs came back, or those of a job of before are shown.
    onNodeOutputsUpdated() {
        for (const {node, panel} of shown) panel.take(outputOf(node));
    },
});
