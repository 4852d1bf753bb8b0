// One chip: a LoRA's picture, name, weight, the words it serves, how sure Stylus is, why, and the buttons.
//
// Titles, names and reasons come from strangers: they are set as text and never as HTML.

import {HIGH, LOW} from './state.js';

// The least chance that a pick is wanted, and what a user is told.
const SURE = [[0.75, 'sure'], [0.5, 'likely'], [0, 'a guess']];

/** Makes an element: `more` are its properties, those with a dash attributes. */
export function make(tag, className, more = {}, ...children) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    for (const [key, value] of Object.entries(more)) {
        if (key.includes('-') || key === 'role') element.setAttribute(key, value);
        else element[key] = value;
    }
    element.append(...children);
    return element;
}

/** Makes a button: `slot` is its place, by which the focus finds it again; `about` whose it is. */
export function button(slot, label, hint, onclick, about = '') {
    const more = {type: 'button', textContent: label, title: hint, onclick, 'data-slot': slot};
    if (about) more['aria-label'] = `${label}: ${about}`;
    return make('button', 'stylus-button', more);
}

export const titleOf = (pick) => pick.title || pick.name;
export const weightText = (weight) => String(Math.round(weight * 100) / 100);

/**
 * Draws a chip.
 *
 * @param chip of the view
 * @param kind "picks", "nearly" or "left"
 * @param picture its picture, or the blank in its place
 * @param act called with what is to be done, the chip, and for a weight the typed value
 * @param note how the user's own pictures use it
 */
export function drawChip(chip, kind, picture, act, note = '') {
    const [pick] = chip.picks;
    const gone = kind === 'picks' && (chip.removed || chip.banned);
    const item = make('li', `stylus-chip stylus-${kind}${gone ? ' stylus-removed' : ''}`, {'data-name': chip.name});
    const about = make('div', 'stylus-about', {}, head(chip, kind === 'picks' && !gone, act), files(chip));
    const served = servedBy(pick, chip);
    if (served.childElementCount) about.append(served);
    const why = reason(pick, note);
    if (why) about.append(why);
    item.append(picture, about, tools(chip, kind, gone, act));
    return item;
}

function head(chip, changes, act) {
    const title = titleOf(chip.picks[0]);
    const row = make('div', 'stylus-head', {}, make('span', 'stylus-title', {textContent: title, title, dir: 'auto'}));
    const weight = weightText(chip.picks[0].weight);
    if (!changes) {
        row.append(make('span', 'stylus-weight', {textContent: weight, title: `Weight ${weight}`}));
        return row;
    }
    const hint = chip.frozen ? 'Weight' : 'Weight for this prompt';
    const field = make('input', 'stylus-weight', {
        type: 'number', step: '0.05', min: String(LOW), max: String(HIGH), value: weight, title: hint,
        'aria-label': `Weight of ${title}`, 'data-slot': 'weight',
    });
    field.addEventListener('change', () => act('weigh', chip, field.value));
    const reset = button('reset', '↺', 'Back to the weight that Stylus chooses', () => act('unweigh', chip));
    reset.setAttribute('aria-label', `Back to the weight that Stylus chooses: ${title}`);
    reset.classList.add('stylus-reset');
    reset.hidden = !chip.weighed;
    row.append(reset, field);
    return row;
}

// All the files that come and go with this chip.
function files(chip) {
    const names = chip.picks.map((pick, i) => (i ? `${pick.name} (${weightText(pick.weight)})` : pick.name)).join(' + ');
    return make('div', 'stylus-file', {textContent: names, title: names, dir: 'auto'});
}

function servedBy(pick, {frozen, brought}) {
    const row = make('div', 'stylus-served');
    if (pick.keyword) {
        row.append(make('span', 'stylus-keyword', {textContent: pick.keyword, title: `Serves: ${pick.keyword}`, dir: 'auto'}));
    }
    if (frozen) row.append(make('span', 'stylus-badge stylus-frozen', {textContent: brought ? 'the picture’s' : 'frozen'}));
    else if (pick.keyword && pick.score > 0 && pick.score <= 1) {
        const [, word] = SURE.find(([least]) => pick.score >= least);
        const title = `${Math.round(pick.score * 100)}% sure that the prompt asks for it`;
        row.append(make('span', 'stylus-badge', {textContent: word, title}));
    }
    return row;
}

function reason(pick, note) {
    const words = pick.trigger_words.length ? ` Trigger words: ${pick.trigger_words.join(', ')}.` : '';
    const clip = pick.clip_weight === null ? '' : ` Text encoder: ${weightText(pick.clip_weight)}.`;
    const why = `${pick.reason}${words}${clip}${note ? ` ${note}` : ''}`.trim();
    if (!why) return null;
    const shown = make('button', 'stylus-reason', {
        type: 'button', textContent: why, title: why, dir: 'auto', 'aria-expanded': 'false', 'data-slot': 'reason',
    });
    shown.addEventListener('click', () => {
        shown.setAttribute('aria-expanded', String(shown.getAttribute('aria-expanded') !== 'true'));
    });
    return shown;
}

function tools(chip, kind, gone, act) {
    const title = titleOf(chip.picks[0]);
    const tool = (slot, what, label, hint) => button(slot, label, hint, () => act(what, chip), title);
    const ban = chip.banned
        ? tool('ban', 'unban', 'Pick it again', 'Let it be picked again')
        : tool('ban', 'ban', 'Never here', 'Never pick it in this node, for any prompt');
    const row = make('div', 'stylus-tools');
    if (chip.banned) {
        row.append(ban);
        return row;
    }
    if (kind === 'nearly') row.append(tool('use', 'use', 'Use it', 'Add it to the picks, frozen at this weight'));
    else if (kind === 'left' && !chip.out) row.append(tool('use', 'remove', 'Remove', 'Leave it out for this prompt'));
    else if (kind === 'left' || gone) row.append(tool('use', 'restore', 'Put back', 'Put it back for this prompt'));
    else row.append(tool('use', 'remove', 'Remove', 'Leave it out for this prompt'));
    row.append(
        chip.pinned
            ? tool('pin', 'unpin', 'Unpin', 'Stop adding it to every prompt')
            : tool('pin', 'pin', 'Pin', 'Add it to every prompt of this node until it is unpinned')
    );
    if (chip.pinned) row.lastChild.classList.add('stylus-on');
    if (kind === 'picks' && !gone) {
        row.append(
            chip.frozen
                ? tool('freeze', 'unfreeze', 'Unfreeze', 'Let Stylus decide again whether it is picked')
                : tool('freeze', 'freeze', 'Freeze', 'Keep it in the workflow as it is, whatever the prompt')
        );
        if (chip.frozen) row.lastChild.classList.add('stylus-on');
    }
    row.append(ban);
    return row;
}
