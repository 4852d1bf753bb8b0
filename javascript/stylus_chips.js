// Turns what is done to the chips of the Stylus panel into values of its hidden field; the rest happens in gradio.
(function() {
    'use strict';

    const UNDO = 20000; // milliseconds for which a ban can be taken back with one click
    const LONGEST = 120000; // milliseconds that an answer may take before the next click is sent all the same
    const SETTLE = 50; // milliseconds in which gradio hears of a value before the click that sends it
    const LOOK = 30; // milliseconds between looks at whether the answer is there
    const tabs = ['txt2img', 'img2img'];
    const CONTROLS = 'button:enabled, input, summary, a';

    function part(tab, name) {
        return gradioApp().querySelector(`#stylus_${tab}_${name}`);
    }

    function tabOf(element) {
        return tabs.find((tab) => element.closest(`#stylus_${tab}_panel`));
    }

    function all(tab, selector) {
        const panel = part(tab, 'panel');
        return panel ? [...panel.querySelectorAll(selector)] : [];
    }

    // -- one action after the other: each changes what the one before left, and gradio drops a click on a busy button --

    const waiting = {txt2img: [], img2img: []};
    const sent = {};

    function act(tab, action, more) {
        const queue = waiting[tab];
        if (action.do === 'weight') { // of several on the way the last one counts
            const same = queue.findIndex((w) => w.action.do === 'weight' && w.action.name === action.name);
            if (same >= 0) queue.splice(same, 1);
        }
        queue.push({action, ...more});
        send(tab);
    }

    function field(tab) {
        const holder = part(tab, 'action');
        return holder && holder.querySelector('textarea, input');
    }

    function send(tab) {
        const text = field(tab);
        const button = part(tab, 'act');
        if (sent[tab] || !waiting[tab].length || !text || !button) return;
        sent[tab] = waiting[tab].shift();
        busy(tab, true);
        text.value = JSON.stringify(sent[tab].action);
        updateInput(text);
        setTimeout(() => {
            button.click();
            look(tab, Date.now() + LONGEST);
        }, SETTLE);
    }

    // The field is emptied when all that the action changes is on the page.
    function look(tab, until) {
        const text = field(tab);
        if (text && text.value !== '' && Date.now() < until) {
            setTimeout(() => look(tab, until), LOOK);
            return;
        }
        const done = sent[tab];
        sent[tab] = null;
        busy(tab, false);
        if (done.action.do === 'ban') offerUndo(tab, done);
        send(tab);
    }

    function busy(tab, on) {
        const shown = part(tab, 'answer');
        if (shown) shown.setAttribute('aria-busy', String(on));
    }

    // -- a ban can be taken back for a while ---------------------------------------------------------------------------

    let undo = null;

    function offerUndo(tab, done) {
        const name = done.action.name;
        if (all(tab, '.stylus-picks').some((chip) => chip.dataset.name === name)) return; // it did not work
        endUndo();
        const bar = document.createElement('div');
        bar.className = 'stylus-undo';
        bar.setAttribute('role', 'status');
        const said = document.createElement('span');
        said.textContent = `${done.title || name} is never picked again.`;
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = 'Undo';
        button.addEventListener('click', () => {
            endUndo(false);
            held = done.held;
            act(tab, {do: 'unban', name});
        });
        bar.append(said, button);
        const app = gradioApp();
        (app.querySelector('.gradio-container') || app.body || app).append(bar);
        undo = {bar, held: done.held, timer: setTimeout(() => endUndo(), UNDO)};
        if (done.keyboard) button.focus({preventScroll: true});
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

    // -- the focus stays where it was when an answer is drawn anew -----------------------------------------------------

    let held = null; // what has the focus
    const unfolded = {}; // whether what was nearly picked is unfolded

    function place(element) {
        const tab = tabOf(element);
        const slot = element.closest('[data-slot]');
        if (!tab || !slot) return null;
        const chip = element.closest('.stylus-chip');
        const index = chip ? [...chip.parentNode.children].indexOf(chip) : -1;
        return {
            tab, index, slot: slot.dataset.slot, name: chip ? chip.dataset.name : slot.dataset.name || '',
            list: chip ? chip.parentNode.querySelector('.stylus-chip').classList[1] : '',
        };
    }

    function find(at) {
        const slot = (within) => [...within.querySelectorAll('[data-slot]')].find((e) => e.dataset.slot === at.slot);
        if (!at.list) {
            const same = all(at.tab, '[data-slot]').find((e) => e.dataset.slot === at.slot && !e.closest('.stylus-chip'));
            return same || all(at.tab, '.stylus-answer button:enabled')[0];
        }
        const chips = all(at.tab, `.${at.list}`).filter((e) => e.matches('.stylus-chip'));
        const chip = chips.find((e) => e.dataset.name === at.name) || chips[Math.min(at.index, chips.length - 1)];
        if (!chip) return all(at.tab, `.stylus-answer :is(${CONTROLS})`)[0];
        const same = chip.dataset.name === at.name && slot(chip);
        if (!same || same.disabled) return chip.querySelector('.stylus-tools button:enabled');
        const menu = same.closest('details');
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
        const drawn = all(tab, '.stylus-answer, .stylus-chips').filter((e) => !seen.has(e));
        if (!drawn.length) return;
        drawn.forEach((e) => seen.add(e));
        for (const {action} of waiting[tab]) { // the answer does not know of them yet
            if (action.do === 'weight') show(tab, action);
        }
        const nearly = all(tab, '.stylus-nearly').find((e) => e.matches('details'));
        if (nearly && unfolded[tab]) nearly.open = true;
        const focused = document.activeElement;
        if (held && held.tab === tab && (!focused || focused === document.body)) refocus(held);
    }

    const watched = {};

    function watch() {
        for (const tab of tabs) {
            const panel = part(tab, 'panel');
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
        for (const field of all(tab, 'input[data-stylus="weight"]')) {
            if (field.dataset.name === action.name) field.value = action.value;
        }
    }

    function weigh(field) {
        const tab = tabOf(field);
        if (held) delete held.typed;
        if (!tab || field.value === '' || field.parentNode.dataset.sent === field.value) return;
        field.parentNode.dataset.sent = field.value;
        act(tab, {do: 'weight', name: field.dataset.name, value: field.value});
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
        if (isWeight(event.target)) weigh(event.target);
    }

    // -- menus, reasons, clicks and keys -------------------------------------------------------------------------------

    const OPEN = '.stylus-menu[open], .stylus-reason[aria-expanded="true"]';

    function close(element) {
        if (element.matches('details')) element.open = false;
        else element.setAttribute('aria-expanded', 'false');
    }

    function closeOthers(target) {
        for (const tab of tabs) all(tab, OPEN).filter((e) => !e.contains(target)).forEach(close);
    }

    function onClick(event) {
        const target = event.target;
        if (!target.closest) return;
        closeOthers(target);
        const button = target.closest('button');
        const tab = button && tabOf(button);
        if (!tab) return;
        if (button.matches('.stylus-reason')) {
            button.setAttribute('aria-expanded', String(button.getAttribute('aria-expanded') !== 'true'));
        } else if (button.dataset.copy !== undefined) {
            copy(button);
        } else if (button.dataset.stylus) {
            const chip = button.closest('.stylus-chip');
            const title = chip && chip.querySelector('.stylus-title').title;
            event.preventDefault();
            act(tab, {do: button.dataset.stylus, name: button.dataset.name || ''},
                {title, keyboard: event.detail === 0, held: place(button)});
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
        const open = tabs.flatMap((tab) => all(tab, OPEN));
        if (!open.length) return;
        event.stopPropagation(); // the page closes its own things with it
        const menu = open.find((e) => e.contains(target) && e.matches('details'));
        open.forEach(close);
        if (menu) menu.querySelector('summary').focus();
    }

    function onToggle(event) {
        const tab = event.target.matches && event.target.matches('details.stylus-nearly') && tabOf(event.target);
        if (tab) unfolded[tab] = event.target.open;
    }

    // A page that came over plain HTTP from another machine has no clipboard of its own.
    async function copy(button) {
        const text = button.textContent;
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
        setTimeout(() => { button.textContent = text; }, 1500);
    }

    onAfterUiUpdate(watch);

    onUiLoaded(function() {
        watch();
        document.addEventListener('click', onClick);
        document.addEventListener('focusin', onFocus);
        document.addEventListener('input', onInput);
        document.addEventListener('change', onChange);
        document.addEventListener('keydown', onKey, true);
        document.addEventListener('toggle', onToggle, true);
    });
})();
