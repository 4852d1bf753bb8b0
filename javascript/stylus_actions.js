// Sends what is done in the Stylus panel to the server, one action after the other; everything else happens in gradio.
const stylusPanel = (function() {
    'use strict';

    const LONGEST = 120000; // milliseconds that an answer may take before the next action is sent all the same
    const SETTLE = 50; // milliseconds in which gradio hears of a value before the click that sends it
    const LOOK = 30; // milliseconds between looks at whether the answer is there
    const tabs = ['txt2img', 'img2img'];

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

    // Each action changes what the one before left, and gradio drops a click on a button whose answer is still to come.

    const waiting = {txt2img: [], img2img: []};
    const sent = {};

    // Sends an action; `done` is called when its answer is there.
    function act(tab, action, done) {
        const queue = waiting[tab];
        if (action.do === 'weight') { // of several on the way the last one counts
            const same = queue.findIndex((w) => w.action.do === 'weight' && w.action.name === action.name);
            if (same >= 0) queue.splice(same, 1);
        }
        queue.push({action, done});
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
        const {done} = sent[tab];
        sent[tab] = null;
        busy(tab, false);
        if (done) done();
        send(tab);
    }

    function busy(tab, on) {
        const shown = part(tab, 'answer');
        if (shown) shown.setAttribute('aria-busy', String(on));
    }

    // Weights that are still to be sent: no answer knows of them yet.
    function unsent(tab) {
        return waiting[tab].map((one) => one.action).filter((action) => action.do === 'weight');
    }

    function isActing(tab) {
        return Boolean(sent[tab]);
    }

    return {tabs, part, tabOf, all, act, unsent, isActing};
})();
