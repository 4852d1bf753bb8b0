// Turns clicks on the chips of the Stylus panel into values of its hidden field; everything else happens in gradio.
(function() {
    'use strict';

    const POLL = 1500; // milliseconds between looks at the index while it is being made
    const tabs = ['txt2img', 'img2img'];

    function find(tab, part, inner) {
        return gradioApp().querySelector(`#stylus_${tab}_${part}${inner ? ` ${inner}` : ''}`);
    }

    function tabOf(element) {
        return tabs.find((tab) => element.closest(`#stylus_${tab}_answer`));
    }

    // gradio hears of a value through an input event and sends it with the next click; the click has to come after it.
    function act(tab, action) {
        const field = find(tab, 'action', ':is(textarea, input)');
        const button = find(tab, 'act');
        if (!field || !button) return;
        field.value = JSON.stringify({...action, at: Date.now()});
        updateInput(field);
        setTimeout(() => button.click(), 50);
    }

    // The page is as old as the WebUI's start, and when it is loaded gradio 4 does not listen to a click yet.
    function onUnfold(event) {
        if (!event.target.closest || !event.target.closest('.label-wrap')) return;
        const tab = tabs.find((tab) => event.target.closest(`#stylus_${tab}_panel`));
        const button = tab && find(tab, 'poll');
        if (button) setTimeout(() => button.click(), 50);
    }

    function onClick(event) {
        onUnfold(event);
        const button = event.target.closest && event.target.closest('button[data-stylus]');
        if (button) {
            const tab = tabOf(button);
            if (!tab) return;
            event.preventDefault();
            act(tab, {do: button.dataset.stylus, name: button.dataset.name || ''});
            return;
        }
        const chip = event.target.closest && event.target.closest('.stylus-chip');
        if (chip && tabOf(chip) && event.target.tagName !== 'INPUT') {
            chip.classList.toggle('stylus-open'); // a touch screen has no hover
        }
    }

    function onChange(event) {
        const field = event.target;
        if (!field.matches || !field.matches('input[data-stylus="weight"]')) return;
        const tab = tabOf(field);
        if (tab && field.value !== '') act(tab, {do: 'weight', name: field.dataset.name, value: field.value});
    }

    function onKey(event) {
        if (event.key !== 'Enter' || !event.target.matches) return;
        if (event.target.matches('.stylus-chip')) event.target.classList.toggle('stylus-open');
        if (event.target.matches('input[data-stylus="weight"]')) event.target.blur();
    }

    function poll() {
        if (document.hidden) return;
        for (const tab of tabs) {
            const button = find(tab, 'poll');
            const lines = ['status', 'refine'].map((part) => find(tab, part, '.stylus-status'));
            // A panel that is closed or on another tab has no size: nobody reads it.
            if (button && lines.some((line) => line && line.dataset.busy === '1' && line.offsetParent !== null)) {
                button.click();
            }
        }
    }

    onUiLoaded(function() {
        document.addEventListener('click', onClick);
        document.addEventListener('change', onChange);
        document.addEventListener('keydown', onKey);
        setInterval(poll, POLL);
    });
})();
