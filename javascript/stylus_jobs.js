// The switch in the header, and the picks of a job in the panel once it is done. Buttons are pressed; gradio does the rest.

// The key of this page, by which the server knows its jobs: the one that the page had before it was loaded anew, or a new
// one. It lies in the browser's storage only while there is no page: a copy of the browser's tab is another page.
const stylusPage = (function() {
    'use strict';

    const keys = {};
    const kept = {}; // whether the page had the key before

    function stored(tab, key) {
        const name = `stylus_${tab}_page`;
        try {
            const found = sessionStorage.getItem(name) || '';
            sessionStorage.removeItem(name);
            if (key) sessionStorage.setItem(name, key);
            return found;
        } catch (error) { // a browser that keeps nothing
            return '';
        }
    }

    function made() {
        const bytes = crypto.getRandomValues(new Uint8Array(8));
        return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    }

    function key(tab) {
        if (!keys[tab]) {
            const before = stored(tab);
            kept[tab] = before !== '';
            keys[tab] = before || made();
        }
        return keys[tab];
    }

    // What the server is told when the page is there.
    function opened(tab) {
        return [key(tab), kept[tab] ? 'kept' : ''];
    }

    window.addEventListener('pagehide', () => Object.keys(keys).forEach((tab) => stored(tab, keys[tab])));
    window.addEventListener('pageshow', (event) => {
        if (event.persisted) Object.keys(keys).forEach((tab) => stored(tab)); // it was only laid aside
    });
    return {key, opened};
})();

(function() {
    'use strict';

    const TABS = ['txt2img', 'img2img'];
    const SETTLE = 150; // milliseconds without a change before the server is asked

    function find(tab, part, inner) {
        return gradioApp().querySelector(`#stylus_${tab}_${part}${inner ? ` ${inner}` : ''}`);
    }

    function press(tab, part) {
        const button = find(tab, part);
        if (button) button.click();
    }

    // -- the switch --------------------------------------------------------------------------------------------------

    // The host's own stands in the header already; where it has none, ours is moved there.
    function switchOf(tab) {
        return gradioApp().querySelector(`#stylus_${tab}_panel-visible-checkbox`) || find(tab, 'panel-switch', 'input');
    }

    function prepare(tab) {
        const visible = gradioApp().querySelector(`#stylus_${tab}_panel-visible-checkbox`);
        const header = find(tab, 'panel', '.label-wrap');
        if (visible && !visible.dataset.stylus) {
            visible.dataset.stylus = 'switch';
            visible.setAttribute('aria-label', 'Enable Stylus');
            // Until it is clicked the host takes folding for switching; an event that is no mouse's changes nothing else.
            visible.dispatchEvent(new Event('click'));
        }
        const own = find(tab, 'panel-switch');
        if (own && header && !header.contains(own)) {
            own.addEventListener('click', (event) => event.stopPropagation()); // it does not fold the panel
            own.addEventListener('keydown', (event) => event.stopPropagation());
            own.addEventListener('keyup', (event) => event.stopPropagation());
            header.insertBefore(own, header.firstChild);
        }
        const panel = find(tab, 'panel');
        const box = switchOf(tab);
        if (panel && box) panel.classList.toggle('stylus-on', box.checked);
    }

    // -- jobs --------------------------------------------------------------------------------------------------------

    // Whatever a host changes when a job ends is among these. The server knows which job of this page is done, and says
    // nothing where the page shows it already.
    const PLACES = ['html_log_', 'html_info_'].map((id) => (tab) => `#${id}${tab}`)
        .concat(['_gallery', '_interrupt', '_generate_box'].map((id) => (tab) => `#${tab}${id}`));
    const watched = new WeakSet();
    const timers = {};

    function changed(tab) {
        clearTimeout(timers[tab]);
        timers[tab] = setTimeout(() => press(tab, 'after'), SETTLE);
    }

    function watch(tab) {
        for (const place of PLACES) {
            const element = gradioApp().querySelector(place(tab));
            if (!element || watched.has(element)) continue;
            watched.add(element);
            new MutationObserver(() => changed(tab)).observe(
                element, {childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ['style', 'src']}
            );
        }
    }

    // The server tells gradio the page's key when it is loaded. A job may begin before that answer is there, and gradio 4
    // does not hear of a value that is put into a field while it still builds the page: it is told again and again.
    let telling = false;

    function tellKey(tab) {
        const [field, seen] = ['page', 'seen'].map((part) => find(tab, part, ':is(textarea, input)'));
        if (!field || !seen || seen.value) return;
        telling = true;
        for (const value of ['', stylusPage.key(tab)]) {
            field.value = value;
            updateInput(field);
        }
        telling = false;
    }

    function tellKeys() {
        TABS.forEach(tellKey);
    }

    // -- clicks ------------------------------------------------------------------------------------------------------

    function onClick(event) {
        if (!event.target.closest) return;
        const on = event.target.closest('button[data-stylus="on"]');
        const tab = on && TABS.find((tab) => on.closest(`#stylus_${tab}_panel`));
        const box = tab && switchOf(tab);
        if (box && !box.checked) box.click(); // what it answers is asked for as any action is
        if (event.target.closest('[id^="txt2img_send_to_"]:not(#txt2img_send_to_extras)')) {
            const page = find('txt2img', 'page', ':is(textarea, input)');
            const field = find('img2img', 'source', ':is(textarea, input)');
            if (!page || !field) return;
            field.value = page.value;
            updateInput(field);
            setTimeout(() => press('img2img', 'take'), SETTLE); // gradio sends the value with the next click
        }
    }

    function update() {
        for (const tab of TABS) {
            prepare(tab);
            watch(tab);
            tellKey(tab);
        }
    }

    onAfterUiUpdate(update);

    onUiLoaded(function() {
        document.addEventListener('click', onClick, true);
        for (const what of ['pointerdown', 'keydown']) document.addEventListener(what, tellKeys, true);
        document.addEventListener('input', () => telling || update());
        document.addEventListener('change', update);
        update();
    });
})();
