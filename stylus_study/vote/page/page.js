"use strict";

const byId = (id) => document.getElementById(id);
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "same" };
const STORED = "stylus-rater";

let rater = localStorage.getItem(STORED) || "";
let pair = null; // what is shown
let busy = true; // nothing is taken while pictures load or a vote is on its way

function wait(is) {
  busy = is;
  document.body.setAttribute("aria-busy", is);
}

async function ask(path, more) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ rater, ...more }),
  });
  const state = await answer.json();
  if (!answer.ok) throw new Error(state.error || answer.statusText);
  return state;
}

async function load(image, address) {
  image.src = address;
  await image.decode();
}

async function go(path, more) {
  wait(true);
  try {
    await show(await ask(path, more));
    byId("error").hidden = true;
  } catch (error) {
    const lost = error instanceof TypeError;
    byId("error").textContent = lost
      ? "The server does not answer: was stylus study vote ended? What you voted is kept. Start it again and reload."
      : error.message;
    byId("error").hidden = false;
  } finally {
    document.querySelectorAll(".chosen").forEach((side) => side.classList.remove("chosen"));
    wait(false);
  }
}

async function show(state) {
  pair = state.pair || null;
  const asks = !state.rater;
  byId("start").hidden = !asks;
  byId("pair").hidden = asks || !pair;
  byId("done").hidden = asks || Boolean(pair);
  byId("who").hidden = asks;
  if (asks) {
    byId("rater").focus();
    return;
  }
  rater = state.rater;
  if (!state.fixed) localStorage.setItem(STORED, rater);
  byId("other").hidden = state.fixed;
  byId("name").textContent = rater;
  byId("progress").textContent = `${state.done} of ${state.total}`;
  byId("full").style.width = `${(100 * state.done) / Math.max(1, state.total)}%`;
  byId("undo").disabled = state.done === 0;
  if (!pair) return;
  byId("prompt").textContent = pair.prompt;
  await Promise.all([load(byId("left"), pair.left), load(byId("right"), pair.right)]);
  for (const address of state.next) new Image().src = address;
}

function choose(choice) {
  if (busy || !pair) return;
  const side = document.querySelector(`.side[data-choice="${choice}"]`);
  if (side) side.classList.add("chosen");
  go("/vote", { pair: pair.name, choice });
}

function undo() {
  if (!busy && rater) go("/undo", {});
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || !byId("start").hidden) return;
  if (event.key in KEYS) choose(KEYS[event.key]);
  else if (event.key === "ArrowUp" || event.key === "Backspace") undo();
  else return;
  event.preventDefault();
});
document.querySelectorAll("[data-choice]").forEach((button) =>
  button.addEventListener("click", () => {
    button.blur();
    choose(button.dataset.choice);
  }),
);
byId("undo").addEventListener("click", undo);
byId("undo-last").addEventListener("click", undo);
byId("start").addEventListener("submit", (event) => {
  event.preventDefault();
  rater = byId("rater").value;
  go("/state", {});
});
byId("other").addEventListener("click", () => {
  localStorage.removeItem(STORED);
  rater = "";
  go("/state", {});
});

go("/state", {});
