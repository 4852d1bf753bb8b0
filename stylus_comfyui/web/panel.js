// What stands in a node: what is picked as chips, what was nearly picked, what was left out, notes, and how far the library is.

import {button, drawChip, make} from './chip.js';
import {Pictures} from './pictures.js';
import * as edits from './state.js';
import {viewOf} from './view.js';

const MOST = 40; // chips of one kind
const TALLEST = 640; // of what the node shows without scrolling, in pixels: about six chips
const SHORTEST = 40;
const GAP = 6;

export class Panel {
    /**
     * @param host.read gives the text of the node's state
     * @param host.write takes it
     * @param host.prompt gives the prompt that stands in the node; null where it is linked
     * @param host.thumbnail gives the address of a LoRA's picture
     * @param host.run runs the node alone; null where that cannot be
     * @param host.askOwn asks how the user's own pictures use LoRAs
     * @param host.tellOwn tells what was done to one
     * @param host.resized is called with the pixels by which the height that is needed grew
     */
    constructor(host) {
        this.host = host;
        this.payload = null;
        this.progress = null;
        this.lifted = new Map(); // frozen picks that were removed here, to be put back
        this.unpinned = new Set(); // pinned ones
        this.own = {on: false, notes: new Map()}; // what the user's own pictures say: shown, and kept nowhere
        this.pictures = new Pictures(host.thumbnail);
        this.unfolded = false;
        this.height = SHORTEST;
        this.drawn = null; // the text of the state that is drawn
        this.top = make('div', 'stylus-top');
        this.list = make('div', 'stylus-parts');
        // ComfyUI's newer pages leave the wheel to what says so and has the focus: a click gives it.
        this.scroll = make('div', 'stylus-scroll', {tabIndex: -1, 'data-capture-wheel': 'true'}, this.list);
        this.element = make('div', 'stylus-chips', {role: 'group', 'aria-label': 'Stylus: picked LoRAs'}, this.top, this.scroll);
        this.element.addEventListener('keydown', keepKeys);
        for (const type of ['pointerenter', 'focusin']) this.element.addEventListener(type, () => this.sync());
        this.observer = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(() => this.measure());
        this.render();
    }

    /** What the last run told. */
    take(given) {
        const payload = edits.readPayload(given);
        if (!payload) return;
        this.payload = payload;
        this.lifted.clear();
        this.unpinned.clear();
        this.render();
        this.lookUp(payload);
    }

    // Of own pictures the page is told when it asks.
    async lookUp(payload) {
        if (!this.host.askOwn) return;
        const names = [...payload.picks, ...payload.nearly, ...payload.left_out].map((pick) => pick.name);
        const own = await this.host.askOwn(names);
        if (this.payload !== payload) return;
        const drawn = own.notes.size || this.own.notes.size;
        this.own = own;
        if (drawn) this.render();
    }

    tellOwn(what, name, weight) {
        if (!this.own.on) return;
        const prompt = edits.promptOf(edits.readState(this.host.read()), this.payload, this.host.prompt());
        if (prompt.trim()) this.host.tellOwn(what, prompt, name, weight);
    }

    /** How far the library is, or null. */
    tell(progress) {
        this.progress = progress;
        this.drawTop();
        this.measure();
    }

    /** Draws anew where somebody else changed the state: ComfyUI's undo, a workflow that was loaded. */
    sync() {
        if (this.drawn !== this.source()) this.render();
        else if (this.stale !== edits.isStale(this.payload, this.host.prompt())) {
            this.drawTop();
            this.measure();
        }
    }

    // What is drawn besides the last run.
    source() {
        return `${this.host.read()}\n${this.payload ? '' : this.host.prompt()}`;
    }

    /** It is on the page from now on, or not any more. */
    open() {
        if (this.observer) [this.top, this.list].forEach((part) => this.observer.observe(part));
    }

    close() {
        if (this.observer) this.observer.disconnect();
    }

    // -- what is done --------------------------------------------------------------------------------------------------

    change(edit) {
        const stored = edits.readState(this.host.read());
        const prompt = edits.promptOf(stored, this.payload, this.host.prompt());
        const next = edit(edits.forPrompt(stored, prompt));
        this.host.write(edits.writeState({...next, prompt}));
    }

