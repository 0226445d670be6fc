// The editor works without this script: every button sends the whole form and the
// server draws it again. With it that happens in place, and only the form is drawn.
"use strict";
(() => {
  let dirty = false;
  // Drawings wait for each other; what is typed meanwhile is carried over.
  let drawings = Promise.resolve();
  let underWay = false;
  const touched = new Set();

  const form = () => document.getElementById("editor");

  function soil(event) {
    dirty = true;
    if (underWay && event && event.target.name) touched.add(event.target.name);
    const sign = document.querySelector(".tb-dirty");
    if (sign) sign.hidden = false;
  }

  // Names of what is open and what has the focus, to find them again.
  function remember() {
    const active = document.activeElement;
    const inner = active && active.closest(".tb-combo");
    const field = inner ? inner.querySelector("[data-combobox]") : active;
    return {
      panes: [...form().querySelectorAll("[data-pane]")].map((pane) => [pane.open, pane.scrollTop, pane.querySelector("[data-filter]").value]),
      open: [...form().querySelectorAll(".tb-rule details[open]")].map((box) => box.closest(".tb-rule").querySelector("[name]").name),
      name: field ? field.name : "",
      order: active && active.name === "_do" ? active.value : "",
      typed: inner && !inner.querySelector("ul").hidden ? active.value : null,
      values: [...touched].map((named) => [named, form().elements[named]?.value]),
    };
  }

  // Into the fresh form, before it is shown.
  function carry(fresh, values) {
    for (const [name, value] of values) {
      const field = fresh.elements[name];
      if (field && value !== undefined) field.value = value;
    }
  }

  function restore(kept, order) {
    for (const name of kept.open) {
      const field = form().elements[name];
      const box = field && field.closest(".tb-rule");
      if (box) box.querySelector("details").open = true;
    }
    [...form().querySelectorAll("[data-pane]")].forEach((pane, number) => {
      const [open, top, words] = kept.panes[number] || [];
      if (open === undefined) return;
      pane.open = open;
      pane.querySelector("[data-filter]").value = words;
      filter(pane);
      pane.scrollTop = top;
    });
    const target = added(order) || opened(order) || named(kept) || pressed(order);
    if (!target) return;
    target.focus();
    if (kept.typed !== null && !added(order)) {
      target.value = kept.typed;
      target.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function box(field) {
    const combo = field.closest(".tb-combo");
    return combo ? combo.querySelector("input") : field;
  }

  // The first box of a row that was added just now.
  function added(order) {
    const [act, ...places] = order.split(":");
    const step = `steps-${places[0]}`;
    const all = (selector) => [...form().querySelectorAll(selector)];
    let last = null;
    if (act === "add-step") last = all(".tb-step").pop();
    if (act === "add-rule") last = all(`[name^="${step}-rules-"][name$="-field"]`).pop();
    if (act === "use" || act === "map") {
      const [mine, other] = act === "use" ? ["source", "field"] : ["field", "source"];
      const row = all(`[name^="${step}-rules-"][name$="-${mine}"]`).filter((one) => one.value === places.slice(1).join(":")).pop();
      if (!row) return null;
      const beside = form().elements[row.name.replace(`-${mine}`, `-${other}`)];
      beside.closest(".tb-rule").scrollIntoView({ block: "nearest" });
      return box(beside);
    }
    if (act === "add-find") last = all(`[name^="${step}-find-"][name$="-how"]`).pop();
    if (!last) return null;
    return last.matches("section") ? last.querySelector("select") : box(last);
  }

  // A condition that was opened just now begins with a row to choose in.
  function opened(order) {
    const [act, ...places] = order.split(":");
    if (!act.startsWith("ask-")) return null;
    const [step, rule] = places;
    const name = act === "ask-mapping" ? "condition" : act === "ask-step" ? `steps-${step}-condition` : `steps-${step}-rules-${rule}-condition`;
    const join = form().elements[`${name}-join`];
    const rows = join && join.closest("[data-rows]");
    const add = rows && rows.querySelector(":scope > .rows-add");
    if (!add) return null;
    add.click();
    return rows.querySelector("[name$='-what']");
  }

  function named(kept) {
    if (kept.order) return pressed(kept.order);
    const field = kept.name && form().elements[kept.name];
    return field && field.tagName ? box(field) : null;
  }

  function pressed(order) {
    return [...form().querySelectorAll("button[name=_do]")].find((button) => button.value === order);
  }

  function draw(order) {
    drawings = drawings.then(() => drawn(order));
  }

  async function drawn(order) {
    touched.clear();
    underWay = true;
    // Rows that move take no text with them: it could end up in another one.
    form().inert = /^((remove|up|down)-|use:|map:)/.test(order);
    const data = new FormData(form());
    data.set("_do", order);
    data.set("_dirty", "1");
    form().setAttribute("aria-busy", "true");
    let text;
    try {
      const answer = await fetch(location.pathname, { method: "POST", body: data });
      if (!answer.ok) throw new Error(String(answer.status));
      text = await answer.text();
    } catch {
      plainly(order);
      return;
    }
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("editor");
    if (!fresh) { plainly(order); return; }
    const kept = remember();
    underWay = false;
    carry(fresh, kept.values);
    form().replaceWith(fresh);
    enhance();
    // The rows of conditions have a script of their own.
    form().dispatchEvent(new CustomEvent("rows-drawn", { bubbles: true }));
    restore(kept, order);
    soil();
  }

  // The step that one works on gets what is taken from the list of what is known.
  let step = null;

  function aimed(button) {
    const at = step === null ? null : form().querySelector(`[data-step="${step}"]`);
    return button.dataset.use && at ? `use:${step}:${button.dataset.use}` : button.value;
  }

  // In a list beside the rules, words leave only what they name.
  function filter(pane) {
    const words = pane.querySelector("[data-filter]").value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of pane.querySelectorAll("[data-words]")) {
      const text = row.dataset.words.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    for (const group of pane.querySelectorAll("[data-group]")) {
      group.hidden = !group.querySelector("[data-words]:not([hidden])");
    }
  }

  const wide = window.matchMedia("(min-width: 1024px)");

  // As without this script: send the form and let the browser draw the page.
  function plainly(order) {
    const field = document.createElement("input");
    field.type = "hidden"; field.name = "_do"; field.value = order;
    form().append(field);
    dirty = false;
    form().submit();
  }

  function enhance() {
    window.tellbackComboboxes(form());
    form().addEventListener("click", (event) => {
      const button = event.target.closest("button[data-draw]");
      if (!button) return;
      event.preventDefault();
      draw(aimed(button));
    });
    form().addEventListener("focusin", (event) => {
      const at = event.target.closest("[data-step]");
      if (at) step = at.dataset.step;
    });
    for (const pane of form().querySelectorAll("[data-pane]")) {
      pane.open = wide.matches;
      pane.querySelector("[data-filter]").addEventListener("input", () => filter(pane));
      pane.querySelector("[data-filter]").addEventListener("keydown", (event) => {
        if (event.key === "Enter") event.preventDefault();
      });
    }
    form().addEventListener("change", (event) => {
      soil(event);
      if (event.target.matches("[data-redraw]")) draw("draw");
    });
    form().addEventListener("input", (event) => {
      if (!event.target.matches("[data-filter]")) soil(event);
    });
    form().addEventListener("submit", () => { dirty = false; });
    document.documentElement.classList.add("tb-js");
    form().dataset.ready = "";
  }

  window.addEventListener("beforeunload", (event) => {
    if (dirty) event.preventDefault();
  });
  if (!form()) return;
  enhance();
  const focus = document.querySelector("[data-focus]");
  if (focus) focus.focus();
  if (form().querySelector("input[name=_dirty]")) soil();
})();
