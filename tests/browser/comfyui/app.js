// Stands for ComfyUI's /scripts/app.js, as far as an extension sees it: nodes with widgets, what of them is saved and how
// they are laid out, and an undo that goes by what is saved. `?vue`: a page whose nodes are elements and whose ids are
// strings; else one that draws nodes on a canvas, lays widgets over it, and gives each the height that it asks for.
import {api} from './api.js';

const VUE = new URLSearchParams(location.search).has('vue');
const ROW = 24;
window.LiteGraph = {vueNodesMode: VUE};

class Node {
    constructor(type, def) {
        Object.assign(this, {type, id: -1, graph: null, inputs: [], widgets: [], properties: {}, flags: {}, size: [300, 0], pos: [0, 0]});
        const inputs = Object.entries({...def.input.required, ...def.input.optional});
        const sockets = inputs.filter(([, [kind]]) => /^[A-Z_]+$/.test(kind) && !['INT', 'FLOAT', 'STRING'].includes(kind));
        for (const [name, [kind]] of sockets) this.inputs.push({name, type: kind, link: null});
        for (const [name, [kind, options]] of inputs.filter((input) => !sockets.includes(input))) {
            this.widgets.push({name, type: 'text', value: options.default ?? '', options: {}});
            this.inputs.push({name, type: kind, link: null, widget: {name}});
        }
        this.size = this.computeSize();
    }

    addDOMWidget(name, type, element, options = {}) {
        const widget = {name, type, element, options: {hideOnZoom: true, ...options}};
        Object.defineProperty(widget, 'value', {get: () => options.getValue() ?? '', set: (value) => options.setValue(value)});
        this.widgets.push(widget);
        return widget;
    }

    removeInput(at) {
        this.inputs.splice(at, 1);
    }

    height(widget) {
        if (widget.computeSize) return widget.computeSize(this.size[0])[1] + 4;
        return widget.element ? widget.options.getMinHeight() : ROW;
    }

    computeSize() {
        return [300, this.widgets.filter((widget) => !widget.hidden).reduce((sum, widget) => sum + this.height(widget), 40)];
    }

    setSize(size) {
        this.size = size;
        app.resized.push([this.id, size[1]]);
        this.setDirtyCanvas();
    }

    setDirtyCanvas() {
        requestAnimationFrame(() => this.graph && draw(this));
    }

    serialize() {
        const saved = {id: this.id, type: this.type, size: [...this.size], inputs: this.inputs.map((input) => ({...input})), widgets_values: []};
        saved.properties = structuredClone(this.properties);
        for (const [i, widget] of this.widgets.entries()) if (widget.serialize !== false) saved.widgets_values[i] = widget.value;
        this.onSerialize?.(saved);
        return saved;
    }

    configure(saved) {
        const known = this.inputs.map((input) => ({...input, link: saved.inputs?.find((one) => one.name === input.name)?.link ?? null}));
        const others = (saved.inputs || []).filter((one) => !known.some((input) => input.name === one.name));
        this.inputs = [...known, ...others];
        Object.assign(this.properties, saved.properties);
        this.size = [...saved.size];
        const values = this.widgets.filter((widget) => widget.serialize !== false);
        saved.widgets_values.forEach((value, i) => values[i] && (values[i].value = value));
        this.onConfigure?.(saved);
    }
}

// As the page has it: on a canvas an element of the given height over it; else what the element takes.
function draw(node) {
    let place = document.querySelector(`[data-node="${node.id}"]`);
    if (!place) document.body.append(place = Object.assign(document.createElement('section'), {className: VUE ? 'vue-node' : 'canvas-node'}));
    place.dataset.node = node.id;
    for (const widget of node.widgets) {
        const gone = VUE ? widget.options.hidden : widget.hidden;
        if (!widget.element) {
            if (!gone && !place.querySelector(`[data-widget="${widget.name}"]`)) {
                place.append(Object.assign(document.createElement('div'), {textContent: widget.name}));
                place.lastChild.dataset.widget = widget.name;
            }
            continue;
        }
        let holder = widget.element.parentNode;
        if (!holder) {
            place.append(holder = document.createElement('div'));
            holder.append(widget.element);
        }
        if (!VUE) {
            holder.className = 'dom-widget';
            holder.style.height = `${widget.options.getMinHeight() - 20}px`;
            widget.options.onDraw?.(widget);
        } else holder.className = 'vue-widget';
    }
    place.style.width = `${Math.max(node.size[0], 300) - 20}px`;
}

class App {
    constructor() {
        Object.assign(this, {extensions: [], types: {}, resized: [], queued: [], wheels: 0, undone: [], outputs: {}});
        this.graph = {id: 'root', isRootGraph: true, nodes: [], last: 0};
        this.canvas = {
            emitBeforeChange() {},
            emitAfterChange: () => this.remember(),
            processMouseWheel: () => { this.wheels += 1; },
        };
    }

    registerExtension(extension) {
        if (this.extensions.some((one) => one.name === extension.name)) throw new Error(`Extension named '${extension.name}' already registered.`);
        this.extensions.push(extension);
    }

    get nodeOutputs() {
        return this.outputs;
    }

    set nodeOutputs(outputs) {
        this.outputs = outputs;
        this.extensions.forEach((extension) => extension.onNodeOutputsUpdated?.(outputs));
    }

    async start(defs) {
        for (const extension of this.extensions) await extension.setup?.();
        for (const [name, def] of Object.entries(defs)) {
            const type = class extends Node {
                constructor() {
                    super(name, def);
                }
            };
            for (const extension of this.extensions) await extension.beforeRegisterNodeDef?.(type, {name, ...def});
            this.types[name] = type;
        }
    }

    create(type) {
        const node = new this.types[type]();
        node.onNodeCreated?.();
        return node;
    }

    add(node, id) {
        node.id = id ?? (VUE ? String(++this.graph.last) : ++this.graph.last);
        node.graph = this.graph;
        this.graph.nodes.push(node);
        node.onAdded?.(this.graph);
        draw(node);
        this.saved ??= this.save();
        return node;
    }

    remove(node) {
        this.graph.nodes.splice(this.graph.nodes.indexOf(node), 1);
        document.querySelector(`[data-node="${node.id}"]`)?.remove();
        node.onRemoved?.();
        node.graph = null;
    }

    node(id) {
        return this.graph.nodes.find((node) => String(node.id) === String(id));
    }

    save() {
        return JSON.stringify(this.graph.nodes.map((node) => node.serialize()));
    }

    load(text) {
        [...this.graph.nodes].forEach((node) => this.remove(node));
        for (const saved of JSON.parse(text)) this.add(this.create(saved.type), saved.id).configure(saved);
        this.graph.nodes.forEach(draw);
        this.saved = this.save();
    }

    copy(node) {
        const saved = JSON.parse(JSON.stringify(node.serialize()));
        const copied = this.create(node.type);
        copied.configure(saved);
        return this.add(copied);
    }

    remember() {
        const now = this.save();
        if (now === this.saved) return;
        this.undone.push(this.saved);
        this.saved = now;
    }

    undo() {
        this.load(this.undone.pop());
    }

    executed(id, output) {
        this.outputs[id] = output;
        this.node(id).onExecuted?.(output);
    }

    queuePrompt(number, count, ids) {
        this.queued.push(ids);
    }
}

export const app = new App();
window.app = app;
window.api = api;
