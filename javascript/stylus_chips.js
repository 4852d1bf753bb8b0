// Turns what is done to the chips of the Stylus panel into actions, and keeps the page steady while they are answered.
(function() {
    'use strict';

    const UNDO = 20000; // milliseconds for which a ban can be taken back with one click
    const CONTROLS = 'button:enabled, input, summary, a';

    // -- a ban can be taken back for a while ---------------------------------------------------------------------------

    let undo = null;

    // `title` is the adapter's, `at` where its button was.
    function offerUndo(tab, name, title, at, keyboard) {
        const left = stylusPanel.all(tab, 'button[data-stylus="ban"]');
        if (left.some((button) => button.dataset.name === name)) return; // it did not work
        endUndo();
        const bar = document.createElement('div');
        bar.className = 'stylus-undo';
        bar.setAttribute('role', 'status');
        const said = document.createElement('span');
        said.textContent = `${title || name} is banned: it is never picked again.`;
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = 'Undo';
        button.addEventListener('click', () => {
            endUndo(false);
            held = at;
            stylusPanel.act(tab, {do: 'unban', name});
        });
        bar.append(said, button);
        const app = gradioApp();
        (app.querySelector('.gradio-container') || app.body || app).append(bar);
        undo = {bar, held: at, timer: setTimeout(() => endUndo(), UNDO)};
        if (keyboard) button.focus({preventScroll: true});
    }

    function endUndo(back = true) {
        if (!undo) return;
        const last = undo;
        undo = null;
        clearTimeout(last.timer);
        const focused = last.bar.contains(document.activeElement);
        last.bar.remove();
        if (focused && back) refocus(last.held);
    }

    // A hit of the search stands far below the chip that it became.
    function tellUsed(tab, name, button) {
        if (stylusPanel.all(tab, 'li.stylus-picks').some((e) => e.dataset.name === name)) button.textContent = 'In use';
    }

    // -- a chip stays where it is when it is pinned: a click answers with the same chips in another order --------------

    const order = {};

    function keepPlaces(tab) {
        const list = stylusPanel.all(tab, '.stylus-chips:has(> .stylus-picks)')[0];
        if (!list) return;
        const chips = [...list.children];
        const before = stylusPanel.isActing(tab) && order[tab] || [];
        const rank = (chip) => (before.indexOf(chip.dataset.name) + 1) || before.length + 1;
        const kept = [...chips].sort((a, b) => rank(a) - rank(b));
        if (kept.some((chip, i) => chip !== chips[i])) list.append(...kept);
        order[tab] = kept.map((chip) => chip.dataset.name);
    }

    // -- the focus stays where it was when an answer is drawn anew -----------------------------------------------------

    let held = null; // what has the focus
    const unfolded = {}; // whether what was nearly picked is unfolded

    function place(element) {
        const tab = stylusPanel.tabOf(element);
        const slot = element.closest('[data-slot]');
        if (!tab || !slot) return null;
        const item = element.closest('li[data-name]'); // a chip, or a line of another list
        return {
            tab, slot: slot.dataset.slot, name: item ? item.dataset.name : '',
            index: item ? [...item.parentNode.children].indexOf(item) : -1,
            list: item ? `.${[...item.classList].slice(0, 2).join('.')}` : '',
        };
    }

    function find(at) {
        if (!at.list) {
            const same = stylusPanel.all(at.tab, '[data-slot]').filter((e) => !e.closest('li[data-name]'));
            return same.find((e) => e.dataset.slot === at.slot) || stylusPanel.all(at.tab, '.stylus-answer button')[0];
        }
        const items = stylusPanel.all(at.tab, at.list);
        const item = items.find((e) => e.dataset.name === at.name) || items[Math.min(at.index, items.length - 1)];
        if (!item) return stylusPanel.all(at.tab, `.stylus-answer :is(${CONTROLS})`)[0];
        const same = [...item.querySelectorAll('[data-slot]')].find((e) => e.dataset.slot === at.slot);
        if (item.dataset.name !== at.name || !same || same.disabled) {
            return item.querySelector('button[data-stylus]:enabled');
        }
        const menu = same.closest('details.stylus-menu');
        return menu && !menu.open ? menu.querySelector('summary') : same;
    }

    function refocus(at) {
        const found = at && find(at);
        if (!found) return;
        found.focus({preventScroll: true});
        if (at.typed !== undefined && found.dataset.name === at.name && found.matches('input')) {
            found.value = at.typed; // it was being typed when the answer came
            align(found);
        }
    }

    function onFocus(event) {
        if (event.target.closest) held = place(event.target);
    }

    const seen = new WeakSet();

    function onAnswer(tab) {
        const drawn = stylusPanel.all(tab, '.stylus-answer, .stylus-chips').filter((e) => !seen.has(e));
        if (!drawn.length) return;
        drawn.forEach((e) => seen.add(e));
        keepPlaces(tab);
        for (const action of stylusPanel.unsent(tab)) show(tab, action);
        const nearly = stylusPanel.all(tab, '.stylus-nearly').find((e) => e.matches('details'));
        if (nearly && unfolded[tab]) nearly.open = true;
        const focused = document.activeElement;
        if (held && held.tab === tab && (!focused || focused === document.body)) refocus(held);
    }

    const watched = {};

    function watch() {
        for (const tab of stylusPanel.tabs) {
            const panel = stylusPanel.part(tab, 'panel');
            if (!panel || watched[tab] === panel) continue;
            watched[tab] = panel;
            new MutationObserver(() => onAnswer(tab)).observe(panel, {childList: true, subtree: true});
        }
    }

    // -- weights: a slider and a field that say the same ---------------------------------------------------------------

    function align(field) {
        for (const other of field.parentNode.querySelectorAll('input')) {
            if (other !== field) other.value = field.value;
        }
    }

    function show(tab, action) {
        for (const field of stylusPanel.all(tab, 'input[data-stylus="weight"]')) {
            if (field.dataset.name === action.name) field.value = action.value;
        }
    }

    function weigh(field) {
        const tab = stylusPanel.tabOf(field);
        if (held) delete held.typed;
        if (!tab || field.value === '' || field.parentNode.dataset.sent === field.value) return;
        field.parentNode.dataset.sent = field.value;
        stylusPanel.act(tab, {do: 'weight', name: field.dataset.name, value: field.value});
    }

    function isWeight(element) {
        return element.matches && element.matches('input[data-stylus="weight"]');
    }

    function onInput(event) {
        if (!isWeight(event.target)) return;
        align(event.target);
        if (held) held.typed = event.target.value;
    }

    function onChange(event) {
        if (isWeight(event.target) && event.target !== dragged) weigh(event.target);
    }

    // An answer that comes while a slider is dragged puts another one in its place: the drag goes on with that.
    let dragged = null;

    function onDrag(event) {
        if (event.type === 'pointerdown') {
            dragged = isWeight(event.target) && event.target.type === 'range' ? event.target : null;
            return;
        }
        const slider = dragged && !dragged.isConnected && held && find(held);
        if (slider && slider.type === 'range') {
            const {left, width} = slider.getBoundingClientRect();
            const [low, high] = [Number(slider.min), Number(slider.max)];
            slider.value = low + (high - low) * (event.clientX - left) / width;
            held.typed = slider.value;
            align(slider);
            if (event.type === 'pointerup') weigh(slider);
        }
        if (event.type !== 'pointermove') dragged = null;
    }

    // -- menus, reasons, clicks and keys -------------------------------------------------------------------------------

    const OPEN = '.stylus-menu[open], .stylus-reason[aria-expanded="true"]';

    function close(element) {
        if (element.matches('details')) element.open = false;
        else element.setAttribute('aria-expanded', 'false');
    }

    function closeOthers(target) {
        for (const tab of stylusPanel.tabs) stylusPanel.all(tab, OPEN).filter((e) => !e.contains(target)).forEach(close);
    }

    function onClick(event) {
        const target = event.target;
        if (!target.closest) return;
        closeOthers(target);
        const button = target.closest('button');
        const tab = button && stylusPanel.tabOf(button);
        if (!tab) return;
        if (button.matches('.stylus-reason')) {
            button.setAttribute('aria-expanded', String(button.getAttribute('aria-expanded') !== 'true'));
        } else if (button.dataset.copy !== undefined) {
            copy(button);
        } else if (button.dataset.stylus) {
            const chip = button.closest('.stylus-chip');
            const title = chip && chip.querySelector('.stylus-title').title;
            const {stylus: what, name = ''} = button.dataset;
            const at = place(button);
            event.preventDefault();
            stylusPanel.act(tab, {do: what, name}, () => {
                if (what === 'ban') offerUndo(tab, name, title, at, event.detail === 0);
                if (what === 'use' && button.closest('.stylus-hit')) tellUsed(tab, name, button);
            });
        }
    }

    function onKey(event) {
        const target = event.target;
        if (!target.closest) return;
        if (event.key === 'Enter' && isWeight(target)) {
            event.preventDefault();
            weigh(target);
        }
        if (event.key !== 'Escape') return;
        const open = stylusPanel.tabs.flatMap((tab) => stylusPanel.all(tab, OPEN));
        if (!open.length) return;
        event.stopPropagation(); // the page closes its own things with it
        const menu = open.find((e) => e.contains(target) && e.matches('details'));
        open.forEach(close);
        if (menu) menu.querySelector('summary').focus();
    }

    function onToggle(event) {
        const folded = event.target;
        const tab = folded.matches && folded.matches('details.stylus-nearly') && stylusPanel.tabOf(folded);
        if (tab) unfolded[tab] = folded.open;
    }

    // A page that came over plain HTTP from another machine has no clipboard of its own.
    async function copy(button) {
        let copied = false;
        try {
            await navigator.clipboard.writeText(button.dataset.copy);
            copied = true;
        } catch (error) {
            const box = document.createElement('textarea');
            box.value = button.dataset.copy;
            button.parentNode.append(box);
            box.select();
            copied = document.execCommand('copy');
            box.remove();
            button.focus({preventScroll: true});
        }
        button.textContent = copied ? 'Copied' : button.dataset.copy;
        setTimeout(() => { button.textContent = button.dataset.slot; }, 1500);
    }

    onAfterUiUpdate(watch);

    onUiLoaded(function() {
        watch();
        document.addEventListener('click', onClick);
        document.addEventListener('focusin', onFocus);
        document.addEventListener('input', onInput);
        document.addEventListener('change', onChange);
        for (const type of ['down', 'move', 'up', 'cancel']) document.addEventListener(`pointer${type}`, onDrag);
        document.addEventListener('keydown', onKey, true);
        document.addEventListener('toggle', onToggle, true);
    });
})();
