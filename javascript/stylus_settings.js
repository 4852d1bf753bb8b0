// The way from the Stylus panel to the settings: opens whatever tabs lie around a field of the settings page.
(function() {
    'use strict';

    const FIELD = '#setting_stylus_endpoint';

    // gradio 4 names the button of a tab after it; gradio 3 only keeps both in the same order.
    function buttonOf(item) {
        const named = item.id && document.getElementById(`${item.id}-button`);
        if (named) return named;
        const around = item.parentElement;
        const items = [...around.children].filter((child) => child.classList.contains('tabitem'));
        return around.querySelectorAll(':scope > .tab-nav > button')[items.indexOf(item)];
    }

    function reveal(field) {
        const items = [];
        for (let item = field.closest('.tabitem'); item; item = item.parentElement.closest('.tabitem')) {
            items.unshift(item);
        }
        for (const item of items) {
            const button = buttonOf(item);
            if (button) button.click();
        }
        setTimeout(() => {
            field.scrollIntoView({block: 'center'});
            const input = field.querySelector('input, textarea');
            if (input) input.focus();
        }, 100); // gradio shows a tab a moment after its click
    }

    onUiLoaded(function() {
        document.addEventListener('click', function(event) {
            if (!event.target.closest || !event.target.closest('[data-stylus-settings]')) return;
            event.preventDefault();
            const field = gradioApp().querySelector(FIELD);
            if (field) reveal(field);
        });
    });
})();
