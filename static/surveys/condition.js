/* In a rule's row: only operators that fit the name, and choices to choose from. */
"use strict";

(() => {
  const NOTHING_TO_COMPARE = ["answered", "blank"];
  const SEVERAL = ["in", "not_in"];
  const CHOSEN = ["eq", "ne", "contains", ...SEVERAL];

  const fitOperators = (what, op) => {
    const chosen = what.selectedOptions[0];
    const fitting = (chosen?.dataset.ops || "").split(" ").filter(Boolean);
    for (const option of op.options) {
      const fits = !option.value || !fitting.length || fitting.includes(option.value);
      option.hidden = option.disabled = !fits;
    }
    if (op.selectedOptions[0]?.disabled) {
      op.value = fitting[0];
    }
  };

  const chooser = (input, choices, several) => {
    const select = document.createElement("select");
    select.name = input.name;
    select.multiple = several;
    select.dataset.value = "";
    select.setAttribute("aria-label", input.getAttribute("aria-label"));
    const typed = input.dataset.typed.split(",").map((part) => part.trim().toLowerCase());
    for (const [key, label] of choices) {
      const option = new Option(label, key);
      option.selected = typed.includes(key.toLowerCase()) || typed.includes(label.toLowerCase());
      select.append(option);
    }
    if (several) {
      select.size = Math.min(choices.length, 5);
    }
    return select;
  };

  const plain = (control) => {
    const input = document.createElement("input");
    input.type = "text";
    input.className = "vTextField";
    input.name = control.name;
    input.dataset.value = "";
    input.value = control.dataset.typed;
    input.setAttribute("aria-label", control.getAttribute("aria-label"));
    return input;
  };

  const fitValue = (row, choices, op) => {
    const control = row.querySelector("[data-value]");
    const options = control.tagName === "SELECT" ? [...control.selectedOptions] : null;
    const typed = options ? options.map((one) => one.value).join(", ") : control.value;
    control.dataset.typed = typed;
    const fresh =
      choices && CHOSEN.includes(op) ? chooser(control, choices, SEVERAL.includes(op)) : plain(control);
    fresh.hidden = NOTHING_TO_COMPARE.includes(op);
    control.replaceWith(fresh);
  };

  const watch = (row) => {
    const what = row.querySelector("[data-what]");
    const op = row.querySelector("[data-op]");
    const known = JSON.parse(row.closest("[data-rows]").dataset.choices || "{}");
    const fit = () => {
      fitOperators(what, op);
      fitValue(row, known[what.value], op.value);
    };
    what.addEventListener("change", fit);
    op.addEventListener("change", fit);
    fit();
  };

  document.addEventListener("row-added", (event) => {
    if (event.target.matches(".condition-row")) {
      watch(event.target);
    }
  });
  const start = (root) => root.querySelectorAll("[data-rows] > .condition-row").forEach(watch);

  document.addEventListener("DOMContentLoaded", () => start(document));
  document.addEventListener("rows-drawn", (event) => start(event.target));
})();
