// Asks for what the Stylus panel has to show anew: how far the index is, and what a job used.
(function() {
    'use strict';

    const POLL = 1500; // milliseconds between looks at the index while it is being made
    const tabs = ['txt2img', 'img2img'];

    function find(tab, part, inner) {
        return gradioApp().querySelector(`#stylus_${tab}_${part}${inner ? ` ${inner}` : ''}`);
    }

    // The page is as old as the WebUI's start, and when it is loaded gradio 4 does not listen to a click yet.
    function onUnfold(event) {
        if (!event.target.closest || !event.target.closest('.label-wrap')) return;
        const tab = tabs.find((tab) => event.target.closest(`#stylus_${tab}_panel`));
        const button = tab && find(tab, 'poll');
        if (button) setTimeout(() => button.click(), 50);
    }

    function poll() {
        if (document.hidden) return;
        for (const tab of tabs) {
            const button = find(tab, 'poll');
            const lines = ['status', 'refine', 'own'].map((part) => find(tab, part, '.stylus-status'));
            // A panel that is closed or on another tab has no size: nobody reads it.
            if (button && lines.some((line) => line && line.dataset.busy === '1' && line.offsetParent !== null)) {
                button.click();
            }
        }
    }

    onUiLoaded(function() {
        document.addEventListener('click', onUnfold);
        setInterval(poll, POLL);
    });
})();
