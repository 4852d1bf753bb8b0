// What the user's own pictures say of LoRAs, and what a click on a chip says: asked of the server and told to it alone. None
// of it is kept in a node: a workflow travels with each picture.

import {api} from '../../scripts/api.js';

const MOST = 200; // names in one question
const LONGEST = 400; // characters of one answer

/** By what the server calls a click. */
const CLICKS = {
    remove: 'remove', restore: 'restore', weigh: 'weight', unweigh: 'reset', use: 'use',
    pin: 'pin', unpin: 'unpin', ban: 'ban', unban: 'unban',
};

async function post(route, body) {
    try {
        const response = await api.fetchApi(route, {
            method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
        });
        return response.ok ? await response.json() : null;
    } catch (error) {
        return null; // the server is away: the chips work without it
    }
}

/** Asks how LoRAs were used: {on, notes}, of which `on` is whether Stylus learns, and `notes` a sentence by name. */
export async function askOwn(names) {
    const given = await post('/stylus/own', {names: names.slice(0, MOST)});
    const notes = new Map();
    for (const [name, note] of Object.entries((given && given.notes) || {})) {
        if (typeof note === 'string') notes.set(name, note.slice(0, LONGEST));
    }
    return {on: Boolean(given && given.on === true), notes};
}

/** Tells what was done to a chip. */
export function tellOwn(what, prompt, name, weight = null) {
    if (CLICKS[what]) post('/stylus/feedback', {click: CLICKS[what], prompt, name, weight});
}