    // A weight that is changed draws no chip anew: what is done is done to the chip as it is now.
    act(what, {name}, value) {
        const chip = [...this.view.chips, ...this.view.nearly, ...this.view.leftOut].find((e) => e.name === name);
        if (!chip) return;
        if (what === 'weigh') {
            this.weigh(chip, value);
            return;
        }
        this.tellOwn(what, chip.name);
        const {picks} = chip;
        const doing = {
            remove: (state) => edits.remove(state, picks, chip.chosen || !chip.frozen),
            restore: (state) => this.restored(state, chip),
            use: (state) => edits.freeze(state, picks.map((pick) => ({...pick, reason: 'You chose it.'}))),
            unweigh: (state) => edits.unweigh(state, picks),
            pin: (state) => edits.pin(state, picks),
            unpin: (state) => edits.unpin(state, picks),
            ban: (state) => edits.ban(state, picks),
            unban: (state) => edits.unban(state, picks),
            freeze: (state) => edits.freeze(state, picks),
            unfreeze: (state) => edits.unfreeze(state, picks),
        }[what];
        this.change(doing);
        if (chip.pinned && what === 'remove') this.unpinned.add(chip.name);
        if (chip.frozen && (what === 'remove' || what === 'ban')) this.lifted.set(chip.name, picks);
        if (what === 'restore' || what === 'unban') this.lifted.delete(chip.name);
        this.render();
    }

    restored(state, chip) {
        const next = edits.putBack(state, chip.picks, state.onlyFrozen || this.lifted.has(chip.name));
        return this.unpinned.has(chip.name) ? edits.pin(next, chip.picks) : next;
    }

    // The field stays the same while it is stepped or typed into: only what stands around it is drawn anew.
    weigh(chip, typed) {
        const weight = edits.checkedWeight(typed);
        const item = [...this.list.querySelectorAll('.stylus-picks')].find((e) => e.dataset.name === chip.name);
        const field = item && item.querySelector('input.stylus-weight');
        if (weight !== null && weight !== chip.picks[0].weight) {
            this.tellOwn('weigh', chip.name, weight);
            this.change((state) => edits.weigh(state, chip.picks, weight));
        }
        this.view = this.look();
        const after = this.view.chips.find((e) => e.name === chip.name);
        if (field && after) {
            field.value = String(after.picks[0].weight);
            item.querySelector('.stylus-reset').hidden = !after.weighed;
        }
        this.drawTop();
        this.measure();
    }

    // -- what is shown -------------------------------------------------------------------------------------------------

    look() {
        this.drawn = this.source();
        return viewOf(edits.readState(this.host.read()), this.payload, this.lifted, this.host.prompt());
    }

    render() {
        const focus = this.focused();
        this.view = this.look();
        const scrolled = this.scroll.scrollTop;
        const {chips, nearly, leftOut} = this.view;
        const parts = [];
        const notes = this.payload ? this.payload.notes : [];
        if (notes.length) parts.push(make('div', 'stylus-notes', {}, ...notes.map((note) => paragraph(note))));
        if (chips.length) parts.push(this.chipList(chips, 'picks', 'Picks'));
        else if (this.payload && this.payload.decided && !notes.length) parts.push(paragraph('No LoRA fits this prompt.'));
        if (leftOut.length) {
            parts.push(make('h4', 'stylus-heading', {textContent: 'Left out'}), this.chipList(leftOut, 'left', 'Left out'));
        }
        if (nearly.length) parts.push(this.folded(nearly));
        parts.push(...this.named());
        this.list.replaceChildren(...parts);
        this.drawTop();
        this.scroll.scrollTop = scrolled;
        this.refocus(focus);
        this.measure();
    }

    chipList(chips, kind, label) {
        const items = chips.slice(0, MOST).map((chip) => (
            drawChip(chip, kind, this.picture(chip.picks[0]), (what, ...given) => this.act(what, ...given), this.own.notes.get(chip.name))
        ));
        if (chips.length > MOST) items.push(make('li', 'stylus-note', {textContent: `and ${chips.length - MOST} more`}));
        return make('ul', 'stylus-list', {role: 'list', 'aria-label': label}, ...items);
    }

    folded(nearly) {
        const summary = make('summary', '', {textContent: `Nearly picked (${nearly.length})`, 'data-slot': 'nearly'});
        const fold = make('details', 'stylus-fold', {open: this.unfolded}, summary, this.chipList(nearly, 'nearly', 'Nearly picked'));
        fold.addEventListener('toggle', () => {
            this.unfolded = fold.open;
            this.measure();
        });
        return fold;
    }

    // What is pinned or banned in this node and in nothing that the last run told.
    named() {
        const line = (name, said, slot, label, hint, edit) => {
            const tool = button(slot, label, hint, () => {
                this.tellOwn(slot, name);
                this.change((state) => edit(state, [{name}]));
                this.render();
            }, name);
            const item = make('p', 'stylus-note stylus-line', {'data-name': name}, make('span', '', {textContent: `${name} ${said}`, dir: 'auto'}));
            item.append(tool);
            return item;
        };
        return [
            ...this.view.pinned.map((name) => (
                line(name, 'is pinned.', 'unpin', 'Unpin', 'Stop adding it to every prompt', edits.unpin)
            )),
            ...this.view.banned.map((name) => (
                line(name, 'is never picked here.', 'unban', 'Pick it again', 'Let it be picked again', edits.unban)
            )),
        ];
    }

