/* Rows of inputs that can be added and removed; without this, blank rows do. */
"use strict";

(() => {
  const rowsOf = (box) => box.querySelectorAll(":scope > [data-row]");

  const button = (text, kind) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.className = kind;
    return made;
  };

  const count = (box) => {
    const rows = rowsOf(box).length;
    box.classList.toggle("rows-none", rows === 0);
    box.classList.toggle("rows-single", rows === 1);
  };

  const removable = (box, row) => {
    const remove = button("×", "rows-remove");
    remove.setAttribute("aria-label", box.dataset.remove);
    remove.title = box.dataset.remove;
    remove.addEventListener("click", () => {
      row.remove();
      count(box);
      box.querySelector(":scope > .rows-add").focus();
    });
    row.append(remove);
  };

  const setUp = (box) => {
    const spare = box.querySelector(":scope > template[data-spare]");
    let next = rowsOf(box).length;
    box.querySelectorAll(":scope > [data-row][data-blank]").forEach((row) => row.remove());
    rowsOf(box).forEach((row) => removable(box, row));
    const add = button(box.dataset.add, "button rows-add");
    add.addEventListener("click", () => {
      const holder = document.createElement("template");
      holder.innerHTML = spare.innerHTML.replaceAll("__row__", String(next));
      next += 1;
      const row = holder.content.querySelector("[data-row]");
      removable(box, row);
      add.before(row);
      count(box);
      row.dispatchEvent(new CustomEvent("row-added", { bubbles: true }));
      row.querySelector("input, select").focus();
    });
    box.append(add);
    count(box);
  };

  const start = (root) => root.querySelectorAll("[data-rows]").forEach(setUp);

  document.addEventListener("DOMContentLoaded", () => start(document));
  // A part of the page was drawn anew.
  document.addEventListener("rows-drawn", (event) => start(event.target));
})();
