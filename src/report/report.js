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
  const searched = (body) => {
    const text = plain(textOf(body, ".name, .issuer, .key, dd"));
    return { text: text.replace(digits, ""), digits: (text.match(digits) || []).join(" ") };
  };
  const rows = [...table.tBodies].map((body) => ({
    body,
    more: body.querySelector(".more"),
    ...searched(body),
    name: textOf(body, ".name"),
    issuer: textOf(body, ".issuer"),
    begin: Number(body.dataset.begin),
    end: Number(body.dataset.end),
  }));
  const byName = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });
  const now = Number(table.dataset.now);
  const orders = {
    "next": (a, b) => (a.end < now) - (b.end < now) || Math.abs(a.end - now) - Math.abs(b.end - now),
    "end": (a, b) => a.end - b.end,
    "end-last": (a, b) => b.end - a.end,
    "begin": (a, b) => b.begin - a.begin,
    "name": byName,
    "issuer": (a, b) => a.issuer.localeCompare(b.issuer) || byName(a, b),
  };

  // A name becomes a button that unfolds what is below.
  const fold = (row, open) => {
    row.more.hidden = !open;
    row.button.setAttribute("aria-expanded", String(open));
  };
  for (const row of rows) {
    const name = row.body.querySelector(".name");
    row.button = document.createElement("button");
    row.button.type = "button";
    row.button.className = "fold";
    row.button.setAttribute("aria-controls", row.more.id);
    row.button.append(...name.childNodes);
    name.append(row.button);
    row.button.addEventListener("click", () => fold(row, row.more.hidden));
    fold(row, false);
  }
  const all = document.getElementById("all");
  all.addEventListener("click", () => {
    const open = all.textContent.startsWith("Show");
    rows.forEach((row) => fold(row, open));
    all.textContent = open ? "Hide all details" : "Show all details";
  });

  // A thumbprint is copied by a button; selecting it by hand takes all of it.
  for (const code of table.querySelectorAll(".copy")) {
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
  }

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
    const matches = (row) => words.every((word) => row.text.includes(word))
      || (thumbprint.length >= 6 && row.digits.includes(thumbprint));
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
      table.append(...rows.toSorted(orders[sort]).map((row) => row.body));
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
