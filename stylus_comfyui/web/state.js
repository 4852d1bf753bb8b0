// What the user did to the picks of a node: the JSON of its hidden widget, read, changed and written. Nothing here draws.
//
// ComfyUI loads every .js of this folder as an extension of its own: one that registers nothing is only a module, and
// the browser keeps one copy of it. An .mjs would not be loaded so, but ComfyUI lets browsers cache that over an update.

const LONGEST = 2000; // characters of one text
const MOST = 500; // entries of one list
export const LOW = -2, HIGH = 2; // weights

const list = (value) => (Array.isArray(value) ? value.slice(0, MOST) : []);
const object = (value) => (value && typeof value === 'object' && !Array.isArray(value) ? value : {});
const text = (value) => (typeof value === 'string' ? value.slice(0, LONGEST) : '');
const texts = (value) => list(value).map(text).filter(Boolean);
const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/** A pick as the server or a workflow tells it: whatever is no pick is null, and nothing in it is trusted. */
export function readPick(given) {
    const entry = object(given);
    const name = text(entry.name);
    if (!name) return null;
    return {
        name,
        title: text(entry.title),
        kind: text(entry.kind),
        weight: number(entry.weight) ?? 1,
        clip_weight: number(entry.clip_weight),
        keyword: text(entry.keyword),
        reason: text(entry.reason),
        score: number(entry.score) ?? 0,
        trigger_words: texts(entry.trigger_words),
        stage: text(entry.stage),
        belongs_to: text(entry.belongs_to),
        frozen: entry.frozen === true,
        pinned: entry.pinned === true,
        has_preview: entry.has_preview === true,
    };
}

const readPicks = (value) => list(value).map(readPick).filter(Boolean);

/** What a run told: the picks, and what else there is to say. Null where it told nothing. */
export function readPayload(given) {
    const payload = object(given);
    if (!Array.isArray(payload.picks)) return null;
    return {
        prompt: typeof payload.prompt === 'string' ? payload.prompt : '',
        picks: readPicks(payload.picks),
        nearly: readPicks(payload.nearly),
        left_out: readPicks(payload.left_out),
        notes: texts(payload.notes),
        frozen: payload.frozen === true,
        picture: payload.picture === true,
        decided: payload.decided !== false,
        status: text(payload.status),
    };
}

/** The state in a widget's text; an empty one where the text is none. */
export function readState(value) {
    let given = {};
    try {
        given = object(JSON.parse(value || '{}'));
    } catch (error) {
        // not ours: nothing was done
    }
    const weights = new Map();
    for (const [name, entry] of Object.entries(object(given.weights))) {
        const weight = number(object(entry).weight);
        if (weight !== null) weights.set(name, {weight, words: texts(entry.words)});
    }
    return {
        frozen: readPicks(given.frozen),
        onlyFrozen: given.only_frozen === true,
        picture: given.picture === true,
        kept: texts(given.kept),
        prompt: typeof given.prompt === 'string' ? given.prompt : '',
        removed: new Map(Object.entries(object(given.removed)).map(([name, words]) => [name, texts(words)])),
        weights,
        pinned: texts(given.pinned),
        banned: texts(given.banned),
    };
}

/** The text for the widget; "" where nothing was done, so that an untouched node stays as it was. */
export function writeState(state) {
    const out = {};
    if (state.frozen.length) out.frozen = state.frozen.map(frozenEntry);
    if (state.onlyFrozen) out.only_frozen = true;
    if (state.picture) out.picture = true;
    if (state.picture && state.kept.length) out.kept = state.kept;
    if (state.picture || state.removed.size || state.weights.size) out.prompt = state.prompt;
    if (state.removed.size) out.removed = Object.fromEntries(state.removed);
    if (state.weights.size) out.weights = Object.fromEntries(state.weights);
    if (state.pinned.length) out.pinned = state.pinned;
    if (state.banned.length) out.banned = state.banned;
    return Object.keys(out).length ? JSON.stringify(out) : '';
}

/** What of a pick stands in a workflow, so that it can be applied without asking anybody. */
function frozenEntry(pick) {
    const entry = {name: pick.name, weight: pick.weight};
    if (pick.clip_weight !== null) entry.clip_weight = pick.clip_weight;
    if (pick.trigger_words.length) entry.trigger_words = pick.trigger_words;
    for (const key of ['keyword', 'title', 'kind', 'reason', 'stage', 'belongs_to']) {
        if (pick[key]) entry[key] = pick[key];
    }
    return entry;
}

// -- which prompt it is for ----------------------------------------------------------------------------------------------

const plain = (prompt) => prompt.split(/\s+/).filter(Boolean).join(' ');
const words = (prompt) => prompt.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/** Whether two prompts are the same but for spaces. */
export const samePrompt = (one, other) => plain(one) === plain(other);

// Whether what was done to a pick for one prompt is meant for another: while one of the words that it served stands
// there, or for a pick that served none while most of the prompt does. The server decides; this only shows it.
function stands(served, before, now) {
    if (samePrompt(before, now)) return true;
    const there = ` ${words(now).join(' ')} `;
    if (served.length) return served.some((phrase) => there.includes(` ${words(phrase).join(' ')} `));
    const all = words(before);
    return 2 * all.filter((word) => there.includes(` ${word} `)).length > all.length;
}

// As the server does, which takes them into the stack.
const withoutTags = (prompt) => prompt.replace(/ ?<(?:lora|lyco):[^>]+>/g, '');
// What is typed may be another text each time that it is run.
const isTemplate = (prompt) => /[{}|]/.test(prompt);

/** Whether what a run told is for another prompt than the one that is typed; null is one that nobody can tell. */
export function isStale(payload, typed) {
    return Boolean(payload) && typed !== null && !isTemplate(typed) && !samePrompt(withoutTags(typed), payload.prompt);
}

