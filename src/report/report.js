"use strict";
(() => {
  const table = document.getElementById("identities");
  const form = document.getElementById("filters");
  if (!table) return;

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const textOf = (body, selector) =>
    [...body.querySelectorAll(selector)].map((one) => one.textContent).join("\n");
  // Every short word is somewhere in a thumbprint: those are looked at for six digits or more.
  const digits = /\b[0-9a-f]{16,}\b/g;
  const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#96": "`" };
  const valuesOf = (markup) => [...markup.matchAll(/<dd[^>]*>(.*?)<\/dd>/g)]
    .map(([, value]) => value.replace(/<[^>]*>/g, "").replace(/&([a-z]+|#\d+);/g, (all, name) => entities[name] ?? all))
    .join("\n");
  // What is only needed when somebody asks for it is made then.
  class Row {
    #values;
    #searched;
    #name;
    #issuer;
    constructor(body) {
      this.body = body;
      this.more = body.lastElementChild;
      this.begin = Number(body.dataset.begin);
      this.end = Number(body.dataset.end);
      this.renewed = body.dataset.urgency === "renewed";
    }
    get name() {
      return this.#name ??= textOf(this.body, ".name");
    }
    get issuer() {
      return this.#issuer ??= textOf(this.body, ".issuer");
    }
    get values() {
      return this.#values ??= valuesOf(this.more.querySelector("noscript").textContent);
    }
    get searched() {
      if (!this.#searched) {
        const text = plain([textOf(this.body, ".name, .issuer, .key"), this.values].join("\n"));
        this.#searched = { text: text.replace(digits, ""), digits: (text.match(digits) || []).join(" ") };
      }
      return this.#searched;
    }
    // Elements of what is shown without scripts; the parser runs none, and loads nothing.
    unpack() {
      const packed = this.more.querySelector("noscript");
      if (!packed) return;
      this.#values = valuesOf(packed.textContent);
      const parsed = new DOMParser().parseFromString(packed.textContent, "text/html");
      packed.replaceWith(...parsed.body.childNodes);
      this.more.querySelectorAll(".copy").forEach(offerCopy);
    }
    fold(open) {
      if (open) this.unpack();
      this.more.hidden = !open;
      this.button.setAttribute("aria-expanded", String(open));
    }
  }
  const rows = [...table.tBodies].map((body) => new Row(body));
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const byName = (a, b) => compare(a.name, b.name);
  const now = Number(table.dataset.now);
  const rank = (row) => row.renewed ? 1 : row.end < now ? 2 : 0;
  const orders = {
    "next": (a, b) => rank(a) - rank(b) || Math.abs(a.end - now) - Math.abs(b.end - now),
    "end": (a, b) => a.end - b.end,
    "end-last": (a, b) => b.end - a.end,
    "begin": (a, b) => b.begin - a.begin,
    "name": byName,
    "issuer": (a, b) => compare(a.issuer, b.issuer) || byName(a, b),
  };

  // A thumbprint is copied by a button; selecting it by hand takes all of it.
  const offerCopy = (code) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copier";
    const say = (word, label) => {
      button.textContent = word;
      button.setAttribute("aria-label", label);
    };
    const offer = () => say("Copy", `Copy the thumbprint ${code.textContent.slice(0, 8)}`);
    offer();
    button.addEventListener("click", async () => {
      let done = false;
      try {
        await navigator.clipboard.writeText(code.textContent);
        done = true;
      } catch {
        getSelection().selectAllChildren(code);
        done = document.execCommand("copy");
      }
      const word = done ? "Copied" : "Selected";
      say(word, word);
      setTimeout(offer, 2000);
    });
    code.after(" ", button);
  };

  // A name becomes a button that unfolds what is below. Of a few, all is there for the printer.
  const few = table.className === "few";
  for (const row of rows) {
    const name = row.body.querySelector(".name");
    row.button = document.createElement("button");
    row.button.type = "button";
    row.button.className = "fold";
    row.button.setAttribute("aria-controls", row.more.id);
    row.button.append(...name.childNodes);
    name.append(row.button);
    row.button.addEventListener("click", () => row.fold(row.more.hidden));
    if (few) row.unpack();
    row.fold(false);
  }
  const all = document.getElementById("all");
  all.addEventListener("click", () => {
    const open = all.textContent.startsWith("Show");
    rows.forEach((row) => row.fold(open));
    all.textContent = open ? "Hide all details" : "Show all details";
  });

  const status = form.querySelector("[role=status]");
  const reset = document.getElementById("reset");
  const asked = () => {
    const state = new URLSearchParams();
    const text = form.elements.q.value.trim();
    if (text) state.set("q", text);
    const chosen = [...form.querySelectorAll("[name=urgency]:checked")].map((box) => box.value);
    if (chosen.length) state.set("urgency", chosen.join(","));
    for (const name of ["backup", "export"]) {
      if (form.elements[name].checked) state.set(name, form.elements[name].value);
    }
    if (form.elements.sort.value !== "next") state.set("sort", form.elements.sort.value);
    return state;
  };
  let order = "next";
  const show = (state) => {
    const asked = plain(state.get("q") || "").trim();
    const words = asked.split(/\s+/).filter(Boolean);
    const thumbprint = /^[0-9a-f: -]+$/.test(asked) ? asked.replace(/[: -]/g, "") : "";
    const matches = (row) => words.every((word) => row.searched.text.includes(word))
      || (thumbprint.length >= 6 && row.searched.digits.includes(thumbprint));
    const urgencies = (state.get("urgency") || "").split(",").filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const data = row.body.dataset;
      const fits = matches(row)
        && (!urgencies.length || urgencies.includes(data.urgency))
        && ["backup", "export"].every((name) => !state.has(name) || data[name] === state.get(name));
      row.body.hidden = !fits;
      if (fits) count += 1;
    }
    const sort = state.get("sort") || "next";
    if (sort !== order && orders[sort]) {
      order = sort;
      for (const row of rows.toSorted(orders[sort])) table.append(row.body);
    }
    status.textContent = count === rows.length ? `${count} shown` : `${count} of ${rows.length} shown`;
    reset.hidden = ![...state.keys()].some((key) => key !== "sort");
  };
  const changed = () => {
    const state = asked();
    show(state);
    try {
      history.replaceState(null, "", `#${state}`);
    } catch {
      // A viewer that keeps addresses to itself; the filters work all the same.
    }
  };
  // What the address asks for, so that a view can be kept as a bookmark.
  const fromAddress = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    form.elements.q.value = state.get("q") || "";
    const urgencies = (state.get("urgency") || "").split(",");
    for (const box of form.querySelectorAll("[name=urgency]")) {
      box.checked = urgencies.includes(box.value);
    }
    for (const name of ["backup", "export"]) {
      form.elements[name].checked = state.get(name) === form.elements[name].value;
    }
    const sort = state.get("sort");
    form.elements.sort.value = Object.hasOwn(orders, sort ?? "") ? sort : "next";
    show(asked());
  };
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  addEventListener("hashchange", fromAddress);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey
        && !/^(INPUT|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      form.elements.q.focus();
    }
  });
  form.hidden = false;
  fromAddress();
})();
