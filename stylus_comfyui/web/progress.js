// How far the library is: asked while it is read or indexed, and only while a page has a node that shows it.

import {api} from '../../scripts/api.js';

const AGAIN = 1500; // milliseconds
const BUSY = ['waiting', 'indexing'];

const listeners = new Set();
let timer = null;
let asking = false;
let last = null;

const count = (value) => (Number.isFinite(value) && value > 0 ? value : 0);

function read(given) {
    const value = given && typeof given === 'object' ? given : {};
    const total = count(value.total);
    return {
        busy: BUSY.includes(value.status) || value.refreshing === true,
        sentence: typeof value.sentence === 'string' ? value.sentence : '',
        done: Math.min(count(value.done), total),
        total,
    };
}

async function ask() {
    timer = null;
    if (asking || !listeners.size) return;
    asking = true;
    let found = null;
    try {
        const response = await api.fetchApi('/stylus/status');
        if (response.ok) found = read(await response.json());
    } catch (error) {
        // the server is away: it is asked again when it is back, and with the next run
    }
    asking = false;
    const before = last;
    last = found;
    if (found || before) listeners.forEach((listener) => listener(last));
    if (found && found.busy && listeners.size) timer = setTimeout(ask, AGAIN);
}

/** Asks now, and goes on until the library is ready. */
export function look() {
    if (timer === null) ask();
}

/** Calls `listener` with {busy, sentence, done, total}, or null where the server does not say, until it is taken off. */
export function listen(listener) {
    listeners.add(listener);
    if (last) listener(last);
    look();
    return () => {
        listeners.delete(listener);
        if (!listeners.size) {
            clearTimeout(timer);
            timer = null;
            last = null;
        }
    };
}
