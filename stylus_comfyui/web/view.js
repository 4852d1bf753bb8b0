// What a node shows: what the last run told, and what was done to it since. Nothing here draws or changes anything.

import {forPrompt, promptOf, samePrompt, weighed} from './state.js';

/**
 * Makes the chips of a node.
 *
 * @param stored the node's state, as its widget holds it
 * @param payload what the last run told; null: there was none since the page was opened
 * @param lifted chips that were frozen and were removed, by name: they can be put back
 * @param typed the prompt that stands in the node; null: nobody knows before it runs
 * @returns the state as it counts, and chips: {name, picks, frozen, brought, pinned, banned,
 *     removed, out, weighed, chosen}; brought: by a picture; out: the user left it out; chosen: Stylus picked it
 */
export function viewOf(stored, payload, lifted, typed) {
    const prompt = promptOf(stored, payload, typed);
    const state = forPrompt(stored, prompt);
    const frozen = new Map(state.frozen.map((pick) => [pick.name, pick]));
    const selected = payload ? payload.picks.map((pick) => withFrozen(pick, frozen.get(pick.name))) : [];
    const told = new Set([...selected, ...(payload ? [...payload.nearly, ...payload.left_out] : [])].map((pick) => pick.name));
    const lost = [...lifted.values()].flat().filter((pick) => !frozen.has(pick.name) && !told.has(pick.name));
    const there = new Set(selected.map((pick) => pick.name));
    const more = state.frozen.filter((pick) => !there.has(pick.name));

    const chipOf = (group) => {
        const [{name}] = group;
        const held = frozen.has(name);
        const own = held ? null : state.weights.get(name);
        const chosen = Boolean(payload) && there.has(name);
        const removed = !held && (state.removed.has(name) || state.onlyFrozen || !chosen);
        const before = removed ? lifted.get(name) || [] : [];
        const picks = group.map((pick) => withFrozen(pick, before.find((one) => one.name === pick.name)));
        return {
            name,
            picks: own && picks[0].weight !== own.weight ? inProportion(picks, own.weight) : picks,
            frozen: held,
            brought: held && state.picture && !state.kept.includes(name),
            pinned: state.pinned.includes(name),
            banned: state.banned.includes(name),
            removed,
            out: state.removed.has(name),
            weighed: Boolean(own),
            chosen,
        };
    };

    const chips = grouped([...selected, ...more, ...lost]).map(chipOf);
    const shown = new Set(chips.flatMap((chip) => chip.picks.map((pick) => pick.name)));
    const rest = (picks) => grouped(picks.filter((pick) => !shown.has(pick.name))).map(chipOf);
    const nearly = payload ? rest(payload.nearly) : [];
    const leftOut = payload ? rest(payload.left_out) : [];
    const listed = new Set([...chips, ...nearly, ...leftOut].map((chip) => chip.name));
    const inUse = chips.filter((chip) => !chip.removed && !chip.banned);
    return {
        state,
        chips,
        nearly,
        leftOut,
        inUse,
        // Done for good in this node, and in nothing that the last run told.
        pinned: state.pinned.filter((name) => !listed.has(name)),
        banned: state.banned.filter((name) => !listed.has(name)),
        waits: Boolean(payload) && changed(state, payload, inUse, leftOut, nearly),
        expired: stored.picture && !samePrompt(stored.prompt, prompt),
    };
}

// What stands in the workflow counts; the last run knows more of it, such as how sure it was.
function withFrozen(pick, frozen) {
    if (!frozen || frozen === pick) return pick;
    return {
        ...pick,
        weight: frozen.weight,
        clip_weight: frozen.clip_weight,
        trigger_words: frozen.trigger_words,
        keyword: pick.keyword || frozen.keyword,
        title: pick.title || frozen.title,
        reason: pick.reason || frozen.reason,
        stage: pick.stage || frozen.stage,
        belongs_to: pick.belongs_to || frozen.belongs_to,
        has_preview: true,
    };
}

function inProportion(picks, weight) {
    const factor = picks[0].weight ? weight / picks[0].weight : 1;
    return picks.map((pick, i) => weighed(pick, i ? Math.round(pick.weight * factor * 100) / 100 : weight));
}

// Two files that belong together are one chip: the first, and behind it those that name it.
function grouped(picks) {
    const groups = new Map();
    const first = new Map(picks.map((pick) => [pick.name, pick]));
    for (const pick of picks) {
        if (!first.has(pick.belongs_to) || pick.belongs_to === pick.name) groups.set(pick.name, [pick]);
    }
    for (const pick of picks) {
        if (!groups.has(pick.name) && groups.has(pick.belongs_to)) groups.get(pick.belongs_to).push(pick);
    }
    return [...groups.values()];
}

// Whether the next run gives other picks than the last one because of what was done since.
function changed(state, payload, inUse, leftOut, nearly) {
    const now = new Map(inUse.flatMap((chip) => chip.picks.map((pick) => [pick.name, pick.weight])));
    if (payload.frozen && !state.onlyFrozen) return true;
    if (now.size !== payload.picks.length || payload.picks.some((pick) => now.get(pick.name) !== pick.weight)) return true;
    if (nearly.some((chip) => chip.pinned) || inUse.some((chip) => chip.picks[0].pinned && !chip.pinned)) return true;
    return leftOut.some((chip) => !state.removed.has(chip.name));
}
