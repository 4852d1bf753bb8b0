"use strict";
// The gallery. Everything it shows comes from strangers, so it is only ever set as text.
(() => {
  const data = JSON.parse(document.getElementById("gallery-data").textContent);
  const PER_PAGE = 12;
  const root = document.getElementById("gallery");
  const by = (id) => document.getElementById(id);
  const search = by("g-text"), differs = by("g-differs"), count = by("g-count"), list = by("g-list");
  const selects = {checkpoint: by("g-checkpoint"), cfg: by("g-cfg"), seed: by("g-seed")};
  const hidden = new Set();
  let page = 0;

  const make = (tag, name, ...children) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...children);
    return element;
  };
  const small = (text) => text.normalize("NFKC").toLowerCase();
  const searched = data.prompts.map((p) => small([p.id, p.text, ...p.chosen.flatMap((c) =>
    c.picks.flatMap((k) => [k.name, k.title, k.keyword]))].filter((t) => typeof t === "string").join("\n")));

  const matching = () => {
    const words = small(search.value).split(/\s+/).filter(Boolean);
    return data.prompts.filter((p, n) => (!differs.checked || p.differs) && words.every((w) => searched[n].includes(w)));
  };

  const pick = (one) => {
    const item = make("li", "", make("b", "", String(one.name ?? "?")));
    if (typeof one.weight === "number") item.append(" ", make("span", "weight", String(Math.round(one.weight * 1000) / 1000)));
    if (one.keyword) item.append(" for “", make("i", "", String(one.keyword)), "”");
    if (one.title && one.title !== one.name) item.append(make("div", "small", String(one.title)));
    if (one.reason) item.append(make("div", "small", String(one.reason)));
    return item;
  };

  const figure = (system, prompt, picture) => {
    const label = data.systems[system];
    const caption = make("figcaption", "", make("strong", "", label));
    const box = make("figure");
    if (!picture) {
      box.append(make("div", "none", "not made"), caption);
      return box;
    }
    const [, , , , address, clip, chosen, original] = picture;
    const selection = prompt.chosen[chosen];
    if (address) {
      const image = make("img");
      image.loading = "lazy";
      image.decoding = "async";
      image.alt = `${label}: ${selection.prompt}`;
      image.src = address;
      const link = make("a", "", image);
      link.href = address;
      box.append(link);
    } else {
      box.append(make("div", "none", "missing or broken"));
    }
    if (clip !== null) caption.append(" ", make("span", "small", `CLIP score ${clip.toFixed(2)}`));
    if (selection.picks.length) caption.append(make("ul", "", ...selection.picks.map(pick)));
    else if (system !== data.base) caption.append(make("p", "small", "nothing was picked"));
    for (const note of selection.notes) caption.append(make("p", "small", note));
    caption.append(make("details", "", make("summary", "", "prompt that was used"),
      make("pre", "", selection.prompt), make("p", "small", original)));
    box.append(caption);
    return box;
  };

  const section = (prompt) => {
    const place = Object.values(selects).map((s) => Number(s.value));
    const cell = new Map(prompt.pictures.filter((p) => place.every((v, n) => p[n + 1] === v)).map((p) => [p[0], p]));
    const shown = data.systems.map((_, n) => n).filter((n) => !hidden.has(n));
    const row = make("div", "row", ...shown.map((n) => figure(n, prompt, cell.get(n))));
    row.style.setProperty("--columns", String(Math.max(1, shown.length)));
    const head = make("h3", "", prompt.text);
    return make("article", "", head, make("p", "small", prompt.differs ? prompt.id : `${prompt.id} · no system changed it`), row);
  };

  const show = () => {
    const found = matching();
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    count.textContent = `${found.length} of ${data.prompts.length} prompts`;
    list.replaceChildren(...found.slice(page * PER_PAGE, (page + 1) * PER_PAGE).map(section));
    for (const bar of root.querySelectorAll(".pager")) {
      bar.hidden = pages < 2;
      bar.querySelector(".where").textContent = `page ${page + 1} of ${pages}`;
      bar.querySelector(".before").disabled = page === 0;
      bar.querySelector(".after").disabled = page === pages - 1;
    }
  };
  const again = () => { page = 0; show(); };

  let typing = 0;
  search.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(again, 120); });
  differs.addEventListener("change", again);
  for (const select of Object.values(selects)) select.addEventListener("change", show);
  by("g-systems").addEventListener("change", (event) => {
    hidden[event.target.checked ? "delete" : "add"](Number(event.target.value));
    show();
  });
  for (const bar of root.querySelectorAll(".pager")) {
    bar.addEventListener("click", (event) => {
      if (!event.target.matches("button")) return;
      page += event.target.matches(".after") ? 1 : -1;
      show();
      if (bar.matches(".below")) root.scrollIntoView();
    });
  }
  by("g-filter").addEventListener("submit", (event) => event.preventDefault());
  by("g-filter").hidden = false;
  show();
})();