    drawTop() {
        const focus = this.focused();
        const {state, inUse, waits, expired} = this.view;
        const parts = [];
        const busy = this.progress && this.progress.busy;
        const status = busy ? this.progress.sentence : (this.progress && this.progress.sentence) || (this.payload && this.payload.status) || '';
        this.stale = edits.isStale(this.payload, this.host.prompt());
        const sentence = this.sentence(state, expired);
        if (sentence) parts.push(paragraph(sentence, 'stylus-sentence'));
        if (waits) parts.push(paragraph('Changed: it counts from the next run on.', 'stylus-waits'));
        const bar = make('div', 'stylus-bar');
        if (state.onlyFrozen) {
            bar.append(button('anew', 'Choose anew', 'Freeze nothing: Stylus chooses for the prompt again', () => this.whole(edits.chooseAnew)));
        }
        if (inUse.length && (!state.onlyFrozen || state.picture)) {
            const all = inUse.flatMap((chip) => chip.picks);
            bar.append(button('all', 'Freeze all', 'Keep exactly these in the workflow: every run uses them, whatever the prompt', () => (
                this.whole((now) => edits.freezeAll(now, all))
            )));
        }
        if (this.host.run) {
            bar.append(button('show', 'Show picks', 'Run this node alone', () => this.host.run()));
        }
        if (status) bar.append(make('span', 'stylus-status', {textContent: status, title: status, role: 'status'}));
        if (bar.childElementCount) parts.push(bar);
        if (busy && this.progress.total) {
            parts.push(make('progress', 'stylus-progress', {max: this.progress.total, value: this.progress.done, 'aria-label': 'How far the library is'}));
        }
        this.top.replaceChildren(...parts);
        this.refocus(focus);
    }

    sentence(state, expired) {
        if (this.stale && !(state.onlyFrozen && !state.picture)) return 'The prompt was changed: these are for the one before.';
        if (state.onlyFrozen) return state.picture ? 'These are the picture’s picks.' : 'These are frozen: every run uses exactly these.';
        if (this.payload) return ''; // its notes say what else there is to say
        if (expired) return 'The picture’s picks are for another prompt.';
        return state.frozen.length ? 'Run the node to see what else is picked.' : 'Run the node to see what is picked.';
    }

    whole(edit) {
        this.change(edit);
        this.render();
    }

    // -- pictures, height, focus ---------------------------------------------------------------------------------------

    picture(pick) {
        const frozen = this.view.state.frozen.some((one) => one.name === pick.name); // nobody knows whether it has one
        return this.pictures.of(pick.name, pick.has_preview || frozen);
    }

    // In a node that is drawn on a canvas the height is given, and what is needed has to be told.
    measure() {
        const content = this.top.offsetHeight + this.list.offsetHeight;
        if (!content) return; // it is not on the page now
        const height = Math.min(TALLEST, Math.max(SHORTEST, Math.ceil(content) + GAP));
        const more = height - this.height;
        if (!more) return;
        this.height = height;
        this.element.style.minHeight = `${height}px`;
        this.host.resized(more);
    }

    /** How much higher it is than with nothing to show. */
    get extra() {
        return this.height - SHORTEST;
    }

    focused() {
        const at = document.activeElement;
        if (!at || !this.element.contains(at)) return null;
        const item = at.closest('[data-name]');
        const place = at.closest('[data-slot]');
        return place && {name: item ? item.dataset.name : '', slot: place.dataset.slot};
    }

    refocus(at) {
        if (!at || this.element.contains(document.activeElement)) return;
        const all = [...this.element.querySelectorAll('[data-slot]')];
        const named = (e) => (e.closest('[data-name]') ? e.closest('[data-name]').dataset.name : '') === at.name;
        const found = all.find((e) => named(e) && e.dataset.slot === at.slot) || all.find((e) => named(e) && e.matches('button')) || all[0];
        if (found) found.focus({preventScroll: true});
    }
}

function paragraph(text, className = 'stylus-note') {
    return make('p', className, {textContent: text, dir: 'auto'});
}

// Keys that do something here are not the canvas's as well: Delete would remove the node.
function keepKeys(event) {
    const own = ['Enter', ' ', 'Delete', 'Backspace', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'];
    if (own.includes(event.key) && !event.ctrlKey && !event.metaKey) event.stopPropagation();
}