/** The prompt that counts: that of the last run, or without one what is typed where it can be told from the picture's. */
export function promptOf(state, payload, typed) {
    if (payload) return payload.prompt;
    const plainly = typed === null ? '' : withoutTags(typed);
    if (!state.prompt || (state.picture && plainly && !isTemplate(plainly))) return plainly;
    return state.prompt;
}

/** What of a state holds for a prompt, as the server sees it. */
export function forPrompt(state, prompt) {
    if (samePrompt(state.prompt, prompt)) return state;
    const kept = (map, wordsOf) => new Map([...map].filter(([, entry]) => stands(wordsOf(entry), state.prompt, prompt)));
    return {
        ...state,
        ...(state.picture ? chooseAnew(state) : {}),
        prompt,
        removed: kept(state.removed, (entry) => entry),
        weights: kept(state.weights, (entry) => entry.words),
    };
}

// -- what can be done: each takes a state and gives another ----------------------------------------------------------------

const without = (names, gone) => names.filter((name) => !gone.includes(name));
const added = (names, more) => [...without(names, more), ...more];
const dropped = (map, names) => new Map([...map].filter(([name]) => !names.includes(name)));
const namesOf = (picks) => picks.map((pick) => pick.name);

/** A weight as it can be used: between the ends, with two places; null where it is no number. */
export function checkedWeight(value) {
    if (String(value).trim() === '' || !Number.isFinite(Number(value))) return null;
    return Math.round(Math.min(HIGH, Math.max(LOW, Number(value))) * 100) / 100;
}

/** A pick with another weight; one of its own for the text encoder goes along. */
export function weighed(pick, weight) {
    const clip = pick.clip_weight;
    const same = clip === null || !pick.weight;
    return {...pick, weight, clip_weight: same ? clip : Math.round(clip * weight / pick.weight * 100) / 100};
}

/** `picks` are the files of one chip; `chosen`: whether it would be picked again. */
export function remove(state, picks, chosen) {
    const names = namesOf(picks);
    const next = {...state, frozen: state.frozen.filter((pick) => !names.includes(pick.name))};
    next.pinned = without(state.pinned, names);
    if (!chosen || state.onlyFrozen) return next;
    const served = picks[0].keyword ? [picks[0].keyword] : [];
    return {...next, removed: new Map(state.removed).set(names[0], served)};
}

export function putBack(state, picks, frozen) {
    const names = namesOf(picks);
    const next = {...state, removed: dropped(state.removed, names), banned: without(state.banned, names)};
    return frozen ? freeze(next, picks) : next;
}

export function weigh(state, picks, weight) {
    const [first] = picks;
    const names = namesOf(picks);
    if (state.frozen.some((pick) => pick.name === first.name)) {
        const factor = first.weight ? weight / first.weight : 1;
        const changed = (pick) => {
            if (!names.includes(pick.name)) return pick;
            return weighed(pick, pick.name === first.name ? weight : checkedWeight(pick.weight * factor) ?? weight);
        };
        return {...state, frozen: state.frozen.map(changed)};
    }
    const served = first.keyword ? [first.keyword] : [];
    return {...state, weights: new Map(state.weights).set(first.name, {weight, words: served})};
}

export function unweigh(state, picks) {
    return {...state, weights: dropped(state.weights, namesOf(picks))};
}

export function pin(state, picks) {
    const [{name}] = picks;
    return {
        ...state,
        pinned: added(state.pinned, [name]),
        banned: without(state.banned, namesOf(picks)),
        removed: dropped(state.removed, namesOf(picks)),
    };
}

export function unpin(state, picks) {
    return {...state, pinned: without(state.pinned, namesOf(picks))};
}

export function ban(state, picks) {
    const names = namesOf(picks);
    return {
        ...state,
        banned: added(state.banned, [names[0]]),
        pinned: without(state.pinned, names),
        removed: dropped(state.removed, names),
        weights: dropped(state.weights, names),
        frozen: state.frozen.filter((pick) => !names.includes(pick.name)),
    };
}

export function unban(state, picks) {
    return {...state, banned: without(state.banned, namesOf(picks))};
}

export function freeze(state, picks) {
    const names = namesOf(picks);
    const others = state.frozen.filter((pick) => !names.includes(pick.name));
    return {
        ...state,
        frozen: [...others, ...picks],
        removed: dropped(state.removed, names),
        weights: dropped(state.weights, names),
    };
}

/** The others stay as they are, and Stylus chooses besides them. */
export function unfreeze(state, picks) {
    const names = namesOf(picks);
    return {...state, frozen: state.frozen.filter((pick) => !names.includes(pick.name)), onlyFrozen: false, picture: false};
}

/** Exactly these, for every prompt, until they are chosen anew. */
export function freezeAll(state, picks) {
    return {...freeze({...state, frozen: []}, picks), onlyFrozen: true, picture: false, kept: []};
}

/** What came with a picture goes; what the user himself had frozen before it was made stays. */
export function chooseAnew(state) {
    const own = state.picture ? state.frozen.filter((pick) => state.kept.includes(pick.name)) : [];
    return {...state, frozen: own, onlyFrozen: false, picture: false, kept: []};
}

/** What a picture brings: its picks, for its prompt. What was frozen for good by the user is as good a record, and stays. */
export function takePicture(state, given) {
    const picture = object(given);
    if (!Array.isArray(picture.picks) || typeof picture.prompt !== 'string') return state;
    if (state.onlyFrozen && !state.picture) return state;
    const kept = state.picture ? state.kept : namesOf(state.frozen);
    const frozen = readPicks(picture.picks);
    return {...forPrompt(state, picture.prompt), frozen, onlyFrozen: true, picture: true, kept, prompt: picture.prompt};
}
